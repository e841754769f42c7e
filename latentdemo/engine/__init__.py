"""Runs many sessions' chains on one device: models loaded once, steps shared, work off the screen's thread."""

from latentdemo.engine.compute import OnEngine
from latentdemo.engine.engine import Engine, Ticket
from latentdemo.engine.jobs import Job
from latentdemo.engine.pool import ModelPool
from latentdemo.engine.recent import RecentResults
from latentdemo.engine.request import RunRequest
from latentdemo.engine.shared import engine_for

__all__ = ["Engine", "Job", "ModelPool", "OnEngine", "RecentResults", "RunRequest", "Ticket", "engine_for"]

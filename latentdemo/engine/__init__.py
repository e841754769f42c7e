"""Runs many sessions' chains on one device: models loaded once, work off the screen's thread."""

from latentdemo.engine.jobs import Job, RecentResults
from latentdemo.engine.models import ModelPool

__all__ = ["Job", "ModelPool", "RecentResults"]

"""Training of any family on any data set."""

from latentdemo.training.settings import TrainingSettings
from latentdemo.training.trainer import Trainer

__all__ = ["Trainer", "TrainingSettings"]

"""Training of any family on any data set."""

from latentdemo.training.settings import TrainingSettings, usual_epochs
from latentdemo.training.trainer import Trainer

__all__ = ["Trainer", "TrainingSettings", "usual_epochs"]

"""Training of any family on any data set, and taking in what others trained."""

from latentdemo.training.adoption import adopt
from latentdemo.training.settings import TrainingSettings, usual_epochs
from latentdemo.training.trainer import Trainer

__all__ = ["Trainer", "TrainingSettings", "adopt", "usual_epochs"]

"""Quality of samples: the feature space of each data set, the figures in it, and the evaluation of a model."""

from latentdemo.evaluation.evaluate import Interval, evaluate_model
from latentdemo.evaluation.feature_training import train_classifier
from latentdemo.evaluation.features import FeatureConfig, Features, load_features, save_features
from latentdemo.evaluation.quality import (
    NEIGHBOURS,
    Prdc,
    Quality,
    QualityError,
    frechet_distance,
    measure_quality,
    prdc,
)

__all__ = [
    "NEIGHBOURS",
    "FeatureConfig",
    "Features",
    "Interval",
    "Prdc",
    "Quality",
    "QualityError",
    "evaluate_model",
    "frechet_distance",
    "load_features",
    "measure_quality",
    "prdc",
    "save_features",
    "train_classifier",
]

"""Quality of samples: the feature space of each data set, the figures in it, and the evaluation of a model."""

from latentdemo.evaluation.card import refresh_card
from latentdemo.evaluation.external.comparison import compare_with_pythae
from latentdemo.evaluation.features.classifier import FeatureConfig, Features, load_features, save_features
from latentdemo.evaluation.features.judges import load_judges
from latentdemo.evaluation.features.label_training import train_labels
from latentdemo.evaluation.features.labels import LabelSpace, load_labels
from latentdemo.evaluation.features.registry import SPACES, load_spaces, make_missing_spaces
from latentdemo.evaluation.features.space import FeatureSpace, SpaceSpec
from latentdemo.evaluation.features.torchvision_networks import torchvision_features
from latentdemo.evaluation.features.training import train_classifier
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.metrics.frechet import frechet_distance, frechet_distance_jackknife
from latentdemo.evaluation.metrics.kernel_distance import kernel_distance
from latentdemo.evaluation.metrics.prdc import NEIGHBOURS, Prdc, prdc
from latentdemo.evaluation.metrics.quality import Quality, measure_quality
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.pipeline import evaluate_model, measure_model, retime
from latentdemo.evaluation.report import EvaluationError, Report, Row, load_report, save_report

__all__ = [
    "NEIGHBOURS",
    "SPACES",
    "EvaluationError",
    "FeatureConfig",
    "FeatureSpace",
    "Features",
    "Interval",
    "LabelSpace",
    "Prdc",
    "Quality",
    "QualityError",
    "Report",
    "Row",
    "SpaceSpec",
    "compare_with_pythae",
    "evaluate_model",
    "frechet_distance",
    "frechet_distance_jackknife",
    "kernel_distance",
    "load_features",
    "load_judges",
    "load_labels",
    "load_report",
    "load_spaces",
    "make_missing_spaces",
    "measure_model",
    "measure_quality",
    "prdc",
    "refresh_card",
    "retime",
    "save_features",
    "save_report",
    "torchvision_features",
    "train_classifier",
    "train_labels",
]

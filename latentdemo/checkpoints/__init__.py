"""Where models lie: roots, configuration, reading and writing, the intake of uploads, and the form that serves."""

from latentdemo.checkpoints.config import CheckpointConfig, read_config
from latentdemo.checkpoints.roots import checkpoints_dir, list_models, model_folder
from latentdemo.checkpoints.serving import Precision, best_precision
from latentdemo.checkpoints.store import Form, load_form, load_model, load_trained, save_checkpoint

__all__ = [
    "CheckpointConfig",
    "Form",
    "Precision",
    "best_precision",
    "checkpoints_dir",
    "list_models",
    "load_form",
    "load_model",
    "load_trained",
    "model_folder",
    "read_config",
    "save_checkpoint",
]

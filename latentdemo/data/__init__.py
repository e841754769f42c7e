"""Data sets as bytes with labels: read from original files, drawn, or shipped with the checkpoints."""

from latentdemo.data.folder import Pictures
from latentdemo.data.held_out import read_held_out, write_held_out
from latentdemo.data.images import Dataset, ImageSet, Progress, Split
from latentdemo.data.reading import read_pictures
from latentdemo.data.record import recorded_pictures, write_record
from latentdemo.data.registry import DATASETS, cache_dir, get_dataset, load_images

__all__ = [
    "DATASETS",
    "Dataset",
    "ImageSet",
    "Pictures",
    "Progress",
    "Split",
    "cache_dir",
    "get_dataset",
    "load_images",
    "read_held_out",
    "read_pictures",
    "recorded_pictures",
    "write_held_out",
    "write_record",
]

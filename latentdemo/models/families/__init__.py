"""The families of models that are trained here: one file each, and a line in the registry."""

from latentdemo.models.families.registry import FAMILIES, build_model

__all__ = ["FAMILIES", "build_model"]

"""latentdemo: prior samples and chain samples of generative autoencoders, side by side.

Example:
    >>> from latentdemo import load_model, run_chain
    >>> model = load_model("fashion-mnist/dvae")
    >>> run = run_chain(model, count=64, steps=10, seed=7, record=(0, 1, 5, 10))
"""

from latentdemo._version import __version__
from latentdemo.checkpoints import list_models, load_model
from latentdemo.models import adapt
from latentdemo.sampling import run_chain

__all__ = ["__version__", "adapt", "list_models", "load_model", "run_chain"]

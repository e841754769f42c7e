"""latentdemo: prior samples and chain samples of generative autoencoders, side by side.

Example:
    >>> from latentdemo import load_model, run_chain
    >>> model = load_model("fashion-mnist/dvae")
    >>> run = run_chain(model, count=64, steps=10, seed=7, record=(0, 1, 5, 10))
    >>> run.images[5].shape, run.latents[5].shape
    (torch.Size([64, 1, 32, 32]), torch.Size([64, 32]))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from latentdemo._version import __version__

if TYPE_CHECKING:
    from latentdemo.checkpoints import list_models, load_model
    from latentdemo.models import adapt
    from latentdemo.sampling import run_chain

__all__ = ["__version__", "adapt", "list_models", "load_model", "run_chain"]
HOMES = {"adapt": "models", "list_models": "checkpoints", "load_model": "checkpoints", "run_chain": "sampling"}


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: PyTorch takes a second, and the command line's help needs none."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)

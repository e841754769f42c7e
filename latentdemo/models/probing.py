"""Whether functions that somebody brought do what they must, before anything is computed with them.

Each is tried on a few rows, and each way to get the contract of `adapted.py` wrong has a message with its remedy.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from latentdemo.errors import AdapterError
from latentdemo.models.autoencoder import Posterior

OF_ONE_SCALE = 16.0  # grey values of 0 to 1 stay far below, those of 0 to 255 and trained logits go beyond
TANH = (-1.0, -0.8)  # where the ground of a picture lies in -1 to 1
SAME = 1e-2  # of the largest number: more than rounding in half precision, less than any noise worth the name


def attempt(name: str, function: Callable[[Tensor], Any], given: Tensor) -> Any:
    """What a function of others gives; whatever it raises becomes an AdapterError, but a full device."""
    try:
        return function(given)
    except (torch.OutOfMemoryError, AdapterError):
        raise
    except Exception as error:
        precision = "; weights in half or double precision become float32 with .float()" if "type" in str(error) else ""
        raise AdapterError(
            f"{name} fails on a tensor of shape {tuple(given.shape)} ({type(error).__name__}: {error}); it must take "
            f"any number of rows in float32, on the model's device, as latentdemo.models.adapted describes{precision}"
        ) from error


def expect(name: str, what: str, values: Tensor, shape: tuple[int, ...]) -> None:
    """Raise AdapterError where what a function gives has another shape, or is not finite."""
    if tuple(values.shape) != shape:
        raise AdapterError(
            f"{name} gives {what} of shape {tuple(values.shape)}; by latent size, image shape and margin it must be "
            f"{shape}: correct these, or flatten spatial latents"
        )
    if not torch.isfinite(values).all():
        raise AdapterError(f"{name} gives {what} that are not finite; the weights are broken, or not for such pictures")


def expect_spread(std: Tensor) -> None:
    """Raise AdapterError where what an encoder gives beside the mean is no standard deviation."""
    if (std < 0).any():
        raise AdapterError(
            f"encode gives a std of {std.min().item():.3g}, and a standard deviation is never negative; of a log "
            "variance it is torch.exp(0.5 * log_variance)"
        )
    if not std.any():
        raise AdapterError("encode gives a std of zero; for a deterministic encoder give the mean alone")


def expect_alike(name: str, what: str, together: Tensor, alone: Tensor) -> None:
    """Raise AdapterError where one and the same row gives other numbers in a batch than alone."""
    if (together - alone).abs().max() > SAME * together.abs().max().clamp(min=1.0):
        raise AdapterError(
            f"{name} gives other {what} when it is asked again, or beside other rows; it must neither draw at random "
            "nor look at the rest of the batch: give (mean, std) in place of a draw, and put modules into eval()"
        )


def expect_grey_values(images: Tensor) -> None:
    """Raise AdapterError where decoded images (N, C, H, W), before any clipping, are plainly on another scale."""
    least, most = (value.item() for value in images.aminmax())
    if max(most, -least) > OF_ONE_SCALE:
        raise AdapterError(
            f"decode gives images with values from {least:.3g} to {most:.3g}, but they must be in [0, 1]: divide by "
            "255 what is in 0 to 255, and put a sigmoid after logits"
        )
    if TANH[0] <= least <= TANH[1] and most <= 1.0:
        raise AdapterError(
            f"decode gives images with values from {least:.3g} to {most:.3g}, as if in [-1, 1], but they must be in "
            "[0, 1]: give (images + 1) / 2"
        )


def as_posterior(encoded: object) -> Posterior:
    """What an encoder gives as a posterior in float32.

    Raises:
        AdapterError: it is none of what an encoder may give.
    """
    if isinstance(encoded, Posterior):
        encoded = (encoded.location, encoded.std)
    mean, std = encoded if isinstance(encoded, tuple) and len(encoded) == 2 else (encoded, None)
    if not isinstance(mean, Tensor) or not isinstance(std, Tensor | None):
        raise AdapterError(
            f"encode gives {in_short(encoded)}; it must give latents (N, D), or (mean, std) of them, or a Posterior"
        )
    return Posterior(mean.float(), None if std is None else std.float())


def as_images(decoded: object) -> Tensor:
    """What a decoder gives, in float32.

    Raises:
        AdapterError: it is no tensor.
    """
    if not isinstance(decoded, Tensor):
        raise AdapterError(f"decode gives {in_short(decoded)}; it must give images (N, C, S, S), a tensor")
    return decoded.float()


def in_short(value: object) -> str:
    """What a value is, for a message."""
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {', '.join(type(each).__name__ for each in value) or 'nothing'}"
    return f"a {type(value).__name__}"


def copied(name: str, function: Callable[..., Any], device: torch.device, memo: dict[int, Any]) -> Callable[..., Any]:
    """A module as a copy in float32 that is frozen and in inference mode, so that its owner's stays as it was; another
    function as it is.

    Args:
        name: of the function, for the message.
        function: whose copy it is.
        device: where to put it.
        memo: of `copy.deepcopy`, so that modules that share weights do so again.

    Raises:
        AdapterError: it cannot be called or copied.
    """
    if not callable(function):
        raise AdapterError(f"{name} is {in_short(function)}; it must be a function or a module")
    if not isinstance(function, nn.Module):
        return function
    try:
        module = copy.deepcopy(function, memo).to(device)
        return module.float().eval().requires_grad_(False)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # of modules, each kind has its own
        raise AdapterError(
            f"{name} cannot be copied, which keeps yours as it is ({error}); wrap it into a function, in inference "
            "mode and on the device"
        ) from error

"""What goes wrong in other people's code, and how a client gets to know."""

from __future__ import annotations

import logging

import torch

from latentdemo.errors import DeviceMemoryError, LatentdemoError

logger = logging.getLogger(__name__)


def is_out_of_memory(error: Exception) -> bool:
    """Whether the device has no room left; CPU, MPS and libraries of CUDA say so in words alone."""
    words = ("DefaultCPUAllocator", "out of memory", "STATUS_ALLOC_FAILED")
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(each in str(error) for each in words)


def explained(error: Exception) -> Exception:
    """An error as a client gets it: without its frames, which hold tensors of the device."""
    if is_out_of_memory(error):
        return DeviceMemoryError(
            "the device has no memory left even for a single chain of this model: close other programs that use it, "
            "or choose another device"
        )
    if not isinstance(error, LatentdemoError):
        logger.error("a run failed", exc_info=error)
    return error.with_traceback(None)

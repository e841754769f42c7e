"""The device that models run on."""

from __future__ import annotations

from typing import Literal

import torch

from latentdemo.errors import DeviceError

Precision = Literal["float32", "bf16"]


def pick_device(device: torch.device | str | None = None) -> torch.device:
    """The device asked for, or with None the best at hand: cuda, else mps, else cpu.

    Raises:
        DeviceError: there is no such device here.
    """
    if device is not None:
        return checked(device)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def checked(device: torch.device | str) -> torch.device:
    """A device that is here and can compute; raises DeviceError for any other."""
    try:
        found = torch.device(device)
        if found.type == "meta":
            raise ValueError("it holds no numbers")
        torch.empty(0, dtype=torch.float32, device=found)
    except Exception as error:  # each kind of device has its own for what is not there
        here = ", ".join(devices_here())
        raise DeviceError(f"there is no device {str(device)!r} on this machine; here there is {here}") from error
    return found


def devices_here() -> list[str]:
    """The devices of this machine, by the names that `pick_device` takes."""
    cuda = [f"cuda:{number}" for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def describe_device(device: torch.device | str) -> str:
    """The device in words for people, such as "NVIDIA H200" or "CPU, 2 threads"."""
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def has_bf16(device: torch.device | str) -> bool:
    """Whether a device multiplies bf16 in hardware.

    Elsewhere PyTorch emulates it: on a processor that has AVX2 only, bf16 takes about ten times as long as float32. So
    it does where $ONEDNN_MAX_CPU_ISA keeps oneDNN, which multiplies, from what the processor has.
    """
    device = torch.device(device)
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not (torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()):
        return False
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def training_precision(device: torch.device | str) -> Precision:
    """What networks are trained in on a device: under bf16 autocast where it has bf16, else in float32."""
    return "bf16" if has_bf16(device) else "float32"

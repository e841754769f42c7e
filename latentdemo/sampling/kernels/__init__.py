"""Markov kernels on the latent space: one file each, and a line in the registry."""

from latentdemo.sampling.kernels.kernel import Info, Kernel, State
from latentdemo.sampling.kernels.registry import KERNELS, PLAIN, kernel_spec
from latentdemo.sampling.kernels.spec import Choice, KernelSpec, Option, Style, Trial

__all__ = [
    "KERNELS",
    "PLAIN",
    "Choice",
    "Info",
    "Kernel",
    "KernelSpec",
    "Option",
    "State",
    "Style",
    "Trial",
    "kernel_spec",
]

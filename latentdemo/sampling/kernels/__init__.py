"""Markov kernels on the latent space: one file each, and a line in the registry."""

from latentdemo.sampling.kernels.kernel import Info, Kernel, State
from latentdemo.sampling.kernels.registry import KERNELS, build_kernel

__all__ = ["KERNELS", "Info", "Kernel", "State", "build_kernel"]

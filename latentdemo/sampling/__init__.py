"""Markov chains on the latent space of a generative autoencoder. They know nothing of screens."""

from latentdemo.sampling.chain import Batches, ChainRun, Progress, run_batches, run_chain, walk
from latentdemo.sampling.kernels.kernel import Info, Kernel, State
from latentdemo.sampling.kernels.registry import KERNELS, build_kernel

__all__ = [
    "KERNELS",
    "Batches",
    "ChainRun",
    "Info",
    "Kernel",
    "Progress",
    "State",
    "build_kernel",
    "run_batches",
    "run_chain",
    "walk",
]

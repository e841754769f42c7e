"""Markov chains on the latent space of a generative autoencoder. They know nothing of screens."""

from latentdemo.sampling.chain import Batches, ChainRun, Progress, StepFigures, run_batches, run_chain, walk
from latentdemo.sampling.kernels import KERNELS, PLAIN, Info, Kernel, State
from latentdemo.sampling.spec import ChainSpec

__all__ = [
    "KERNELS",
    "PLAIN",
    "Batches",
    "ChainRun",
    "ChainSpec",
    "Info",
    "Kernel",
    "Progress",
    "State",
    "StepFigures",
    "run_batches",
    "run_chain",
    "walk",
]

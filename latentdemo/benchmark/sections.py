"""The measurements of `python -m latentdemo bench`, by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec

from latentdemo.benchmark.timing import Table
from latentdemo.errors import LatentdemoError

MODELS = ("fashion-mnist/vae", "avatars/vae")
INSTALL = "install"
GPU = "gpu"
NEEDS = {
    "press": "playwright",
    "start": "playwright",
    INSTALL: "playwright",
    "memory": "psutil",
    "reviews": "psycopg",
    "scale": "ray",
    "million": "ray",
    "serving": "ray",
}


def steps(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """The engine against other ways to walk the same chain."""
    from latentdemo.benchmark.steps import measure_steps

    return (measure_steps(model, device) for model in models)


def tuning(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """What a step costs a chain, by chains and threads."""
    from latentdemo.benchmark.tuning import measure_tuning

    return (measure_tuning(model, device) for model in models)


def requests(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """Equal requests at once, a short one beside a long one, and one beside a page."""
    from latentdemo.benchmark.concurrency import measure_beside_a_page, measure_concurrency, measure_fairness

    return (measure(models[0], device) for measure in (measure_concurrency, measure_fairness, measure_beside_a_page))


def press(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """From the press to the picture, and to the rows of latent interpolation, in a browser."""
    from latentdemo.benchmark.browser import measure_press, measure_rows

    return (measure(model) for measure in (measure_press, measure_rows) for model in models)


def start(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """From the start of the process to the first picture."""
    from latentdemo.benchmark.browser import measure_cold_start

    yield measure_cold_start()


def install(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """From an empty environment to the first picture."""
    from latentdemo.benchmark.browser import measure_install

    yield measure_install()


def memory(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """Memory after mixed requests."""
    from latentdemo.benchmark.memory import measure_memory

    yield measure_memory(models, device)


def precision(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """What bf16 adds to the figures of quality, seed by seed."""
    from latentdemo.benchmark.figures import measure_figures

    return (measure_figures(model) for model in models)


def reviews(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """Many people who vote at once."""
    from latentdemo.benchmark.reviews.voting import measure_reviews

    return measure_reviews()


def gpu(models: Sequence[str], device: str | None, price: float | None = None) -> Iterator[Table]:
    """All of a GPU, its tests included; `price` is that of an hour of the machine."""
    from latentdemo.benchmark.gpu.section import PRICE, gpu_named, measure_gpu

    yield from measure_gpu(models, gpu_named(device), PRICE if price is None else price)


def scale(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """Bulk sampling on a cluster of this machine against one process, its memory, and a lost node."""
    from latentdemo.benchmark.cluster.memory import measure_memory_of_driver
    from latentdemo.benchmark.cluster.scale import measure_scale

    os.environ.setdefault("RAY_worker_niceness", "0")  # By itself Ray has workers give way to all other processes.
    yield from measure_scale(models[0], device)
    yield from measure_memory_of_driver()


def million(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """An evaluation of a million samples on a cluster of this machine: memory, time, and what it found."""
    from latentdemo.benchmark.cluster.million import measure_million

    os.environ.setdefault("RAY_worker_niceness", "0")
    return measure_million(models[0])


def serving(models: Sequence[str], device: str | None) -> Iterator[Table]:
    """What it adds that chains are walked on Ray Serve rather than in the process."""
    from latentdemo.benchmark.cluster.serving import measure_serving

    os.environ.setdefault("RAY_worker_niceness", "0")
    return measure_serving(models, device)


Section = Callable[..., Iterator[Table]]
"""Takes the names of models, and a device or None; that of a GPU the price of an hour, too."""
SECTIONS: dict[str, Section] = {
    "steps": steps,
    "tuning": tuning,
    "requests": requests,
    "press": press,
    "start": start,
    INSTALL: install,
    "memory": memory,
    "precision": precision,
    "reviews": reviews,
    "scale": scale,
    "million": million,
    "serving": serving,
    GPU: gpu,
}
# Precision is left out: it takes long, and does not change with the machine. So are install, which loads gigabytes,
# reviews, which ask for a database, scale, million and serving, which ask for Ray, and gpu, which asks for one.
USUAL = ("steps", "tuning", "requests", "press", "start", "memory")


def run_section(name: str, models: Sequence[str], device: str | None, price: float | None = None) -> Iterator[Table]:
    """The tables of a measurement, one after the other; one that says so where a package or browser is missing.

    Args:
        name: of the measurement.
        models, device: to measure.
        price: of an hour of a machine with a GPU; None takes the usual one.

    Raises:
        LatentdemoError: a measurement that is not known, or a model that cannot be loaded.
    """
    if name not in SECTIONS:
        raise LatentdemoError(f"unknown measurement {name!r}; known are {', '.join(SECTIONS)}")
    needed = NEEDS.get(name)
    if needed and find_spec(needed) is None:
        yield Table(name, [{"": f"{needed} is not installed: pip install -e '.[bench]'"}])
        return
    yield from SECTIONS[name](models, device, **({"price": price} if name == GPU else {}))

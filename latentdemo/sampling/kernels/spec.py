"""What the rest of the program knows of a kernel: a KernelSpec says it once, in the kernel's own file.

Texts for the screen are English here; the screens' catalogues hold them in other languages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from torch import Tensor

from latentdemo.errors import SamplingError
from latentdemo.sampling.densities.density import Density
from latentdemo.sampling.kernels.kernel import Kernel


class Style(NamedTuple):
    """How charts draw a kernel: an sRGB colour such as "#0072b2", and the name of a mark (see the charts' `MARKS`)."""

    colour: str
    shape: str


@dataclass(frozen=True)
class Choice:
    """A value that an option can have.

    Attributes:
        value: as in links, files and on the command line.
        title: on screen, a word or two.
        meaning: what the chain does then, a sentence.
        note: how it stands beside the kernel's name where it is not the usual one.
    """

    value: str
    title: str
    meaning: str
    note: str = ""


@dataclass(frozen=True)
class Option:
    """A setting of a kernel.

    Attributes:
        name: as in links, files and on the command line.
        usual: its value where nobody chose.
        choices: what it can be; empty for any text, and then no page has a control for it.
        title: on screen.
        help: what it decides.
        needs_corruption: whether it means something to models only that were trained to take noise away.
        needs_noise: whether it means something to models only whose encoder and likelihood have noise.
    """

    name: str
    usual: str
    choices: tuple[Choice, ...] = ()
    title: str = ""
    help: str = ""
    needs_corruption: bool = False
    needs_noise: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The values that can be chosen."""
        return tuple(choice.value for choice in self.choices)


@dataclass(frozen=True)
class Trial:
    """A way to use a kernel that evaluations measure.

    Attributes:
        steps: after which samples are looked at, ascending.
        start, options, stop_at: see `ChainSpec`.
    """

    steps: tuple[int, ...]
    start: str = "prior"
    options: Mapping[str, str] = field(default_factory=dict)
    stop_at: float | None = None


Tune = Callable[[Density, Tensor, Tensor, int], float]
"""Adapts a step size: (density, latents (N, D) to start from, scale (D,), seed) -> step size in units of the scale."""


@dataclass(frozen=True)
class KernelSpec:
    """A kernel in the registry.

    Attributes:
        name: as in links, files and on the command line.
        build: (model, density or None, **options) -> the kernel.
        method: what it does, in the field's words, for take-aways.
        title: what people call it, as it stands in a sentence.
        help: what one step does, a sentence.
        style: of its curves.
        density: name of the fitted density that it uses where none is given; None for a kernel that needs none.
        needs_stochastic_encoder: whether encoder and likelihood must have noise.
        decodes_from: the step from which on its steps decode and encode, so that they cost what the model costs; None
            where none does.
        holds_pixels: whether `build` takes known pixels, too, as `known`; see `latentdemo.sampling.known`.
        options: its settings.
        tune: how its step size is adapted to a density; None where it has none.
        trials: what evaluations measure of it.
        run_long: whether evaluations look at long runs of it, to see whether its chains mix.
    """

    name: str
    build: Callable[..., Kernel]
    method: str
    title: str
    help: str
    style: Style
    density: str | None = None
    needs_stochastic_encoder: bool = False
    decodes_from: int | None = 1
    holds_pixels: bool = False
    options: tuple[Option, ...] = ()
    tune: Tune | None = None
    trials: tuple[Trial, ...] = ()
    run_long: bool = False

    @property
    def decodes(self) -> bool:
        """Whether its steps decode and encode, sooner or later."""
        return self.decodes_from is not None

    def differing(self, options: Mapping[str, object]) -> dict[str, object]:
        """The options that are not at their usual value, by name."""
        usual = {option.name: option.usual for option in self.options}
        return {name: value for name, value in sorted(options.items()) if usual.get(name) != value}

    def check(self, options: Mapping[str, object]) -> None:
        """Raise SamplingError where the kernel does not take some options, or not at these values."""
        known = {option.name: option for option in self.options}
        for name, value in options.items():
            if name not in known:
                raise SamplingError(
                    f"the kernel {self.name!r} does not take the option {name!r:.40}; it takes "
                    f"{', '.join(known) or 'none'}"
                )
            values = known[name].values
            if not isinstance(value, str) or (values and value not in values):
                raise SamplingError(f"the option {name} is {value!r:.40}; it must be {' or '.join(values) or 'a text'}")

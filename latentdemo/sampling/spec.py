"""ChainSpec: the one description of a run, and the one place where it is checked.

Requests of the engine, pages, evaluations, `run.json` and links are made of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from numbers import Integral, Real
from typing import Any, Literal, Self, get_args

import torch
from torch import Tensor, strided

from latentdemo.errors import SamplingError
from latentdemo.sampling.densities.density import Density, FittedDensity
from latentdemo.sampling.densities.resolve import BEST, resolve_density
from latentdemo.sampling.kernels.kernel import Autoencoder, Kernel
from latentdemo.sampling.kernels.registry import KERNELS, PLAIN, kernel_spec
from latentdemo.sampling.kernels.spec import KernelSpec
from latentdemo.sampling.known import check_known, is_known
from latentdemo.sampling.starts import PRIOR
from latentdemo.sampling.stopping import AdaptiveStopping

Noise = Literal["own", "shared"]


@dataclass(frozen=True, eq=False)
class ChainSpec:
    """Chains to walk. Equal specs walk equal chains on equal models.

    Attributes:
        kernel: name of the kernel, or a kernel.
        options: the kernel's own settings.
        start: "prior"; "density" for draws from the likeliest fitted density, or the name of one, such as "flow" or
            "mixture-10"; "data" for encodings of held-out images; or latents to start from, (N, D).
        count: number of chains; as many as there are latents to start from, where these are given.
        steps: how many steps each takes.
        seed: fixes starting points and noise, whatever the kernel, the number of steps or the batch size.
        stop_at: each chain stops once its latent is as likely, under the density, as this share of real ones (0.5: as
            the median one); None lets all take every step.
        noise: "own" gives every chain noise of its own; "shared" the same to all, so that chains that start near each
            other, such as the frames of an interpolation, stay near each other. Starting points are not affected.
        density: what kernels follow, chains stop by and `start="density"` draws from: a density at hand, or the name of
            one beside the model's checkpoint; None takes the kernel's usual one, and the likeliest for the rest.
        known: pixels that every step puts back before it encodes, and that recorded pictures show, (C, H, W) in [0, 1]
            with NaN where one is missing; None for none. Only kernels that decode and encode can hold them.

    Raises:
        SamplingError: something that cannot be run.

    Example:
        >>> spec = ChainSpec(count=16, steps=3, stop_at=0.5)
        >>> spec.replaced(steps=5).steps
        5
        >>> spec == ChainSpec(options={"decoding": "mean"}, count=16, steps=3, stop_at=0.5)  # which is usual
        True
    """

    kernel: str | Kernel = PLAIN
    options: Mapping[str, Any] | None = None
    start: str | Tensor = PRIOR
    count: int = 64
    steps: int = 10
    seed: int = 7
    stop_at: float | None = None
    noise: Noise = "own"
    density: str | Density | FittedDensity | None = None
    known: Tensor | None = None

    def __post_init__(self) -> None:
        is_object = hasattr(self.kernel, "init") and hasattr(self.kernel, "step")
        require(
            "kernel", self.kernel, isinstance(self.kernel, str) or is_object, "a name, or an object with init and step"
        )
        require("start", self.start, isinstance(self.start, str) or is_latents(self.start), "a name, or latents (N, D)")
        for name, least in (("count", 1), ("steps", 0), ("seed", 0)):
            value = getattr(self, name)
            require(name, value, is_whole(value, least), f"a whole number from {least} up")
        require("options", self.options, are_options(self.options), "None, or texts and numbers by name")
        require("stop_at", self.stop_at, is_share(self.stop_at), "None, or a share from 0 to 1")
        require("noise", self.noise, is_one_of(self.noise, get_args(Noise)), " or ".join(get_args(Noise)))
        require(
            "density", self.density, is_density(self.density), "None, a name, or an object with log_density and sample"
        )
        require(
            "known", self.known, is_known(self.known),
            "None, or floats (C, H, W) in [0, 1] with NaN for missing ones, but not for all",
        )  # fmt: skip
        self.hold("options", dict(self.options or {}))
        if not isinstance(self.kernel, str) and (self.options or self.known is not None):
            raise SamplingError("options and known belong to a kernel that is named; one at hand has its own already")
        if isinstance(self.start, Tensor):
            self.hold("start", self.start.detach().clone())
            self.hold("count", len(self.start))
        if self.known is not None:
            self.hold("known", self.known.detach().to("cpu", torch.float32, copy=True))
        for name in ("count", "steps", "seed"):
            self.hold(name, int(getattr(self, name)))

    def hold(self, name: str, value: object) -> None:
        """Hold a copy, so that what was checked stays as it was."""
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChainSpec) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def own_options(self) -> dict[str, Any]:
        """The options that are not at the kernel's usual value; all of them where it is not one of the registry."""
        options = dict(self.options or {})
        return KERNELS[self.kernel].differing(options) if self.kernel in KERNELS else options

    @cached_property
    def way(self) -> Hashable:
        """How a step is taken and when chains stop: equal for specs whose chains may take a step together."""
        return (self.kernel, tuple(self.own_options.items()), self.stop_at, self.density, content_key(self.known))

    @property
    def followed(self) -> str | Density | FittedDensity | None:
        """The density that a kernel of the registry follows, or carries starting points with; None for one that has
        no use for any."""
        usual = KERNELS[self.kernel].density if self.kernel in KERNELS else None
        return usual and (self.density or (self.options or {}).get("density") or usual)

    @cached_property
    def key(self) -> Hashable:
        """Equal for specs that are equal."""
        return (self.way, content_key(self.start), self.count, self.steps, self.seed, self.noise)

    def build(self, model: Autoencoder) -> Kernel:
        """The kernel on a model, with the stopping that was asked for.

        Raises:
            SamplingError: the model, or what was fitted to it, does not go with it.
            CheckpointError: it needs densities, and they cannot be read.
        """
        kernel = self.kernel
        if isinstance(kernel, str):
            spec, options, followed = kernel_spec(kernel), self.options or {}, self.followed
            spec.check(options)
            held = self.held_by(spec)
            kernel = spec.build(model, resolve_density(model, followed) if followed else None, **options, **held)
        if self.stop_at is None:
            return kernel
        fitted = resolve_density(model, self.density or BEST)
        return AdaptiveStopping(kernel, fitted.followed(), fitted.threshold(self.stop_at))

    def held_by(self, spec: KernelSpec) -> dict[str, Tensor]:
        """The known pixels as an argument of a kernel; SamplingError where it never looks at pictures."""
        if self.known is None:
            return {}
        if not spec.holds_pixels:
            able = ", ".join(name for name, each in KERNELS.items() if each.holds_pixels)
            raise SamplingError(f"the kernel {spec.name!r} encodes no pictures, so it cannot hold pixels; take {able}")
        return {"known": self.known}

    def check_model(self, latent_size: int, image_shape: tuple[int, int, int]) -> None:
        """Raise SamplingError where given latents or known pixels do not suit a model of such latents and pictures."""
        check_known(self.known, image_shape)
        if not isinstance(self.start, Tensor):
            return
        if self.start.shape[1] != latent_size:
            raise SamplingError(f"start has shape {tuple(self.start.shape)}; it must be (N, {latent_size})")
        if not torch.isfinite(self.start.float()).all():
            raise SamplingError("start holds values that are not finite; encode the images again")

    def part(self, first: int, count: int) -> Self:
        """The same for some of the chains only; which numbers they have is the caller's to remember."""
        start = self.start[first : first + count] if isinstance(self.start, Tensor) else self.start
        return self.replaced(start=start, count=count)

    def replaced(self, **changes: Any) -> Self:
        """The same with other settings.

        Raises:
            SamplingError: as for a new one.
            TypeError: no such setting.
        """
        return type(self)(**{each.name: getattr(self, each.name) for each in fields(self)} | changes)


def content_key(value: Hashable) -> Hashable:
    """A value, or of a tensor what is equal for tensors that are equal."""
    if not isinstance(value, Tensor):
        return value
    content = value.cpu().float().contiguous().numpy().tobytes()
    return (tuple(value.shape), hashlib.sha256(content).hexdigest())


def chain_spec(kernel: str | Kernel | ChainSpec, **settings: Any) -> ChainSpec:
    """A spec, as it is or with other settings, or the spec of a kernel and settings."""
    if isinstance(kernel, ChainSpec):
        return kernel.replaced(**settings) if settings else kernel
    return ChainSpec(kernel, **settings)


def steps_to_record(record: Collection[int] | Literal["all"] | None, steps: int) -> frozenset[int]:
    """The steps to keep of a run: all, those that are named, or with None the first and the last.

    Raises:
        SamplingError: there is none, or one outside the run.
    """
    require("record", record, is_record(record), "None, all, or whole numbers")
    if record is None:
        return frozenset((0, steps))
    kept = frozenset(range(steps + 1) if isinstance(record, str) else map(int, record))
    outside = sorted(step for step in kept if step not in range(steps + 1))
    if outside or not kept:
        raise SamplingError(f"cannot record steps {shortened(outside)}: a run of {steps} steps has steps 0 to {steps}")
    return kept


def require(name: str, value: object, fits: bool, words: str) -> None:
    """Raise SamplingError where a value does not fit.

    Args:
        name: of the setting.
        value: what was asked for.
        fits: whether that will do.
        words: what it must be.
    """
    if not fits:
        raise SamplingError(f"{name} is {shortened(value)}; it must be {words}")


def is_whole(value: object, least: int, most: int | None = None) -> bool:
    """Whether a value is a whole number in a range."""
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    return whole and least <= int(value) and (most is None or int(value) <= most)  # type: ignore[call-overload]


def is_latents(value: object) -> bool:
    """Whether a value is latents (N, D) of at least one chain; whether they suit a model is another matter."""
    return isinstance(value, Tensor) and value.dim() == 2 and len(value) > 0 and is_plain(value)


def is_plain(value: Tensor) -> bool:
    """Whether a tensor holds real numbers that can be read."""
    return value.layout == strided and not value.is_complex() and not value.is_quantized and not value.is_meta


def is_share(value: object) -> bool:
    """Whether a value is a share, or None."""
    return value is None or (isinstance(value, Real) and not isinstance(value, bool) and 0 <= float(value) <= 1)


def is_record(value: object) -> bool:
    """Whether a value may name steps; which ones a run has is another matter."""
    if isinstance(value, str):
        return value == "all"
    if not isinstance(value, Collection) or isinstance(value, bytes | bytearray | Mapping | Tensor):
        return value is None
    return all(is_whole(step, 0) for step in value)


def are_options(value: object) -> bool:
    """Whether a value may be the settings of a kernel, or None."""
    if not isinstance(value, Mapping):
        return value is None
    return all(isinstance(name, str) and isinstance(each, str | Real) for name, each in value.items())


def is_one_of(value: object, names: Collection[str]) -> bool:
    """Whether a value is one of some names."""
    return isinstance(value, str) and value in names


def shortened(value: object) -> str:
    """A value in a message, however long it is."""
    words = f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
    return words if len(words) <= 80 else words[:80] + "…"


def is_density(value: object) -> bool:
    """Whether a value names a density, or is one, or None."""
    return value is None or isinstance(value, str | FittedDensity | Density)

"""What the vital figures of a model say: a light for each, and what to do next.

Red says "do not show this as it is", amber "know this, and do what helps", green "nothing to do". Every threshold says
where it comes from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from latentdemo.evaluation.health.vitals import Vitals
from latentdemo.evaluation.health.words import CHECKS, UNKNOWN
from latentdemo.evaluation.metrics.latent_space import LEAST, MATCH_AUC

Light = Literal["green", "amber", "red", "unknown"]
LIGHTS: tuple[Light, ...] = ("red", "amber", "unknown", "green")  # The worst first.

IDLE = 0.5  # The latent space is twice as large as it needs to be. Unused dimensions alone harm nobody (Burda 2016).
LEAST_KL = math.log(2)  # nats: an encoder of K nats a picture tells about e^K pictures apart. Below, not two.
NARROW_KL = math.log(100)  # nats a dimension: at the prior's scale the KL is -ln of the posterior's spread, here 1 %.
# A dimension of 3 times the prior's spread has a third of its encodings where 1 in 370 prior draws falls, beyond 3
# standard deviations; one of 1.5 times, 5 %. So it is the other way round for 1/3 and 2/3.
WIDE, EXPLODED = 1.5, 3.0
APART = 0.95  # A classifier of accuracy a leaves at most 2 (1 - a) of overlap: total variation is at least 2 a - 1.
SOFT, BLURRED = 0.7, 0.3  # Gaussian blur of 0.5 pixels leaves 0.68 to 0.72 of both shipped data sets, of 1 pixel 0.3.
GRAINY = 1.5  # Noise of 0.1 brings clothes to 1.8 and faces to 2.8.
FEW = 0.05  # Half a 95 % interval of a share of one half, in n pictures 0.98 / sqrt(n): 384 pictures.


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: a key of `CHECKS`.
        light: how bad it is; "unknown" where nothing is known.
        case: which of the check's advice holds.
        numbers: name -> number as text, for the check's value.
    """

    what: str
    light: Light
    case: str
    numbers: Mapping[str, str] = field(default_factory=dict)

    def title(self, translate: Callable[[str], str] = str) -> str:
        """What was looked at, in the language that `translate` puts English into."""
        return translate(CHECKS[self.what].title)

    def value(self, translate: Callable[[str], str] = str) -> str:
        """The figure that was found; empty where nothing is known."""
        return "" if self.light == "unknown" else translate(CHECKS[self.what].value).format(**self.numbers)

    def advice(self, translate: Callable[[str], str] = str) -> str:
        """What it means, and what to do next."""
        return translate(CHECKS[self.what].advice[self.case])


def findings(vitals: Vitals) -> list[Finding]:
    """What the vital figures of a model say, in the order of `CHECKS`; a deterministic encoder has no KL to look at."""
    found = [collapse(vitals)]
    if vitals.posterior_kl is not None:
        found.append(kl_scale(vitals.posterior_kl, vitals))
    found += [check(vitals) for check in (spread, mismatch, blur, pictures)]
    return found if vitals.evaluated else [*found, Finding("evaluation", "unknown", UNKNOWN)]


def worst(found: Sequence[Finding]) -> Light:
    """The worst light of all that was found; what is unknown is worse than green."""
    return next(light for light in LIGHTS if any(each.light == light for each in found))


def collapse(vitals: Vitals) -> Finding:
    """Dimensions that carry nothing of the picture (posterior collapse: Lucas et al. 2019, arXiv 1911.02469)."""
    unused, size = len(vitals.unused), len(vitals.std)
    numbers = {"unused": str(unused), "dimensions": str(size)}
    if unused == size:
        return Finding("collapse", "red", "all", numbers)
    if unused >= IDLE * size:
        return Finding("collapse", "amber", "half", numbers)
    return Finding("collapse", "green", "fine", numbers)


def kl_scale(posterior_kl: Sequence[float], vitals: Vitals) -> Finding:
    """How much the encoder says of a picture: the KL bounds the information in the latents (Hoffman & Johnson 2016,
    "ELBO surgery")."""
    total = sum(posterior_kl)
    used = [kl for dimension, kl in enumerate(posterior_kl) if dimension not in vitals.unused]
    mean = sum(used) / max(len(used), 1)
    numbers = {"total": f"{total:.1f}", "mean": f"{mean:.2f}"}
    if total < LEAST_KL:
        return Finding("kl", "red", "nothing", numbers)
    if total < math.log(max(vitals.pictures, 2)):
        return Finding("kl", "amber", "thin", numbers)
    if mean > NARROW_KL:
        return Finding("kl", "amber", "narrow", numbers)
    return Finding("kl", "green", "fine", numbers)


def spread(vitals: Vitals) -> Finding:
    """How wide the encodings are, around the prior's centre, in the dimensions that are used."""
    if vitals.broken > 0.0:
        return Finding("spread", "red", "infinite", {"least": "−∞", "most": "∞"})
    used = [(m, s) for d, (m, s) in enumerate(zip(vitals.mean, vitals.std, strict=True)) if d not in vitals.unused]
    narrowest = min((std for _mean, std in used), default=1.0)
    widest = max((math.hypot(mean, std) for mean, std in used), default=1.0)
    numbers = {"least": f"{narrowest:.2f}", "most": f"{widest:.2f}"}
    if widest > EXPLODED:
        return Finding("spread", "red", "exploded", numbers)
    if narrowest < 1.0 / EXPLODED:
        return Finding("spread", "red", "shrunk", numbers)
    if widest > WIDE or narrowest < 1.0 / WIDE:
        return Finding("spread", "amber", "uneven", numbers)
    return Finding("spread", "green", "fine", numbers)


def mismatch(vitals: Vitals) -> Finding:
    """How well encodings are told from draws of the prior."""
    if vitals.auc is None or vitals.accuracy is None:
        return Finding("mismatch", "unknown", UNKNOWN)
    numbers = {"auc": f"{vitals.auc:.2f}"}
    if vitals.accuracy >= APART:
        return Finding("mismatch", "red", "apart", numbers)
    if vitals.auc >= MATCH_AUC:
        return Finding("mismatch", "amber", "differs", numbers)
    return Finding("mismatch", "green", "match", numbers)


def blur(vitals: Vitals) -> Finding:
    """What the decoder makes of edges, and whether it shows what was encoded at all."""
    if vitals.sharpness is None:
        return Finding("blur", "unknown", UNKNOWN)
    numbers = {"ratio": f"{100.0 * vitals.sharpness:.0f}"}
    if vitals.explained is not None and vitals.explained <= 0.0:
        return Finding("blur", "red", "blind", numbers)
    if vitals.sharpness < BLURRED:
        return Finding("blur", "red", "blurred", numbers)
    if vitals.sharpness < SOFT:
        return Finding("blur", "amber", "soft", numbers)
    if vitals.sharpness > GRAINY:
        return Finding("blur", "amber", "grainy", numbers)
    return Finding("blur", "green", "fine", numbers)


def pictures(vitals: Vitals) -> Finding:
    """Whether there are enough held-out pictures for figures that mean something."""
    half = 0.98 / math.sqrt(max(vitals.pictures, 1))
    numbers = {"pictures": f"{vitals.pictures:,}", "points": f"{100.0 * half:.1f}"}
    if vitals.pictures < LEAST:
        return Finding("pictures", "red", "too few", numbers)
    if half > FEW:
        return Finding("pictures", "amber", "few", numbers)
    return Finding("pictures", "green", "fine", numbers)

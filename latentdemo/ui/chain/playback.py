"""What the player shows of chains: their figures in the session's words, their curves, and their way on the map."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from torch import Tensor

from latentdemo.evaluation.metrics.trace import Trace, difference
from latentdemo.imaging import data_uri
from latentdemo.ui.chain.walks import Walk, WalkRequest
from latentdemo.ui.components.charts import style_of
from latentdemo.ui.components.player import Figure, Kind, Plane, Scene, height
from latentdemo.ui.i18n.figure_words import number_text, with_unit
from latentdemo.ui.i18n.words import _, language
from latentdemo.ui.runs.encodings import MARGIN, SHOWN_SHARE, Encoded, in_plane, prior_draws

NOTHING = "–"  # stands where a step has no figure, as step 0 has no change
DIGITS = 4  # decimals of a place on the map, which reaches from -1 to 1


def scene(walk: Walk, request: WalkRequest, title: str) -> Scene:
    """What the player shows, in the session's language.

    Args:
        walk: the chains of the request.
        request: what was asked.
        title: the model in words.
    """
    return Scene(
        run=hashlib.sha256(repr((request, language())).encode()).hexdigest(),
        title=title,
        sheet=data_uri(walk.sheet),
        chains=request.spec.count,
        steps=request.spec.steps,
        given=given_names(walk.given),
        states=states(walk.trace),
        kinds=kinds(walk.trace),
        figures=figures(walk),
        plane=None if walk.encoded is None else plane(walk, walk.encoded, request.point.seed),
        colour=style_of(str(request.spec.kernel)).colour,
    )


def given_names(given: Tensor | None) -> list[str]:
    """Names of the pictures that the chains were started from."""
    count = 0 if given is None else len(given)
    return [_("picture"), _("damaged")][:count]


def kinds(found: Trace) -> list[list[Kind]]:
    """What became of each step, a list of steps a chain."""
    chains, steps = found.moved.shape[1], range(len(found.moved))
    return [[kind(found, chain, step) for step in steps] for chain in range(chains)]


def kind(found: Trace, chain: int, step: int) -> Kind:
    """What became of one step of one chain."""
    if found.resting is not None and found.resting[step, chain]:
        return "resting"
    if found.accepted is not None and not found.accepted[step, chain]:
        return "rejected"
    return ""


def states(found: Trace) -> list[list[str]]:
    """The same in words."""
    taken = "" if found.accepted is None else _("accepted")
    names: dict[Kind, str] = {"": taken, "rejected": _("not accepted"), "resting": _("resting")}
    return [[_("starting point"), *(names[each] for each in row[1:])] for row in kinds(found)]


def figures(walk: Walk) -> list[Figure]:
    """Those that there are: without a picture, real data or a density, some have nothing to be measured by."""
    return [
        *from_picture(walk),
        *to_real_data(walk),
        *likelihood(walk),
        change(walk.trace),
        figure(
            walk.trace.moved, decimal, _("Latent moved"),
            _("Distance that the latent went in this step. For comparison: draws from the prior have a spread of 1 in "
              "each dimension of the latent space."),
            least=0.0, from_step=1,
        ),
    ]  # fmt: skip


def from_picture(walk: Walk) -> Iterator[Figure]:
    """How far the chain is from the picture that it started from, beside what the damage alone makes."""
    if walk.trace.from_picture is None or walk.given is None:
        return
    damage = difference(walk.given[None, 1:], walk.given[0]).flatten().tolist()
    yield figure(
        walk.trace.from_picture, percent, _("Difference from the picture"),
        _("Mean difference of a pixel from the undamaged picture, in per cent of its range. It falls where the chain "
          "repairs, and rises where it forgets what it started from."),
        least=0.0, level=damage[0] if damage else None, mark=_("as damaged"),
    )  # fmt: skip


def to_real_data(walk: Walk) -> Iterator[Figure]:
    """How far the latent is from real data."""
    if walk.trace.distance is None:
        return
    yield figure(
        walk.trace.distance, times, _("Distance to real data"),
        _("How far the latent lies from its 5 nearest encodings of real data; 1 × is what a real picture has to the "
          "others. The band holds 90 % of real data."),
        band=walk.usual_distance, mark=_("real data"),
    )  # fmt: skip


def likelihood(walk: Walk) -> Iterator[Figure]:
    """How likely the latent is: in words by its rank among real data, as a curve in nats."""
    if walk.trace.log_density is None or walk.trace.likelier_than is None:
        return
    yield figure(
        walk.trace.log_density, nats, _("Likelier than"),
        _("Share of real data whose latents are less likely than this one. The curve is the log-density, in nats, "
          "under the density that was fitted to encodings of real data; the band holds 90 % of these. From a picture, "
          "the first chain starts at the mean of its encoding, without its noise, which is likelier than most at step "
          "0."),
        band=walk.usual_log_density, mark=_("real data"),
        texts=words(walk.trace.likelier_than, share_text),
    )  # fmt: skip


def change(found: Trace) -> Figure:
    """How much the picture changes; the words say it of the step and since the start, the curve of the steps."""
    texts = [
        [f"{percent(step)} ({percent(total)})" for step, total in zip(steps, totals, strict=True)]
        for steps, totals in zip(by_chain(found.changed), by_chain(found.changed_since_start), strict=True)
    ]
    return figure(
        found.changed, percent, _("Change (since start)"),
        _("Mean change of a pixel in this step, in per cent of its range; in brackets since the start. The curve is "
          "that of the steps."),
        least=0.0, from_step=1, texts=texts,
    )  # fmt: skip


def figure(
    values: Tensor,
    text: Callable[[float], str],
    label: str,
    help_text: str,
    *,
    band: tuple[float, float] | None = None,
    level: float | None = None,
    least: float | None = None,
    mark: str = "",
    from_step: int = 0,
    texts: Sequence[Sequence[str]] | None = None,
) -> Figure:
    """A figure with its curves.

    Args:
        values: (S + 1, N).
        text: makes words of a value.
        label, help_text: what it is, and what it means.
        band: where most real data lies.
        level: a value to compare with.
        least: where the chart begins at the latest.
        mark: name of band or level.
        from_step: first step that has a value.
        texts: the values in words, a list of steps a chain, where the curve shows something else.
    """
    marks = [value for value in (least, level, *(band or ())) if value is not None]
    low, high = min([values.min().item(), *marks]), max([values.max().item(), *marks])
    return Figure(
        label,
        help_text,
        [[NOTHING] * from_step + list(row)[from_step:] for row in texts or words(values, text)],
        [[None] * from_step + [height(value, low, high) for value in row[from_step:]] for row in by_chain(values)],
        (text(low), text(high)),
        band and (height(band[1], low, high), height(band[0], low, high)),
        None if level is None else height(level, low, high),
        mark if band or level is not None else "",
    )


def by_chain(values: Tensor) -> list[list[float]]:
    """Values (S + 1, N) as a list of steps a chain."""
    return values.T.tolist()


def words(values: Tensor, text: Callable[[float], str]) -> list[list[str]]:
    """Values (S + 1, N) in words, in the same form."""
    return [[text(value) for value in row] for row in by_chain(values)]


def percent(value: float) -> str:
    """Of the grey range."""
    return with_unit(number_text(value, 1), "%")


def times(value: float) -> str:
    """In units of what is usual."""
    return with_unit(number_text(value, 2), "×")


def nats(value: float) -> str:
    """A log-density."""
    return number_text(value, 0)


def decimal(value: float) -> str:
    """A length in the latent space."""
    return number_text(value, 2)


def plane(walk: Walk, encoded: Encoded, seed: int) -> Plane:
    """The map: real data, draws of the prior, and where the chains went."""
    latents = walk.run.latents
    paths = np.stack([in_plane(latents[step], encoded.plane) for step in sorted(latents)], axis=1)
    real = in_plane(encoded.latents, encoded.plane)
    prior = in_plane(prior_draws(encoded.latents.shape[1], seed), encoded.plane)
    most = np.quantile(np.abs(np.concatenate([real, prior])), SHOWN_SHARE)
    reach = MARGIN * max(most, np.abs(paths).max())
    return Plane(
        places(real, reach),
        places(prior, reach),
        [places(path, reach) for path in paths],
        [_("real data"), _("prior"), _("chain")],
        _("This plane shows {share} % of the variance of the encodings.", share=f"{100 * encoded.plane.explained:.0f}"),
    )


def share_text(share: float) -> str:
    """Of real data."""
    return _("{share} % of real data", share=f"{100 * share:.0f}")


def places(points: np.ndarray, reach: float) -> list[list[float]]:
    """Points (N, 2) as the player takes them."""
    return (points / reach * (1.0, -1.0)).round(DIGITS).tolist()

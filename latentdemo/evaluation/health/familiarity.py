"""How far a picture lies from what a model was trained on.

A model answers any picture with the nearest thing that it knows. How much that misses, pixel by pixel, is set against
how much it usually misses there on held-out pictures:

    score(x) = mean over pixels of ((decode(encode(x)) - x) / s)^2,  s = max(0.01, rms of the same error at that pixel)

and ranked among the scores of held-out pictures that s was not taken of. So is the distance to the nearest held-out
picture in a feature space, where there is one: it finds what the model redraws well and yet takes for something else,
such as a face for a shirt. The p-value of a rank, (1 + pictures that are as strange) / (1 + pictures), is conformal: of
pictures like the held-out ones at most a share p has one of p or less, whatever the model is (Bates et al. 2023,
arXiv 2104.08279); of two ranks the smaller p-value counts, twice (Bonferroni).

Measured at one false alarm in 100 with 100 photographs of CIFAR-10 and with pictures of the other data set: the shipped
models of faces find all of both, those of clothes 93 % of the photographs and 60 % of the faces, 0.7 to 1.3 % of fresh
held-out pictures being strange. The error alone, without s, finds 17 % of the photographs on clothes and with s no more
than 9 % of the faces; the feature space alone finds 2 % of the photographs on faces, whose differences from each other
it was trained to see.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from latentdemo.data import ImageSet
from latentdemo.evaluation.features.space import FeatureSpace
from latentdemo.evaluation.metrics.pictures import nearest_distance
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.models import GenerativeAutoencoder
from latentdemo.sampling.pieces import Call, at_once, in_batches

FALSE_ALARMS = 0.01  # Of pictures like the held-out ones, at most so many count as strange.
PICTURES = 1000  # Held-out pictures that are looked at: one half to compare with, the other half to rank among.
LEAST, LEAST_FOR_FEATURES = 100, 400  # Of 200 to rank among, two p-values can be told at one in 100; of 50, one at two.
LEAST_ERROR = 0.01  # Grey values, 0 to 1: a pixel that is always black still has some room.


class Strangeness(NamedTuple):
    """How a picture stands among held-out ones.

    Attributes:
        p_value: see above; small for a picture that the model cannot know.
        level: p-values up to this one count as strange: one in 100, or the least that so few pictures can tell.
        times: its error over the median of theirs, both in units of the usual error at each pixel.
        nearest: row of the held-out picture that is most like it, pixel by pixel, of those that were looked at.
    """

    p_value: float
    level: float
    times: float
    nearest: int

    @property
    def is_strange(self) -> bool:
        """Whether it lies outside what the model was trained on."""
        return self.p_value <= self.level


@dataclass(frozen=True)
class Familiar:
    """What a model makes of pictures like those that it was trained on.

    Attributes:
        pictures: held-out ones, (N, C, H, W) uint8.
        usual_error: s at each pixel, (C, H, W).
        scores: of the second half of the pictures.
        space: the feature space; None where there is none, or too few pictures for it.
        features: of the first half, (N / 2, F); means nothing without a space.
        distances: from those of the second half to the nearest of the first, (N / 2,); means nothing without a space.
    """

    pictures: Tensor
    usual_error: Tensor
    scores: Tensor
    space: FeatureSpace | None
    features: Tensor
    distances: Tensor

    def strangeness(self, model: GenerativeAutoencoder, pictures: Tensor, call: Call = at_once) -> list[Strangeness]:
        """How pictures stand among them.

        Args:
            model: the one that this was learned of.
            pictures: (N, C, H, W) in [0, 1].
            call: does the work on the device.

        Raises:
            LatentdemoError: the model does not take such pictures.
        """
        scores = scores_of(errors_of(model, pictures, call), self.usual_error)
        p_values = [rank(scores, self.scores)]
        if self.space:
            features = in_batches(self.space, pictures, call)
            p_values.append(rank(nearest_distance(features, self.features), self.distances))
        tests = len(p_values)
        smallest = (tests * torch.stack(p_values).amin(dim=0)).clamp(max=1.0)
        level = max(FALSE_ALARMS, tests / (1 + len(self.scores)))
        times = (scores / self.scores.median()).sqrt()
        nearest = torch.cdist(pictures.flatten(1), self.pictures.flatten(1).float() / 255.0).argmin(dim=1)
        rows = zip(smallest.tolist(), times.tolist(), nearest.tolist(), strict=True)
        return [Strangeness(p_value, level, *rest) for p_value, *rest in rows]

    @property
    def bytes(self) -> int:
        """What this weighs."""
        held = (self.pictures, self.usual_error, self.features, *(self.space.module.parameters() if self.space else ()))
        return sum(tensor.nbytes for tensor in held)


def learn_familiar(
    model: GenerativeAutoencoder, held_out: ImageSet, space: FeatureSpace | None = None, call: Call = at_once
) -> Familiar:
    """What a model makes of its first 1,000 held-out pictures.

    Args:
        model: any, on its device.
        held_out: pictures that it was not trained on.
        space: a feature space of its data set, if there is one.
        call: does the pieces of the work.

    Raises:
        QualityError: fewer than 100 pictures.
        LatentdemoError: the model or the space does not take such pictures.
    """
    count = min(PICTURES, len(held_out))
    if count < LEAST:
        raise QualityError(f"{count} held-out pictures are too few to tell which are strange; it takes {LEAST}")
    if count < LEAST_FOR_FEATURES:
        space = None
    errors, features = [], []
    for half in (slice(0, count // 2), slice(count // 2, count)):
        pictures = held_out.tensor(half)
        errors.append(errors_of(model, pictures, call))
        features.append(in_batches(space, pictures, call) if space else pictures.new_zeros(1, 1))
    usual_error = errors[0].square().mean(dim=0).sqrt().clamp(min=LEAST_ERROR)
    return Familiar(
        pictures=torch.from_numpy(held_out.pixels[:count]).permute(0, 3, 1, 2),
        usual_error=usual_error,
        scores=scores_of(errors[1], usual_error),
        space=space,
        features=features[0],
        distances=nearest_distance(features[1], features[0]),
    )


def errors_of(model: GenerativeAutoencoder, pictures: Tensor, call: Call) -> Tensor:
    """What reconstructions of pictures (N, C, H, W) miss, pixel by pixel, on the CPU."""
    return in_batches(partial(missed, model), pictures, call)


def missed(model: GenerativeAutoencoder, pictures: Tensor) -> Tensor:
    """The same of one batch."""
    return model.decode(model.encode(pictures).mean).mean.float().cpu() - pictures


def scores_of(errors: Tensor, usual_error: Tensor) -> Tensor:
    """Scores (N,) of errors (N, C, H, W)."""
    return (errors / usual_error).square().mean(dim=(1, 2, 3))


def rank(values: Tensor, others: Tensor) -> Tensor:
    """The p-values (N,) of values (N,) among others (M,) of which high ones are strange."""
    return (1 + (others >= values[:, None]).sum(dim=1)).double() / (1 + len(others))

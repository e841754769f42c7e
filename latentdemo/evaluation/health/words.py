"""The words of findings: English here, translated where they are shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Words(NamedTuple):
    """What is said of a check.

    Attributes:
        title: what is looked at, a few words.
        value: its figure, with `{name}` for its numbers.
        advice: case -> what it means and what to do next, whole sentences.
    """

    title: str
    value: str
    advice: Mapping[str, str]


UNKNOWN = "unknown"
"""The case of a check for which nothing is known, and of which no value is told."""

CHECKS = {
    "collapse": Words(
        "Collapsed dimensions",
        "{unused} of {dimensions} carry nothing of the picture",
        {
            "fine": "The latent space is used.",
            "half": "Half of the latent space or more is idle: it costs time and helps nobody. When you train again, "
            "a latent size near the number of used dimensions is enough, or a smaller weight of the KL.",
            "all": "The encoder tells nothing about the picture (posterior collapse): chains and densities have "
            "nothing to go by. Train again with a smaller weight of the KL, raised slowly from 0, or with a weaker "
            "decoder.",
        },
    ),
    "kl": Words(
        "KL scale",
        "{total} nats a picture, {mean} a used dimension",
        {
            "fine": "It is enough to tell pictures apart, and leaves the encoder its noise.",
            "nothing": "Less than ln 2: the latents cannot tell two pictures apart. Train again with a smaller "
            "weight of the KL, raised slowly from 0.",
            "thin": "It is too little to tell the held-out pictures apart: what the decoder shows is vague. Train "
            "again with a smaller weight of the KL.",
            "narrow": "The encoder adds less than 1 % of the prior's noise: it is as good as deterministic, and the "
            "prior was hardly trained for. Train with a larger weight of the KL, or sample from a fitted density.",
        },
    ),
    "spread": Words(
        "Spread of encodings",
        "{least} to {most} times the prior's",
        {
            "fine": "Encodings are about as wide as the prior in every dimension.",
            "uneven": "Some dimensions are wider or narrower than the prior, so that prior samples miss a part of "
            "the data. Fit densities, and start chains from one of them.",
            "exploded": "Encodings lie far outside the prior: its samples mean nothing to this decoder. Where the "
            "model was taken in, its scaling factor may be missing: take it in again with it. Else train with a "
            "larger weight of the KL.",
            "shrunk": "The encodings are a small spot within the prior: most prior samples mean nothing to this "
            "decoder. Where the model was taken in, look at its scaling factor. Else start from a fitted density.",
            "infinite": "For some pictures the encoder or the decoder gives numbers that are not finite: the "
            "variance has exploded. Train again with a smaller learning rate, or bound the log variance.",
        },
    ),
    "mismatch": Words(
        "Mismatch with the prior",
        "a classifier tells encodings from prior samples, AUC {auc}",
        {
            "match": "There is hardly any: prior samples are close to what the encoder knows.",
            "differs": "Prior samples lose quality by it. The quality review says which way to sample makes up for "
            "that, and whether it pays.",
            "apart": "Prior and encodings hardly overlap: do not show prior samples of this model. Fit densities and "
            "draw from one of them.",
            UNKNOWN: "It takes 100 held-out pictures to tell. Hold out more of them.",
        },
    ),
    "blur": Words(
        "Sharpness of the decoder",
        "{ratio} % of the edges of real pictures",
        {
            "fine": "Reconstructions are as sharp as the pictures, or nearly.",
            "soft": "Reconstructions are as soft as pictures that were blurred by half a pixel or more, and no way "
            "to sample can make them sharper. A wider decoder, more training or a larger latent space helps.",
            "blurred": "Reconstructions are as soft as pictures that were blurred by a whole pixel or more: this is "
            "what people will see, whatever the way to sample. Train longer, with a wider decoder or a larger latent "
            "space.",
            "grainy": "Reconstructions have more edges than the pictures: grain or torn edges. Train longer, and "
            "look at the reconstructions.",
            "blind": "Reconstructions are no nearer to the pictures than their mean picture is: the decoder does not "
            "show what was encoded. Train again, and look at the reconstructions.",
            UNKNOWN: "There is no reconstruction to measure.",
        },
    ),
    "pictures": Words(
        "Pictures for the figures",
        "{pictures} held out: a share is known to ± {points} points",
        {
            "fine": "They are enough for the figures.",
            "few": "Differences of a few points mean nothing. Hold out more pictures before you decide on figures.",
            "too few": "Fewer than 100 pictures: the figures of this model cannot be trusted. Hold out more.",
        },
    ),
    "evaluation": Words(
        "Evaluation",
        "",
        {
            UNKNOWN: "There is none, so that nothing is known of what its samples are worth and which way to sample "
            "pays. Measure it on the quality review, or with: python -m latentdemo evaluate",
        },
    ),
}


def texts() -> Iterator[str]:
    """All of them, for catalogues."""
    for words in CHECKS.values():
        yield from filter(None, (words.title, words.value, *words.advice.values()))

"""What is asked for on the page of interpolations, and what a model allows there."""

from __future__ import annotations

from dataclasses import dataclass

from latentdemo.checkpoints import model_folder
from latentdemo.errors import LatentdemoError
from latentdemo.evaluation.features.classifier import features_folder, read_feature_config
from latentdemo.evaluation.report import Report, Row
from latentdemo.export.settings import GIVEN
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.densities.resolve import map_name
from latentdemo.sampling.interpolation import PathKind
from latentdemo.sampling.paths import PathSpec
from latentdemo.ui.i18n.kernel_words import start_title
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.starting_point import StartingPoint
from latentdemo.ui.state.selection import Selection

PLAIN, BASE, ADVISED, OWN, ENDS = "plain", "base", "recommended", "own", "ends"
STEPS = (1, 5, 10)  # steps of the plain chain, as in Creswell et al. 2016
ROWS = (PLAIN, BASE, *map(str, STEPS), ADVISED, ENDS)
"""Rows of a path, by their names in the link: the path as it is, the one through the base space of a fitted map, after
steps of the plain chain, as the evaluation recommends, and the path between ends that a chain has corrected."""
CHAINS = (*map(str, STEPS), ADVISED, OWN)
"""The rows that a chain makes; any of them can correct the ends, and the grid."""


@dataclass(frozen=True)
class Request:
    """What every picture of the page depends on; equal requests give equal pictures.

    Attributes:
        model, digest: name of the model, and digest of its weights.
        densities: digest of its fitted densities.
        features: digest of the feature space of its data set; empty where there is none to read.
        seed: fixes the noise of the chains.
        corners: starting points: both ends of a path, the four corners of a grid, or all that a walk passes.
        path: form of the path without a chain.
        count: frames of a path, or from each point of a walk to the next; tiles a side of a grid.
        advised: the recommended chain; None where there is none that could walk on from a given latent.
        chain: which of `CHAINS` corrects the ends, or the grid.
        own: a chain of the visitor's own choice; None where nobody wants one.
        mean_steps: that the inner frames through the base space take.
        even: whether frames are spaced by the length of the decoded path.
    """

    model: str
    digest: str
    densities: str
    features: str
    seed: int
    corners: tuple[StartingPoint, ...]
    path: PathKind
    count: int
    advised: ChainSpec | None
    chain: str
    own: ChainSpec | None = None
    mean_steps: int = 0
    even: bool = False

    def rows(self, has_base: bool) -> list[str]:
        """The rows of a path by name, of a model that has a map from the prior or none."""
        here = {BASE: has_base, ADVISED: self.advised is not None, OWN: self.own is not None}
        return [row for row in (*ROWS, OWN) if here.get(row, True)]

    @property
    def plain_path(self) -> PathSpec:
        """How the path without a chain is laid, on whose frames chains start."""
        return PathSpec(self.path, even=self.even)

    @property
    def base_path(self) -> PathSpec:
        """How the path through the base space is laid."""
        return PathSpec("base", self.mean_steps, self.even)

    @property
    def way(self) -> ChainSpec:
        """The chain that corrects the ends, or the grid."""
        way = {ADVISED: self.advised, OWN: self.own}[self.chain] if self.chain in (ADVISED, OWN) else plain(self.chain)
        assert way is not None
        return way

    def spec(self, way: ChainSpec) -> ChainSpec:
        """A chain of this page: all frames or tiles meet the same noise, so that neighbours stay neighbours."""
        return way.replaced(start=GIVEN, seed=self.seed, noise="shared")


def advised_row(chosen: Selection, evaluation: Report | str) -> Row | str:
    """What the evaluation recommends, where a chain from the prior, which can as well start at the frames of a path;
    else in words why there is no such row.

    Args:
        chosen: the model.
        evaluation: of the model, or why there is none.
    """
    if isinstance(evaluation, str):
        return evaluation
    row = evaluation.recommended
    if row is None:
        return _("The evaluation of this model recommends no chain, so there is no recommended row.")
    if not row.kernel:
        return _("What the evaluation recommends is a draw from the {start}, without a chain; it cannot start at the "
                 "frames of a path, so there is no recommended row.", start=start_title(row.start))  # fmt: skip
    if row.start != "prior":
        return _("What the evaluation recommends starts at draws from the {start}; it cannot start at the frames of a "
                 "path, so there is no recommended row.", start=start_title(row.start))  # fmt: skip
    if evaluation.density_sha256 not in chosen.densities_held:
        return _("The evaluation is of other fitted densities of this model, so there is no recommended row.")
    return row


def features_of(model: str) -> str:
    """Digest of the feature space of a model's data set; empty where there is none to read."""
    try:
        return read_feature_config(features_folder(model.split("/", maxsplit=1)[0], model_folder(model).parent)).sha256
    except LatentdemoError:
        return ""


def plain(steps: str | int) -> ChainSpec:
    """So many steps of the plain chain."""
    return ChainSpec(steps=int(steps))


def has_base(chosen: Selection) -> bool:
    """Whether a model has a map whose base space paths can lead through."""
    return map_name(chosen.density_names) is not None

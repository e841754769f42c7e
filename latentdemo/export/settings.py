"""The settings of a run and of the picture of it: all that is needed to make both again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from latentdemo._version import __version__
from latentdemo.checkpoints import Precision, best_precision
from latentdemo.checkpoints.config import current_versions
from latentdemo.models import pick_device
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.paths import PathSpec

GIVEN = "given"  # The start of chains that begin at latents of their own, those of step 0 in latents.npz.
DRAWN, MOST_CHANGED_FIRST = "drawn", "changed"  # The orders of the tiles on a sheet.
TILE = 128  # A tile is enlarged to so many pixels.


def versions_in_use() -> dict[str, str]:
    """Versions of what runs here."""
    return {"latentdemo": __version__, **current_versions()}


@dataclass(frozen=True)
class Layout:
    """How the recorded steps of a run become one picture: a sheet of tiles a step, and the sheets under captions.

    Attributes:
        columns: tiles a row of a sheet.
        sheets_a_row: None puts all sheets in one row, 1 stacks them (rows of an interpolation, frame under frame),
            another number wraps them (a filmstrip).
        order: "drawn", or "changed" for the samples first that changed most until the last step.
        tile: side in pixels that a tile is enlarged to, by a whole number and as far as the sheet's width allows.
    """

    columns: int
    sheets_a_row: int | None = None
    order: str = DRAWN
    tile: int = TILE


@dataclass(frozen=True)
class Branch:
    """Other chains with the seed and noise of a run; the picture shows their last step.

    Attributes:
        spec: of the chains; of no step, they end where they start. They start where those of the run do, unless they
            have a starting point of their own.
        caption: what stands above the sheet.
        path: None shows the chains themselves; else a path is laid from where the first of them ends to where the last
            does, with a point for each chain.
        grid: whether a square is laid in place of a path, between where the chains of its four corners end.
    """

    spec: ChainSpec
    caption: str
    path: PathSpec | None = None
    grid: bool = False

    def starts_apart(self, run: ChainSpec) -> bool:
        """Whether the chains start elsewhere than those of a run."""
        return self.spec.start != run.start


@dataclass(frozen=True)
class RunSettings:
    """What `run.json` holds, see `run_file.py`.

    Attributes:
        model: its name, such as "avatars/vae".
        model_sha256: digest of its weights.
        densities_sha256: digest of its fitted densities; empty where there are none.
        spec: of the chains. Its start is `GIVEN` for latents of one's own (pictures, points of an interpolation), which
            are then those of step 0 in `latents.npz`, where its known pixels lie, too.
        recorded: steps, ascending, from 0; the last is the length of the run.
        layout: of the picture.
        captions: step that the picture shows -> what stands above its sheet, in the language of the page.
        branches: other chains from the same starting points, whose sheets follow in the picture.
        precision: of the model's networks.
        versions: of what made it.
    """

    model: str
    model_sha256: str
    densities_sha256: str
    spec: ChainSpec
    recorded: tuple[int, ...]
    layout: Layout
    captions: Mapping[int, str]
    branches: tuple[Branch, ...] = ()
    precision: Precision = field(default_factory=lambda: best_precision(pick_device()))
    versions: Mapping[str, str] = field(default_factory=versions_in_use)

"""Bulk evaluation: the pieces of an evaluation are measured by workers of a cluster, and only figures come back.

A worker draws the samples of a way for one seed, reduces them to figures and forgets them, so that this process needs
no more memory however many repetitions there are. The figures are those of an evaluation on one machine, whose pieces
are measured by the same function.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from latentdemo.cluster.connection import LOCAL, connected
from latentdemo.cluster.parcel import Parcel
from latentdemo.cluster.pool import Workers, spread
from latentdemo.evaluation.pieces import Assignment, Finding, Measurer, Piece


@dataclass(frozen=True)
class OnCluster:
    """Spreads pieces over a cluster, as `latentdemo.evaluation.pieces.Spread` asks for.

    Args:
        on: the cluster, see `connected`.
        workers: who measures; None takes as many workers as fit.
        device: of each; None takes cuda, else mps, else cpu.
    """

    on: str = LOCAL
    workers: Workers = field(default_factory=Workers)
    device: str | None = None

    def __call__(self, assignment: Assignment, pieces: Sequence[Piece]) -> Iterator[Finding]:
        """The figures of pieces, in the order in which they are ready; raises ClusterError."""
        if not pieces:
            return  # all of it was measured before
        parcel = Parcel.of(assignment.model)
        with connected(self.on):
            yield from spread(pieces, self.workers, begin_measuring, assignment, parcel, self.device)


def begin_measuring(assignment: Assignment, parcel: Parcel, device: str | None) -> Measurer:
    """What a worker measures with."""
    parcel.unpack()
    return assignment.measurer(device)

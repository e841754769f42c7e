"""Bulk evaluation: the pieces of an evaluation are measured by workers of a cluster, and only figures come back.

A worker draws the samples of a way for one seed, reduces them to figures and forgets them, so that this process needs
no more memory however many repetitions there are. Where there are very many samples, workers share a way: each walks
some of its chains and answers with what figures need of them, and this process joins that and takes the figures. They
are those of an evaluation on one machine, whose pieces are measured by the same functions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from latentdemo.cluster.connection import LOCAL, connected
from latentdemo.cluster.parcel import Parcel
from latentdemo.cluster.pool import Workers, spread
from latentdemo.evaluation.pieces import Assignment, Finding, Measurer, Part, Piece, Walked
from latentdemo.evaluation.reduced.sample import Gathered


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
        work = [part for piece in pieces for part in assignment.parts(piece)]
        with connected(self.on):
            done = spread(work, self.workers, begin_measuring, assignment, parcel, self.device)
            yield from joined(done, assignment, self.device)


def begin_measuring(
    assignment: Assignment, parcel: Parcel, device: str | None
) -> Callable[[Piece | Part], Finding | Walked]:
    """What a worker measures with."""
    parcel.unpack()
    measurer = assignment.measurer(device)
    return lambda work: measurer.walk(work) if isinstance(work, Part) else measurer(work)


def joined(done: Iterable[Finding | Walked], assignment: Assignment, device: str | None) -> Iterator[Finding]:
    """Findings as they come, and those of parts once all parts of a piece have come."""
    measurer: Measurer | None = None
    waiting: dict[str, dict[int, Gathered]] = {}
    seen: set[tuple[str, int]] = set()
    for found in done:
        if not isinstance(found, Walked):
            yield found
            continue
        piece = found.part.piece
        place = (piece.key, found.part.chains.start)
        if place in seen:
            continue  # It was handed out again though its worker had answered.
        seen.add(place)
        gathered = waiting.setdefault(piece.key, {step: Gathered() for step in found.samples})
        for step, sample in found.samples.items():
            gathered[step].add(sample)
        if next(iter(gathered.values())).count == assignment.total:
            measurer = measurer or assignment.measurer(device)
            yield measurer.join(piece, waiting.pop(piece.key))

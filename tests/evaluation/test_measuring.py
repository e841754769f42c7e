"""Pieces of an evaluation that are measured in one process."""

from __future__ import annotations

from threading import Barrier
from types import SimpleNamespace

import pytest

from latentdemo.errors import Cancelled
from latentdemo.evaluation.measuring import measured_here
from latentdemo.evaluation.pieces import Finding, Measurer, Piece

PIECES = [Piece(seed, None) for seed in range(6)]


class StandIn(Measurer):
    """Measures nothing; of two pieces, each waits until the other is at work, too."""

    def __init__(self, at_once: int, fails_at: int | None = None) -> None:
        self.subject = SimpleNamespace(compute=SimpleNamespace(at_once=at_once))
        self.met = Barrier(at_once, timeout=30)
        self.fails_at = fails_at

    def __call__(self, piece: Piece) -> Finding:
        if piece.seed == self.fails_at:
            self.met.abort()
            raise Cancelled("cancelled")
        self.met.wait()
        return piece, {"seed": {"number": float(piece.seed)}}


@pytest.mark.parametrize("at_once", [1, 2])
def test_pieces_come_in_their_order_however_many_are_measured_at_once(at_once: int) -> None:
    found = list(measured_here(StandIn(at_once), PIECES))
    assert found == [(piece, {"seed": {"number": float(piece.seed)}}) for piece in PIECES]


def test_what_was_measured_before_a_piece_is_cancelled_is_told() -> None:
    found = []
    with pytest.raises(Cancelled):
        found.extend(each for each, _numbers in measured_here(StandIn(1, fails_at=2), PIECES))
    assert found == PIECES[:2]


def test_threads_share_the_repetition_of_a_seed() -> None:
    measurer = Measurer(SimpleNamespace(held_out=range(100), train=range(200)), 10, (0, 1))
    first = measurer.repetition_of(0)
    assert measurer.repetition_of(0) is first
    assert measurer.repetition_of(1).seed == 1

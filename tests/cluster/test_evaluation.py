"""Parts of an evaluation that workers answer with, joined by whoever asked for them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch

from latentdemo.cluster.evaluation import joined
from latentdemo.evaluation.pieces import PART, Assignment, Part, Piece, Walked
from latentdemo.evaluation.protocol import direct_draw
from latentdemo.evaluation.reduced.sample import Reservoir, Sample

DRAWS = Piece(0, direct_draw("prior"))


def assignment_of(samples: int) -> Assignment:
    return Assignment("own/vae", False, {}, None, 10, (0,), samples)


def walked(part: Part, total: int) -> Walked:
    rows = torch.arange(part.chains.start, part.chains.stop)[:, None].float()
    return Walked(part, {0: Sample.of({"space": rows}, {}, {}, Reservoir(total, 10, 0), part.chains.start)})


def test_ways_of_many_samples_are_parted_and_references_are_not() -> None:
    parts = assignment_of(2 * PART + 1).parts(DRAWS)
    chains = [part.chains for part in parts if isinstance(part, Part)]
    assert [(each.start, each.stop) for each in chains] == [(0, PART), (PART, 2 * PART), (2 * PART, 2 * PART + 1)]
    assert assignment_of(PART).parts(DRAWS) == [DRAWS]
    assert assignment_of(2 * PART).parts(Piece(0, None)) == [Piece(0, None)]


def test_a_way_is_told_once_all_its_parts_are_there_and_none_counts_twice() -> None:
    total = 2 * PART + 1
    first, second, last = assignment_of(total).parts(DRAWS)
    told: list[Any] = []

    def join(piece: Piece, samples: dict[int, Any]) -> tuple[Piece, dict[str, Any]]:
        return piece, {"0": {"count": samples[0].count, "kept": len(samples[0].whole().numbers)}}

    stand_in = SimpleNamespace(total=total, measurer=lambda device: SimpleNamespace(join=join))
    references = (Piece(0, None), {})
    order: list[Any] = [walked(last, total), walked(first, total), walked(first, total), references]
    for found in joined([*order, walked(second, total), walked(second, total)], stand_in, None):  # type: ignore[arg-type]
        told.append(found)
    assert told == [references, (DRAWS, {"0": {"count": total, "kept": 10}})]

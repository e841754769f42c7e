"""Where distances come from, on reports whose parts are known."""

from dataclasses import replace

import pytest

from latentdemo.evaluation.findings.origins import Origins, origins, remedy
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, GAP, REAL_DATA, Measured, Recommendation, Report, Row, from_data
from tests.ui.sample_reports import report as sample

NOISE = (-0.1, 0.0, 0.1)


def figures(distance: float, gap: float = 0.0, noise: tuple[float, ...] = NOISE) -> dict[str, Interval]:
    return {
        "frechet_distance": Interval.of([distance + each for each in noise]),
        GAP: Interval.of([gap + each for each in noise]),
    }


def measured(distance: float, strict: float | None = None) -> Measured:
    """In two spaces, of which the second one's distances are `strict`."""
    return Measured({}, {"damage": figures(distance), "labels": figures(distance if strict is None else strict)})


def row(steps: int, distance: float, gap: float = 0.0, start: str = "prior", strict: float | None = None) -> Row:
    judged = {
        "damage": figures(distance, gap),
        "labels": figures(distance if strict is None else strict, gap - (0 if strict is None else 1)),
    }
    return replace(Row.of(start, "decode-encode", steps, {}), judged=judged)


def made(rows: list[Row], best: int, ceiling: float = 3.0, drifts: dict[int, float] | None = None, **others) -> Report:
    references = {REAL_DATA: measured(1.0), CEILING: measured(ceiling)}
    references |= {from_data(steps): measured(distance) for steps, distance in (drifts or {}).items()}
    advice = Recommendation(best, best, [], [])
    return replace(sample(), rows=rows, references=references, recommendation=advice, **others)


def means(found: Origins) -> list[dict[str, float]]:
    return [{name: round(part.mean, 6) for name, part in each.parts.items()} for each in found.all]


def test_a_distance_is_taken_apart_by_cause() -> None:
    rows = [row(0, 11.0), row(1, 8.0, 37.0), row(5, 6.0, 62.0), row(0, 4.0, 87.0, "flow")]
    found = origins(made(rows, 3, drifts={1: 3.5, 5: 4.5}))
    assert found is not None
    assert means(found) == [
        {"limit": 2.0, "mismatch": 8.0},
        {"limit": 2.0, "drift": 1.5, "mismatch": 1.5},
        {"limit": 2.0, "mismatch": 1.0},
    ]
    assert [each.total.mean for each in found.all] == pytest.approx([10.0, 5.0, 3.0])
    assert found.prior.share("limit") == pytest.approx(0.2)
    assert found.plain is not None
    assert found.plain.row.steps == 5


def test_parts_are_paired_by_repetition() -> None:
    found = origins(made([row(0, 11.0), row(5, 6.0, 62.0)], 1, drifts={5: 4.5}))
    assert found is not None
    assert all(part.half_width == pytest.approx(0.0) for each in found.all for part in each.parts.values())


def test_a_recommended_plain_chain_stands_once() -> None:
    rows = [row(0, 11.0), row(1, 8.0, 37.0), row(5, 6.0, 62.0)]
    found = origins(made(rows, 2, drifts={5: 4.5}))
    assert found is not None
    assert found.best is None
    other = origins(made(rows, 1, drifts={1: 3.5, 5: 4.5}))
    assert other is not None
    assert other.best is not None
    assert other.best.parts["drift"].mean == pytest.approx(0.5)


def test_the_strictest_space_counts() -> None:
    found = origins(made([row(0, 11.0), row(5, 6.0, 62.0, strict=9.0)], 1))
    assert found is not None
    assert found.space == "labels"
    assert found.best is not None
    assert found.best.parts["mismatch"].mean == pytest.approx(6.0)


def test_without_chains_from_real_data_there_is_no_drift() -> None:
    found = origins(made([row(0, 11.0), row(5, 6.0, 62.0)], 1))
    assert found is not None
    assert found.plain is None
    assert means(found) == [{"limit": 2.0, "mismatch": 8.0}, {"limit": 2.0, "mismatch": 3.0}]


def test_a_part_below_zero_is_said_and_takes_no_share() -> None:
    found = origins(made([row(0, 11.0), row(5, 4.0, 62.0)], 1, drifts={5: 4.5}))
    assert found is not None
    assert found.plain is not None
    assert found.plain.clipped == ["mismatch"]
    assert found.plain.share("mismatch") == 0.0
    assert found.plain.share("limit") + found.plain.share("drift") == pytest.approx(1.0)


def test_a_model_left_alone_is_told_of_by_its_best_way() -> None:
    rows = [row(0, 11.0), row(5, 6.0, 62.0)]
    report = replace(made(rows, 1), recommendation=Recommendation(None, 1, [], []))
    found = origins(report)
    assert found is not None
    assert found.best is not None
    assert found.best.row is rows[1]
    alone = origins(replace(report, recommendation=Recommendation(None, 0, [], [])))
    assert alone is not None
    assert alone.best is None


def test_reports_without_distances_have_no_origins() -> None:
    bare = [replace(row(0, 11.0), judged={"damage": {}, "labels": {}})]
    assert origins(made(bare, 0)) is None


@pytest.mark.parametrize(
    ("prior", "chain", "ceiling", "drift", "cause"),
    [
        (11.0, 6.0, 8.0, 8.1, "limit"),  # 7 of the prior's 10
        (11.0, 6.0, 3.0, 5.5, "drift"),  # 2.5 by drift, 0.5 left
        (11.0, 6.0, 3.0, 3.5, "mismatch"),  # 0.5 by drift, 2.5 left
    ],
)
def test_what_would_help(prior: float, chain: float, ceiling: float, drift: float, cause: str) -> None:
    found = origins(made([row(0, prior), row(5, chain, 60.0)], 1, ceiling, {5: drift}))
    assert found is not None
    assert remedy(found) == cause


def test_a_drift_that_chance_explains_is_none() -> None:
    report = made([row(0, 11.0), row(5, 6.0, 60.0)], 1, 3.0, {5: 5.5})
    loud = Measured({}, {space: figures(5.5, noise=(-9.0, 9.0, 0.0)) for space in ("damage", "labels")})
    found = origins(replace(report, references={**report.references, from_data(5): loud}))
    assert found is not None
    assert remedy(found) == "mismatch"

"""What is said of the mix of classes, and which classes and attributes are shown."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from PIL import Image

from latentdemo.checkpoints import checkpoints_dir
from latentdemo.data.held_out import read_held_out
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import CEILING, REAL_DATA, Measured, Mix, Report
from latentdemo.typography import unparted
from latentdemo.ui.evaluation.mix import most_striking, plain_after, samples, shifts, worst_first
from latentdemo.ui.i18n.class_words import ATTRIBUTES, CLASSES, attribute_word, class_phrase, class_word
from latentdemo.ui.quality.groups import typical
from latentdemo.ui.quality.mix import CLASSES as MOST_CLASSES
from latentdemo.ui.quality.mix import bar, classes_shown, decoder_shifts, said
from tests.ui.sample_reports import advising
from tests.ui.sample_reports import report as sample

NOISE = (-0.002, 0.0, 0.002)


@pytest.fixture
def report() -> Report:
    return advising(sample(), 3)


def share(mean: float, noise: Sequence[float] = NOISE) -> Interval:
    return Interval.of([mean + each for each in noise])


def mixed(report: Report, prior: Sequence[float], chain: Sequence[float], real: Sequence[float]) -> Report:
    """The report with one attribute, hair, of the prior, of all chains, and of real data."""
    names = ["BOB", "BUN", "PIXIE", "QUIFF", "FRO", "SIDES", "CURLY"][: len(real)]

    def with_mix(measured: Measured, shares: Sequence[float]) -> Measured:
        change = sum(abs(one - other) for one, other in zip(shares, real, strict=True)) / 2
        return replace(measured, mix={"hair": Mix(share(change), tuple(map(share, shares)))})

    rows = [with_mix(row, prior if row.is_prior else chain) for row in report.rows]
    references = {name: with_mix(each, real) for name, each in report.references.items()}
    return replace(report, rows=rows, references=references, attributes={"hair": names})


def test_the_largest_difference_to_real_data_is_told(report: Report) -> None:
    made = mixed(report, prior=[0.4, 0.3, 0.3], chain=[0.8, 0.1, 0.1], real=[0.3, 0.3, 0.4])
    compared = samples(made)
    most = most_striking(compared, ["hair"])
    assert most is not None
    assert most.index == 0
    assert most.difference.mean == pytest.approx(0.5)
    sentences = said(made, compared, ["hair"])
    assert unparted("**80 %** have “bob” as their hair style; of real data, 30 %.") in sentences[0]
    assert "**50 in 100**" in sentences[1]
    assert "of prior samples 10" in sentences[1]


def test_what_chance_explains_and_what_is_too_little_is_not_told(report: Report) -> None:
    little = mixed(report, prior=[0.31, 0.69], chain=[0.3, 0.7], real=[0.3, 0.7])
    assert most_striking(samples(little), ["hair"]) is None
    assert "No class differs" in said(little, samples(little), ["hair"])[0]
    real = replace(
        little.references[REAL_DATA],
        mix={"hair": Mix(share(0.0), (share(0.1, (-0.4, 0.4, 0.0)), share(0.9, (0.4, -0.4, 0.0))))},
    )
    loud = replace(little, references={**little.references, REAL_DATA: real})
    assert most_striking(samples(loud), ["hair"]) is None


def test_a_class_that_gets_rarer_can_be_the_most_striking_one(report: Report) -> None:
    made = mixed(report, prior=[0.1, 0.45, 0.45], chain=[0.3, 0.4, 0.3], real=[0.6, 0.2, 0.2])
    most = most_striking(samples(made), ["hair"])
    assert most is not None
    assert most.index == 0
    assert most.difference.mean == pytest.approx(-0.5)


def test_the_classes_that_differ_most_are_shown_the_commonest_first(report: Report) -> None:
    real = [0.3, 0.2, 0.15, 0.11, 0.1, 0.09, 0.05]
    chain = [0.1, 0.2, 0.25, 0.12, 0.13, 0.05, 0.15]
    made = mixed(report, prior=real, chain=chain, real=real)
    shown = classes_shown(samples(made), "hair")
    assert len(shown) == MOST_CLASSES
    assert shown == [0, 2, 3, 4, 5, 6]


def test_what_is_compared(report: Report) -> None:
    titles = [each.title for each in samples(report)]
    assert titles[:2] == ["Real data", "Prior sample"]
    assert titles[2].startswith("Recommended: Plain chain, 3")
    assert titles[3] == "Plain chain, 10"
    colours = [each.colour for each in samples(report)]
    assert len(set(colours)) == 4
    assert len(samples(advising(report, 10))) == 3
    assert len(samples(sample(strength=-0.5))) == 3


def test_the_nearest_number_of_plain_steps_stands_in_for_ten(report: Report) -> None:
    rows = [row for row in report.rows if not (row.is_plain and row.steps > 5)]
    found = plain_after(replace(report, rows=rows))
    assert found is not None
    assert found.steps == 5
    assert plain_after(replace(report, rows=[row for row in rows if not row.is_plain])) is None


def test_reports_without_a_mix_compare_nothing(report: Report) -> None:
    old = [replace(row, mix={}) for row in report.rows]
    assert samples(replace(report, rows=old)) == []
    assert worst_first(replace(report, rows=old)) == []
    assert worst_first(replace(report, attributes={})) == []


def test_the_attribute_that_is_shifted_most_comes_first(report: Report) -> None:
    row = report.recommended
    assert row is not None
    mix = {name: Mix(share(change), (share(0.5), share(0.5))) for name, change in (("a", 0.1), ("b", 0.4), ("c", 0.2))}
    rows = [replace(each, mix=mix) if each is row else each for each in report.rows]
    assert worst_first(replace(report, rows=rows, attributes={name: ["x", "y"] for name in mix})) == ["b", "c", "a"]


def test_a_bar_without_an_interval_has_no_whisker(report: Report) -> None:
    made = mixed(report, prior=[0.4, 0.6], chain=[0.4, 0.6], real=[0.3, 0.7])
    real, prior, *_rest = samples(made)
    single = {"hair": Mix(share(0.1), (Interval.of([0.4]), Interval.of([0.6])))}
    drawn = bar(replace(prior, measured=replace(prior.measured, mix=single)), "hair", 0, "BOB")
    assert drawn.low == drawn.value == drawn.high == pytest.approx(40.0)
    assert bar(real, "hair", 0, "BOB").low < 30.0
    assert [each.difference.mean for each in shifts([real, prior], "hair")] == pytest.approx([0.1, -0.1])


def test_every_class_of_what_ships_has_its_words() -> None:
    for folder in checkpoints_dir().iterdir():
        names = read_held_out(folder).label_names if (folder / "held-out.json").exists() else {}
        assert set(names) <= set(ATTRIBUTES)
        assert {each for classes in names.values() for each in classes} <= set(CLASSES)


def test_other_names_stay_as_they_are() -> None:
    assert class_word("Scratch on the left") == "Scratch on the left"
    assert attribute_word("weld_type") == "weld type"
    assert class_word("group 12") == "group 12"
    assert class_phrase("weld_type", "A") == "have “A” as their weld type"
    assert class_phrase("hair_color", "BLONDE") == "have blonde hair"


def test_a_strip_of_pictures_is_cut_into_one_a_group(tmp_path) -> None:
    path = tmp_path / "groups.png"
    strip = Image.new("RGB", (30, 10))
    strip.paste((255, 0, 0), (10, 0, 20, 10))
    strip.save(path)
    assert len(typical(path, 1, 3)) == 3
    assert typical(path, 2, 4) == []
    path.write_bytes(b"no picture")
    assert typical(path, 3, 3) == []


@pytest.mark.parametrize(("ceiling", "blamed"), [((0.9, 0.1), True), ((0.5, 0.5), False), (None, False)])
def test_what_the_decoder_does_to_the_mix_is_told_apart_from_the_way_to_sample(report, ceiling, blamed) -> None:
    made = mixed(report, (0.6, 0.4), (0.9, 0.1), (0.5, 0.5))
    name = next(iter(made.attributes))
    if ceiling:
        limit = Measured({}, {}, {name: Mix(share(0.4), tuple(map(share, ceiling)))})
        made = replace(made, references={**made.references, CEILING: limit})
    else:
        made = replace(made, references={REAL_DATA: made.references[REAL_DATA]})
    assert made.recommended is not None
    assert decoder_shifts(made, name) == blamed


def test_no_way_is_blamed_for_what_the_decoder_shifts(report: Report) -> None:
    made = mixed(report, prior=[0.3, 0.3, 0.4], chain=[0.6, 0.3, 0.1], real=[0.3, 0.3, 0.4])
    ceiling = replace(made.references[CEILING], mix={"hair": Mix(share(0.3), tuple(map(share, (0.6, 0.3, 0.1))))})
    assert most_striking(samples(made), ["hair"]) is not None
    assert most_striking(samples(made), ["hair"], ceiling) is None
    right = replace(ceiling, mix={"hair": made.references[CEILING].mix["hair"]})
    assert most_striking(samples(made), ["hair"], right) == most_striking(samples(made), ["hair"])

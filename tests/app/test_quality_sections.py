"""The sections of the quality page that only some evaluations can fill, without a browser."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from latentdemo.checkpoints import save_checkpoint
from latentdemo.evaluation.findings.recommend import recommend
from latentdemo.evaluation.interval import Interval
from latentdemo.evaluation.report import COPYING, GAP, MIX, Report, Row, save_report
from latentdemo.models import GenerativeAutoencoder
from tests.app.pages import open_page, texts
from tests.ui.sample_reports import report as sample

HEADERS = {
    "en": {
        "frontier": "Every way to sample: quality against time",
        "judges": "What the judges say",
        "mix": "What changes in the mix",
        "origins": "Where the gap comes from",
        "copying": "Are samples copies of training images?",
    },
    "ja": {
        "frontier": "すべてのサンプリング方法：品質と時間",
        "judges": "判定基準ごとの結果",
        "mix": "構成比の変化",
        "origins": "ギャップの原因",
        "copying": "学習画像の写しになっていないか",
    },
}
Open = Callable[..., AppTest]


@pytest.fixture
def open_quality(tiny_model: GenerativeAutoencoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the page of a model whose report is the usual one with a change."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))

    def opened(change: Callable[[Report], Report] = lambda report: report, lang: str = "en", **link: str) -> AppTest:
        config = save_checkpoint(tmp_path / "own" / "vae", tiny_model, "own")
        report = with_copying(sample("own/vae", config.sha256))
        save_report(change(report), tmp_path / "own" / "vae")
        return open_page("pages/quality.py", lang=lang, **link)

    return opened


def with_copying(report: Report) -> Report:
    """The report with the data-copying test."""
    found = {COPYING: Interval.of([0.1 * number for number in range(10)])}
    return replace(report, rows=[replace(row, own={**row.own, **found}) for row in report.rows])


def sections(app: AppTest, lang: str = "en") -> list[str]:
    titles = {title: name for name, title in HEADERS[lang].items()}
    return [titles[each.value] for each in app.header if each.value in titles]


def of_old_form(report: Report) -> Report:
    """As evaluations were before there were several judges and a mix."""

    def only_first(measured):
        own = {name: figure for name, figure in measured.own.items() if name not in (COPYING, MIX)}
        return replace(measured, own=own, judged={"damage": measured.judged["damage"]}, mix={})

    return replace(
        report,
        spaces={"damage": report.spaces["damage"]},
        rows=[only_first(row) for row in report.rows],
        references={name: only_first(report.references[name]) for name in ("real data", "ceiling")},
        attributes={},
    )


def where_judges_disagree(report: Report) -> Report:
    """A chain that the first judge likes best, and a draw that the second does."""

    def judged(row: Row, *gaps: float) -> Row:
        changed = {
            space: {**figures, GAP: Interval.of([gap + 0.1 * each for each in range(10)])}
            for gap, (space, figures) in zip(gaps, row.judged.items(), strict=True)
        }
        return replace(row, judged=changed)

    rows = [
        judged(row, 130.0, 1.0, 1.0)
        if row.is_plain and row.steps == 2
        else judged(row, 100.0, 120.0, 100.0)
        if row.is_plain and row.steps == 1
        else row
        for row in report.rows
    ]
    return replace(report, rows=rows)


@pytest.mark.parametrize("lang", HEADERS)
def test_every_section_is_there_in_its_order(open_quality: Open, lang: str) -> None:
    app = open_quality(lang=lang)
    assert not app.exception
    assert sections(app, lang) == list(HEADERS[lang])


@pytest.mark.parametrize("lang", HEADERS)
def test_an_evaluation_of_one_judge_leaves_out_what_it_cannot_say(open_quality: Open, lang: str) -> None:
    app = open_quality(of_old_form, lang)
    assert not app.exception
    assert not app.error
    assert sections(app, lang) == ["frontier", "origins"]
    assert {"en": "was not measured", "ja": "測定していません"}[lang] in texts(app)


def test_a_single_repetition_has_no_intervals_and_still_shows(open_quality: Open) -> None:
    def single(report: Report) -> Report:
        rows = [row.part([0]) for row in report.rows]
        references = {name: each.part([0]) for name, each in report.references.items()}
        return replace(report, rows=rows, references=references, seeds=[0], recommendation=recommend(rows))

    assert not open_quality(single).exception


@pytest.mark.usefixtures("wait_for_results")
@pytest.mark.parametrize("lang", HEADERS)
def test_where_judges_disagree_both_favourites_are_drawn(open_quality: Open, lang: str) -> None:
    app = open_quality(where_judges_disagree, lang)
    assert not app.exception
    assert not app.error
    assert {"en": "Judges disagree", "ja": "意見が分かれています"}[lang] in texts(app)
    assert len(app.image) == 2


def test_where_they_agree_nothing_is_drawn(open_quality: Open) -> None:
    app = open_quality()
    assert "do not contradict each other" in texts(app)
    assert not app.image


def test_a_broken_strip_of_groups_is_left_out(open_quality: Open, tmp_path: Path) -> None:
    def of_groups(report: Report) -> Report:
        def grouped(measured):
            return replace(measured, mix={"look": measured.mix["class"]})

        return replace(
            report,
            rows=[grouped(row) for row in report.rows],
            references={name: grouped(each) for name, each in report.references.items()},
            attributes={"look": ["group 1", "group 2", "group 3"]},
        )

    assert sections(open_quality(of_groups)) == list(HEADERS["en"])
    (tmp_path / "own" / "groups.png").write_bytes(b"no picture")
    app = open_quality(of_groups)
    assert not app.exception
    assert sections(app) == list(HEADERS["en"])


def test_the_closest_pairs_are_shown_where_there_is_a_picture(open_quality: Open, tmp_path: Path) -> None:
    assert not open_quality().image
    path = tmp_path / "own" / "vae" / "closest-pairs.png"
    Image.new("RGB", (80, 20)).save(path)
    assert len(open_quality().image) == 1
    path.write_bytes(b"no picture")
    app = open_quality()
    assert not app.exception
    assert not app.image


def test_what_steps_models_need_is_folded_at_the_end(open_quality: Open) -> None:
    app = open_quality()
    assert "Which models need many steps, and what predicts it" in [each.label for each in app.expander]
    assert "predicts the steps" not in texts(app)
    app.session_state["steps_needed"] = True
    app.run()
    assert not app.exception
    assert "nothing can be said of what predicts the steps" in texts(app)
    assert any("Steps needed" in table.value for table in app.dataframe)


def test_attributes_beyond_the_third_are_folded(open_quality: Open) -> None:
    def of_five(report: Report) -> Report:
        def widened(measured):
            return replace(measured, mix=dict.fromkeys("abcde", measured.mix["class"]))

        return replace(
            report,
            rows=[widened(row) for row in report.rows],
            references={name: widened(each) for name, each in report.references.items()},
            attributes=dict.fromkeys("abcde", report.attributes["class"]),
        )

    app = open_quality(of_five)
    before = len(app.get("vega_lite_chart"))
    assert "The other 2 attributes" in [each.label for each in app.expander]
    app.session_state["other_attributes"] = True
    app.run()
    assert not app.exception
    assert len(app.get("vega_lite_chart")) == before + 2

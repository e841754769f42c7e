"""Progress without a terminal: a line every half minute, and none for what is quick."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from threading import Event

import pytest
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from latentdemo.checkpoints import list_models
from latentdemo.cli import terminal
from latentdemo.cli.terminal import ProgressLines, progress_bar, progress_by_part, progress_of, show_table
from tests.cli.command import run


class Clock:
    """Seconds that pass only when they are told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def bar(clock: Clock) -> Progress:
    return Progress(console=terminal.console, get_time=clock, disable=True)


def test_a_line_comes_every_half_minute_and_says_how_long_the_rest_takes(bar, clock, capsys) -> None:
    lines = ProgressLines(bar)
    tell = progress_by_part(bar)
    for second in range(1, 101):
        clock.now += 1.0
        tell("training the feature space, loss 0.50", 10 * second, 2000)
        lines.tell_if_due()
    assert capsys.readouterr().err.splitlines() == [
        "training the feature space: 300 of 2,000, about 3 minutes left",
        "training the feature space: 600 of 2,000, about 2 minutes left",
        "training the feature space: 900 of 2,000, about 2 minutes left",
    ]


def test_lines_come_though_nothing_moves(bar, clock, capsys) -> None:
    lines = ProgressLines(bar)
    advance = progress_of(bar, "evaluating")
    for _ in range(2):
        clock.now += 31.0
        lines.tell_if_due()
    advance(1, 8)
    clock.now += 38.0
    lines.tell_if_due()
    advance(8, 8)
    clock.now += 30.0
    lines.tell_if_due()
    assert capsys.readouterr().err.splitlines() == [
        "evaluating, for about 31 seconds so far",
        "evaluating, for about 62 seconds so far",
        "evaluating: 1 of 8, about 12 minutes left",
        "at work, for about 2 minutes so far",
    ]


def test_the_newest_part_that_is_not_done_is_told_of(bar, clock, capsys) -> None:
    lines, tell = ProgressLines(bar), progress_by_part(bar)
    tell("fitting", 5, 5)
    tell("evaluating", 1, 2)
    tell("fitting again", 3, 3)
    clock.now += 30.0
    lines.tell_if_due()
    assert capsys.readouterr().err == "evaluating: 1 of 2, about 30 seconds left\n"


def test_nobody_waits_for_the_next_line_when_all_is_done(bar, clock) -> None:
    ended = Event()
    ended.set()
    ProgressLines(bar).tell_until(ended, check_every=1e6)


def test_a_command_without_a_terminal_tells_by_itself_and_a_quick_one_nothing(monkeypatch, capsys) -> None:
    told = Event()
    with progress_bar():
        pass
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(terminal, "EVERY", 0.0)
    monkeypatch.setattr(ProgressLines, "line", lambda *_: told.set() or "still at work")
    with progress_bar():
        assert told.wait(20.0)
    assert "still at work" in capsys.readouterr().err


WORDS = ("fashion-mnist/a-name-that-is-long", "transport chain from the likeliest density", "91 ± 3 (labels)")


def wide_table() -> Table:
    table = Table("model", *(f"what is told in column {number}" for number in range(8)), title="/a/folder/of/models")
    table.add_row(*WORDS, *["word " * 9] * 6)
    table.add_row("none")
    return table


@pytest.mark.parametrize("width", [20, 80, 200, 1000])
@pytest.mark.parametrize("terminal", [False, True])
def test_no_value_of_a_table_is_cut(width: int, terminal: bool) -> None:
    file = StringIO()
    show_table(wide_table(), Console(file=file, width=width, force_terminal=terminal, color_system=None))
    printed = file.getvalue()
    assert "…" not in printed
    if not terminal:
        assert all(word in printed for word in (*WORDS, "/a/folder/of/models"))
        assert len(printed.splitlines()) == 7
    elif width < 200:
        assert all(word in printed for word in (*WORDS, "what is told in column 7: word word"))
    else:
        assert WORDS[0] in printed
        assert max(map(len, printed.splitlines())) <= width


def test_a_command_whose_output_is_piped_prints_whole_values(monkeypatch, capsys) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run("models") == 0
    printed = capsys.readouterr().out
    assert "…" not in printed
    assert all(name in printed for name in list_models())
    assert "best sampler of pythae, gap closed, %" in printed


def test_no_command_prints_past_what_keeps_values_whole() -> None:
    folder = Path(terminal.__file__).parent
    others = [path for path in folder.glob("*.py") if path.name != "terminal.py"]
    assert len(others) > 8
    assert not [path.name for path in others if re.search(r"print\(\w*table\(", path.read_text(encoding="utf-8"))]

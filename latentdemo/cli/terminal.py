"""How commands speak on the terminal: messages, and the progress of what takes long."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

console = Console(stderr=True)


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """The one look of progress on the terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    note = TextColumn("[dim]{task.fields[note]}")
    with Progress(*columns, TimeRemainingColumn(), note, console=console, disable=not console.is_terminal) as bar:
        yield bar


def progress_of(bar: Progress, words: str) -> Callable[[int, int], None]:
    """A new line of progress, to be called with (done, total)."""
    task = bar.add_task(words, total=None, note="")

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    return advance


def progress_by_part(bar: Progress) -> Callable[[str, int, int], None]:
    """A line of progress for each part of some work, to be called with (words, done, total); what the words say after a
    comma changes within the line."""
    lines: dict[str, TaskID] = {}

    def advance(words: str, done: int, total: int) -> None:
        part, _, note = words.partition(", ")
        if part not in lines:
            lines[part] = bar.add_task(part, note="")
        bar.update(lines[part], completed=done, total=total, note=note)

    return advance


def in_minutes(seconds: float) -> str:
    """A length of time in words."""
    return f"about {seconds / 60:.0f} minutes" if seconds >= 90 else f"about {max(seconds, 1):.0f} seconds"

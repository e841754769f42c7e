"""How commands speak on the terminal: messages, and the progress of what takes long.

On a terminal progress is a bar. Into a file or a pipe it is a line every half minute, so that nobody takes a long
command for one that hangs, and a quick command says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

console = Console(stderr=True)
EVERY = 30.0  # Seconds between two lines of progress where there is no terminal.


UNBOUNDED = 100_000  # Columns: wider than any table.


def warn(text: str) -> None:
    """Say what somebody should know of a command that goes on all the same."""
    console.print(f"[bold yellow]Warning:[/] {escape(text)}", soft_wrap=True)


def show_table(table: Table, to: Console | None = None) -> None:
    """Print a table with every value whole: on a terminal that is too narrow for its words row by row, a value a line;
    into a file or a pipe as wide as it is.

    Args:
        table: what to print.
        to: where; standard output if not given.
    """
    out = to or Console()
    table.columns[0].no_wrap = True
    for column in table.columns:
        column.overflow = "fold"
    needed = Measurement.get(out, out.options.update(max_width=UNBOUNDED), table)
    if not out.is_terminal:
        table.min_width = cell_len(str(table.title or ""))
        Console(file=out.file, width=max(needed.maximum, table.min_width)).print(table)
    elif needed.minimum <= out.width:
        out.print(table)
    else:
        for line in row_by_row(table):
            out.print(line, soft_wrap=True, highlight=False)


def row_by_row(table: Table) -> Iterator[str]:
    """The lines of a table that is too wide: the first cell of each row, and below it the others that say something."""
    if table.title:
        yield f"[italic]{table.title}[/]"
    heads = [str(column.header) for column in table.columns]
    for row in zip(*(column.cells for column in table.columns), strict=True):
        first, *others = zip(heads, map(str, row), strict=True)
        yield f"[bold]{first[1]}[/]"
        for head, cell in others:
            if cell.strip():
                words = "\n    ".join(cell.splitlines())
                yield f"  {head}: {words}" if head else f"  {words}"


class ProgressLines:
    """Progress in lines, for where no bar can be drawn.

    Args:
        bar: whose tasks are told of, and whose clock counts.
    """

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.begun = self.told = bar.get_time()

    def tell_until(self, ended: Event, check_every: float = 1.0) -> None:
        """Print a line whenever one is due, until the work has ended."""
        while not ended.wait(check_every):
            self.tell_if_due()

    def tell_if_due(self) -> None:
        """Print a line if the last one is `EVERY` seconds old."""
        now = self.bar.get_time()
        if now - self.told >= EVERY:
            self.told = now
            console.print(self.line(now), soft_wrap=True, markup=False, highlight=False)

    def line(self, now: float) -> str:
        """What goes on, how much of it is done, and how long the rest takes if it goes on like that."""
        task = next((task for task in reversed(self.bar.tasks) if task.started and not task.finished), None)
        if task is None or not task.total:
            words = task.description if task else "at work"
            return f"{words}, for {in_minutes(now - self.begun)} so far"
        left = ""
        if task.completed and task.start_time is not None:
            left = f", {in_minutes((now - task.start_time) * (task.total / task.completed - 1.0))} left"
        return f"{task.description}: {task.completed:,.0f} of {task.total:,.0f}{left}"


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """The one look of progress: a bar on the terminal, lines elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    note = TextColumn("[dim]{task.fields[note]}")
    piped, ended = not console.is_terminal, Event()
    with Progress(*columns, TimeRemainingColumn(), note, console=console, disable=piped) as bar:
        teller = Thread(target=ProgressLines(bar).tell_until, args=(ended,), daemon=True)
        if piped:
            teller.start()
        try:
            yield bar
        finally:
            ended.set()
            if piped:
                teller.join()


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

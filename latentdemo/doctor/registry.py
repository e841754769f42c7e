"""What is looked at on the machine, in this order; another check is one file in `checks` and its name here."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

from latentdemo.doctor import checks
from latentdemo.doctor.finding import Finding

MACHINE = ("packages", "device", "threads", "memory", "disk", "writing", "checkpoints", "fonts", "database")
"""Modules of `checks`, each with a function `check`."""


def examine_machine() -> Iterator[Finding]:
    """What all checks find on this machine, as this user, one after another."""
    for name in MACHINE:
        yield from findings_of(name)


def findings_of(name: str) -> Iterator[Finding]:
    """What a check finds; where it fails itself, that: on a machine where PyTorch is broken, most of them do."""
    try:
        yield from import_module(f"{checks.__name__}.{name}").check()
    except Exception as error:
        yield Finding(name, "fault", f"could not be looked at: {error!r}",
                      "mend what is wrong above, or report this with what --json prints")  # fmt: skip

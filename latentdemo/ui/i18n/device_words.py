"""Devices in the session's language: the one in use, and the one that an evaluation was made on."""

from __future__ import annotations

import re

from latentdemo.ui.i18n.words import _

CPU = re.compile(r"CPU, (\d+) threads?")
"""As `describe_device` says it, and evaluations keep it. Other devices have names, most of which stay as they are."""


def device_words(described: str) -> str:
    """A device by what `describe_device` says of it."""
    cpu = CPU.fullmatch(described)
    return _("CPU, threads: {count}", count=cpu[1]) if cpu else _(described)

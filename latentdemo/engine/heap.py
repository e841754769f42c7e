"""The C library's heap, kept from spreading.

By default glibc gives threads up to eight heaps a core, and leaves up to 64 MB in each that nothing uses. In a server
whose threads come and go that is soon more than what is in use, and it goes on growing for a long time.
"""

from __future__ import annotations

import ctypes
import sys

ARENAS = 2  # Python's threads mostly take turns anyway
M_ARENA_MAX = -8  # of malloc.h


def share_heaps() -> bool:
    """Let all threads of the process share a few heaps; whether the C library can (glibc can)."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    return mallopt is not None and mallopt(M_ARENA_MAX, ARENAS) == 1

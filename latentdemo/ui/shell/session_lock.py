"""All runs of a session take turns at its state.

Streamlit 1.67 begins the next run of a session while the one before is on its way to its end, and gives each a lock of
its own around the state that they share. So one may change what the other goes through, and the page of somebody who
presses fast ends with "dictionary changed size during iteration". Here the runs of a session have one lock together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from streamlit.runtime.state.safe_session_state import SafeSessionState
from streamlit.runtime.state.session_state import SessionState

PLACE = "latentdemo_lock"  # an attribute of the query parameters, which are the session's own; the state takes none
_making = threading.Lock()
_as_streamlit_makes = SafeSessionState.__init__


def share_session_locks() -> None:
    """Let all runs that begin from now on share the lock of their session."""
    SafeSessionState.__init__ = _with_shared_lock  # type: ignore[method-assign]


def _with_shared_lock(self: SafeSessionState, state: SessionState, yield_callback: Callable[[], None]) -> None:
    _as_streamlit_makes(self, state, yield_callback)
    with _making:
        lock = vars(state.query_params).setdefault(PLACE, threading.RLock())
    object.__setattr__(self, "_lock", lock)  # as Streamlit sets it: others become entries of the state

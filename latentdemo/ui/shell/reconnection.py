"""Somebody whose connection drops and comes back gets the answer on the new connection.

Streamlit 1.67 sends the messages of all sessions in rounds. A round takes the list of sessions and their connections
when it begins; of a session that comes back during the round, it takes the new messages and sends them to the old
connection, where they are lost, and the page waits for ever. Under load a round takes long, and that happens to one
reconnection in three. Here the list hands out each session with the connection that it has when its turn comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streamlit.runtime.session_manager import ActiveSessionInfo
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager


class ConnectedSessions(list[ActiveSessionInfo]):
    """Sessions that were connected when the list was made; whoever goes through it gets those that still are."""

    def __init__(self, manager: WebsocketSessionManager, sessions: Iterable[ActiveSessionInfo]) -> None:
        super().__init__(sessions)
        self._manager = manager

    def __iter__(self) -> Iterator[ActiveSessionInfo]:
        for listed in super().__iter__():
            if current := self._manager.get_active_session_info(listed.session.id):
                yield current


def send_to_current_connections() -> None:
    """Let the server's rounds follow sessions to their new connections, from the next round on."""
    WebsocketSessionManager.list_active_sessions = _list_active_sessions  # type: ignore[assignment, method-assign]


def _list_active_sessions(manager: WebsocketSessionManager) -> list[ActiveSessionInfo]:
    return ConnectedSessions(manager, _as_streamlit_lists(manager))


_as_streamlit_lists = WebsocketSessionManager.list_active_sessions

"""Sessions that come back while the server goes through all of them."""

import asyncio
from pathlib import Path
from unittest.mock import Mock

import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.script_data import ScriptData
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.session_manager import SessionClient
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager
from streamlit.testing.v1 import AppTest

APP = ScriptData(str(Path(__file__).parents[3] / "app.py"), is_hello=False)
PATIENCE = 60


@pytest.fixture
def manager(monkeypatch):
    """Streamlit's own manager of sessions, once the demo has run."""
    # what the demo changes there is undone after the test
    monkeypatch.setattr(WebsocketSessionManager, "list_active_sessions", WebsocketSessionManager.list_active_sessions)
    AppTest.from_file(APP.main_script_path, default_timeout=PATIENCE).run()
    files = MemoryUploadedFileManager("/files")
    return WebsocketSessionManager(MemorySessionStorage(), files, ScriptCache(), message_enqueued_callback=None)


def test_session_that_comes_back_during_a_round_is_met_on_its_new_connection(manager):
    async def a_round():
        first, second, new = (Mock(SessionClient) for _ in range(3))
        manager.connect_session(first, APP, {})
        name = manager.connect_session(second, APP, {})
        met = []
        for session in manager.list_active_sessions():
            met.append(session.client)
            if session.client is first:
                manager.disconnect_session(name)
                assert manager.connect_session(new, APP, {}, existing_session_id=name) == name
        assert met == [first, new]

    asyncio.run(a_round())


def test_session_that_leaves_during_a_round_is_left_out(manager):
    async def a_round():
        names = [manager.connect_session(Mock(SessionClient), APP, {}) for _ in range(3)]
        met = []
        for session in manager.list_active_sessions():
            met.append(session.session.id)
            if len(met) == 1:
                manager.disconnect_session(names[1])
        assert met == [names[0], names[2]]
        assert manager.num_active_sessions() == 2

    asyncio.run(a_round())

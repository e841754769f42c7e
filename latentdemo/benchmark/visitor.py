"""A visitor without a browser: speaks to the demo's server over the websocket that a browser uses.

    async with Visitor(address) as visitor:
        await visitor.open("sampling", "seed=3")
        pictures = await visitor.pictures()

What a browser does is done here as well: it says which page it wants and what was pressed, looks at the progress of
long work at the pace that the page asks for, and fetches the pictures. It does not draw.
"""

from __future__ import annotations

import asyncio
import base64
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from types import TracebackType

from streamlit.proto.Alert_pb2 import Alert
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from latentdemo.errors import ServerError

PATIENCE = 120.0  # A page that has not come to rest after so many seconds counts as hanging.
NO_TOKEN = "PLACEHOLDER_AUTH_TOKEN"  # A browser that was given no token sends this.
DATA_URI = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/=]+)")


class Visitor:
    """One session of the server.

    Args:
        address: of the server.

    Attributes:
        page: its address below the server's; empty for the first one.
        link: the settings in the address, as the page has written them.
        trouble: what no visitor should ever see: tracebacks, and messages of errors.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.page = ""
        self.link = ""
        self.trouble: list[str] = []
        self._socket: ClientConnection | None = None
        self._session = ""
        self._hashes: dict[str, str] = {}  # Address of a page -> its name in the protocol.
        self._hash = ""
        self._elements: dict[tuple[int, ...], tuple[Element, str]] = {}  # Place -> what is there, and its fragment.
        self._polls: dict[str, tuple[float, float]] = {}  # Fragment -> interval, and when it is due.
        self._asked = False  # Whether a run of the whole page was asked for that has not begun.
        self._running = False

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.leave()

    @property
    def connected(self) -> bool:
        """Whether there is a session to go on with."""
        return self._socket is not None

    async def open(self, page: str, link: str = "") -> None:
        """Open an address in a new session, as a browser does that loads the page, and wait until it has come to rest.

        Raises:
            ServerError: the connection was lost, or the page does not come to rest.
        """
        await self.begin(page, link)
        await self.settle()

    async def begin(self, page: str, link: str = "") -> None:
        """Open an address in a new session, and do not wait; raises as `open` does."""
        await self.leave()
        self.page, self.link, self._session, self._hash = page, link, "", ""
        await self._connect()
        await self._run()

    async def reconnect(self) -> None:
        """Come back to the same session after the connection was lost; raises as `open` does."""
        await self._connect()
        await self._run()
        await self.settle()

    async def go(self, page: str) -> None:
        """Go to another page of the same session; raises as `open` does."""
        self.page, self._hash = page, self._hashes[page]
        await self._run()
        await self.settle()

    async def press(self, key: str) -> bool:
        """Press a button as soon as it is there, and do not wait for what comes of it; raises as `open` does.

        Returns:
            Whether it was pressed; False where the page has come to rest without a button of that key.
        """
        await self.settle(lambda: self.shows(key) and not self._asked)  # Else it could be the end of the run before.
        for element, fragment in self._elements.values():
            if element.WhichOneof("type") == "button" and element.button.id.endswith(f"-{key}"):
                message = self._message(fragment)
                message.rerun_script.widget_states.widgets.add(id=element.button.id, trigger_value=True)
                await self._send(message)
                return True
        return False

    async def settle(self, until: Callable[[], bool] | None = None) -> None:
        """Wait until the page has come to rest: nothing runs, and no progress is left to look at.

        Args:
            until: asked after every message; what is also enough.

        Raises:
            ServerError: the connection was lost, or it takes too long.
        """
        given_up = time.monotonic() + PATIENCE
        while self._asked or self._running or self._polls:
            if until and until():
                return
            due = min((due for _, due in self._polls.values()), default=given_up)
            try:
                self._take(await self._receive(min(due, given_up) - time.monotonic()))
            except TimeoutError:
                if time.monotonic() >= given_up:
                    place = f"/{self.page}?{self.link}"
                    raise ServerError(f"{place} does not come to rest in {PATIENCE:.0f} s: {self.unrest}") from None
                await self._poll()

    @property
    def unrest(self) -> str:
        """What keeps the page from coming to rest, in words."""
        if self._asked:
            return "the run that it asked for has not begun"
        return "its run goes on" if self._running else "its progress is still shown"

    def shows(self, key: str) -> bool:
        """Whether a button of that key is on the page."""
        buttons = [each.button.id for each, _ in self._elements.values() if each.WhichOneof("type") == "button"]
        return any(button.endswith(f"-{key}") for button in buttons)

    async def pictures(self) -> list[bytes]:
        """All PNG pictures on the page, in its order.

        Raises:
            ServerError: one cannot be fetched.
        """
        found = []
        for place in sorted(self._elements):
            element, _ = self._elements[place]
            for url in [picture.url for picture in element.imgs.imgs]:
                if not url.startswith("data:"):
                    found.append(await asyncio.to_thread(fetch, urllib.parse.urljoin(self.address, url)))
            found += [base64.b64decode(each) for each in DATA_URI.findall(element.SerializeToString())]
        return found

    async def leave(self, abruptly: bool = False) -> None:
        """Close the connection; abruptly, as when the power goes."""
        if self._socket is None:
            return
        if abruptly:
            self._socket.transport.abort()
        await self._socket.close()
        self._socket = None

    async def _connect(self) -> None:
        """Connect, to the session that there was, if any."""
        protocols = [Subprotocol(each) for each in ("streamlit", NO_TOKEN, self._session) if each]
        try:
            self._socket = await connect(
                self.address.replace("http", "ws", 1) + "/_stcore/stream",
                origin=Origin(self.address),
                subprotocols=protocols,
                open_timeout=PATIENCE,
                max_size=None,
                ping_interval=None,  # Browsers do not ask whether the server is still there.
                proxy=None,
            )
        except (OSError, TimeoutError) as error:
            raise ServerError(f"{self.address} does not answer ({error})") from error
        self._elements, self._polls = {}, {}

    def _message(self, fragment: str = "") -> BackMsg:
        """What a browser says when a page, or a fragment of it, is to run."""
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_name, state.page_script_hash = self.link, self.page, self._hash
        state.fragment_id = fragment
        state.context_info.url = f"{self.address}/{self.page}"
        state.context_info.locale = "en"
        return message

    async def _run(self) -> None:
        """Ask for a run of the whole page."""
        await self._send(self._message())

    async def _send(self, message: BackMsg) -> None:
        assert self._socket is not None
        self._asked = self._asked or not message.rerun_script.fragment_id
        self._running = True
        try:
            await self._socket.send(message.SerializeToString())
        except ConnectionClosed as error:
            raise ServerError(f"the server has closed the connection ({error})") from error

    async def _receive(self, seconds: float) -> ForwardMsg:
        """The next message; raises TimeoutError where none comes in time."""
        assert self._socket is not None
        try:
            content = await asyncio.wait_for(self._socket.recv(decode=False), max(seconds, 0.0))
        except ConnectionClosed as error:
            raise ServerError(f"the server has closed the connection ({error})") from error
        message = ForwardMsg()
        message.ParseFromString(content)
        return message

    async def _poll(self) -> None:
        """Run the fragments that are due, as a page asks for that shows progress."""
        now = time.monotonic()
        for fragment, (interval, due) in list(self._polls.items()):
            if due <= now:
                message = self._message(fragment)
                message.rerun_script.is_auto_rerun = True
                await self._send(message)
                self._polls[fragment] = (interval, now + interval)

    def _take(self, message: ForwardMsg) -> None:
        """Take note of a message."""
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session = message.new_session.initialize.session_id or self._session
            self._hash = message.new_session.page_script_hash
            self._running = True
            if not message.metadata.run.fragment_ids:
                self._asked, self._elements, self._polls = False, {}, {}
        elif kind == "navigation":
            self._hashes = {"" if page.is_default else page.url_pathname: page.page_script_hash
                            for page in message.navigation.app_pages}  # fmt: skip
            self._hash = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.link = message.page_info_changed.query_string
        elif kind == "delta":
            self._take_delta(tuple(message.metadata.delta_path), message.delta)
        elif kind == "auto_rerun":
            interval = message.auto_rerun.interval
            self._polls[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        elif kind == "script_finished":
            self._running = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self._note("a page that cannot be compiled")
        elif kind == "page_not_found":
            self._note("no such page")

    def _take_delta(self, place: tuple[int, ...], delta: Delta) -> None:
        """Take note of what the page shows at a place."""
        if delta.WhichOneof("type") != "new_element":
            self._elements.pop(place, None)
            return
        element = delta.new_element
        self._elements[place] = (element, delta.fragment_id)
        kind = element.WhichOneof("type")
        if kind == "exception":
            self._note(f"{element.exception.type}: {element.exception.message}")
        elif kind == "alert" and element.alert.format == Alert.ERROR:
            self._note(element.alert.body)

    def _note(self, words: str) -> None:
        """Keep what should not have been seen, with its address."""
        self.trouble.append(f"/{self.page}?{self.link}: {words}")


def fetch(url: str) -> bytes:
    """The content behind an address; raises ServerError where there is none."""
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
            return answer.read()
    except OSError as error:
        raise ServerError(f"{url} cannot be fetched ({error})") from error

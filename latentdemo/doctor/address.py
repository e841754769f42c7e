"""A demo seen from outside, through all proxies before it: `latentdemo doctor --address https://demo.example/path`.

A page whose WebSocket is forbidden stays empty, and so can tell nobody; this can. It asks for what a browser asks for,
and knows Streamlit's answers from those of a proxy.
"""

from __future__ import annotations

import http.client
import re
import ssl
import statistics
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from latentdemo.doctor.finding import Finding
from latentdemo.errors import ServerError

PATIENCE = 10.0  # seconds that an answer may take
HEALTH, STREAM, METRICS = "_stcore/health", "_stcore/stream", "_stcore/metrics"
UPLOAD, MEDIA = "_stcore/upload_file/doctor/doctor", "media/doctor"  # of a session and a file that there are not
DEEP = "overview"  # the address of a page
XSRF = "_streamlit_xsrf"  # the cookie whose value comes back in a header
LARGE = 2 * 2**20  # bytes: more than nginx lets through unless it is told
SLOW = 0.3  # seconds, above which each click is felt to wait
CLOCKS_APART = 60.0  # seconds: sign-in refuses tokens from further away
PROTECTING = ("x-content-type-options", "content-security-policy", "referrer-policy")
BOUNDARY = "latentdemo"


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        status: of HTTP.
        headers: by their names in small letters; of several alike, all, with commas between them.
        body: as text, where it is one.
        seconds: that it took.
    """

    status: int
    headers: dict[str, str]
    body: str
    seconds: float


@dataclass
class Address:
    """Where the demo is, for whoever opens it in a browser.

    Attributes:
        url: without a page, such as "https://demo.example/path/".
        cookie: that lets the doctor through a sign-in, such as "session=abc"; empty where there is none.
        trusted: whether its certificate is one that this machine trusts.

    Raises:
        ServerError: no address of the web.
    """

    url: str
    cookie: str = ""
    trusted: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("http", "https") and parts.hostname and (parts.port or True)
        except ValueError:  # a port that is no number, say
            known = False
        if not known:
            raise ServerError(f"{self.url!r:.80} is no address; it looks like https://demo.example/path")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"

    def ask(self, path: str, method: str = "GET", body: bytes = b"", **headers: str) -> Answer:
        """Ask for a path below the address, or for one of the host where it begins with a slash.

        Raises:
            OSError: nobody answers.
        """
        target = urlsplit(urljoin(self.url, path))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        cookie = "; ".join(each for each in (self.cookie, sent.pop("Cookie", "")) if each)
        connection = self._connection(target.hostname or "", target.port, target.scheme == "https")
        began = time.perf_counter()
        try:
            connection.request(method, target.path, body or None, sent | ({"Cookie": cookie} if cookie else {}))
            answer = connection.getresponse()
            found = {name.lower(): ", ".join(answer.headers.get_all(name, ())) for name in answer.headers}
            text = "" if answer.status == http.client.SWITCHING_PROTOCOLS else answer.read().decode("utf-8", "replace")
            return Answer(answer.status, found, text, time.perf_counter() - began)
        except http.client.HTTPException as error:
            raise OSError(f"the answer is no HTTP: {error!r}") from error
        finally:
            connection.close()

    def _connection(self, host: str, port: int | None, secure: bool) -> http.client.HTTPConnection:
        if not secure:
            return http.client.HTTPConnection(host, port, timeout=PATIENCE)
        context = ssl.create_default_context()
        if not self.trusted:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=context)


def examine_address(address: Address) -> Iterator[Finding]:
    """What a browser would meet at an address; only the first line where the demo is not there at all."""
    try:
        reached = list(check_reached(address))
    except OSError as error:
        yield Finding("address", "fault", f"{address.url} does not answer: {error}",
                      "look whether demo and proxy run, and whether this machine may reach them")  # fmt: skip
        return
    yield from reached
    if any(finding.state == "fault" for finding in reached):
        return
    for check in (check_websocket, check_deep_link, check_media, check_upload, check_clock, check_protection):
        name = check.__name__.removeprefix("check_").replace("_", " ")
        try:
            yield check(address)
        except OSError as error:
            yield Finding(name, "fault", f"no answer: {error}",
                          "look at the log of the proxy: it closes such connections")  # fmt: skip


def check_reached(address: Address) -> Iterator[Finding]:
    """Whether the demo is below this address, and how long an answer takes."""
    try:
        answer = address.ask(HEALTH)
    except ssl.SSLCertVerificationError as error:
        address.trusted = False
        yield Finding("certificate", "warning", f"this machine does not trust it: {error.verify_message}",
                      "name your own authority in $SSL_CERT_FILE; browsers need it, too")  # fmt: skip
        answer = address.ask(HEALTH)
    if answer.status == http.client.OK and answer.body == "ok":
        seconds = statistics.median(address.ask(HEALTH).seconds for _ in range(5))
        slow = seconds > SLOW
        words = f"{address.url} answers within {1000 * seconds:.0f} ms"
        remedy = "each click waits so long: look at the way there, or bring the demo nearer"
        yield Finding("address", "warning" if slow else "good", words, remedy if slow else "")
    else:
        yield not_reached(address, answer)


def not_reached(address: Address, answer: Answer) -> Finding:
    """Who answers in the demo's place."""
    path = urlsplit(address.url).path
    if answer.status in (301, 302, 303, 307, 308, 401, 403):
        to = answer.headers.get("location", "")
        return Finding("address", "fault", f"a sign-in or a proxy answers with {answer.status} {to}".strip(),
                       "sign in with a browser, and give its cookie: --cookie NAME=VALUE")  # fmt: skip
    if path != "/" and is_page(address.ask(DEEP)):  # it answers so to anything but what it serves
        return Finding("sub-path", "fault", f"the demo gets requests with {path} before them, and does not know it",
                       f"let the proxy strip {path} (nginx: a / at the end of proxy_pass), or start the demo with "
                       f"--server.baseUrlPath={path.strip('/')}; never both")  # fmt: skip
    return Finding("address", "fault", f"something else answers at {address.url}, with {answer.status}",
                   "look at the address, and at where the proxy leads it")  # fmt: skip


def is_page(answer: Answer) -> bool:
    """Whether it is the page that Streamlit answers with, whatever the address."""
    return answer.status == http.client.OK and 'src="./static/js/' in answer.body


def check_websocket(address: Address) -> Finding:
    """Whether a WebSocket can be opened: all that happens on a page comes through it."""
    parts = urlsplit(address.url)
    answer = address.ask(
        STREAM,
        Connection="Upgrade",
        Upgrade="websocket",
        Origin=f"{parts.scheme}://{parts.netloc}",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key=b64encode(bytes(16)).decode(),
        Sec_WebSocket_Protocol="streamlit",
    )
    if answer.status == http.client.SWITCHING_PROTOCOLS:
        return Finding("websocket", "good", "can be opened")
    remedy = "let the proxy pass on Upgrade and Connection, with HTTP 1.1"
    if answer.status == http.client.FORBIDDEN:
        remedy = "let the proxy pass on Host as it is, or allow WebSockets there"
    return Finding("websocket", "fault", f"is refused with {answer.status}: pages stay empty", remedy)


def check_deep_link(address: Address) -> Finding:
    """Whether a page opens by its own address, script and all."""
    answer = address.ask(DEEP)
    if not is_page(answer):
        return Finding("deep link", "fault", f"{address.url}{DEEP} answers with {answer.status}",
                       "let the proxy lead everything below the address to the demo")  # fmt: skip
    (script,) = re.findall(r'src="(\./static/js/[^"]+)"', answer.body)[:1]
    found = address.ask(script)
    if "javascript" not in found.headers.get("content-type", ""):
        return Finding("deep link", "fault", f"the script of {address.url}{DEEP} answers with {found.status} and is "
                       f"{found.headers.get('content-type', 'of no type')}: the page stays blank",
                       "let the proxy and its cache pass on what is below static/ as it is")  # fmt: skip
    return Finding("deep link", "good", f"{address.url}{DEEP} opens")


def check_media(address: Address) -> Finding:
    """Whether pictures and downloads come through; of one that is not there, the demo says so itself."""
    answer = address.ask(MEDIA)
    if answer.status == http.client.NOT_FOUND and "File not found" in answer.body:
        return Finding("media", "good", "pictures and downloads come through")
    return Finding("media", "fault", f"another answers in the demo's place, with {answer.status}: pictures are missing",
                   "let the proxy pass on what is below media/")  # fmt: skip


def check_upload(address: Address) -> Finding:
    """Whether files come through, small ones and one of 2 MB, with the cookie that is asked for."""
    token = next(iter(re.findall(rf"{XSRF}=([^;,]+)", address.ask(HEALTH).headers.get("set-cookie", ""))), "")
    answer = put(address, b"small", token)
    if answer.status == http.client.BAD_REQUEST and "Invalid session_id" in answer.body:  # the demo's own words
        if not is_too_large(address, token):
            return Finding("upload", "good", "files come through")
        answer = Answer(http.client.REQUEST_ENTITY_TOO_LARGE, {}, "", 0.0)
    remedies: dict[int, str] = {
        http.client.REQUEST_ENTITY_TOO_LARGE: "let the proxy take bodies of 64 MB (nginx: client_max_body_size 65m)",
        http.client.FORBIDDEN: f"let the proxy pass on the cookie {XSRF} and the header X-Xsrftoken, both ways",
        http.client.METHOD_NOT_ALLOWED: "let the proxy pass on PUT and DELETE",
    }
    return Finding("upload", "fault", f"files are refused with {answer.status}",
                   remedies.get(answer.status, "look at the log of the proxy"))  # fmt: skip


def put(address: Address, content: bytes, token: str) -> Answer:
    """Bring a file along for a session that there is not."""
    cookie = {"Cookie": f"{XSRF}={token}", "X_Xsrftoken": token} if token else {}
    return address.ask(
        UPLOAD, "PUT", multipart(content), Content_Type=f"multipart/form-data; boundary={BOUNDARY}", **cookie
    )


def is_too_large(address: Address, token: str) -> bool:
    """Whether a proxy refuses a large file for its size. The demo refuses this one without reading it, so that
    whatever else comes back, or nothing, is the demo's."""
    try:
        return put(address, bytes(LARGE), token).status == http.client.REQUEST_ENTITY_TOO_LARGE
    except OSError:
        return False


def multipart(content: bytes) -> bytes:
    """A file as a form sends it."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="doctor"; filename="doctor"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def check_clock(address: Address) -> Finding:
    """Whether the clocks here and there agree."""
    there = address.ask(HEALTH).headers.get("date", "")
    try:
        apart = abs(time.time() - parsedate_to_datetime(there).timestamp())
    except ValueError:
        return Finding("clock", "warning", "the answers have no date", "let the proxy pass on the header Date")
    if apart <= CLOCKS_APART:
        return Finding("clock", "good", "agrees with that of this machine")
    words = f"differs from that of this machine by {apart / 60:.0f} minutes: signing in may fail"
    return Finding("clock", "fault", words, "set both by the network (NTP)")


def check_protection(address: Address) -> Finding:
    """Whether the answers carry the headers that protect visitors, and whether the server's figures are for all."""
    headers = address.ask("").headers
    missing = [name for name in PROTECTING if name not in headers]
    if address.url.startswith("https:") and "strict-transport-security" not in headers:
        missing.append("strict-transport-security")
    public = "# TYPE" in address.ask(METRICS).body
    words = [f"no {', '.join(missing)}"] if missing else []
    words += [f"{METRICS} is open to everyone"] if public else []
    if words:
        return Finding("protection", "warning", "; ".join(words), "take deploy/nginx.conf as an example")
    return Finding("protection", "good", "headers are there, and figures of the server are not")

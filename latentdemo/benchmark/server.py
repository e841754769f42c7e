"""The demo's server as a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from latentdemo.errors import ServerError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0  # In seconds; reached only when something is broken.
TROUBLE = re.compile(r"Traceback|\b(ERROR|CRITICAL)\b|\w(Error|Exception)\b")


class Server:
    """A server that runs on this machine, for this machine alone.

    Attributes:
        address: such as "http://127.0.0.1:8501".
    """

    def __init__(self, process: subprocess.Popen, address: str, log: Path) -> None:
        self.address = address
        self._process = process
        self._log = log

    @property
    def alive(self) -> bool:
        """Whether the process goes on."""
        return self._process.poll() is None

    def figure(self, name: str) -> int:
        """A figure that Linux keeps of the process, such as "VmRSS" in kB, or "Threads".

        Raises:
            ServerError: the process has ended, or the system is no Linux.
        """
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii", errors="replace")
            return int(re.findall(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[0])
        except (OSError, IndexError):
            raise ServerError("the server's memory cannot be read: it has ended, or this system has no /proc") from None

    @property
    def memory(self) -> int:
        """Bytes of memory that it holds."""
        return 1024 * self.figure("VmRSS")

    def trouble(self) -> list[str]:
        """Lines of its log that tell of an error."""
        return [line for line in self._log.read_text("utf-8", "replace").splitlines() if TROUBLE.search(line)]


@contextmanager
def running_server(
    script: Path = ROOT / "app.py", *arguments: str, base_path: str = "", python: str = sys.executable
) -> Iterator[Server]:
    """The demo as the README starts it, on a free port.

    Args:
        script: another one that Streamlit runs.
        arguments: of the script.
        base_path: where below the address the demo lies, such as "/demo", as it does behind a proxy.
        python: that runs it.

    Raises:
        ServerError: it does not start.
    """
    if not script.exists():
        raise ServerError(f"there is no {script}: start this from a checkout of the project")
    port = free_port()
    command = [python, "-m", "streamlit", "run", str(script), f"--server.port={port}"]
    command += ["--server.address=127.0.0.1", f"--server.baseUrlPath={base_path}", "--", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("wb") as out:
            environment = os.environ | {"MALLOC_ARENA_MAX": "1"}
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
        server = Server(process, f"http://127.0.0.1:{port}{base_path}", log)
        try:
            wait_until_healthy(server)
            yield server
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def wait_until_healthy(server: Server) -> None:
    """Return once the server answers; raises ServerError where it does not."""
    given_up = time.monotonic() + PATIENCE
    while time.monotonic() < given_up and server.alive:
        try:
            urllib.request.urlopen(f"{server.address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise ServerError("the server did not start: " + " ".join(server.trouble()[-1:]))

"""nginx before the demo, as `deploy/nginx.conf` has it, and with faults in it."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SHIPPED = (Path(__file__).parents[2] / "deploy" / "nginx.conf").read_text(encoding="utf-8")
CERTIFICATES = "/etc/nginx/certificates"
PATIENCE = 30.0  # seconds; reached only when something is broken
MAIN = """
user root;
daemon off;
error_log {folder}/error.log;
pid {folder}/pid;
events {{}}
http {{
    log_format replicas '$latentdemo_replica $upstream_addr';
    access_log {folder}/access.log replicas;
    client_body_temp_path {folder}/bodies;
    proxy_temp_path {folder}/answers;
    fastcgi_temp_path {folder}/unused;
    uwsgi_temp_path {folder}/unused;
    scgi_temp_path {folder}/unused;
    {content}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """An nginx that runs.

    Attributes:
        addresses: variant -> where it answers.
        folder: with its files.
    """

    addresses: Mapping[str, str]
    folder: Path

    def replicas(self) -> dict[str, set[str]]:
        """Cookie of a visitor -> the replicas that served it."""
        found: dict[str, set[str]] = {}
        for line in (self.folder / "access.log").read_text(encoding="utf-8").splitlines():
            visitor, replica = line.split(" ", 1)
            if replica != "-":
                found.setdefault(visitor, set()).add(replica)
        return found


def configuration(variants: Mapping[str, Sequence[tuple[str, str]]], replicas: Sequence[str], folder: Path) -> str:
    """The shipped file for these replicas, its server once for each variant: texts in it, and what they become."""
    head, redirect, server = SHIPPED.split("\nserver {")
    head = replaced(head, [("demo:8501", " max_fails=0;\n    server ".join(replicas))])
    servers = [replaced(server, [(CERTIFICATES, str(folder)), *changes]) for changes in variants.values()]
    ports = free_ports(len(servers) + 1)
    parts = [replaced(redirect, [("listen 80", f"listen 127.0.0.1:{ports[-1]}")])]
    pairs = zip(servers, ports[:-1], strict=True)
    parts += [replaced(each, [("listen 443", f"listen 127.0.0.1:{port}")]) for each, port in pairs]
    return "\nserver {".join([head, *parts])


def replaced(text: str, changes: Sequence[tuple[str, str]]) -> str:
    """A text with some parts of it changed, each of which is there."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text


@contextmanager
def running_nginx(
    variants: Mapping[str, Sequence[tuple[str, str]]], replicas: Sequence[str], folder: Path
) -> Iterator[Nginx]:
    """nginx from the system, with a certificate that nobody trusts."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt"], check=True, capture_output=True,
    )  # fmt: skip
    content = configuration(variants, replicas, folder)
    ports = [line.split(":")[1].split()[0] for line in content.splitlines() if "ssl http2" in line]
    file = folder / "nginx.conf"
    file.write_text(MAIN.format(folder=folder, content=content), encoding="utf-8")
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    process = subprocess.Popen([program, "-c", str(file), "-e", str(folder / "error.log")])
    try:
        for port in ports:
            wait_for(int(port))
        addresses = {name: f"https://127.0.0.1:{port}" for name, port in zip(variants, ports, strict=True)}
        yield Nginx(addresses, folder)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(port: int) -> None:
    """Return once somebody listens."""
    given_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert time.monotonic() < given_up, "nginx did not start"
            time.sleep(0.05)

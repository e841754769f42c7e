"""The command that serves the engine to other processes and machines."""

from __future__ import annotations

import threading
from typing import Annotated

import typer

from latentdemo.cli.options import Device, GpusPerWorker, On
from latentdemo.cluster.connection import LOCALHOST


def serve(
    on: On = "ray",
    host: Annotated[str, typer.Option(help="Interface to listen on; others are reached from elsewhere.")] = LOCALHOST,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; 8000 if not given.")] = None,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Replicas at most, as the queue asks for; as many as fit if not given.")
    ] = None,
    gpus_per_worker: GpusPerWorker = None,
    device: Device = None,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Show Ray's dashboard, on this machine only.")] = False,
) -> None:
    """Serve the engine over HTTP, on Ray Serve, until it is interrupted.

    The web app uses it where LATENTDEMO_ENGINE is ray, or its address; /openapi.json there says what it answers to.
    """
    from latentdemo.cluster.pool import Workers
    from latentdemo.cluster.serving import Replicas, serving
    from latentdemo.engine.remote.client import PORT

    who = Replicas(workers=Workers(replicas, gpus=gpus_per_worker), device=device)
    with serving(on or "ray", who, host=host, port=port or PORT, dashboard=dashboard) as address:
        typer.echo(f"serving at {address}; Ctrl-C ends it")
        threading.Event().wait()

"""The HTTP interface of the engine that is served: which models there are, samples, how far a run is, and its end.

Whatever a run is asked for goes to one of the replicas. One that dies meanwhile is replaced by another, which begins
the run again, with the same result.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import torch
from fastapi import FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from latentdemo._version import __version__
from latentdemo.checkpoints import list_models, model_folder, read_config
from latentdemo.cluster.connection import stay_on_loopback
from latentdemo.engine.engine import QUEUE_LIMIT
from latentdemo.engine.remote.arrivals import Arrivals
from latentdemo.engine.remote.messages import (
    LENGTH,
    MEDIA_TYPE,
    error_values,
    file_of,
    packed,
    unpacked,
    values_of,
)
from latentdemo.engine.remote.wish import Wish
from latentdemo.errors import (
    Busy,
    Cancelled,
    CheckpointError,
    EngineError,
    LatentdemoError,
    ModelNotFoundError,
    SamplingError,
)
from latentdemo.imaging import contact_sheet, png_bytes
from latentdemo.sampling import ChainRun

ATTEMPTS = 3  # A run that kills as many replicas is given up.
HEARTBEAT = 0.5  # Seconds after which something is said, where there is nothing to say.
ASKED_AGAIN = 5.0  # seconds after which to ask again where all queues are full
PNG, SAFETENSORS = "image/png", "application/octet-stream"
STATUS: dict[type[Exception], int] = {
    ModelNotFoundError: 404,
    Cancelled: 409,
    SamplingError: 422,
    CheckpointError: 500,
    Busy: 503,
    EngineError: 503,
    LatentdemoError: 500,
    Exception: 500,
}
"""HTTP's word for an error, by the first of its classes that stands here."""
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {SAFETENSORS: {}, PNG: {}, MEDIA_TYPE: {}}},
    **{status: {"description": "error and message"} for status in sorted(set(STATUS.values()))},
}


@dataclass
class Underway:
    """A run on its way.

    Attributes:
        model: its name.
        progress: share of its steps that is done.
        place: its place among the runs of its replica that have not begun, from 1; 0 from its first step on.
        cancelled: whether somebody has cancelled it by its name.
    """

    model: str
    progress: float = 0.0
    place: int = 0
    cancelled: bool = False


class Interface:
    """What Ray Serve keeps once, between HTTP and the replicas.

    Args:
        replicas: handle of the deployment of `Replica`.
    """

    def __init__(self, replicas: Any) -> None:
        stay_on_loopback()
        self.replicas = replicas
        self.runs: dict[str, Underway] = {}

    def __serve_build_asgi_app__(self) -> FastAPI:
        """The interface as Ray Serve asks for it."""
        described = "Prior samples and chain samples of generative autoencoders."
        # FastAPI's pages about an interface would be fetched from elsewhere
        api = FastAPI(title="latentdemo", version=__version__, description=described, docs_url=None, redoc_url=None)
        api.add_api_route("/models", self.models)
        api.add_api_route("/sample", self.sample, methods=["POST"], response_class=Response, responses=ANSWERS)
        api.add_api_route("/runs/{run}", self.status)
        api.add_api_route("/runs/{run}", self.cancel, methods=["DELETE"], status_code=202)
        api.add_exception_handler(LatentdemoError, explain)
        api.add_exception_handler(Exception, explain)
        api.add_exception_handler(RequestValidationError, explain_what_cannot_be_read)
        api.add_exception_handler(HTTPException, explain_what_is_not_there)
        return api

    def models(self) -> list[dict[str, Any]]:
        """The models at hand, with the digest of their weights."""
        configs = {name: read_config(model_folder(name)) for name in list_models()}
        return [
            {"model": name, "family": config.family, "dataset": config.dataset, "sha256": config.sha256}
            for name, config in configs.items()
        ]

    async def sample(self, wish: Wish, accept: Annotated[str, Header()] = SAFETENSORS) -> Response:
        """Walk chains, and answer with what was recorded once they are through; closing the connection cancels them.

        By the header Accept: a safetensors file with `latents.STEP`, `images.STEP` and `figures.NAME`; `image/png` for
        a sheet, one row a chain and one column a recorded step; or messages that tell of the run while it goes on.
        """
        request = wish.request()
        if wish.run in self.runs:
            raise SamplingError(f"a run is on its way that is called {wish.run!r:.80}; choose another name")
        if MEDIA_TYPE in accept:
            return StreamingResponse(self.messages(wish), media_type=MEDIA_TYPE)
        arrivals = Arrivals(request)
        async with aclosing(self.messages(wish)) as messages:
            async for message in messages:
                arrivals.take(unpacked(message[LENGTH.size :]))
        if arrivals.result is None:
            raise EngineError("the engine did not finish this run; try again")
        made = png_of if PNG in accept else safetensors_of
        content = await asyncio.to_thread(made, arrivals.result, wish)
        return Response(content, media_type=PNG if PNG in accept else SAFETENSORS)

    async def status(self, run: str) -> dict[str, Any]:
        """How far a run is that was given a name, and its place in the queue (0 once it has begun)."""
        found = self.found(run)
        return {"run": run, "model": found.model, "progress": found.progress, "place": found.place}

    async def cancel(self, run: str) -> dict[str, Any]:
        """Cancel a run that was given a name; whoever asked for it is told so."""
        self.found(run).cancelled = True
        return {"run": run, "cancelled": True}

    def found(self, run: str) -> Underway:
        """A run on its way by its name."""
        if run not in self.runs:
            raise HTTPException(404, f"no run is on its way that is called {run!r:.80}")
        return self.runs[run]

    async def messages(self, wish: Wish) -> AsyncGenerator[bytes, None]:
        """Messages about a run, at least one a heartbeat, until it has ended or is cancelled."""
        underway = Underway(wish.model)
        if wish.run:
            self.runs[wish.run] = underway
        try:
            async with aclosing(self.walked(wish)) as walked:
                coming = asyncio.ensure_future(anext(walked, None))
                try:
                    while not underway.cancelled:
                        await asyncio.wait({coming}, timeout=HEARTBEAT)
                        if not coming.done():
                            yield packed({"progress": underway.progress, "place": underway.place})
                            continue
                        message = coming.result()
                        if message is None:
                            return
                        coming = asyncio.ensure_future(anext(walked, None))
                        values = values_of(message[LENGTH.size :])
                        underway.progress = values.get("progress", 0.0)
                        underway.place = values.get("place", 0)
                        yield message
                finally:
                    coming.cancel()
                    await asyncio.wait({coming})
            yield packed(error_values(Cancelled("the run was cancelled by its name")))
        finally:
            self.runs.pop(wish.run, None)

    async def walked(self, wish: Wish) -> AsyncGenerator[bytes, None]:
        """Messages about a run from one replica, and from another where that dies."""
        from ray.exceptions import RayError, RayTaskError
        from ray.serve.exceptions import BackPressureError

        walk = self.replicas.options(stream=True, multiplexed_model_id=wish.model).walk
        for _ in range(ATTEMPTS):
            response = walk.remote(wish)
            try:
                async for message in response:
                    yield message
                return
            except BackPressureError:
                yield packed(error_values(Busy(QUEUE_LIMIT, ASKED_AGAIN)))
                return
            except RayTaskError as error:
                yield packed(error_values(EngineError(f"a replica failed at this run ({error.cause!r:.200})")))
                return
            except RayError:
                continue  # it died
            finally:
                response.cancel()
        words = f"{ATTEMPTS} replicas died at this run; try another, and report this one"
        yield packed(error_values(EngineError(words)))


async def explain(_request: Request, error: Exception) -> JSONResponse:
    """An error in words, with what HTTP calls it."""
    status = next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)
    later = {"Retry-After": f"{error.seconds:.0f}"} if isinstance(error, Busy) else {}
    return JSONResponse(error_values(error), status, later)


async def explain_what_cannot_be_read(_request: Request, error: Exception) -> JSONResponse:
    """What is wrong with what was sent."""
    assert isinstance(error, RequestValidationError)
    found = [(each["loc"][1:] if each["type"] != "json_invalid" else (), each["msg"]) for each in error.errors()]
    told = [f"{'.'.join(map(str, where)) or 'the body'}: {words}" for where, words in found]
    return JSONResponse(error_values(SamplingError("; ".join(told[:5]))), STATUS[SamplingError])


async def explain_what_is_not_there(_request: Request, error: Exception) -> JSONResponse:
    """What was asked for and is not there, or in another way."""
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": HTTPStatus(error.status_code).phrase, "message": error.detail}, error.status_code)


def safetensors_of(run: ChainRun, wish: Wish) -> bytes:
    """A run as a safetensors file, with what was asked for and the device's seconds in its metadata."""
    tensors = {f"latents.{step}": latents for step, latents in run.latents.items()}
    tensors |= {f"images.{step}": images for step, images in run.images.items()}
    tensors |= {f"figures.{name}": figures for name, figures in run.info.items()}
    return file_of({"wish": json.loads(wish.model_dump_json()), "seconds": run.seconds}, tensors)


def png_of(run: ChainRun, wish: Wish) -> bytes:
    """The pictures of a run on a sheet, one row a chain; raises SamplingError where none were asked for."""
    if not run.images:
        raise SamplingError("images is false, and a sheet shows images; leave it out")
    columns = [run.images[step] for step in sorted(run.images)]
    return png_bytes(contact_sheet(torch.stack(columns, dim=1).flatten(0, 1), columns=len(columns)))

"""Chains that are walked by an engine elsewhere: as if it were here, and what happens when it is away."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from urllib.error import HTTPError

import pytest
import torch

from latentdemo.benchmark.server import free_port
from latentdemo.cluster import replica
from latentdemo.engine import Engine, Job, RunRequest, engine_for, jobs
from latentdemo.engine.remote import client
from latentdemo.engine.remote.client import ELSEWHERE, RemoteEngine
from latentdemo.engine.remote.messages import unpacked
from latentdemo.errors import Busy, Cancelled, EngineAddressError, EngineAwayError, SamplingError
from latentdemo.imaging import contact_sheet, png_bytes
from tests.cluster.served import ReplicaHere, served
from tests.engine.stand_ins import NAME, Gate, done, held, until

Connect = Callable[[str], RemoteEngine]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Engines whose chains are walked at an address."""
    made: list[RemoteEngine] = []

    def connected(address: str) -> RemoteEngine:
        made.append(RemoteEngine(address, "cpu"))
        return made[-1]

    yield connected
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def often(monkeypatch) -> None:
    """Replicas say something at each look from the first on."""
    monkeypatch.setattr(replica, "AT_FIRST", 0.02)
    monkeypatch.setattr(replica, "AT_LAST", 0.02)


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    """Where the engine is served."""
    with served(ReplicaHere(engine)) as found:
        yield found


@pytest.fixture
def remote(address: str, connect: Connect) -> RemoteEngine:
    """An engine whose chains the other one walks."""
    return connect(address)


@pytest.mark.parametrize(
    "wish",
    [
        {"record": "all"},
        {"kernel": "hmc", "stop_at": 0.7},
        {"images": False},
        {"steps": 0},
        {"start": torch.ones(3, 8)},
    ],
    ids=str,
)
def test_a_run_is_the_one_of_an_engine_here(engine: Engine, remote: RemoteEngine, wish: dict) -> None:
    request = RunRequest.of(NAME, **{"count": 20, "steps": 3} | wish)
    run, here = remote.run(request), engine.run(request)
    assert (list(run.latents), list(run.images), run.info.keys()) == (
        list(here.latents),
        list(here.images),
        here.info.keys(),
    )
    for part, wanted in ((run.latents, here.latents), (run.images, here.images), (run.info, here.info)):
        assert all(torch.equal(part[name], each) for name, each in wanted.items())
    assert run.seconds == here.seconds
    assert remote.run(request) is run
    assert not remote.models.kept


def test_what_has_arrived_is_seen_while_the_run_goes_on(engine: Engine, remote: RemoteEngine, gate: Gate) -> None:
    ticket = remote.submit(held(count=2, steps=2, record="all"))
    gate.reached()
    waiting = remote.submit(RunRequest.of(NAME, count=2, steps=1, seed=3))
    until(lambda: waiting.place == 1)
    until(lambda: 0 in ticket.partial)
    gate.let_through()
    until(lambda: ticket.progress == 0.5 and 1 in ticket.partial)
    assert ticket.place == 0
    seen = ticket.partial[1].latents.clone()
    gate.let_through()
    assert torch.equal(done(ticket).result.latents[1], seen)  # type: ignore[union-attr]
    assert done(waiting).error is None


@pytest.mark.parametrize("how", ["cancelled", "lost", "closed"])
def test_a_run_that_nobody_wants_ends_elsewhere(engine: Engine, remote: RemoteEngine, gate: Gate, how: str) -> None:
    tickets = [remote.submit(held(count=2, steps=1000))]
    gate.reached()
    (entry,) = engine._admission.entries.values()
    if how == "cancelled":
        tickets[0].cancel()
        assert isinstance(tickets[0].error, Cancelled)
    elif how == "lost":
        tickets.clear()
    else:
        remote.close()
    until(lambda: all(claim.given_up for claim in entry.claims))
    gate.let_through()
    until(lambda: engine.figures().walking == 0)
    assert gate.sizes == [2]


def test_errors_are_those_of_an_engine_here(engine: Engine, remote: RemoteEngine, gate: Gate) -> None:
    with pytest.raises(SamplingError, match="unknown kernel"):
        remote.run(RunRequest.of(NAME, kernel="nothing"))
    engine._admission.queue_limit = 1
    first = remote.submit(held(count=2, steps=1))
    gate.reached()
    with pytest.raises(Busy, match="1 runs"):
        remote.run(RunRequest.of(NAME, seed=3))
    gate.let_through()
    assert done(first).result is not None


def test_what_is_not_the_same_there_or_cannot_be_sent_is_walked_here(
    engine: Engine, remote: RemoteEngine, tiny_model, monkeypatch
) -> None:
    monkeypatch.setattr("latentdemo.cluster.replica.digest_of", lambda name: "another")
    assert remote.run(RunRequest.of(NAME, count=2, steps=1)).count == 2
    assert remote.run(RunRequest.of(tiny_model, count=2, steps=1)).count == 2
    assert engine.tally.outcomes.total() == 0
    with pytest.raises(SamplingError, match="unknown kernel"):
        remote.run(RunRequest.of(NAME, kernel="nothing"))


def test_an_engine_that_is_away_is_said_so(connect: Connect, checkpoints, monkeypatch) -> None:
    request = RunRequest.of(NAME, count=2, steps=1)
    with pytest.raises(EngineAwayError, match="'latentdemo serve'"):
        connect(f"http://127.0.0.1:{free_port()}").run(request)
    for nonsense in ("rai", "head:8000", "http://head:port"):
        with pytest.raises(EngineAddressError, match="must be ray, or an address"):
            connect(nonsense).run(request)


def test_a_job_goes_on_where_the_engine_was_away(engine: Engine, connect: Connect, gate: Gate, monkeypatch) -> None:
    port = free_port()
    remote = connect(f"http://127.0.0.1:{port}")
    monkeypatch.setattr(jobs, "engine_for", lambda: remote)
    monkeypatch.setattr(jobs, "ASKED_AGAIN", 0.01)
    monkeypatch.setattr(jobs, "LOOKED_EVERY", 0.01)
    job = Job("key", lambda job: job.walk(held(count=2, steps=2)))
    until(lambda: job.away)
    with served(ReplicaHere(engine), port):
        gate.reached()
        until(lambda: not job.away)
    gate.let_through()  # of the run that broke off
    until(lambda: job.away)
    assert not job.wait(0)
    with served(ReplicaHere(engine), port):
        gate.let_through(10)
        until(lambda: job.wait(0))
    assert job.error is None
    assert job.result.count == 2


def test_the_environment_says_where_chains_are_walked(monkeypatch) -> None:
    monkeypatch.setenv(ELSEWHERE, "ray")
    engine = engine_for()
    assert isinstance(engine, RemoteEngine)
    assert engine.address == f"http://127.0.0.1:{client.PORT}"
    assert engine_for() is engine
    assert type(engine_for("cpu")) is Engine
    monkeypatch.delenv(ELSEWHERE)
    assert type(engine_for()) is Engine
    engine.close()


@pytest.mark.parametrize(
    ("elsewhere", "address"),
    [
        ("ray://head:10001", "http://head:8000"),
        ("ray://[::1]:10001", "http://[::1]:8000"),
        ("ray://head", "http://head:8000"),
        ("https://head/engine", "https://head/engine"),
    ],
)
def test_the_address_of_a_cluster_means_the_engine_on_its_head(elsewhere: str, address: str) -> None:
    assert client.address_of(elsewhere) == address


def asked(address: str, path: str, method: str = "GET", **wish: object) -> dict:
    """What the interface answers, in JSON."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(
        address + path, json.dumps(wish).encode() if wish else None, headers, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {"status": answer.status, **json.loads(answer.read())}
    except HTTPError as error:
        return {"status": error.code, **json.loads(error.read())}


def test_a_run_with_a_name_is_looked_after_and_cancelled_by_it(address: str, gate: Gate, remote: RemoteEngine) -> None:
    def walk(job: Job) -> dict:
        return asked(address, "/sample", "POST", model=NAME, kernel="gate", count=2, steps=1000, run="mine")

    job = Job("key", walk)
    gate.reached()
    assert asked(address, "/runs/mine") == {"status": 200, "run": "mine", "model": NAME, "progress": 0.0, "place": 0}
    assert asked(address, "/sample", "POST", model=NAME, run="mine")["status"] == 422
    assert asked(address, "/runs/mine", "DELETE")["status"] == 202
    assert job.wait(30)
    assert (job.result["status"], job.result["error"]) == (409, "Cancelled")
    assert asked(address, "/runs/mine")["status"] == 404
    gate.let_through()


@pytest.mark.parametrize(
    ("wish", "status", "words"),
    [
        ({"model": "no/thing"}, 404, "no model 'no/thing'"),
        ({"model": NAME, "count": 0}, 422, "count is 0"),
        ({"model": NAME, "count": "many"}, 422, "count: Input should be a valid integer"),
        ({"model": NAME, "counts": 3}, 422, "counts: Extra inputs"),
        ({"count": 3}, 422, "model: Field required"),
    ],
)
def test_what_cannot_be_done_is_told_in_words(address: str, wish: dict, status: int, words: str) -> None:
    answer = asked(address, "/sample", "POST", **wish)
    assert answer["status"] == status
    assert words in answer["message"]


def test_samples_come_as_a_picture_and_as_arrays(engine: Engine, address: str) -> None:
    wish = {"model": NAME, "count": 3, "steps": 2, "record": [0, 2]}
    run = engine.run(RunRequest.of(**wish))  # type: ignore[arg-type]
    arrays = unpacked(sample(address, "*/*", wish))
    assert arrays.values["wish"]["count"] == 3
    assert torch.equal(arrays.tensors["images.2"], run.images[2])
    assert torch.equal(arrays.tensors["latents.0"], run.latents[0])
    assert torch.equal(arrays.tensors["figures.latent_distance"], run.info["latent_distance"])
    columns = torch.stack([run.images[0], run.images[2]], dim=1).flatten(0, 1)
    assert sample(address, "image/png", wish) == png_bytes(contact_sheet(columns, columns=2))
    with pytest.raises(HTTPError, match="422"):
        sample(address, "image/png", wish | {"images": False})


def sample(address: str, accept: str, wish: dict) -> bytes:
    """What the interface answers to a wish."""
    headers = {"Content-Type": "application/json", "Accept": accept}
    request = urllib.request.Request(f"{address}/sample", json.dumps(wish).encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def test_the_interface_describes_itself_and_nothing_else_is_there(address: str) -> None:
    described = asked(address, "/openapi.json")["paths"]
    assert described.keys() == {"/models", "/sample", "/runs/{run}"}
    assert asked(address, "/docs") == {"status": 404, "error": "Not Found", "message": "Not Found"}

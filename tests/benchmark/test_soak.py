"""The soak: a short one on the real server, and that it would notice what it looks for."""

from __future__ import annotations

import asyncio
import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.asyncio.client import connect

from latentdemo.benchmark.diary import Diary, difference, growth, halves, report
from latentdemo.benchmark.person import addresses_to_open
from latentdemo.benchmark.server import running_server
from latentdemo.benchmark.soak import soak
from latentdemo.benchmark.visitor import Visitor
from latentdemo.checkpoints import list_models, save_checkpoint
from latentdemo.errors import ServerError

CLOTHES = "data=fashion-mnist&model=vae&count=16&kernel=decode-encode"
RERUNS = 600  # more messages each than the server would ever keep for one who does not read them


def png(value: int, size: int = 4) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((size, size), value, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.slow
def test_a_short_soak_holds() -> None:
    found = soak(0.3, sessions=8, seed=3)
    assert found["trouble"] == []
    assert found["wrong"] == {}
    assert found["requests"] >= 4
    assert found["pictures_checked"] > 0
    assert found["memory_mb"]["last half, most"] > 100  # so short a time is no time to judge it by


@pytest.mark.slow
def test_a_client_that_never_reads_holds_up_nobody() -> None:
    async def visit(address: str) -> list[str]:
        stream = address.replace("http", "ws", 1) + "/_stcore/stream"
        async with Visitor(address) as visitor, connect(stream, subprotocols=["streamlit"], max_queue=1) as deaf:
            await visitor.open("sampling", CLOTHES)
            for seed in range(RERUNS):
                message = BackMsg()
                message.rerun_script.query_string = f"{CLOTHES}&seed={seed}"
                message.rerun_script.page_name = "sampling"
                try:
                    await asyncio.wait_for(deaf.send(message.SerializeToString()), 5.0)
                except TimeoutError:  # the server does not read either, then
                    break
            for seed in (1, 2):
                await visitor.open("sampling", f"{CLOTHES}&seed={seed}")
                assert len(await visitor.pictures()) == 4
            deaf.transport.abort()
            await visitor.open("sampling", f"{CLOTHES}&seed=3")
            return visitor.trouble

    with running_server() as server:
        assert asyncio.run(visit(server.address)) == []
        assert server.trouble() == []


@pytest.mark.slow
def test_errors_on_screen_are_noticed(tiny_model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    (tmp_path / "own" / "tiny" / "model.safetensors").write_bytes(b"broken")

    async def visit(address: str) -> list[str]:
        async with Visitor(address) as visitor:
            await visitor.open("sampling")
            return visitor.trouble

    with running_server() as server:
        [trouble] = asyncio.run(visit(server.address))
    assert "model.safetensors is truncated" in trouble


def test_a_server_that_is_gone_is_said() -> None:
    async def visit(address: str) -> None:
        await Visitor(address).open("")

    with running_server() as server:
        address = server.address
    with pytest.raises(ServerError, match="does not answer"):
        asyncio.run(visit(address))
    with pytest.raises(ServerError, match="ended"):
        _ = server.memory


def test_pictures_may_differ_by_rounding_only() -> None:
    assert difference([png(7), png(9)], [png(7), png(10)]) == ""
    assert "picture 2 differs by up to 2 grey levels" in difference([png(7), png(9)], [png(7), png(11)])
    assert "another size" in difference([png(7)], [png(7, size=5)])
    assert "1 pictures" in difference([png(7)], [])


def test_a_wrong_picture_is_remembered() -> None:
    diary = Diary()
    addresses = [("sampling", f"seed={seed}") for seed in range(40)]
    for address in addresses:
        diary.look(address, [png(7)])
    assert 0 < len(diary.seen) < len(addresses)
    for address in addresses:
        diary.look(address, [png(99)])
    assert set(diary.wrong) == {f"/{page}?{link}" for page, link in diary.seen}


def test_growth_is_that_of_the_last_half() -> None:
    flat = [(float(second), 500 if second < 50 else 1000) for second in range(101)]
    assert growth(flat) == pytest.approx((0.0, 0.0), abs=1e-9)
    rising = [(float(second), 1000 + second) for second in range(101)]
    assert growth(rising) == pytest.approx((100 * 50 / 1050, 0.0), abs=1e-9)
    busy = [(when, value + (1000 if when % 5 else 0)) for when, value in rising]
    assert growth(busy) == pytest.approx(growth(rising), abs=1e-9)
    wavy = [(when, 1000 + 50 * (int(when) // 5 % 2)) for when, _ in rising]
    grown, error = growth(wavy)
    assert abs(grown) < 2 * error < 10
    assert halves(rising)["first half, most"] == 1050
    assert halves(rising)["last half, mean"] == pytest.approx(1075.5)


def test_what_does_not_hold_is_said() -> None:
    diary = Diary(trouble=["a traceback"], wrong={"/": "another picture"})
    diary.memory = [(float(second), 1000 + second) for second in range(101)]
    diary.threads = [(float(second), second) for second in range(101)]
    assert not any(report(diary, 1.0, 8, 0)["holds"].values())


@pytest.mark.parametrize(("minutes", "sessions"), [(0.0, 8), (1e6, 8), (float("nan"), 8), (1.0, 0), (1.0, 10_000)])
def test_a_soak_is_bounded(minutes: float, sessions: int) -> None:
    with pytest.raises(ServerError, match="minutes"):
        soak(minutes, sessions)


def test_addresses_are_of_all_pages_and_the_same_for_a_seed() -> None:
    addresses = addresses_to_open(list_models(), random.Random(1))
    assert addresses == addresses_to_open(list_models(), random.Random(1))
    assert {page for page, _ in addresses} == {"", "sampling", "chain", "interpolation", "quality", "latent_space"}
    with pytest.raises(ServerError, match="train"):
        addresses_to_open([], random.Random(1))

"""The doctor finds what is wrong with a machine; each fault is planted here."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from latentdemo.checkpoints import save_checkpoint
from latentdemo.doctor import Finding, examine_machine, registry
from latentdemo.doctor.checks import checkpoints, database, disk, memory, threads, writing
from tests.cli.command import run


class Usage(NamedTuple):
    """What `shutil.disk_usage` says."""

    total: int
    used: int
    free: int


def wrong(found: object) -> Finding:
    """The only line of a check that is not good."""
    (line,) = [each for each in found if each.state != "good"]  # type: ignore[attr-defined]
    assert line.remedy
    return line


@pytest.fixture
def model(tiny_model, tmp_path, monkeypatch) -> Path:
    """The folder of the only model that there is."""
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    return tmp_path / "own" / "tiny"


def test_a_good_model_is_good(model: Path) -> None:
    assert [each.state for each in checkpoints.check()] == ["good"]


def test_a_truncated_checkpoint_is_found(model: Path) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    line = wrong(checkpoints.check())
    assert (line.state, "own/tiny" in line.found, "truncated" in line.found) == ("fault", True, True)
    assert line.remedy == "fetch both files again"


def test_a_wrong_digest_is_found(model: Path) -> None:
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {"sha256": "0" * 64}))
    line = wrong(checkpoints.check())
    assert (line.state, "digest" in line.found) == ("fault", True)


def test_no_model_at_all_is_found(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    assert wrong(checkpoints.check()).state == "fault"


def test_a_folder_that_cannot_be_written_to_is_found(monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_HOME", "/proc/latentdemo")  # where nobody makes a folder, whoever they are
    line = wrong(writing.check())
    assert (line.state, "/proc/latentdemo" in line.found, "LATENTDEMO_HOME" in line.remedy) == ("fault", True, True)


@pytest.mark.parametrize(("left", "state"), [(2**20, "fault"), (2**29, "warning")])
def test_a_full_disk_is_found(monkeypatch, tmp_path, left: int, state: str) -> None:
    monkeypatch.setenv("LATENTDEMO_HOME", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", "/tmp")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(0, 0, left if path == tmp_path else 2**40))
    line = wrong(disk.check())
    assert (line.state, str(tmp_path) in line.found) == (state, True)


@pytest.mark.parametrize(
    ("count", "cores", "words"), [(1, 2, "unset"), (4, 2, "to 2"), (1, 1, "two cores or more"), (2, 2, None)]
)
def test_threads_that_do_not_match_the_cores_are_found(monkeypatch, count: int, cores: int, words: str | None) -> None:
    monkeypatch.setattr(torch, "get_num_threads", lambda: count)
    monkeypatch.setattr(threads, "cores_here", lambda: cores)
    if words:
        assert words in wrong(threads.check()).remedy
    else:
        assert [each.state for each in threads.check()] == ["good"]


def test_cores_are_those_of_the_container(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(threads, "QUOTA", tmp_path / "cpu.max")
    monkeypatch.setattr(threads.os, "sched_getaffinity", lambda _: range(8), raising=False)
    assert threads.cores_here() == 8
    for quota, cores in (("150000 100000", 2), ("max 100000", 8), ("50000 100000", 1)):
        (tmp_path / "cpu.max").write_text(quota)
        assert threads.cores_here() == cores


def test_little_memory_is_found_also_where_only_the_container_has_little(monkeypatch, tmp_path) -> None:
    (tmp_path / "meminfo").write_text(f"MemAvailable:  {8 * 2**20} kB\n")
    (tmp_path / "memory.max").write_text(str(2**30))
    (tmp_path / "memory.current").write_text(str(2**29))
    monkeypatch.setattr(memory, "MEMINFO", tmp_path / "meminfo")
    assert [each.state for each in memory.check()] == ["good"]
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    assert wrong(memory.check()).found == "0.5 GB left"


def test_a_database_that_is_away_is_found(monkeypatch) -> None:
    with socket.socket() as taken:  # nobody answers there
        taken.bind(("127.0.0.1", 0))
        address = f"postgresql+psycopg://me:secret@127.0.0.1:{taken.getsockname()[1]}/reviews"
        monkeypatch.setenv("LATENTDEMO_DATABASE", address)
        line = wrong(database.check())
    assert (line.state, "does not answer" in line.found, "LATENTDEMO_DATABASE" in line.remedy) == ("fault", True, True)
    assert "secret" not in line.found + line.remedy


def test_a_database_of_ones_own_is_good_before_and_after_it_is_made(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("LATENTDEMO_DATABASE", f"sqlite:///{tmp_path}/reviews.sqlite")
    assert "is made with the first review" in next(iter(database.check())).found
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "reviews.sqlite").touch()
    assert [each.state for each in database.check()] == ["good"]


def test_a_check_that_fails_is_a_finding_and_the_others_go_on(monkeypatch) -> None:
    monkeypatch.setattr(registry, "MACHINE", ("fonts", "device", "memory"))
    monkeypatch.setattr(import_module("latentdemo.doctor.checks.device"), "pick_device", lambda: 1 / 0)
    found = {each.check: each for each in examine_machine()}
    assert list(found) == ["fonts", "device", "memory"]
    assert (found["device"].state, "ZeroDivisionError" in found["device"].found) == ("fault", True)


def test_the_command_says_what_to_do_and_has_exit_code_1(model: Path, capsys) -> None:
    (model / "model.safetensors").unlink()
    assert run("doctor") == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "fault" in said
    assert "-> fetch the folder again" in said
    assert run("doctor", "--json") == 1
    (line,) = [each for each in json.loads(capsys.readouterr().out) if each["state"] == "fault"]
    assert set(line) == {"check", "state", "found", "remedy"}


def test_an_address_that_nobody_answers_at_is_found(capsys) -> None:
    assert run("doctor", "--address", "http://127.0.0.1:9") == 1
    assert "does not answer" in " ".join(capsys.readouterr().out.split())
    for address in ("demo", "https://host:port"):
        assert run("doctor", "--address", address) == 1
        assert "https://" in capsys.readouterr().err

"""All that measures a GPU in a tiny run, where the processor stands in for one: that it goes through, and says what."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from latentdemo.benchmark import concurrency
from latentdemo.benchmark.gpu import limits, pictures, press, section, turns
from latentdemo.benchmark.gpu.limits import bytes_a_step
from latentdemo.benchmark.gpu.rivals import RIVALS, eager
from latentdemo.benchmark.gpu.steps import loaded
from latentdemo.benchmark.gpu.suite import run_suite
from latentdemo.benchmark.timing import Spread
from latentdemo.checkpoints import save_checkpoint
from latentdemo.errors import DeviceError
from latentdemo.models import NetworkConfig, build_model

CPU = torch.device("cpu")
BLOCKED = "streamlit altair arviz_stats inflate64 krippendorff ray openvino playwright babel av pptx sqlalchemy pandas"


@pytest.fixture
def name(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    save_checkpoint(tmp_path / "own" / "vae", build_model("vae", NetworkConfig(16, 1, 4, 8), seed=1).eval(), "own")
    return "own/vae"


def test_everything_is_measured(name: str, monkeypatch) -> None:
    monkeypatch.setattr(turns, "MOST_TURNS", 1)
    monkeypatch.setattr(concurrency, "TURNS", 1)
    monkeypatch.setattr(press, "TURNS", 1)
    monkeypatch.setattr(limits, "ON_CPU", 64)
    monkeypatch.setattr(section, "AT_ONCE", (2,))
    monkeypatch.setattr(pictures, "COUNT", 3)
    monkeypatch.delitem(RIVALS, "torch.compile")  # which takes long to compile
    tables = list(section.measure_gpu([name], CPU, 6.0, counts=(2, 20), rows=(4, 8)))
    steps = [table for table in tables if "10 steps" in table.title and "bf16 rate" in str(table.rows)]
    assert [table.title.split(":")[0] for table in steps] == [f"{name}, bf16", f"{name}, float32"]
    for table in steps:
        assert [row["chains"] for row in table.rows] == [2, 20]
        for row in table.rows:
            cost = row["a million images, at 6 an hour"]
            assert cost == pytest.approx(1e6 * row["engine, ms"].median / 1000 / row["chains"] * 6 / 3600)
            assert isinstance(row["eager loop / engine"], Spread)
    assert isinstance(steps[1].rows[0]["ONNX Runtime / engine"], Spread)
    assert tables[0].rows[1]["step 10"].startswith("0 ")  # the processor draws its own pictures
    assert any(table.title.startswith('GPU_PRECISION = "') for table in tables)
    assert "the engine should take up to" in tables[-1].title


def test_a_rival_that_fails_costs_its_column_only(name: str, monkeypatch) -> None:
    def broken(served, trained):
        raise RuntimeError("as it should")

    monkeypatch.setattr(turns, "MOST_TURNS", 1)
    for rival in list(RIVALS):
        monkeypatch.delitem(RIVALS, rival)
    monkeypatch.setitem(RIVALS, "broken", broken)
    monkeypatch.setitem(RIVALS, "eager loop", eager)
    few = limits.Limits(1e12, 1e10)
    table = section.measure_steps(name, CPU, "float32", few, 3.0, turns.Deadline(0.0), counts=(2, 3))
    (row,) = table.rows  # no time is left for a second
    assert "as it should" in row["broken / engine"]


def test_bf16_is_advised_where_it_is_faster_and_changes_as_little() -> None:
    def advice(bf16: float, accepted: bool) -> str:
        seconds = {("a", "bf16"): {1: 9.0, 64: bf16}, ("a", "float32"): {1: 1.0, 64: 2.0, 256: 1.0}}
        return section.verdict(["a"], seconds, accepted).title

    assert 'GPU_PRECISION = "bf16"' in advice(1.0, accepted=True)
    assert 'GPU_PRECISION = "float32"' in advice(1.0, accepted=False)
    assert 'GPU_PRECISION = "float32"' in advice(3.0, accepted=True)


def test_bytes_are_those_of_the_layers(name: str) -> None:
    _, served = loaded(name, CPU, "float32")
    decoder = (8 + 8 * 16) + (8 * 16 + 4 * 64) + (4 * 64 + 4 * 81)
    # The decoder's last layer makes four pixels of each one, and of an edge.
    encoder = (256 + 4 * 64) + (4 * 64 + 8 * 16) + (8 * 16 + 16)
    weights = (8 * 128 + 128) + (8 * 4 * 16 + 4) + (4 * 4 * 4 + 4) + (4 * 16 + 4) + (4 * 8 * 16 + 8) + (128 * 16 + 16)
    assert bytes_a_step(served, 3) == 4 * (weights + 3 * (decoder + encoder))


def test_without_a_gpu_that_is_said() -> None:
    if torch.cuda.is_available():
        pytest.skip("there is one")
    with pytest.raises(DeviceError, match="finds none on this machine"):
        section.gpu_named(None)


@pytest.mark.slow
def test_tests_that_need_a_gpu_are_found_and_told() -> None:
    table = run_suite(60.0)
    assert table.title in {"tests/gpu: passed", "tests/gpu: nothing was run"}
    assert "skipped" in str(table.rows) or torch.cuda.is_available()


def test_few_packages_will_do() -> None:
    script = f"""
import sys
for name in {BLOCKED!r}.split():
    sys.modules[name] = None
sys.argv = ["latentdemo", "bench", "gpu"]
import latentdemo.benchmark.gpu.section, latentdemo.benchmark.gpu.rivals, latentdemo.cli.tables, latentdemo.imaging
from latentdemo.cli.main import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert "ModuleNotFoundError" not in done.stderr
    assert torch.cuda.is_available() or "finds none on this machine" in done.stderr
    assert done.returncode == 1 or torch.cuda.is_available()


def test_rivals_walk_the_same_chain(name: str, monkeypatch) -> None:
    monkeypatch.delitem(RIVALS, "torch.compile")  # which takes long to compile
    trained, served = loaded(name, CPU, "float32")
    wanted = eager(served, trained)(5, 3)
    for make in RIVALS.values():
        assert torch.allclose(make(served, trained)(5, 3), wanted, atol=1 / 255)

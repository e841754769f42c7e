import json

import pytest

from latentdemo.benchmark import soak
from latentdemo.benchmark.diary import Diary, report
from latentdemo.benchmark.runtimes import RUNTIMES
from latentdemo.checkpoints import save_checkpoint
from tests.cli.command import run


@pytest.mark.slow
def test_bench_reports_what_was_asked_for(capsys, tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr("latentdemo.benchmark.steps.COUNTS", (2,))
    monkeypatch.delitem(RUNTIMES, "torch.compile")  # which takes long to compile
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    assert run("bench", "steps", "--model", "own/tiny", "--device", "cpu", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["machine"]
    engine = printed["steps"][0]["rows"][0]["engine, ms"]
    assert engine["lower"] <= engine["median"] <= engine["upper"]
    assert run("bench", "luck") == 1


@pytest.mark.parametrize("wrong", [{}, {"/sampling?seed=3": "picture 1 differs by up to 9 grey levels"}])
def test_bench_soak_says_whether_it_held(capsys, monkeypatch, wrong: dict) -> None:
    happened = Diary(seconds={"sampling": [0.5, 1.5]}, wrong=wrong, seen={("sampling", "seed=3"): [b""]})
    happened.memory = happened.threads = [(float(second), 9 * 2**20) for second in range(10)]
    asked = []

    def stand_in(minutes, progress):
        asked.append(minutes)
        return report(happened, minutes, 32, 0)

    monkeypatch.setattr(soak, "soak", stand_in)
    assert run("bench", "--soak", "3") == bool(wrong)
    out = capsys.readouterr().out
    assert ("9 grey levels" in out) == bool(wrong)
    assert run("bench", "--soak", "3", "--json") == bool(wrong)
    printed = json.loads(capsys.readouterr().out)
    assert printed["holds"]["no wrong picture"] == (not wrong)
    assert printed["seconds"]["/sampling"]["p50"] == 1.0
    assert asked == [3.0, 3.0]

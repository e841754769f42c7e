import json

import pytest

from latentdemo.benchmark import soak
from latentdemo.checkpoints import save_checkpoint
from tests.cli.command import run


def test_bench_reports_what_was_asked_for(capsys, tiny_model, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr("latentdemo.benchmark.steps.COUNTS", (2,))
    save_checkpoint(tmp_path / "own" / "tiny", tiny_model, "own")
    assert run("bench", "steps", "--model", "own/tiny", "--device", "cpu", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["machine"]
    engine = report["steps"][0]["rows"][0]["engine, ms"]
    assert engine["lower"] <= engine["median"] <= engine["upper"]
    assert run("bench", "luck") == 1


@pytest.mark.parametrize("wrong", [{}, {"/sampling?seed=3": "picture 1 differs by up to 9 grey levels"}])
def test_bench_soak_says_whether_it_held(capsys, monkeypatch, wrong: dict) -> None:
    diary = soak.Diary(seconds={"sampling": [0.5, 1.5]}, wrong=wrong, seen={("sampling", "seed=3"): [b""]})
    diary.memory = diary.threads = [(float(second), 9 * 2**20) for second in range(10)]
    asked = []

    def stand_in(minutes, progress):
        asked.append(minutes)
        return soak.report(diary, minutes, 32, 0)

    monkeypatch.setattr(soak, "soak", stand_in)
    assert run("bench", "--soak", "3") == bool(wrong)
    out = capsys.readouterr().out
    assert ("9 grey levels" in out) == bool(wrong)
    assert run("bench", "--soak", "3", "--json") == bool(wrong)
    report = json.loads(capsys.readouterr().out)
    assert report["holds"]["no wrong picture"] == (not wrong)
    assert report["seconds"]["/sampling"]["p50"] == 1.0
    assert asked == [3.0, 3.0]

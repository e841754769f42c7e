import json
from dataclasses import replace

from latentdemo.checkpoints import list_models, model_folder, save_checkpoint
from latentdemo.cli.tables import advice, predicted
from latentdemo.evaluation.findings.steps_needed import Correlation
from latentdemo.evaluation.report import GAP, Recommendation, Report, load_report, save_report
from latentdemo.models.families.registry import FAMILIES
from latentdemo.sampling.kernels import KERNELS
from tests.cli.command import run
from tests.ui.sample_reports import advising, report


def test_models_lists_what_is_shipped(capsys) -> None:
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert list(listed) == list_models()
    assert all(config["measured"]["held_out"]["rmse"] > 0 for config in listed.values())
    for name, config in listed.items():
        report, advised = load_report(model_folder(name)), config["advice"]
        if report.recommended is None:
            assert advised == {"recommended": None, "reason": report.recommendation.reason}
        else:
            assert advised["gap_closed"]["mean"] == report.told.figures[GAP].mean
            assert advised["recommended"]["steps"] == report.recommended.steps


def test_models_say_what_is_advised_by_which_judge(tiny_model, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    for name in ("vae", "aae"):
        folder = tmp_path / "own" / name
        made = report(f"own/{name}", save_checkpoint(folder, tiny_model, "own").sha256)
        save_report(advising(made, 0, kernel="", start="flow") if name == "vae" else sample_left_alone(made), folder)
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed["own/aae"]["advice"] == {"recommended": None, "reason": "chance"}
    assert listed["own/vae"]["advice"]["recommended"] == {
        "start": "flow", "kernel": "", "steps": 0, "options": {}, "stop_at": None
    }  # fmt: skip
    gap = listed["own/vae"]["advice"]["gap_closed"]
    assert gap["space"] == "labels"
    _best, recommended, closed, *_changes = advice(tmp_path / "own" / "vae")
    assert recommended == "flow, drawn directly"
    assert closed == f"{gap['mean']:.0f} ± {gap['half_width']:.0f} (labels)"
    assert advice(tmp_path / "own" / "aae")[1] == "leave it alone"


def test_a_broken_folder_does_not_hide_the_others(tiny_model, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    for name in ("vae", "aae"):
        save_checkpoint(tmp_path / "own" / name, tiny_model, "own")
    (tmp_path / "own" / "aae" / "config.json").write_text("{")
    assert run("models", "--json") == 0
    said = capsys.readouterr()
    assert list(json.loads(said.out)) == ["own/vae"]
    assert "Warning: own/aae is left out: " in said.err


def sample_left_alone(made: Report) -> Report:
    return replace(made, recommendation=Recommendation(None, 0, [], [], "chance"))


def test_choices_are_those_of_the_registries(capsys) -> None:
    assert run("choices", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert (list(listed["kernels"]), listed["families"]) == (list(KERNELS), list(FAMILIES))
    for name, spec in KERNELS.items():
        assert listed["kernels"][name] == {option.name: list(option.values) for option in spec.options}
    assert run("choices") == 0
    table = capsys.readouterr().out
    assert all(name in table for names in listed.values() for name in names)


def test_models_say_how_many_steps_they_need_and_what_predicts_it(tiny_model, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    for number in range(6):
        folder = tmp_path / "own" / f"vae-{number}"
        sha256 = save_checkpoint(folder, tiny_model, "own").sha256
        known = {"classifier": {"auc": 0.5 + 0.05 * number}, "fragmentation": {"components": 5}}
        save_report(report(f"own/vae-{number}", sha256, strength=0.2 * number, latent_space=known), folder)
    (tmp_path / "own" / "vae-0" / "evaluation.json").unlink()
    assert run("models", "--steps-needed", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert list(listed["models"]) == [f"own/vae-{number}" for number in range(1, 6)]
    assert listed["models"]["own/vae-5"]["mismatch"] == 0.75
    assert "components" not in listed["correlations"]
    assert run("models", "--steps-needed") == 0
    table = capsys.readouterr().out
    assert "own/vae-5" in table
    assert "own/vae-0" not in table


def test_what_predicts_the_steps_is_told_plainly() -> None:
    assert predicted({}, 4) == ["What predicts the steps cannot be told of 4 evaluated models; it takes 5."]
    (found,) = predicted({"drift": Correlation(-0.9, 0.001, 10)}, 10)
    assert found == "drift: rank correlation -0.90 with the steps, p = 0.001, 10 models, beyond chance."
    assert predicted({"drift": Correlation(-0.5, 0.03, 10)}, 10)[-1].startswith("Nothing that is known")
    assert len(predicted({}, 10)) == 1

import os
import subprocess
import sys

import pytest

from latentdemo.cli.main import app, asleep_while_waiting
from tests.cli.command import run

SAMPLE = ["sample", "fashion-mnist/dvae", "--device", "cpu"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["sample", "no/model"], 1, "no model"),
        ([*SAMPLE, "--steps", "one"], 1, "whole numbers"),
        ([*SAMPLE, "--count", "50001"], 1, "from 1 to 50,000"),
        ([*SAMPLE, "--count", "0"], 1, "from 1 up"),
        ([*SAMPLE, "--kernel", "none"], 1, "unknown kernel"),
        ([*SAMPLE, "--decoding", "median"], 1, "median"),
        ([*SAMPLE, "--out", "/dev/null/grid.png"], 1, "choose another --out"),
        (["sample", "fashion-mnist/dvae", "--device", "gpu"], 1, "no device 'gpu' on this machine; here there is"),
        (["sample", "fashion-mnist/dvae", "--device", "cuda:99"], 1, "no device 'cuda:99'"),
        (["evaluate", "fashion-mnist/dvae", "--device", "meta"], 1, "no device 'meta'"),
        (["train", "fashion-mnist", "vae", "--device", "tpu"], 1, "no device 'tpu'"),
        (["features", "fashion-mnist", "--device", "cuda:x"], 1, "no device 'cuda:x'"),
        (["judges", "fashion-mnist", "judges", "--device", ""], 1, "no device ''"),
        (["fit", "fashion-mnist/dvae", "--device", "cuda:-1"], 1, "no device 'cuda:-1'"),
        (["sample"], 2, "name a model, or a rule with --rule"),
        (["recommend"], 2, "Missing argument"),
        (["train", "no-data", "vae"], 1, "unknown data set"),
        (["train", "fashion-mnist", "vae", "--option", "a=b"], 2, "NAME=NUMBER"),
        (["train", "fashion-mnist", "vae", "--sweep", "width=a"], 2, "SETTING=NUMBER,NUMBER"),
        (["train", "fashion-mnist", "vae", "--sweep", "width=32,48", "--width", "32"], 2, "is given beside --sweep"),
        (["train", "fashion-mnist", "vae", "--on", "ray"], 2, "--on says something of --sweep"),
        (["bogus"], 2, "No such command"),
    ],
)
def test_errors_say_what_to_do_and_set_the_exit_code(capsys, arguments: list[str], code: int, words: str) -> None:
    assert run(*arguments) == code
    captured = capsys.readouterr()
    assert words in " ".join(captured.err.split())
    assert "Traceback" not in captured.err


@pytest.mark.parametrize("command", [each.name or each.callback.__name__ for each in app.registered_commands])
def test_every_command_has_help(capsys, command: str) -> None:
    assert run(command, "--help") == 0
    assert "Usage" in capsys.readouterr().out


def test_help_waits_for_no_heavy_package() -> None:
    script = (
        "import sys; from latentdemo.cli import main\n"
        "try: main(['sample', '--help'])\n"
        "finally: print(*{'torch', 'streamlit', 'numpy'} & set(sys.modules), file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "--steps" in found.stdout
    assert found.stderr.strip() == ""


def test_usage_names_what_was_called() -> None:
    called = [sys.executable, "-m", "latentdemo", "fit", "--help"]
    assert (
        "Usage: python -m latentdemo fit" in subprocess.run(called, capture_output=True, text=True, check=True).stdout
    )


@pytest.mark.parametrize(("asked", "found"), [(None, "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_of_long_commands_sleep_while_they_wait(monkeypatch, asked: str | None, found: str) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", asked or "")
    if not asked:
        monkeypatch.delenv("OMP_WAIT_POLICY")
    assert asleep_while_waiting(lambda name: os.environ[name])("OMP_WAIT_POLICY") == found


def test_pytorch_is_not_there_before_a_command_says_how_threads_wait() -> None:
    code = "import sys, latentdemo.cli.main; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["train", "fashion-mnist", "no-family"], "unknown model family 'no-family'"),
        (["train", "fashion-mnist", "vae", "--batch-size", "0"], "batch_size is 0"),
        (["train", "{folder}", "vae", "--size", "33"], "image_size is 33"),
        (["fit", "fashion-mnist/vae", "--only", "nothing"], "unknown densities nothing"),
        (["compare", "fashion-mnist/vae", "--only", "nothing"], "unknown samplers nothing"),
        (["evaluate", "fashion-mnist/vae", "--kernels", "nothing"], "unknown kernel 'nothing'"),
        (["evaluate", "fashion-mnist/vae", "--features", "nothing"], "no weights of 'nothing'"),
        (["evaluate", "fashion-mnist/vae", "--repeats", "0"], "--repeats"),
        (["adopt", "{folder}/missing", "fashion-mnist/own"], "is no folder"),
    ],
)
def test_what_cannot_be_done_is_told_before_data_are_read(
    command: list[str], words: str, tmp_path, monkeypatch, capsys
) -> None:
    def read(*_arguments: object, **_settings: object) -> None:
        raise AssertionError("data were read")

    monkeypatch.setattr("latentdemo.data.load_images", read)
    monkeypatch.setattr("latentdemo.data.read_pictures", read)
    assert run(*(word.format(folder=tmp_path) for word in command)) in (1, 2)
    assert words in " ".join(capsys.readouterr().err.replace("│", " ").split())

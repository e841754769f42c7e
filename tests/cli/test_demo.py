import sys
from pathlib import Path

import pytest

from latentdemo.cli import demo
from tests.cli.command import run

ROOT = Path(__file__).parents[2]


@pytest.fixture
def started(monkeypatch) -> list:
    """What would have been started in place of the web app."""
    calls: list = []

    def stand_in(program, command, environment):
        assert program == sys.executable
        calls.append((command, environment))
        sys.exit(3)

    monkeypatch.setattr(demo.os, "execve", stand_in)
    return calls


def test_demo_starts_the_clone_with_whatever_follows(started, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert run("demo", "--server.port", "8502", "--", "--checkpoints", "FOLDER") == 3
    ((command, environment),) = started
    assert command[1:5] == ["-m", "latentdemo.operations", "run", str(ROOT / "app.py")]
    assert command[5:] == ["--server.port", "8502", "--", "--checkpoints", "FOLDER"]
    assert (command[0], environment["MALLOC_ARENA_MAX"]) == (sys.executable, "1")


def test_the_current_folder_comes_first_and_others_apps_are_left_alone(started, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").touch()
    assert run("demo") == 3
    (tmp_path / "latentdemo" / "ui").mkdir(parents=True)
    assert run("demo") == 3
    assert [command[4] for command, _ in started] == [str(ROOT / "app.py"), str(tmp_path / "app.py")]


def test_demo_says_what_to_do_where_it_cannot_start(started, monkeypatch, capsys, tmp_path) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda _name: None)
    assert run("demo") == 1
    assert "requirements.txt" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "PACKAGE", tmp_path / "site-packages" / "latentdemo")
    assert run("demo") == 1
    assert "from a clone of the project" in capsys.readouterr().err
    assert started == []

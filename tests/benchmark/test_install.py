from pathlib import Path

import pytest

from latentdemo.benchmark import browser
from latentdemo.benchmark.browser import new_environment, weight
from latentdemo.errors import ServerError


def test_what_is_installed_is_weighed(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "one").write_bytes(bytes(300))
    (tmp_path / "two").write_bytes(bytes(5))
    (tmp_path / "link").symlink_to(tmp_path / "two")
    assert 305 <= weight(tmp_path) <= 305 + 200  # a link is as long as its address


@pytest.mark.slow
def test_what_pip_cannot_install_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.txt").write_text("./nowhere\n", encoding="utf-8")
    monkeypatch.setattr(browser, "ROOT", tmp_path)
    with pytest.raises(ServerError, match=r"requirements\.txt failed: .*nowhere"):
        new_environment(tmp_path / "environment")

"""Where checkpoints are looked for, and where new ones go."""

import os
from pathlib import Path

import pytest

from latentdemo import files
from latentdemo.checkpoints import checkpoints_dir, list_models, model_folder, roots, save_checkpoint
from latentdemo.errors import CheckpointFolderError, ModelNotFoundError
from latentdemo.files import data_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch) -> Path:
    """A current folder without anything in it, and a home beside it."""
    monkeypatch.delenv(roots.VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_DATA_HOME", "LATENTDEMO_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("home", "current"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "current")
    return tmp_path


def users_folder(elsewhere: Path) -> Path:
    return data_folder() / "checkpoints"


def refuse(monkeypatch, *folders: Path) -> None:
    """Let folders be ones that cannot be written to; whoever tests may be root, who can write to any."""
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: (mode != os.W_OK or path not in folders) and access(path, mode)
    )


def test_models_are_found_here_then_in_the_users_folder_then_in_the_clone(elsewhere, tiny_model) -> None:
    here, own = elsewhere / "current" / "checkpoints", users_folder(elsewhere)
    assert own.is_relative_to(elsewhere / "home")
    assert roots.checkpoint_roots() == [here, own, ROOT / "checkpoints"]
    assert model_folder("fashion-mnist/vae") == ROOT / "checkpoints" / "fashion-mnist" / "vae"
    for root in (own, here):
        save_checkpoint(root / "fashion-mnist" / "vae", tiny_model, "own")
        assert model_folder("fashion-mnist/vae") == root / "fashion-mnist" / "vae"
    assert list_models() == list_models(ROOT / "checkpoints")


def test_folders_that_are_named_are_all_there_are(elsewhere, monkeypatch, tiny_model) -> None:
    first, second = elsewhere / "first", elsewhere / "second"
    monkeypatch.setenv(roots.VARIABLE, f"{first}:{second}")
    save_checkpoint(second / "own" / "tiny", tiny_model, "own")
    assert roots.checkpoint_roots() == [first, second]
    assert list_models() == ["own/tiny"]
    assert model_folder("own/tiny") == second / "own" / "tiny"


def test_an_installed_package_has_no_checkpoints_beside_it(elsewhere, monkeypatch) -> None:
    packages = elsewhere / "site-packages"
    (packages / "checkpoints" / "other" / "thing").mkdir(parents=True)
    (packages / "checkpoints" / "other" / "thing" / "config.json").write_text("{}")
    monkeypatch.setattr(files, "PROJECT", packages)
    assert roots.checkpoint_roots() == [elsewhere / "current" / "checkpoints", users_folder(elsewhere)]
    assert list_models() == []


def test_where_nothing_is_found_the_message_says_where_was_looked(elsewhere) -> None:
    with pytest.raises(ModelNotFoundError) as raised:
        model_folder("no/model")
    assert all(str(root) in str(raised.value) for root in roots.checkpoint_roots())


def test_new_checkpoints_go_to_the_first_folder_that_can_be_written_to(elsewhere, monkeypatch) -> None:
    here, own = elsewhere / "current" / "checkpoints", users_folder(elsewhere)
    assert checkpoints_dir() == own
    here.mkdir()
    assert checkpoints_dir() == here
    refuse(monkeypatch, here)
    assert checkpoints_dir() == own
    assert roots.dataset_folder("new") == own / "new"
    refuse(monkeypatch, here, elsewhere / "home")
    assert checkpoints_dir() == ROOT / "checkpoints"
    monkeypatch.setattr(files, "PROJECT", elsewhere)
    with pytest.raises(CheckpointFolderError, match=r"checkpoints cannot be written to.*LATENTDEMO_CHECKPOINTS"):
        checkpoints_dir()
    assert roots.dataset_folder("new") == here / "new"


def test_new_checkpoints_go_to_the_first_named_folder_that_can_be_written_to(elsewhere, monkeypatch) -> None:
    shipped, own = elsewhere / "shipped", elsewhere / "own"
    shipped.mkdir()
    monkeypatch.setenv(roots.VARIABLE, f"{shipped}:{own}")
    assert checkpoints_dir() == shipped
    refuse(monkeypatch, shipped)
    assert checkpoints_dir() == own
    monkeypatch.setenv(roots.VARIABLE, "checkpoints")
    assert checkpoints_dir() == Path("checkpoints")


def test_a_folder_that_may_not_be_looked_into_holds_no_models(elsewhere, monkeypatch) -> None:
    closed = users_folder(elsewhere)
    is_dir = Path.is_dir

    def stand_in(path: Path) -> bool:
        if path.is_relative_to(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return is_dir(path)

    monkeypatch.setattr(Path, "is_dir", stand_in)
    assert model_folder("fashion-mnist/vae").is_relative_to(ROOT)
    assert list_models() == list_models(ROOT / "checkpoints")

import threading

import pytest

from latentdemo.engine import ModelPool
from latentdemo.errors import ModelNotFoundError
from latentdemo.models import checkpoint, save_checkpoint


@pytest.fixture
def saved(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    for name in ("first", "second", "third"):
        save_checkpoint(tmp_path / "own" / name, tiny_model, "own")
    return tmp_path


def test_sessions_share_one_model(saved, monkeypatch) -> None:
    loads = []
    build = checkpoint.build_model
    monkeypatch.setattr(checkpoint, "build_model", lambda *args: loads.append(args) or build(*args))
    pool = ModelPool(device="cpu")
    found = []
    threads = [threading.Thread(target=lambda: found.append(pool.get("own/first"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert all(model is found[0] for model in found)


def test_the_least_recently_used_model_is_dropped(saved) -> None:
    pool = ModelPool(size=2, device="cpu")
    first = pool.get("own/first")
    pool.get("own/second")
    assert pool.get("own/first") is first
    pool.get("own/third")
    assert [name for name, _digest in pool.loaded] == ["own/first", "own/third"]


def test_changed_weights_are_loaded_anew(saved, tiny_model) -> None:
    pool = ModelPool(device="cpu")
    before = pool.get("own/first")
    tiny_model.decoder[0].weight.data.mul_(2)
    save_checkpoint(saved / "own" / "first", tiny_model, "own")
    assert pool.get("own/first") is not before


def test_an_unknown_model_is_named(saved) -> None:
    with pytest.raises(ModelNotFoundError, match="own/fourth"):
        ModelPool(device="cpu").get("own/fourth")

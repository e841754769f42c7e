import json
import threading
from pathlib import Path

import pytest
import torch

from latentdemo.checkpoints import load_form, load_model, save_checkpoint, store
from latentdemo.checkpoints.serving import precision_of
from latentdemo.engine import ModelPool
from latentdemo.errors import CheckpointCorruptError, CheckpointDigestError, DeviceMemoryError, ModelNotFoundError
from tests.engine.stand_ins import PATIENCE, HeldLoad


@pytest.fixture
def saved(tiny_model, tmp_path, monkeypatch):
    monkeypatch.setenv("LATENTDEMO_CHECKPOINTS", str(tmp_path))
    for name in ("first", "second", "third"):
        save_checkpoint(tmp_path / "own" / name, tiny_model, "own")
    return tmp_path


def test_sessions_share_one_model(saved, monkeypatch) -> None:
    loads = []
    build = store.build_model
    monkeypatch.setattr(store, "build_model", lambda *args, **device: loads.append(args) or build(*args, **device))
    pool = ModelPool(device="cpu")
    found = []
    threads = [threading.Thread(target=lambda: found.append(pool.get("own/first"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(loads) == 1
    assert all(model is found[0] for model in found)


def names(pool: ModelPool) -> list[str]:
    return [Path(folder).name for folder, _digest, _form in pool.kept]


def weight(model) -> int:
    return sum(each.nbytes for each in (*model.parameters(), *model.buffers()))


def test_the_least_recently_used_model_is_dropped(saved, tiny_model) -> None:
    pool = ModelPool(budget=2 * weight(load_model("own/first", "cpu")), device="cpu")
    first = pool.get("own/first")
    pool.get("own/second")
    assert pool.get("own/first") is first
    pool.get("own/third")
    assert names(pool) == ["first", "third"]


def test_a_model_in_use_is_never_dropped(saved) -> None:
    pool = ModelPool(budget=1, device="cpu")
    with pool.lease("own/first") as first:
        with pool.lease("own/second"):
            assert names(pool) == ["first", "second"]
        assert pool.get("own/first") is first
    assert not pool.kept


def test_the_forms_of_a_model_are_kept_beside_each_other_within_one_budget(saved) -> None:
    pool = ModelPool(device="cpu")
    with pool.lease("own/first", form="trained") as trained, pool.lease("own/first", form="bf16") as halved:
        served = pool.get("own/first")
        assert (precision_of(trained), precision_of(halved)) == ("float32", "bf16")
        assert pool.get("own/first") is served
        assert len({id(model) for model in (trained, halved, served)}) == 3
        pool.trim(0)
        assert names(pool) == ["first", "first"]
    pool.trim(0)
    assert not pool.kept


def test_a_model_that_is_loading_holds_up_no_other(saved, monkeypatch) -> None:
    loading = HeldLoad("own/first")
    monkeypatch.setattr("latentdemo.engine.pool.load_form", loading)
    pool = ModelPool(device="cpu")
    thread = threading.Thread(target=pool.get, args=("own/first",))
    thread.start()
    assert loading.reached.wait(PATIENCE)
    pool.get("own/second")
    assert thread.is_alive()
    loading.open.set()
    thread.join()
    assert len(pool.kept) == 2


def test_a_model_that_cannot_be_loaded_leaves_nothing(saved) -> None:
    pool = ModelPool(device="cpu")
    (saved / "own" / "first" / "model.safetensors").write_bytes(b"broken")
    for _ in range(2):
        with pytest.raises(CheckpointCorruptError):
            pool.get("own/first")
    assert not pool.kept


@pytest.mark.parametrize("full", [torch.OutOfMemoryError(), MemoryError(), RuntimeError("DefaultCPUAllocator: no")])
def test_a_full_device_is_cleared_of_models_that_nobody_uses(saved, monkeypatch, full: Exception) -> None:
    pool = ModelPool(device="cpu")
    pool.get("own/first")
    room = iter([False, True, False, False])

    def load(name, device, form):
        if not next(room):
            raise full
        return load_form(name, device, form)

    monkeypatch.setattr("latentdemo.engine.pool.load_form", load)
    pool.get("own/second")
    assert names(pool) == ["second"]
    with pytest.raises(DeviceMemoryError, match="own/third"):
        pool.get("own/third")


def test_changed_weights_are_loaded_anew(saved, tiny_model) -> None:
    pool = ModelPool(device="cpu")
    before = pool.get("own/first")
    tiny_model.decoder[0].weight.data.mul_(2)
    save_checkpoint(saved / "own" / "first", tiny_model, "own")
    assert pool.get("own/first") is not before


def test_changed_settings_of_the_same_weights_are_noticed(saved) -> None:
    pool = ModelPool(device="cpu")
    before = pool.get("own/first")
    config = saved / "own" / "first" / "config.json"
    values = json.loads(config.read_text())
    config.write_text(json.dumps(values | {"residual_std": 0.25}))
    assert pool.get("own/first").residual_std == 0.25
    config.write_text(json.dumps(values | {"measured": {"seconds": 1}}))
    assert pool.get("own/first") is before


def test_weights_that_change_while_they_are_read_are_not_taken_for_those_before(saved, tiny_model, monkeypatch) -> None:
    def late(name, device, form):
        tiny_model.decoder[0].weight.data.mul_(2)
        save_checkpoint(saved / "own" / "first", tiny_model, "own")
        return load_form(name, device, form)

    monkeypatch.setattr("latentdemo.engine.pool.load_form", late)
    pool = ModelPool(device="cpu")
    with pytest.raises(CheckpointDigestError, match="choose the model again"):
        pool.get("own/first")
    assert not pool.kept


def test_an_unknown_model_is_named(saved) -> None:
    with pytest.raises(ModelNotFoundError, match="own/fourth"):
        ModelPool(device="cpu").get("own/fourth")

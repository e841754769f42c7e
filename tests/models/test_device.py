"""What networks compute in follows from what the device has in hardware."""

import pytest
import torch

from latentdemo.errors import DeviceError
from latentdemo.models.device import devices_here, has_bf16, pick_device, training_precision


@pytest.mark.parametrize(("avx512", "amx"), [(False, False), (True, False), (False, True)])
def test_a_processor_has_bf16_where_it_multiplies_it(monkeypatch, avx512: bool, amx: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    assert has_bf16("cpu") == (avx512 or amx)
    assert training_precision(torch.device("cpu")) == ("bf16" if avx512 or amx else "float32")
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)  # as $ONEDNN_MAX_CPU_ISA says
    assert not has_bf16("cpu")


def test_a_gpu_has_it_where_it_is_not_emulated(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: including_emulation)
    assert training_precision("cuda") == "float32"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert training_precision("cuda") == "bf16"
    assert training_precision("mps") == "float32"


def test_what_is_here_can_be_picked_and_what_is_not_is_told_with_what_is() -> None:
    assert str(pick_device()).split(":")[0] == devices_here()[0].split(":")[0]
    for name in devices_here():
        assert pick_device(name) == pick_device(torch.device(name)) == torch.device(name)
    for name in ("gpu", "cuda:99", "meta", "cpu:x", "", 3.5):
        with pytest.raises(DeviceError, match=f"no device '{name}' on this machine.*cpu"):
            pick_device(name)


def test_a_graphics_card_that_is_here_is_named(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices_here()[:2] == ["cuda:0", "cuda:1"]

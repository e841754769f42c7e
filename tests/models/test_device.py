"""What networks compute in follows from what the device has in hardware."""

import pytest
import torch

from latentdemo.models.device import has_bf16, training_precision


@pytest.mark.parametrize(("avx512", "amx"), [(False, False), (True, False), (False, True)])
def test_a_processor_has_bf16_where_it_multiplies_it(monkeypatch, avx512: bool, amx: bool) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert has_bf16("cpu") == (avx512 or amx)
    assert training_precision(torch.device("cpu")) == ("bf16" if avx512 or amx else "float32")


def test_a_gpu_has_it_where_it_is_not_emulated(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: including_emulation)
    assert training_precision("cuda") == "float32"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert training_precision("cuda") == "bf16"
    assert training_precision("mps") == "float32"

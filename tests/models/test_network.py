import pytest
import torch

from latentdemo.errors import NetworkConfigError
from latentdemo.models import NetworkConfig
from latentdemo.models.network import Decoder, Encoder, initialise


@pytest.mark.parametrize("size", [16, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_is_built(size: int, channels: int) -> None:
    config = NetworkConfig(size, channels, 2, 5)
    images = torch.rand(2, channels, size, size)
    assert config.image_shape == images.shape[1:]
    assert Encoder(config, 7)(images).shape == (2, 7)
    assert Decoder(config)(torch.zeros(2, 5)).shape == images.shape


def test_channels_double_from_layer_to_layer_up_to_eight_times() -> None:
    assert NetworkConfig(16, width=4).stage_channels == [4, 8]
    assert NetworkConfig(128, width=4).stage_channels == [4, 8, 16, 32, 32]


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_size": 8},
        {"image_size": 48},
        {"image_size": 32.0},
        {"channels": 2},
        {"channels": True},
        {"width": 0},
        {"width": "32"},
        {"latent_size": -1},
        {"latent_size": None},
    ],
)
def test_a_network_that_cannot_be_built_is_named(wrong: dict) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(NetworkConfigError, match=f"{name} is {value!r}"):
        NetworkConfig(**wrong)


@pytest.mark.parametrize("part", ["encoder", "decoder"])
def test_the_first_weights_keep_signals_at_their_size(part: str) -> None:
    config = NetworkConfig(64, 3, 16, 32)
    generator = torch.Generator().manual_seed(0)
    network = Encoder(config, 64) if part == "encoder" else Decoder(config)
    initialise(network, generator)
    given = (
        torch.randn(16, 3, 64, 64, generator=generator)
        if part == "encoder"
        else torch.randn(16, 32, generator=generator)
    )
    normalised = [layer for layer in network if isinstance(layer, torch.nn.BatchNorm2d)]
    spreads = []
    for layer in normalised:
        layer.register_forward_pre_hook(lambda layer, inputs: spreads.append(inputs[0].std().item()))
    network(given)
    assert len(spreads) == 4
    assert all(0.8 < spread < 1.5 for spread in spreads)  # PyTorch's own start gives 0.6 and less

"""A kernel that is registered from outside is found on every page, in the evaluation and on the command line."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from torch import Tensor

from latentdemo.checkpoints import load_trained
from latentdemo.cli.main import main
from latentdemo.evaluation.protocol import plan
from latentdemo.random import randn
from latentdemo.sampling import KERNELS
from latentdemo.sampling.kernels import Choice, KernelSpec, Option, Style, Trial
from tests.app.pages import CLOTHES, open_page, texts

pytestmark = pytest.mark.usefixtures("wait_for_results")
NAME, COLOUR = "drift", "#123456"
STRENGTHS = {"weak": 0.1, "strong": 2.0}


class State(NamedTuple):
    latent: Tensor


class Info(NamedTuple):
    latent_distance: Tensor


class Drift:
    """Each step adds noise of some strength."""

    def __init__(self, strength: str = "weak") -> None:
        self.strength = STRENGTHS[strength]

    def init(self, latent: Tensor, generator) -> State:
        return State(latent)

    def step(self, state: State, generator) -> tuple[State, Info]:
        noise = self.strength * randn(state.latent.shape, generator, state.latent.device)
        return State(state.latent + noise), Info(noise.norm(dim=1))


@pytest.fixture(autouse=True)
def sixth_kernel(monkeypatch) -> None:
    spec = KernelSpec(
        name=NAME,
        build=lambda _model, _density, **options: Drift(**options),
        method="Gaussian drift",
        title="drifting chain",
        help="Adds noise to the latent at every step.",
        style=Style(COLOUR, "diamond"),
        decodes_from=None,
        options=(
            Option(
                name="strength",
                usual="weak",
                choices=(Choice("weak", "weak", "It hardly moves."), Choice("strong", "strong", "It flies off.")),
                title="Strength of the drift",
                help="How much noise.",
            ),
        ),
        trials=(Trial((1, 4)), Trial((4,), options={"strength": "strong"})),
    )
    monkeypatch.setitem(KERNELS, NAME, spec)


@pytest.mark.parametrize(
    ("script", "link"),
    [
        ("pages/sampling.py", {"steps": ["0", "2"], "count": "16"}),
        ("pages/chain.py", {"steps": "2", "chains": "1"}),
        ("pages/interpolation.py", {"correction": "own", "own_steps": "2", "frames": "3"}),
        ("pages/latent_space.py", {"steps": "1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_pages_offer_it_with_its_option_and_walk_it(script: str, link: dict) -> None:
    app = open_page(script, kernel=NAME, strength="strong", **CLOTHES | link)
    assert not app.exception
    assert not app.error
    menu = app.selectbox(key="kernel")
    assert "Drifting chain" in menu.options
    assert menu.value == NAME
    assert app.segmented_control(key="strength").value == "strong"
    assert app.segmented_control(key="strength").label == "Strength of the drift"
    assert "Adds noise to the latent at every step." in texts(app)


def test_another_kernel_has_not_its_option() -> None:
    app = open_page("pages/sampling.py", kernel="hmc", strength="strong", count="16", **CLOTHES)
    assert "strength" not in [control.key for control in app.segmented_control]


def test_evaluations_measure_it() -> None:
    arms = [arm for arm in plan(load_trained("fashion-mnist/vae", "cpu")) if arm.kernel == NAME]
    assert [(arm.steps, arm.spec.own_options) for arm in arms] == [((1, 4), {}), ((4,), {"strength": "strong"})]


def test_the_command_line_walks_it(tmp_path) -> None:
    out = tmp_path / "run.npz"
    sample = ["sample", "fashion-mnist/vae", "--count", "2", "--steps", "0", "1", "--device", "cpu", "--out", str(out)]
    with pytest.raises(SystemExit) as ended:
        main([*sample, "--kernel", NAME, "--option", "strength=strong"])
    assert not ended.value.code
    with np.load(out) as arrays:
        moved = np.linalg.norm(arrays["latents_1"] - arrays["latents_0"], axis=1)
    assert (moved > 5.0).all()  # 2 sqrt(32) on average

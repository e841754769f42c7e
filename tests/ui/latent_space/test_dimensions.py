"""The charts of dimensions, and chains that start at the draws shown."""

from __future__ import annotations

import torch

from latentdemo.checkpoints import load_model
from latentdemo.sampling import ChainSpec, run_chain
from latentdemo.ui.latent_space.chains import ChainRequest, walk_chains
from latentdemo.ui.latent_space.dimensions import dimension_rows, kl_chart, spread_chart
from latentdemo.ui.runs.encodings import CHAINS, Dimensions, prior_draws
from tests.ui.clothes import CLOTHES, digest
from tests.ui.jobs import done


def test_chains_start_at_the_prior_draws_that_are_shown() -> None:
    model = load_model(CLOTHES)
    run = run_chain(model, count=CHAINS, steps=0, seed=11)
    assert torch.equal(prior_draws(model.latent_size, 11), run.latents[0])
    request = ChainRequest(CLOTHES, digest(), "", ChainSpec(count=CHAINS, steps=1, seed=11))
    assert done(lambda job: walk_chains(request, job)).shape == run.latents[0].shape


def test_dimensions_are_sorted_by_kl() -> None:
    rows = dimension_rows(Dimensions([0.0, 1.0, 0.5], [1.0, 0.5, 1.0], [0.0, 0.8, 0.1], [0]))
    assert rows["dimension"].tolist() == [1, 2, 0]
    assert rows["unused"].tolist() == [False, False, True]
    assert rows["low"].tolist() == [0.5, -0.5, -1.0]
    assert len(spread_chart(rows).to_dict()["layer"]) == 5
    assert kl_chart(rows).to_dict()["mark"]["type"] == "bar"

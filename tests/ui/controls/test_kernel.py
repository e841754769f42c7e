"""Which options of a kernel a model has."""

from types import SimpleNamespace

import pytest

from latentdemo.sampling import KERNELS
from latentdemo.ui.controls.kernel import has_option

OPTIONS = {option.name: option for kernel in ("decode-encode", "transport") for option in KERNELS[kernel].options}
EVERY = ["mixture", "flow", "flow-matching"]


@pytest.mark.parametrize(
    ("name", "corrupts", "densities", "has"),
    [
        ("density", False, EVERY, True),
        ("density", False, ["mixture", "flow"], False),
        ("density", False, [], False),
        ("corruption", True, [], True),
        ("corruption", False, EVERY, False),
        ("decoding", False, [], True),
    ],
)
def test_an_option_is_offered_where_the_model_has_what_it_needs(name, corrupts, densities, has) -> None:
    assert has_option(SimpleNamespace(corrupts=corrupts, density_names=densities), OPTIONS[name]) == has

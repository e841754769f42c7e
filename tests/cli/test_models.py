import json

from latentdemo.checkpoints import list_models
from latentdemo.models.families.registry import FAMILIES
from latentdemo.sampling.kernels import KERNELS
from tests.cli.command import run


def test_models_lists_what_is_shipped(capsys) -> None:
    assert run("models", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert list(listed) == list_models()
    assert all(config["measured"]["held_out"]["rmse"] > 0 for config in listed.values())


def test_choices_are_those_of_the_registries(capsys) -> None:
    assert run("choices", "--json") == 0
    listed = json.loads(capsys.readouterr().out)
    assert (list(listed["kernels"]), listed["families"]) == (list(KERNELS), list(FAMILIES))
    for name, spec in KERNELS.items():
        assert listed["kernels"][name] == {option.name: list(option.values) for option in spec.options}
    assert run("choices") == 0
    table = capsys.readouterr().out
    assert all(name in table for names in listed.values() for name in names)

from typing import Annotated

import pytest
import typer

from latentdemo.cli.options import ManyValues


def parsed(*arguments: str) -> dict:
    """What a command with such options makes of arguments."""
    found: dict = {}
    app = typer.Typer()

    @app.command(cls=ManyValues)
    def command(
        words: Annotated[list[str] | None, typer.Argument()] = None,
        steps: str = "",
        sweep: Annotated[list[str] | None, typer.Option()] = None,
        kernels: str = "",
        count: int = 0,
        seed: int = 0,
    ) -> None:
        found.update(words=words or [], steps=steps, sweep=sweep, kernels=kernels, count=count, seed=seed)

    app(arguments, standalone_mode=False)
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("arguments", "values"),
    [
        (["--steps", "0", "1", "5", "--seed", "7"], {"steps": "0 1 5", "seed": 7}),
        (["--steps", "3", "m"], {"steps": "3", "words": ["m"]}),
        (["--steps", "0 1 5", "m"], {"steps": "0 1 5", "words": ["m"]}),
        (["--steps=0", "1", "m"], {"steps": "0 1", "words": ["m"]}),
        (["--kernels", "hmc", "langevin", "a/b"], {"kernels": "hmc langevin", "words": ["a/b"]}),
        (["--sweep", "width=3,4", "beta1=0.5", "m"], {"sweep": ["width=3,4 beta1=0.5"], "words": ["m"]}),
        (["--sweep", "width=3", "--sweep", "beta1=0.5"], {"sweep": ["width=3", "beta1=0.5"]}),
        (["--count", "3", "4"], {"count": 3, "words": ["4"]}),
        (["m", "--steps", "1", "--", "2"], {"steps": "1", "words": ["m", "2"]}),
    ],
)
def test_words_after_an_option_of_several_values_belong_to_it(arguments: list[str], values: dict) -> None:
    assert parsed(*arguments) == values

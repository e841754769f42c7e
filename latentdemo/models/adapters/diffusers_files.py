"""The files in which diffusers keeps an autoencoder, in every form that it reads itself, but programs.

    config.json                                           sizes; what is left out has the library's default
    diffusion_pytorch_model[.VARIANT].safetensors         all tensors
    diffusion_pytorch_model.safetensors.index[.VARIANT].json, or ...safetensors[.VARIANT].index.json
                                                          tensor -> the file of a part that holds it
    the same with .bin                                    PyTorch's own form, of which only tensors are read

A pipeline keeps all that in its folder `vae`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from latentdemo.errors import AdapterError, CheckpointCorruptError, CheckpointFileMissingError
from latentdemo.models.adapters.networks import only_tensors
from latentdemo.models.weights import parse_weights, read_bytes

CONFIG, PIPELINE, PART = "config.json", "model_index.json", "vae"
USUAL = "diffusion_pytorch_model.safetensors"
REMEDY = "write it anew with save_pretrained"
WHOLE = re.compile(r"diffusion_pytorch_model(?:\.(?P<variant>(?!.*-\d+-of-\d+)[\w-]+))?\.(?P<kind>safetensors|bin)")
INDEX = re.compile(
    r"diffusion_pytorch_model\.(?P<kind>safetensors|bin)(?:\.(?P<older>[\w-]+))?\.index(?:\.(?P<variant>[\w-]+))?\.json"
)
ATTENTION = re.compile(r"(?<=\.attentions\.)(\d+)\.(query|key|value|proj_attn)(?=\.(weight|bias)$)")
NAMES_NOW = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}


class Found(NamedTuple):
    """A file that tells where weights are, in the order in which diffusers looks for them.

    Attributes:
        variant: such as "fp16"; empty for the usual weights.
        pickled: whether it is of PyTorch's own form.
        whole: whether it holds the tensors itself; else it is an index.
        path: of the file.
    """

    variant: str
    pickled: bool
    whole: bool
    path: Path


def home_of(folder: Path) -> Path:
    """The folder of the autoencoder: the given one, or the part of a pipeline.

    Raises:
        CheckpointFileMissingError: there is no configuration.
    """
    home = folder / PART if (folder / PIPELINE).exists() else folder
    if not (home / CONFIG).is_file():
        raise CheckpointFileMissingError(
            f"{home} holds no {CONFIG}, which tells the sizes of an autoencoder; {REMEDY}, or fetch all of its folder"
        )
    return home


def read_weights(home: Path) -> dict[str, Tensor]:
    """The tensors of an autoencoder, under the names that they have now.

    Raises:
        CheckpointFileMissingError: there are none, or not all.
        CheckpointError: a file is broken, holds more than tensors, or there are several variants to choose from.
    """
    found = weights_in(home)
    weights = read_tensors(found.path) if found.whole else read_parts(found.path)
    return {ATTENTION.sub(lambda old: f"{old[1]}.{NAMES_NOW[old[2]]}", name): value for name, value in weights.items()}


def weights_in(home: Path) -> Found:
    """Where the weights are; raises as `read_weights` does."""
    found = []
    for path in home.iterdir():
        if whole := WHOLE.fullmatch(path.name):
            found.append(Found(whole["variant"] or "", whole["kind"] == "bin", True, path))
        elif index := INDEX.fullmatch(path.name):
            found.append(Found(index["variant"] or index["older"] or "", index["kind"] == "bin", False, path))
    variants = sorted({each.variant for each in found})
    if not variants:
        there = ", ".join(sorted(path.name for path in home.iterdir() if path.name != CONFIG)) or "nothing else"
        raise CheckpointFileMissingError(
            f"{home} holds no weights: looked for were {USUAL}, its .index.json with the parts that it names, and the "
            f"same with .bin; there is {there}; {REMEDY}"
        )
    if "" not in variants and len(variants) > 1:
        raise AdapterError(f"{home} holds several variants, {', '.join(variants)}: move all but one of them elsewhere")
    return min(found)


def read_parts(index: Path) -> dict[str, Tensor]:
    """The tensors of all files that an index names; raises as `read_weights` does."""
    try:
        places = dict(json.loads(read_bytes(index))["weight_map"])
        names = sorted(set(places.values()))
        if any(Path(name).name != name for name in names):
            raise ValueError("a part lies in another folder")
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointCorruptError(f"{index} is no index of weights ({error!r}); {REMEDY}") from error
    missing = [name for name in names if not (index.parent / name).is_file()]
    if missing:
        raise CheckpointFileMissingError(
            f"{len(missing)} of the {len(names)} parts that {index} names are missing, such as {missing[0]}; "
            "fetch the folder again"
        )
    weights: dict[str, Tensor] = {}
    for name in names:
        weights |= read_tensors(index.parent / name)
    return weights


def read_tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of one file; raises as `read_weights` does."""
    content = read_bytes(path)
    if path.suffix == ".bin":
        return only_tensors(content, path, REMEDY)
    return parse_weights(content, path, REMEDY)


def read_config(home: Path) -> Mapping[str, Any]:
    """The configuration of an autoencoder as it stands in its file.

    Raises:
        AdapterError: it is no JSON object.
    """
    path = home / CONFIG
    try:
        config = json.loads(read_bytes(path))
    except ValueError as error:
        raise AdapterError(f"{path} is no JSON ({error}); {REMEDY}") from error
    if not isinstance(config, dict):
        raise AdapterError(f"{path} is a {type(config).__name__}, not a JSON object; {REMEDY}")
    return config

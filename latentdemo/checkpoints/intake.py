"""Models that people bring: the ZIP file of a checkpoint folder, looked through in quarantine before it may serve.

Uploads come from anybody. Nothing is unpacked before the archive's list of contents was looked at; only four files are
taken, none of them ever unpickled; the configuration is written anew from what was checked; and the model must load,
decode and encode. Cards, previews and evaluations are left out: they would be shown as they are, and could claim
anything. Whatever fails, nothing is left behind.
"""

from __future__ import annotations

import io
import re
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field

from latentdemo.checkpoints import CheckpointConfig, load_trained, read_config
from latentdemo.checkpoints.config import CARD, CONFIG, DENSITY_CONFIG, DENSITY_WEIGHTS, MAX_IMAGE_SIDE, WEIGHTS
from latentdemo.checkpoints.serving import serve
from latentdemo.errors import CheckpointConfigError, LatentdemoError, UnknownFamilyError, UploadError
from latentdemo.files import write_json
from latentdemo.models import FAMILIES, GenerativeAutoencoder, NetworkConfig, build_model
from latentdemo.random import randn

LARGEST_ARCHIVE, LARGEST_UNPACKED, LARGEST_JSON = 64 * 2**20, 128 * 2**20, 2**20  # bytes
LARGEST_LIST = 64 * 2**10  # bytes of an archive's list of contents, read before the list itself is
MOST_MEMBERS = 100
NEEDED = (CONFIG, WEIGHTS)
TAKEN = (*NEEDED, DENSITY_CONFIG, DENSITY_WEIGHTS)
PICTURES = ("preview.png", "closest-pairs.png")
LEFT_OUT = (CARD, *PICTURES, "evaluation.json", "evaluation.unfinished.json")  # the rest of a checkpoint folder
HIDDEN = ("__MACOSX", ".DS_Store", "Thumbs.db")  # what packing programs add
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in range(1, 10))}
END_OF_LIST = b"PK\x05\x06"
LARGEST = {"image_size": MAX_IMAGE_SIDE, "width": 512, "latent_size": 1024}
MOST_PARAMETERS = 50_000_000
Amount = Annotated[int | float, Field(ge=0, le=4096, allow_inf_nan=False)]  # of a family's options
TRIED = 16  # samples that are decoded and encoded again


def install_archive(
    content: bytes,
    root: Path,
    dataset: str,
    check_densities: Callable[[Path, GenerativeAutoencoder], None],
    check: Callable[[], None] = lambda: None,
) -> str:
    """Check the ZIP file of a checkpoint folder and put the model into `root/dataset/<its family>`.

    Args:
        content: of the archive.
        root: folder for checkpoints; the quarantine lies in it, too.
        dataset: name of the folder that is made for the model; no other must have it.
        check_densities: looks whether the densities in a folder work with its model, and raises where they do not; see
            `latentdemo.sampling.densities.intake`.
        check: called between the parts of the work, to end it by whatever it raises.

    Returns:
        The model's name.

    Raises:
        UploadError: the archive or the model is refused, or there is no room; `root` is as it was before.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=".quarantine-", dir=root) as quarantine:
            folder = Path(quarantine) / dataset / "model"
            folder.mkdir(parents=True)
            unpack(content, folder)
            check()
            family = check_model(folder, check_densities)
            check()
            folder.rename(folder.with_name(family))
            folder.parent.rename(root / dataset)
    except OSError as error:
        raise UploadError("full", error.strerror or "") from error
    return f"{dataset}/{family}"


def unpack(content: bytes, folder: Path) -> None:
    """Write the files of an archive that are taken; raises as `install_archive` does."""
    check_list(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = taken_members(archive.infolist())
            for name, member in members.items():
                (folder / name).write_bytes(archive.read(member))
    except (OSError, UploadError):
        raise
    except Exception as error:  # of damaged archives, zipfile raises nearly anything
        raise UploadError("zip") from error


def check_list(content: bytes) -> None:
    """Look at how long an archive and its list of contents are, before the list is read."""
    if len(content) > LARGEST_ARCHIVE:
        raise UploadError("large")
    place = content.rfind(END_OF_LIST)
    if place < 0 or len(content) < place + 22:
        raise UploadError("zip")
    if int.from_bytes(content[place + 12 : place + 16], "little") > LARGEST_LIST:
        raise UploadError("many")


def taken_members(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Name of a file -> the member of an archive, for the files that are taken.

    All of them lie in one folder of the archive, or at its top.
    """
    if len(members) > MOST_MEMBERS:
        raise UploadError("many")
    taken: dict[str, zipfile.ZipInfo] = {}
    seen: set[str] = set()
    for member in members:
        check_member(member, seen)
        path = PurePosixPath(member.filename)
        if member.is_dir() or any(part in HIDDEN for part in path.parts):
            continue
        if path.name not in (*TAKEN, *LEFT_OUT):
            raise UploadError("kind", path.name[:60])
        if path.name in taken:  # of another folder
            raise UploadError("twice", path.name)
        taken[path.name] = member
    if sum(member.file_size for member in members) > LARGEST_UNPACKED:
        raise UploadError("large")
    if any(taken[name].file_size > LARGEST_JSON for name in (CONFIG, DENSITY_CONFIG) if name in taken):
        raise UploadError("large", CONFIG)
    missing = [name for name in NEEDED if name not in taken]
    if missing:
        raise UploadError("missing", missing[0])
    return {name: member for name, member in taken.items() if name in TAKEN}


def check_member(member: zipfile.ZipInfo, seen: set[str]) -> None:
    """Look at a member's name and kind; `seen` are the names before it, in the form that tells files apart anywhere."""
    name = member.orig_filename
    parts = name.rstrip("/").split("/")
    if (
        not name.isprintable()
        or re.search(r'[\\:*?"<>|]', name)
        or any(part in ("", ".", "..") or part.split(".")[0].upper() in RESERVED for part in parts)
    ):
        raise UploadError("path", ascii(name)[1:61])
    mode = member.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UploadError("link", name[:60])
    if member.flag_bits & 1:
        raise UploadError("encrypted")
    plain = unicodedata.normalize("NFKC", name.rstrip("/")).casefold()
    if plain in seen:
        raise UploadError("twice", name[:60])
    seen.add(plain)


def check_model(folder: Path, check_densities: Callable[[Path, GenerativeAutoencoder], None]) -> str:
    """Look whether an unpacked checkpoint folder is a model that works; its family.

    Its configuration is written anew, and so is that of its densities: only what was checked is kept.
    """
    try:
        config = checked_config(folder)
    except UploadError:
        raise
    except (LatentdemoError, ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise UploadError("config") from error
    write_json(folder / CONFIG, asdict(config))
    check_size(config)
    try:
        model = load_trained(f"{folder.parent.name}/{folder.name}", "cpu", folder.parents[1])
        check_walk(model)
        check_walk(serve(model))  # which may hide a number that is not finite, or bring one about
    except (CheckpointConfigError, UnknownFamilyError) as error:
        raise UploadError("config") from error
    except (LatentdemoError, ValueError, TypeError, RuntimeError) as error:
        raise UploadError("weights") from error
    present = [(folder / name).exists() for name in (DENSITY_CONFIG, DENSITY_WEIGHTS)]
    if any(present) and not all(present):
        raise UploadError("density")
    if all(present):
        try:
            check_densities(folder, model)
        except (
            LatentdemoError,
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            RuntimeError,
            RecursionError,
        ) as error:
            raise UploadError("density") from error
    return config.family


class UploadedConfig(BaseModel):
    """What a `config.json` that somebody brings may hold; the sizes of its network are checked where it is built."""

    model_config = ConfigDict(extra="forbid", strict=True)

    family: str
    network: dict[str, int]
    options: dict[str, Amount]
    residual_std: Amount
    dataset: Any = ""
    training: Any = None
    measured: Any = None
    versions: Any = None
    sha256: str = ""


def checked_config(folder: Path) -> CheckpointConfig:
    """What `config.json` says of the network; nothing else of it is believed.

    Raises:
        LatentdemoError, ValueError: it says something else than it should.
    """
    given = UploadedConfig.model_validate_json((folder / CONFIG).read_bytes())
    config = read_config(folder)
    if config.family not in FAMILIES:
        raise ValueError("an adapter, and no family")
    if any(getattr(config.network, name) > most for name, most in LARGEST.items()):
        raise UploadError("size")
    return CheckpointConfig(
        config.family,
        config.network,
        dict(given.options),
        float(given.residual_std),
        given.dataset if isinstance(given.dataset, str) and re.fullmatch(r"\w[\w.-]{0,63}", given.dataset) else "",
        sha256=given.sha256,
    )


def check_size(config: CheckpointConfig) -> None:
    """Count a network's weights before any memory is taken for them."""
    assert isinstance(config.network, NetworkConfig)
    try:
        model = build_model(config.family, config.network, config.options, device="meta")
        count = sum(parameter.numel() for parameter in model.parameters())
    except (LatentdemoError, RuntimeError, ValueError, TypeError) as error:
        raise UploadError("config") from error
    if count > MOST_PARAMETERS:
        raise UploadError("size")


@torch.inference_mode()
def check_walk(model: GenerativeAutoencoder) -> None:
    """Decode prior draws and encode them again; ValueError where that gives anything but finite numbers."""
    latents = randn((TRIED, model.latent_size), torch.Generator().manual_seed(0))
    images = model.decode(latents).mean
    posterior = model.encode_unchecked(images)
    for values in (images, posterior.mean, posterior.std):
        if values is not None and not values.isfinite().all():
            raise ValueError("the model gives numbers that are not finite")

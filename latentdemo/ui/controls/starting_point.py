"""What chains and interpolations grow from: the prior, a held-out picture, or one's own, intact or damaged.

Pages draw `starting_point_control`; the point that it gives goes into their cached keys, and `start_latents` makes it
latents.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import streamlit as st
import torch
from PIL import Image
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data import DATASETS, ImageSet
from latentdemo.data.held_out import SHEET
from latentdemo.data.pictures import damage_picture, normalise_upload, on_light_ground, read_picture, thumbnail
from latentdemo.errors import DataError, PictureError
from latentdemo.imaging import contact_sheet, data_uri, png_bytes
from latentdemo.models import GenerativeAutoencoder
from latentdemo.random import chain_generators
from latentdemo.sampling.starts import starting_points
from latentdemo.ui.components.gallery import gallery, held_out
from latentdemo.ui.components.uploader import uploader_words
from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.state.link import Amounts, notice, put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

Kind = Literal["prior", "data", "upload"]
KINDS: dict[Kind, str] = {
    "prior": N_("Prior"),
    "data": N_("Held-out picture"),
    "upload": N_("Your own picture"),
}
DRAWS = 1000  # of the prior that a page with several points can choose from
MOST_NOISE, MOST_MASK = 1.0, 0.6
PREVIEW = 96  # pixels a side on screen
CHOICE_WIDTH, SLIDER_WIDTH, PREVIEW_WIDTH = 480, 180, 420  # pixels; beside each other where there is room
OWN_STREAM = 2**30  # number of the first generator of posterior draws, beyond those of any chain


@dataclass(frozen=True)
class StartingPoint:
    """Where a chain or an interpolation starts; equal points of one model give equal latents.

    Attributes:
        kind: "prior", "data" for a held-out picture, "upload" for somebody's own.
        seed: fixes prior draws, posterior draws and damage.
        row: which held-out picture; of the prior, which of the seed's draws comes first.
        picture: of an upload, the picture at the model's own size, as PNG.
        noise: damage, standard deviation in grey values.
        mask: damage, share of the area under a grey square.
    """

    kind: Kind
    seed: int
    row: int = 0
    picture: bytes = b""
    noise: float = 0.0
    mask: float = 0.0

    @property
    def damaged(self) -> bool:
        """Whether the model sees something else than the intact picture."""
        return bool(self.noise or self.mask)

    def intact(self, folder: Path) -> Tensor | None:
        """The picture before damage, (C, H, W) in [0, 1]; None for the prior.

        Args:
            folder: of the model's data set, where the held-out pictures lie.

        Raises:
            DataError: no such held-out picture.
        """
        if self.kind == "prior":
            return None
        if self.kind == "data":
            return held_out_picture(folder, self.row)
        with Image.open(io.BytesIO(self.picture)) as picture:
            pixels = np.asarray(picture)
        return ImageSet(np.atleast_3d(pixels)[None]).tensor(slice(None))[0]

    def image(self, folder: Path) -> Tensor | None:
        """What the model sees: the picture, damaged as asked; arguments and errors as of `intact`."""
        picture = self.intact(folder)
        return damage_picture(picture, self.noise, self.mask, self.seed) if picture is not None else None


@dataclass(frozen=True)
class Upload:
    """What somebody brought, kept for the session.

    Attributes:
        picture: as `normalise_upload` gives it.
        problem: why there is none, a key of `PictureError.REASONS`.
    """

    picture: bytes = b""
    problem: str = ""


@torch.no_grad()
def start_latents(point: StartingPoint, model: GenerativeAutoencoder, count: int) -> Tensor:
    """Latents to start from, (count, D) on the model's device.

    Of the prior, the seed's draws from `point.row` on; with row 0 they are those of `run_chain` from the prior. Of a
    picture, the mean of its posterior and `count` - 1 draws from it, which are all alike where the encoder is
    deterministic.

    Raises:
        DataError: a held-out picture that is not there.
        ImageShapeError: a picture that this model does not take.
    """
    picture = point.image(model.folder.parent if model.folder else Path())
    if picture is None:
        return starting_points(model, "prior", chain_generators(point.seed, count, point.row), count)
    posterior = model.encode(picture[None])
    std = None if posterior.std is None else posterior.std.expand(count, -1)
    repeated = replace(posterior, location=posterior.location.expand(count, -1), std=std)
    draws = repeated.sample(chain_generators(point.seed, count, OWN_STREAM))
    return torch.cat([posterior.mean, draws[1:]])


def held_out_picture(folder: Path, row: int) -> Tensor:
    """One of them, (C, H, W) in [0, 1].

    Raises:
        DataError: there is none of that number.
    """
    images = held_out(folder)
    if row not in range(len(images)):
        raise DataError(f"there is no held-out picture {row} in {folder}; the last one is {len(images) - 1}")
    return images.tensor(slice(row, row + 1))[0]


def starting_point_control(chosen: Selection, key: str = "", damage: bool = True, first: int = 0) -> StartingPoint:
    """Draw the controls of a starting point, with a preview of what the model sees.

    Args:
        chosen: model and seed.
        key: prefix of widget keys and of names in the link, so that a page can have several points; with one, a draw of
            the prior can be chosen beside the seed.
        damage: whether pictures can be damaged.
        first: number of the draw or of the held-out picture that is shown before anybody chooses another; give several
            points of a page different ones.
    """
    folder = model_folder(chosen.model).parent
    kind = kind_control(key, folder)
    control = {"prior": prior_control, "data": held_out_control, "upload": upload_control}[kind]
    with st.container(horizontal=True):
        with st.container(width=CHOICE_WIDTH):
            point = control(chosen, key, first)
        if point.kind != "prior":
            with st.container(width=PREVIEW_WIDTH):
                point = seen_controls(point, key, folder, damage)
    leave_out_of_link(key, kind, damage)
    return point


def kind_control(key: str, folder: Path) -> Kind:
    """What to start from. Uploads are not part of a link: where there is none, the link falls back to the prior."""
    name = f"{key}from"
    kinds = [kind for kind in KINDS if kind != "data" or (folder / SHEET).exists()]
    brought = f"{key}upload" in st.session_state
    if name not in st.session_state and st.query_params.get(name) == "upload" and not brought:
        notice(_("This link starts from a picture that somebody uploaded. Uploaded pictures are not part of a link, so "
                 "it starts from the prior here. Choose “Your own picture” to bring one."))  # fmt: skip
        st.session_state[name] = "prior"
    take_from_link(name, kinds, "prior")
    st.segmented_control(
        _("Starting point"),
        kinds,
        required=True,
        key=name,
        persist_state="session",
        wrap=True,
        format_func=lambda kind: _(KINDS[kind]),
        help=_("Where it starts: at random points of the prior, at the encoding of a real picture that the model has "
               "not seen in training, or at that of a picture of your own."),
    )  # fmt: skip
    put_in_link(name, "prior")
    return st.session_state[name]


def prior_control(chosen: Selection, key: str, first: int) -> StartingPoint:
    """The first draw of the seed; on a page with several points, one that can be chosen."""
    if not key:
        return StartingPoint("prior", chosen.seed)
    name = f"{key}draw"
    take_from_link(name, range(DRAWS), first)
    draw = st.number_input(
        _("Draw"), 0, DRAWS - 1, key=name, persist_state="session", width=160,
        help=_("Which of the seed's random points. The seed itself is in the sidebar."),
    )  # fmt: skip
    put_in_link(name, first)
    return StartingPoint("prior", chosen.seed, int(draw))


def held_out_control(chosen: Selection, key: str, first: int) -> StartingPoint:
    """A gallery to pick from; the prior where the held-out pictures cannot be read."""
    folder, name = model_folder(chosen.model).parent, f"{key}picture"
    try:
        with st.spinner(_("Reading the pictures …")):
            count = len(held_out(folder))
    except DataError as error:
        st.error(str(error), icon=":material/error:")
        return StartingPoint("prior", chosen.seed)
    usual = min(first, count - 1)
    take_from_link(name, range(count), usual)
    gallery(folder, name)
    put_in_link(name, usual)
    return StartingPoint("data", chosen.seed, st.session_state[name])


def upload_control(chosen: Selection, key: str, first: int) -> StartingPoint:
    """An uploader; the prior where there is no usable picture yet."""
    name = f"{key}upload"
    uploader_words(_("This file was not taken. Bring a JPEG, PNG or WebP picture of at most 20 MB."))
    file = st.file_uploader(
        _("JPEG, PNG or WebP, up to 20 MB"), "image", key=f"{key}file", on_change=keep_upload, args=(key,),
        help=_("The central square is scaled to the model's size. The picture stays on the machine that runs this "
               "demo, and only as long as this session."),
    )  # fmt: skip
    upload: Upload | None = st.session_state.get(name)
    if upload is None:
        st.caption(_("Until there is a picture, it starts from the prior."))
        return StartingPoint("prior", chosen.seed)
    if file is None:  # the uploader has been off the screen since, and forgot
        st.button(_("Remove this picture"), key=f"{key}remove", icon=":material/close:",
                  on_click=st.session_state.pop, args=(name,))  # fmt: skip
    if upload.problem:
        st.error(_(PictureError.REASONS[upload.problem]), icon=":material/broken_image:")
        return StartingPoint("prior", chosen.seed)
    return StartingPoint("upload", chosen.seed, picture=scaled(chosen, key, upload.picture))


def keep_upload(key: str) -> None:
    """Take in what the uploader holds, for it forgets when it leaves the screen."""
    file = st.session_state[f"{key}file"]
    for name in ("upload", "invert"):
        st.session_state.pop(f"{key}{name}", None)
    if file is None:
        return
    try:
        st.session_state[f"{key}upload"] = Upload(normalise_upload(file.getvalue()))
    except PictureError as error:
        st.session_state[f"{key}upload"] = Upload(problem=error.reason)


def scaled(chosen: Selection, key: str, picture: bytes) -> bytes:
    """A picture at the model's size, as PNG; where the data are light on black, it can be inverted."""
    network, dataset = chosen.config.network, DATASETS.get(chosen.config.dataset)
    margin, ground = (dataset.margin, dataset.ground) if dataset else (0, 255)
    invert = ground == 0 and invert_control(key, picture)
    return scaled_png(picture, network.image_size, network.channels, margin, invert, ground)


def invert_control(key: str, picture: bytes) -> bool:
    """Whether to make dark light; at first, where the ground of the picture is light."""
    name = f"{key}invert"
    if name not in st.session_state:
        st.session_state[name] = on_light_ground(picture)
    return st.toggle(
        _("Invert"), key=name, persist_state="session",
        help=_("The model was trained on light objects on black. Invert a picture with a light ground."),
    )  # fmt: skip


@st.cache_data(max_entries=32, show_spinner=False)
def scaled_png(picture: bytes, size: int, channels: int, margin: int, invert: bool, ground: int) -> bytes:
    """See `read_picture`."""
    pixels = read_picture(picture, size, channels, margin, invert, ground)
    return png_bytes(Image.fromarray(pixels if channels == 3 else pixels[..., 0]))


def damage_controls(point: StartingPoint, key: str) -> StartingPoint:
    """Sliders for noise and a grey square."""
    noise, mask = f"{key}noise", f"{key}mask"
    take_from_link(noise, Amounts(0.0, MOST_NOISE), 0.0)
    take_from_link(mask, Amounts(0.0, MOST_MASK), 0.0)
    with st.container(width=SLIDER_WIDTH):
        st.slider(
            _("Noise"), 0.0, MOST_NOISE, step=0.05, key=noise, persist_state="session",
            help=_("Standard deviation of Gaussian noise on every pixel, in grey values of 0 to 1."),
        )  # fmt: skip
        st.slider(
            _("Masked patch"), 0.0, MOST_MASK, step=0.05, format="percent", key=mask, persist_state="session",
            help=_("Share of the picture's area under a grey square. The seed fixes its place."),
        )  # fmt: skip
    put_in_link(noise, 0.0)
    put_in_link(mask, 0.0)
    return replace(point, noise=st.session_state[noise], mask=st.session_state[mask])


def seen_controls(point: StartingPoint, key: str, folder: Path, damage: bool) -> StartingPoint:
    """A picture and what the model sees of it, with the controls of damage where there are any."""
    with st.container(horizontal=True):
        if damage:
            point = damage_controls(point, key)
        with st.container(horizontal=True, width="content"):
            preview(point, folder, st.session_state.get(f"{key}upload"))
    if damage:
        st.caption(_("Noise and a grey square go onto the picture before the model sees it. A chain may repair them, "
                     "and may forget the picture."))  # fmt: skip
    return point


def leave_out_of_link(key: str, kind: Kind, damage: bool) -> None:
    """Take settings out of the address that do not matter for this kind."""
    shown = {"prior": {"draw"}, "data": {"picture"}, "upload": set()}[kind]
    shown |= {"noise", "mask"} if damage and kind != "prior" else set()
    for name in {"draw", "picture", "noise", "mask"} - shown:
        if f"{key}{name}" in st.query_params:
            del st.query_params[f"{key}{name}"]


def preview(point: StartingPoint, folder: Path, upload: Upload | None) -> None:
    """What was picked or brought, and what the model sees of it.

    The pictures lie in the page itself: a file that the next turn of a slider replaces might be asked for in vain.
    """
    intact, seen = point.intact(folder), point.image(folder)
    if intact is None or seen is None:
        return
    if point.kind == "upload" and upload:
        st.image(thumbnail_uri(upload.picture), _("As uploaded"), alt=_("As uploaded"))
    else:
        name = _("Picture {number}", number=point.row)
        st.image(tile_uri(intact), name, width=PREVIEW, alt=name)
    st.image(tile_uri(seen), _("What the model sees"), width=PREVIEW, alt=_("What the model sees"))


@st.cache_data(max_entries=32, show_spinner=False)
def thumbnail_uri(picture: bytes) -> str:
    """An upload as a whole."""
    return data_uri(png_bytes(thumbnail(picture, PREVIEW)))


def tile_uri(image: Tensor) -> str:
    """One image (C, H, W), enlarged so that it is sharp on any screen."""
    return data_uri(png_bytes(contact_sheet(image[None], 1, -(-2 * PREVIEW // image.shape[-1]))))

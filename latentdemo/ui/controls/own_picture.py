"""An uploader for a picture of one's own, which is kept for the session and brought to the model's size."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from PIL import Image
from streamlit.delta_generator import DeltaGenerator

from latentdemo.checkpoints import model_folder
from latentdemo.data import DATASETS
from latentdemo.data.folder import DOUBTFUL, REMARKS
from latentdemo.data.opening import LARGEST_BYTES, open_picture
from latentdemo.data.pictures import KEPT_SIDE, normalise_upload, on_light_ground, read_picture, remarks_on
from latentdemo.errors import PictureError
from latentdemo.imaging import png_bytes
from latentdemo.ui.components.uploader import translate_uploaders
from latentdemo.ui.controls.strangeness import strangeness_notice
from latentdemo.ui.i18n.words import _
from latentdemo.ui.runs.starting_point import StartingPoint
from latentdemo.ui.state.selection import Selection

TAKEN = "files_taken"  # key of the session's state: how many files an uploader has brought


@dataclass(frozen=True)
class Upload:
    """What somebody brought, kept for the session.

    Attributes:
        picture: as `normalise_upload` gives it.
        problem: why there is none, a key of `PictureError.REASONS`.
        remarks: what was converted and what may be wrong, keys of `REMARKS`.
    """

    picture: bytes = b""
    problem: str = ""
    remarks: tuple[str, ...] = ()


def is_brought(key: str) -> bool:
    """Whether there is a picture that can be used."""
    upload: Upload | None = st.session_state.get(f"{key}upload")
    return upload is not None and not upload.problem


def upload_control(chosen: Selection, key: str, first: int, said: DeltaGenerator) -> StartingPoint:
    """An uploader; the prior where there is no usable picture yet.

    It is a new one after each file, for one that comes back to the screen is empty, which must not take a picture away.
    Errors and notices stand in `said`.
    """
    name, number = f"{key}upload", st.session_state.setdefault(f"{key}{TAKEN}", 0)
    translate_uploaders(_("This file was not taken. Bring a JPEG, PNG or WebP picture of at most 20 MB."))
    st.file_uploader(
        _("JPEG, PNG or WebP, up to 20 MB"), "image", key=f"{key}file{number}", on_change=keep_upload, args=(key,),
        max_upload_size=LARGEST_BYTES // 2**20,
        help=_("The central square is scaled to the model's size. The picture stays on the machine that runs this "
               "demo, and only as long as this session."),
    )  # fmt: skip
    upload: Upload | None = st.session_state.get(name)
    if upload is None:
        said.caption(_("Until there is a picture, it starts from the prior."))
        return StartingPoint("prior", chosen.seed)
    st.button(_("Remove this picture"), key=f"{key}remove", icon=":material/close:",
              on_click=st.session_state.pop, args=(name,))  # fmt: skip
    if upload.problem:
        said.error(_(PictureError.REASONS[upload.problem]), icon=":material/broken_image:")
        return StartingPoint("prior", chosen.seed)
    point = StartingPoint("upload", chosen.seed, picture=scaled(chosen, key, upload.picture))
    intact = point.intact(model_folder(chosen.model).parent)
    assert intact is not None
    with said:
        show_remarks(upload.remarks)
        strangeness_notice(chosen, key, point.picture, intact)
    return point


def show_remarks(remarks: tuple[str, ...]) -> None:
    """Say what was converted, and warn of what may be wrong."""
    if converted := [_(REMARKS[remark]) for remark in remarks if remark not in DOUBTFUL]:
        st.caption(" ".join(converted))
    if doubtful := [_(REMARKS[remark]) for remark in remarks if remark in DOUBTFUL]:
        st.warning(" ".join(doubtful), icon=":material/visibility:")


def keep_upload(key: str) -> None:
    """Take in what the uploader holds."""
    file = st.session_state[f"{key}file{st.session_state[f'{key}{TAKEN}']}"]
    if file is None:
        return
    st.session_state[f"{key}{TAKEN}"] += 1
    for name in ("upload", "invert"):
        st.session_state.pop(f"{key}{name}", None)
    try:
        opened = open_picture(file.getvalue(), KEPT_SIDE)
        st.session_state[f"{key}upload"] = Upload(normalise_upload(opened), remarks=remarks_on(opened))
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

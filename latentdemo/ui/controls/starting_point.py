"""Where chains and interpolations start, as controls: which picture, its damage, and what the model sees of it.

Pages draw `starting_point_control`; the point that it gives goes into their cached keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from torch import Tensor

from latentdemo.checkpoints import model_folder
from latentdemo.data.held_out import SHEET, count_held_out, held_out_images
from latentdemo.data.pictures import thumbnail
from latentdemo.errors import DataError
from latentdemo.imaging import contact_sheet, data_uri, png_bytes
from latentdemo.sampling import KERNELS, PLAIN
from latentdemo.sampling.starts import PRIOR
from latentdemo.ui.components.gallery import gallery
from latentdemo.ui.controls.map_point import KEYS, put_point, take_point
from latentdemo.ui.controls.own_picture import Upload, is_brought, upload_control
from latentdemo.ui.i18n.error_words import error_words
from latentdemo.ui.i18n.kernel_words import capital, kernel_title, start_title
from latentdemo.ui.i18n.words import N_, _
from latentdemo.ui.runs.encodings import ENCODED
from latentdemo.ui.runs.map_point import AVERAGE
from latentdemo.ui.runs.starting_point import HELD_OUT, MAP, UPLOAD, StartingPoint
from latentdemo.ui.state.link import NumberRange, put_in_link, show_notice, take_from_link
from latentdemo.ui.state.selection import Selection

KINDS = {
    PRIOR: N_("Prior"),
    HELD_OUT: N_("Held-out picture"),
    UPLOAD: N_("Your own picture"),
    MAP: N_("Point of the map"),
}
BEHIND = (HELD_OUT, MAP)  # kinds of which something is chosen already
DRAWS = 1000  # a page with several points lets people choose among so many draws of the prior
MOST_NOISE, MOST_MASK = 1.0, 0.6
PREVIEW = 96  # a preview has so many pixels a side on screen
KIND_WIDTH = 180  # pixels
CHOICE_WIDTH, SLIDER_WIDTH, PREVIEW_WIDTH = 480, 180, 420  # pixels; they stand beside each other where there is room


def starting_point_control(
    chosen: Selection,
    key: str = "",
    damage: bool = True,
    first: int = 0,
    place: DeltaGenerator | None = None,
    button: DeltaGenerator | None = None,
    errors: DeltaGenerator | None = None,
    kernel: str = PLAIN,
) -> StartingPoint:
    """Draw the controls of a starting point, with a preview of what the model sees.

    Args:
        chosen: model and seed.
        key: prefix of widget keys and of names in the link, so that a page can have several points; with one, a draw of
            the prior can be chosen beside the seed.
        damage: whether pictures can be damaged.
        first: number of the draw or of the held-out picture that is shown before anybody chooses another; give several
            points of a page different ones.
        place: where the choice of what to start from stands, if not above what belongs to it.
        button: where a button stands with what belongs to it behind, if something is chosen already; None shows that at
            once. It does not track whether it is open: closing it would run the page that a press on a link has left.
            What is to be said of a picture stays on the page.
        errors: where the page says that held-out pictures cannot be read, of all its points once, if these are behind
            buttons of its own.
        kernel: that walks from there.
    """
    folder = model_folder(chosen.model).parent
    with place or st.container():
        kind = kind_control(key, folder, chosen.density_names)
    there = kind in BEHIND or (kind == UPLOAD and is_brought(key))
    behind = button.popover(kind_title(kind), icon=":material/image:") if button and there else None
    said = st.container(horizontal=True, vertical_alignment="center") if behind else None
    with behind or st.container(horizontal=True):
        choice = st.container(width=CHOICE_WIDTH)
        if said is None:
            said = (st if button else choice).container()
        with choice:
            if kind == HELD_OUT:
                point = held_out_control(chosen, key, first, errors or said)
            elif kind == UPLOAD:
                point = upload_control(chosen, key, first, said)
            else:
                point = {MAP: map_control}.get(kind, draw_control)(chosen, key, first)
        if point.is_picture:
            with st.container(width=PREVIEW_WIDTH):
                point = seen_controls(point, key, folder, damage, kernel)
    leave_out_of_link(key, kind, damage)
    return point


def kind_control(key: str, folder: Path, densities: Sequence[str]) -> str:
    """What to start from. Uploads are not part of a link: where there is none, the link falls back to the prior."""
    name = f"{key}from"
    pictures = [HELD_OUT, UPLOAD] if (folder / SHEET).exists() else [UPLOAD]
    kinds = [PRIOR, *densities, *pictures]
    if HELD_OUT in pictures and not key and MAP in (st.session_state.get(name), st.query_params.get(name)):
        kinds.append(MAP)  # from the page of the map alone one comes to it
    brought = f"{key}upload" in st.session_state
    if name not in st.session_state and st.query_params.get(name) == "upload" and not brought:
        show_notice(
            _("This link starts from a picture that somebody uploaded. Uploaded pictures are not part of a link, so it "
              "starts from the prior here. Choose “Your own picture” to bring one.")
        )  # fmt: skip
        st.session_state[name] = "prior"
    take_from_link(name, kinds, "prior")
    st.selectbox(
        _("Starting point"),
        kinds,
        key=name,
        persist_state="session",
        width=KIND_WIDTH,
        format_func={kind: kind_title(kind) for kind in kinds}.__getitem__,
        help=_("Where it starts: at random points of the prior or of a density that was fitted to encodings of real "
               "data, at the encoding of a real picture that the model has not seen in training, or at that of a "
               "picture of your own."),
    )  # fmt: skip
    put_in_link(name, "prior")
    return st.session_state[name]


def kind_title(kind: str) -> str:
    """A kind of starting point in words."""
    return _(KINDS[kind]) if kind in KINDS else capital(start_title(kind))


def draw_control(chosen: Selection, key: str, first: int) -> StartingPoint:
    """The first draw of the seed; on a page with several points, one that can be chosen."""
    kind = st.session_state[f"{key}from"]
    if not key:
        return StartingPoint(kind, chosen.seed)
    name = f"{key}draw"
    take_from_link(name, range(DRAWS), first)
    draw = st.number_input(
        _("Draw"), 0, DRAWS - 1, key=name, persist_state="session", width=160,
        help=_("Which of the seed's random points. The seed itself is in the sidebar."),
    )  # fmt: skip
    put_in_link(name, first)
    return StartingPoint(kind, chosen.seed, int(draw))


def held_out_control(chosen: Selection, key: str, first: int, errors: DeltaGenerator) -> StartingPoint:
    """A gallery to pick from; the prior where the held-out pictures cannot be read, which is said in `errors`."""
    folder, name = model_folder(chosen.model).parent, f"{key}picture"
    try:
        with st.spinner(_("Reading the pictures …")):
            count = len(held_out_images(folder))
    except DataError as error:
        errors.error(error_words(error), icon=":material/error:")
        return StartingPoint("prior", chosen.seed)
    usual = min(first, count - 1)
    take_from_link(name, range(count), usual)
    gallery(folder, name)
    put_in_link(name, usual)
    return StartingPoint("data", chosen.seed, st.session_state[name])


def map_control(chosen: Selection, key: str, first: int) -> StartingPoint:
    """The point that was chosen on the page of the map."""
    place = take_point(min(ENCODED, count_held_out(model_folder(chosen.model).parent)))
    put_point()
    words = _("Point {x}, {y} of the map on the page “Latent space”.", x=f"{place.x:.2f}", y=f"{place.y:.2f}")
    if place.rest != AVERAGE:
        words += " " + _("Everything that the map does not show is as in picture {number}.", number=place.rest)
    st.caption(words)
    return StartingPoint(MAP, chosen.seed, place=place)


def damage_controls(point: StartingPoint, key: str) -> StartingPoint:
    """Sliders for noise and a grey square."""
    noise, mask = f"{key}noise", f"{key}mask"
    take_from_link(noise, NumberRange(0.0, MOST_NOISE), 0.0)
    take_from_link(mask, NumberRange(0.0, MOST_MASK), 0.0)
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


def hold_control(point: StartingPoint, key: str, kernel: str) -> StartingPoint:
    """Whether chains keep what is known of a masked picture; of a way to sample that cannot, words that say so."""
    name = f"{key}hold"
    take_from_link(name, (False, True), False)
    able = KERNELS[kernel].holds_pixels
    st.toggle(_("Keep the rest of the picture"), key=name, persist_state="session", disabled=not able)
    put_in_link(name, False)
    if not able:
        ways = [kernel_title(name) for name, each in KERNELS.items() if each.holds_pixels]
        st.caption(_("This way to sample does not encode pictures, so it cannot keep a part of one. These can: {ways}.",
                     ways=", ".join(ways)))  # fmt: skip
    return replace(point, hold=able and st.session_state[name])


def seen_controls(point: StartingPoint, key: str, folder: Path, damage: bool, kernel: str) -> StartingPoint:
    """A picture and what the model sees of it, with the controls of damage where there are any."""
    with st.container(horizontal=True):
        if damage:
            point = damage_controls(point, key)
        with st.container(horizontal=True, width="content"):
            preview(point, folder, st.session_state.get(f"{key}upload"))
    if damage and point.mask:
        point = hold_control(point, key, kernel)
    if damage:
        st.caption(
            _("At every step the picture around the square is put back as it was given, so that the chain fills in the "
              "square only.")
            if point.hold
            else _("Noise and a grey square go onto the picture before the model sees it. A chain may repair them, "
                   "and may forget the picture.")
        )  # fmt: skip
    return point


def leave_out_of_link(key: str, kind: str, damage: bool) -> None:
    """Take settings out of the address that do not matter for this kind."""
    shown = {HELD_OUT: {"picture"}, UPLOAD: set(), MAP: {*KEYS}}.get(kind, {"draw"})
    shown |= {"noise", "mask"} if damage and kind in (HELD_OUT, UPLOAD) else set()
    shown |= {"hold"} if "mask" in shown and st.session_state.get(f"{key}mask") else set()
    for name in {"draw", "picture", "noise", "mask", "hold", *KEYS} - shown:
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

"""Interpolation: from one picture to another through the latent space, before and after chains, and around its gaps."""

from collections.abc import Iterable, Mapping
from functools import partial

import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.export.settings import Layout
from latentdemo.ui.components.charts import Look, legend, line_swatch, swatch_image
from latentdemo.ui.components.strips import Strip, strips
from latentdemo.ui.i18n.words import _
from latentdemo.ui.interpolation.charts import PathChart, draw_chart
from latentdemo.ui.interpolation.controls import (
    GRID,
    PATH,
    WALK,
    point_controls,
    rows_control,
    settings_controls,
    stops_control,
    view_control,
)
from latentdemo.ui.interpolation.export import export_grids, export_paths, export_walk
from latentdemo.ui.interpolation.measured import measured_paths, show_measured
from latentdemo.ui.interpolation.paths import (
    Grids,
    PathRow,
    Paths,
    Walk,
    grids_or_wait,
    paths_or_wait,
    walk_or_wait,
)
from latentdemo.ui.interpolation.request import OWN, PLAIN, Request, advised_row, features_of, has_base
from latentdemo.ui.interpolation.words import (
    base_title,
    charts,
    row_look,
    row_name,
    row_note,
    row_title,
    summary,
    table,
)
from latentdemo.ui.runs.comparison import blank_sheet
from latentdemo.ui.shell.heading import how_to_read, page_heading
from latentdemo.ui.shell.navigation import INTERPOLATION, selection
from latentdemo.ui.shell.presentation import presenting
from latentdemo.ui.state.background import working
from latentdemo.ui.state.evaluated import evaluation_of
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

WIDEST_TILE = 176  # a frame has at most so many pixels a side
FILM = 440  # pixels that a film is wide, but in a presentation
GRIDS_HEIGHT = 900  # pixels that grids are about high
CHARTS_HEIGHT = 700  # and what stands below rows


def head() -> None:
    """The title, and how to read the page."""
    with page_heading(_(INTERPOLATION.title)):
        how_to_read(
            _("A and B are two points of the latent space. Every row decodes the points on a path from one to the "
              "other, frame under frame. A good path shows a believable picture in every frame, changes a little at "
              "each step, and still leads from A to B. Without a chain, many frames lie where the model saw little. "
              "The path through the base space goes around those gaps: a map that was fitted to real data carries A "
              "and B to a space that is filled evenly, the path is laid there, and carried back; A and B stay exactly "
              "what they are. A chain carries each frame to where real pictures lie, A and B as well. All frames of a "
              "row meet the same random numbers, so that neighbours stay neighbours; with random numbers of their own "
              "they would jump about. “Corrected ends” lets a chain correct A and B only, and lays the path between "
              "them afterwards. Held-out and own pictures are shown as the model encodes and decodes them."),
            _("Steps are distances between neighbouring frames in the features of a classifier of these data, near to "
              "what the eye sees; the largest jump is 1 times the mean step where the path is even. What is left of "
              "the ends is 100 % where A and B are as they were, and 0 % where one of them is no more like its own "
              "picture than like the other. Unrelated pictures rarely reach 25 %: below that, the path counts as no "
              "longer connecting A and B."),
        )  # fmt: skip


def rows_shown(rows: Iterable[str], wanted: list[str]) -> list[str]:
    """Those of some rows that are wanted."""
    return [row for row in rows if row in wanted or row == OWN] or [PLAIN]


def show_arriving(
    chosen: Selection, wanted: list[str], request: Request, advised: Row | None, arrived: Mapping[str, bytes] | None
) -> None:
    """The rows that have arrived, name -> PNG, and the places of the others."""
    there, side = arrived or {}, chosen.config.network.image_size
    blank = blank_sheet(request.count, side, Layout(request.count))

    def row(name: str) -> Strip:
        title = row_title(name, request, advised)
        alt = row_alt(title, request, chosen) if name in there else _("Not sampled yet")
        return Strip(title, "", alt, there.get(name, blank), row_look(name, request))

    shown = rows_shown(request.rows(has_base(chosen)), wanted)
    play([row(name) for name in shown], request.count, request.count * WIDEST_TILE)


def show_paths(chosen: Selection, paths: Paths, wanted: list[str], request: Request, advised: Row | None) -> None:
    """The rows, what they say, and their figures; those of the path without a chain are there to compare with."""
    shown = rows_shown(paths.rows, wanted)
    rows = {row: found for row, found in paths.rows.items() if row == PLAIN or row in shown}
    titles = {row: row_title(row, request, advised) for row in rows}
    looks = {row: row_look(row, request) for row in rows}
    widest = request.count * WIDEST_TILE
    with st.container():  # stands for that of the progress, so that the browser goes on with the rows that it has
        play([strip(rows[row], row, titles[row], looks[row], request, chosen) for row in shown], request.count, widest)
    st.markdown("  \n".join(summary(rows)))
    st.html(legend([(swatch_image(line_swatch(looks[row])), row_name(row)) for row in rows]))
    with st.container(width=widest):  # charts are as wide as the rows
        for chart in charts(rows, looks):
            show_chart(chart, request.count, chosen.title)
    with st.expander(_("All figures"), icon=":material/table:"):
        st.dataframe(table(rows, titles), hide_index=True, alt=_("Figures of each row of {model}", model=chosen.title))
    if not presenting():
        export_paths(chosen, request, paths, shown, titles)


@st.fragment
def play(rows: list[Strip], frames: int, widest: int) -> None:
    """Rows and animation; the frame at which it rests goes into the link, without a run of the whole page."""
    numbers = range(1, frames + 1)
    if st.session_state.get("frame", 1) not in numbers:
        st.session_state["frame"] = 1  # the path had more frames before
    take_from_link("frame", numbers, 1)
    now = strips(rows, frames, widest, st.session_state["frame"] - 1, remote=presenting())
    st.session_state["frame"] = now + 1
    put_in_link("frame", 1)


def strip(path: PathRow, row: str, title: str, look: Look, request: Request, chosen: Selection) -> Strip:
    """A row as it is drawn."""
    return Strip(title, row_note(row, path.figures), row_alt(title, request, chosen), path.png, look)


def row_alt(title: str, request: Request, chosen: Selection) -> str:
    """What a row shows."""
    return _("{row}: {count} frames from A to B of {model}", row=title, count=request.count, model=chosen.title)


def show_chart(chart: PathChart, frames: int, title: str) -> None:
    """Figures along the path, under their heading."""
    heading = _("**{figure}** :small[(dashed: {level})]", figure=chart.title, level=chart.level_name)
    st.markdown(heading, help=chart.help)
    st.altair_chart(
        draw_chart(chart, frames), width="stretch",
        alt=_("{figure}: a line for each row of {model}", figure=chart.title, model=title),
    )  # fmt: skip


def show_grids(chosen: Selection, grids: Grids, request: Request) -> None:
    """The grid before and after its chain, and the one through the base space."""
    titles = [_("No chain"), _("After the chain: {chain}", chain=row_name(request.chain))]
    shown = dict(zip(titles, grids.pngs.values(), strict=True))
    if grids.base:
        titles.append(base_title(request.mean_steps))
        shown = {titles[0]: shown[titles[0]], titles[2]: grids.base[0], titles[1]: shown[titles[1]]}
    for column, (heading, png) in zip(st.columns(len(shown)), shown.items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{heading}**")
            st.image(png, alt=_("{row}: grid of {model} between four corners", row=heading, model=chosen.title),
                     width="stretch")  # fmt: skip
    st.caption(_("Corners: A and B above, C and D below. All tiles meet the same random numbers; through the base "
                 "space the corners stay exactly what they are."))  # fmt: skip
    if not presenting():
        export_grids(chosen, request, grids, titles)


def show_walk(chosen: Selection, walk: Walk, request: Request) -> None:
    """The film of a walk, which begins anew where it ends."""
    through = walk.path.kind == "base"
    title = base_title(request.mean_steps) if through else _("No chain")
    with st.container(width="stretch" if presenting() else FILM):
        st.video(walk.mp4, loop=True, autoplay=True, muted=True)
    passes = _("The walk passes {count} pictures and ends where it begins, so that the film can run forever.",
               count=len(request.corners))  # fmt: skip
    st.markdown(f"**{title}**  \n{passes}")
    if not presenting():
        export_walk(chosen, request, walk, title)


chosen = selection()
evaluation = evaluation_of(chosen)
report = evaluation if isinstance(evaluation, Report) else None
advice = advised_row(chosen, evaluation)
advised = None if isinstance(advice, str) else advice
if not presenting():
    head()
with st.sidebar if presenting() else st.container():  # the sidebar is hidden in a presentation
    row, errors = st.container(horizontal=True, vertical_alignment="center"), st.empty()
    with row:
        view = view_control()
        with st.popover(_("More settings"), icon=":material/tune:"):
            stops = {PATH: 2, GRID: 4}.get(view) or stops_control()
            settings = settings_controls(chosen, view, report, advised)
        corners = point_controls(chosen, stops, errors)
    shown = rows_control() if view == PATH else []
    if isinstance(advice, str) and view != WALK:
        st.caption(advice)
    if not has_base(chosen):
        st.caption(_("No density with a map from the prior was fitted to this model, so there is no path through the "
                     "base space."))  # fmt: skip
request = Request(
    chosen.model,
    chosen.config.sha256,
    chosen.densities,
    features_of(chosen.model),
    chosen.seed,
    tuple(corners),
    advised=advised.spec if advised else None,
    **vars(settings),
)
stage, progress = st.container(), st.container()
result: Paths | Grids | Walk | None
if view == PATH:
    with stage:  # rows come where they will stand
        result = paths_or_wait(request, partial(show_arriving, chosen, shown, request, advised))
else:
    with progress:
        result = {GRID: grids_or_wait, WALK: walk_or_wait}[view](request)
with stage:
    if isinstance(result, Grids):
        show_grids(chosen, result, request)
    elif isinstance(result, Walk):
        show_walk(chosen, result, request)
    elif result:
        show_paths(chosen, result, shown, request, advised)
    elif working():
        st.skeleton(CHARTS_HEIGHT if view == PATH else GRIDS_HEIGHT)
    measured = measured_paths(report, chosen)
    if measured and view == PATH and not presenting():
        show_measured(measured)

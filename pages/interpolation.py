"""Interpolation: from one picture to another through the latent space, before and after chains."""

from typing import get_args

import streamlit as st

from latentdemo.evaluation.report import Report, Row
from latentdemo.sampling import ChainSpec
from latentdemo.sampling.interpolation import PathKind
from latentdemo.ui.components.charts import Look, legend, line_swatch, swatch_image
from latentdemo.ui.components.strips import Strip, strips
from latentdemo.ui.controls.kernel import (
    kernel_caption,
    kernel_control,
    kernel_options,
    option_control,
    put_way,
    steps_offered,
    stopping_control,
    take_way,
)
from latentdemo.ui.controls.starting_point import starting_point_control
from latentdemo.ui.i18n.words import _
from latentdemo.ui.interpolation.charts import PathChart, draw_chart
from latentdemo.ui.interpolation.export import export_grids, export_paths
from latentdemo.ui.interpolation.paths import (
    ADVISED,
    CHAINS,
    OWN,
    PLAIN,
    ROWS,
    Grids,
    PathRow,
    Paths,
    Request,
    advised_row,
    features_of,
    grids_or_wait,
    paths_or_wait,
)
from latentdemo.ui.interpolation.words import (
    charts,
    path_name,
    percent,
    row_look,
    row_name,
    row_note,
    row_title,
    summary,
    table,
)
from latentdemo.ui.runs.starting_point import StartingPoint
from latentdemo.ui.shell.navigation import INTERPOLATION, selection
from latentdemo.ui.shell.presentation import presenting
from latentdemo.ui.state.background import working
from latentdemo.ui.state.evaluated import evaluation_of
from latentdemo.ui.state.link import put_in_link, take_from_link
from latentdemo.ui.state.selection import Selection

VIEWS = ("path", "grid")
PATHS: tuple[PathKind, ...] = get_args(PathKind)
FRAMES, USUAL_FRAMES = range(3, 26), 9
SIDES, USUAL_SIDE = (5, 7), 5
USUAL_CHAIN = "5"
OWN_STEPS, USUAL_OWN_STEPS = (1, 2, 3, 5, 10, 20, 50, 100), 5
WIDEST_TILE = 176  # a frame has at most so many pixels a side
HEIGHT = 900  # rows or grids are about so many pixels high


def explanation() -> None:
    """How to read the page."""
    with st.expander(_("How to read this"), icon=":material/help:"):
        st.markdown(
            _("A and B are two points of the latent space. Every row decodes the points on a path from one to the "
              "other, frame under frame. A good path shows a believable picture in every frame, changes a little at "
              "each step, and still leads from A to B. Without a chain, many frames lie where the model saw little; a "
              "chain carries each frame to where real pictures lie. All frames of a row meet the same random numbers, "
              "so that neighbours stay neighbours; with random numbers of their own they would jump about. “Corrected "
              "ends” lets a chain correct A and B only, and lays the path between them afterwards. Held-out and own "
              "pictures are shown as the model encodes and decodes them.")
        )  # fmt: skip
        st.markdown(
            _("“Likelier than 70 % of real data” compares a frame with the encodings of real pictures, under the "
              "density that was fitted to them: real pictures spread evenly over 0 to 100 %. A held-out or own picture "
              "starts at the mean of its encoding, without its noise, which is likelier than most. Steps are distances "
              "between neighbouring frames in the features of a classifier of these data, near to what the eye sees; "
              "the largest jump is 1 times the mean step where the path is even. What is left of the ends is 100 % "
              "where A and B are as they were, and 0 % where one of them is no more like its own picture than like the "
              "other. Unrelated pictures rarely reach 25 %: below that, the path counts as no longer connecting A and "
              "B.")
        )  # fmt: skip


def end_controls(chosen: Selection) -> tuple[StartingPoint, StartingPoint]:
    """Between which two pictures."""
    points = []
    for column, (name, number) in zip(st.columns(2), (("A", 0), ("B", 1)), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{name}**")
            points.append(starting_point_control(chosen, key=f"{name.lower()}_", damage=False, first=number))
    return points[0], points[1]


def view_control() -> str:
    """One path in rows, or a grid between four corners."""
    take_from_link("view", VIEWS, "path")
    view = st.segmented_control(
        _("View"), VIEWS, required=True, key="view", persist_state="session", wrap=True,
        format_func=lambda name: {"path": _("Path in rows"), "grid": _("Grid between four corners")}[name],
        help=_("A path from A to B in rows under each other, or a grid whose corners are A, B and two more draws."),
    )  # fmt: skip
    put_in_link("view", "path")
    assert view is not None
    return view


def path_control() -> PathKind:
    """Straight or along an arc."""
    take_from_link("path", PATHS, PATHS[0])
    path: PathKind | None = st.segmented_control(
        _("Path"), PATHS, required=True, key="path", persist_state="session", format_func=path_name,
        help=_("Spherical: along an arc, as far from the origin as the ends are, where the prior has its mass (White "
               "2016). Linear: straight, through the thinly used middle."),
    )  # fmt: skip
    put_in_link("path", PATHS[0])
    assert path is not None
    return path


def frames_control() -> int:
    """How many frames."""
    take_from_link("frames", FRAMES, USUAL_FRAMES)
    with st.container(width=220):
        st.slider(
            _("Frames"), FRAMES[0], FRAMES[-1], key="frames", persist_state="session",
            help=_("Frames of a row, both ends included."),
        )  # fmt: skip
    put_in_link("frames", USUAL_FRAMES)
    return int(st.session_state["frames"])


def side_control() -> int:
    """How large a grid."""
    take_from_link("side", SIDES, USUAL_SIDE)
    side = st.segmented_control(
        _("Grid"), SIDES, required=True, key="side", persist_state="session",
        format_func=lambda side: f"{side} × {side}", help=_("Tiles a row and a column."),
    )  # fmt: skip
    put_in_link("side", USUAL_SIDE)
    assert side is not None
    return side


def rows_control() -> list[str]:
    """Which rows; the usual ones where none is chosen."""
    take_from_link("rows", ROWS, list(ROWS))
    st.pills(
        _("Rows"), ROWS, selection_mode="multi", key="rows", persist_state="session", format_func=row_name, wrap=True,
        help=_("The path without a chain, after steps of the plain chain, after the chain that the evaluation "
               "recommends, and the path between ends that a chain has corrected."),
    )  # fmt: skip
    put_in_link("rows", list(ROWS))
    return st.session_state["rows"] or list(ROWS)


def chain_control(advised: Row | None, grid: bool) -> str:
    """Which chain corrects the ends, or the grid."""
    chains = CHAINS if advised else tuple(chain for chain in CHAINS if chain != ADVISED)
    take_from_link("correction", chains, USUAL_CHAIN)
    chain = st.segmented_control(
        _("Chain for the grid") if grid else _("Chain for the ends"), chains, required=True, key="correction",
        persist_state="session", wrap=True, format_func=row_name,
        help=_("Steps of the plain chain, what the evaluation recommends for this model, or another chain that you set "
               "below."),
    )  # fmt: skip
    put_in_link("correction", USUAL_CHAIN)
    assert chain is not None
    return chain


def own_chain(report: Report | None, corrupts: bool) -> ChainSpec:
    """A chain of one's own choice; it may be any that an evaluation holds."""
    way = take_way(report, corrupts)
    steps = [step for step in steps_offered(report, OWN_STEPS) if step]
    take_from_link("own_steps", steps, USUAL_OWN_STEPS)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kernel_control()
        st.selectbox(_("Steps"), steps, key="own_steps", width=110, help=_("How many steps this chain takes."))
        for option in kernel_options(corrupts):
            option_control(option)
        stopping_control(report)
    kernel_caption()
    put_way()
    put_in_link("own_steps", USUAL_OWN_STEPS)
    return way.replaced(steps=st.session_state["own_steps"])


def show_paths(chosen: Selection, paths: Paths, wanted: list[str], request: Request, advised: Row | None) -> None:
    """The rows, what they say, and their figures; those of the path without a chain are there to compare with."""
    shown = [row for row in paths.rows if row in wanted or row == OWN] or [PLAIN]
    rows = {row: found for row, found in paths.rows.items() if row == PLAIN or row in shown}
    titles = {row: row_title(row, request, advised) for row in rows}
    looks = {row: row_look(row, request) for row in rows}
    widest = request.count * WIDEST_TILE
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
    alt = _("{row}: {count} frames from A to B of {model}", row=title, count=request.count, model=chosen.title)
    return Strip(title, row_note(row, path.figures), alt, path.png, look)


def show_chart(chart: PathChart, frames: int, title: str) -> None:
    """Figures along the path, under their heading."""
    heading = _("**{figure}** :small[(dashed: {level})]", figure=chart.title, level=chart.level_name)
    st.markdown(heading, help=chart.help)
    st.altair_chart(
        draw_chart(chart, frames), width="stretch",
        alt=_("{figure}: a line for each row of {model}", figure=chart.title, model=title),
    )  # fmt: skip


def show_grids(chosen: Selection, grids: Grids, request: Request) -> None:
    """The grid before and after its chain."""
    titles = [_("No chain"), _("After the chain: {chain}", chain=row_name(request.chain))]
    for column, heading, (step, png) in zip(st.columns(2), titles, grids.pngs.items(), strict=True):
        with column.container(border=True, height="stretch"):
            st.subheader(heading)
            st.image(png, alt=_("{row}: grid of {model} between four corners", row=heading, model=chosen.title),
                     width="stretch")  # fmt: skip
            if step in grids.likelier:
                st.caption(_("Tiles are likelier than {share} % of real data on average.",
                             share=percent(grids.likelier[step])))  # fmt: skip
    st.caption(_("Corners: A and B above, two more draws from the prior below. All tiles meet the same random "
                 "numbers."))  # fmt: skip
    if not presenting():
        export_grids(chosen, request, grids, titles)


chosen = selection()
evaluation = evaluation_of(chosen)
report = evaluation if isinstance(evaluation, Report) else None
advice = advised_row(chosen, evaluation)
advised = None if isinstance(advice, str) else advice
if not presenting():
    st.title(_(INTERPOLATION.title))
    explanation()
with st.sidebar if presenting() else st.container():  # the sidebar is hidden in a presentation
    ends = end_controls(chosen)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        in_grid = view_control() == "grid"
        path = path_control()
        count = side_control() if in_grid else frames_control()
        shown = [] if in_grid else rows_control()
        chain = chain_control(advised, in_grid)
    own = own_chain(report, chosen.corrupts) if chain == OWN else None
    if isinstance(advice, str):
        st.caption(advice)
corners = [StartingPoint("prior", chosen.seed, draw) for draw in (2, 3)] if in_grid else []
request = Request(
    chosen.model,
    chosen.config.sha256,
    chosen.densities,
    features_of(chosen.model),
    chosen.seed,
    (*ends, *corners),
    path,
    count,
    advised.spec if advised else None,
    chain,
    own,
)
stage, progress = st.container(), st.container()
with progress:
    result = grids_or_wait(request) if in_grid else paths_or_wait(request)
with stage:
    if isinstance(result, Grids):
        show_grids(chosen, result, request)
    elif result:
        show_paths(chosen, result, shown, request, advised)
    elif working():
        st.skeleton(HEIGHT)

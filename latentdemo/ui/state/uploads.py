"""Models that visitors bring: kept for their session, or for everyone where the one who runs the demo allows it.

Where people sign in, only those that administrators bring serve everyone, and it is kept who brought them.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import threading
import weakref
from datetime import date
from functools import partial
from pathlib import Path

import streamlit as st

from latentdemo.checkpoints import checkpoints_dir, model_folder, read_config
from latentdemo.checkpoints.intake import install_archive
from latentdemo.checkpoints.roots import PRIVATE, dataset_folder, private_folder
from latentdemo.data import read_held_out
from latentdemo.data.held_out import INDEX, SHEET
from latentdemo.engine import Job
from latentdemo.errors import DataError, UploadError
from latentdemo.evaluation.features.registry import SPACES
from latentdemo.files import write_json
from latentdemo.sampling.densities.intake import check_densities
from latentdemo.ui.i18n.words import _
from latentdemo.ui.state import background
from latentdemo.ui.state.person import Role, allowed, here, may

SHARED = "shared-"  # the folder of a model that serves everyone begins so
SHARED_BY = "shared.json"  # beside a model that somebody who was signed in has shared
MOST_SHARED, MOST_PRIVATE = 20, 50  # models at a time
UPLOAD, UPLOADED = "model_upload", "model_uploaded"  # keys of the session's state: the job on its file, its model
ONE_AT_A_TIME = threading.Lock()  # looking through one archive at a time bounds memory and the number of models


class UploadedModel:
    """A model that was taken in; the files of one that serves its session only go with it.

    Args:
        name: of the model, which no other session can guess where it is for one only.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.private = name.startswith(PRIVATE)
        if self.private:
            weakref.finalize(self, shutil.rmtree, model_folder(name).parent, ignore_errors=True)


def session_models() -> list[str]:
    """Names of the models that this session brought."""
    kept: UploadedModel | None = st.session_state.get(UPLOADED)
    return [] if kept is None else [kept.name]


def uploads_are_shared() -> bool:
    """Whether uploads of who is here serve everyone: $LATENTDEMO_SHARE_UPLOADS is 1, or `share_uploads` is true in the
    section `[latentdemo]` of `.streamlit/secrets.toml`, and they may share."""
    return sharing_is_on() and may(Role.ADMIN)


def sharing_is_on() -> bool:
    """Whether the demo shares uploads at all, see `uploads_are_shared`."""
    if "LATENTDEMO_SHARE_UPLOADS" in os.environ:
        return os.environ["LATENTDEMO_SHARE_UPLOADS"] == "1"
    return st.secrets.load_if_toml_exists() and st.secrets.get("latentdemo", {}).get("share_uploads") is True


def begin_upload(content: bytes) -> None:
    """Begin to look through the ZIP file of a checkpoint folder, in place of what this session began before."""
    cancel_upload()
    if not allowed(Role.VIEWER):
        return
    shared, by = uploads_are_shared(), here().name
    work = partial(install_model, content=content, shared=shared, replaced=len(session_models()), by=by)
    st.session_state[UPLOAD] = Job(secrets.token_hex(), work, background.session_is_there())


def install_model(job: Job[UploadedModel], *, content: bytes, shared: bool, replaced: int, by: str) -> UploadedModel:
    """Take in an archive of somebody, for everyone or for one session, whose model it may replace.

    Raises:
        UploadError: it is refused.
        Cancelled: nobody wants it any more.
    """
    root = checkpoints_dir() if shared else Path(private_folder().name)
    prefix, most = (SHARED, MOST_SHARED) if shared else (PRIVATE, MOST_PRIVATE + replaced)
    with ONE_AT_A_TIME:
        job.check()
        if len(list(root.glob(f"{prefix}*"))) >= most:
            raise UploadError("full")
        brought = UploadedModel(
            install_archive(content, root, prefix + secrets.token_hex(4 if shared else 16), check_densities, job.check)
        )
    folder = model_folder(brought.name)
    copy_data_files(folder)
    if shared and by:
        write_json(folder / SHARED_BY, {"by": by, "date": f"{date.today()}"})
    return brought


def shared_by(model: str) -> tuple[str, str] | None:
    """Who has shared a model with everyone, and when; None where nobody who was signed in has."""
    try:
        kept = json.loads((model_folder(model) / SHARED_BY).read_text(encoding="utf-8"))
        return str(kept["by"]), str(kept["date"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def cancel_upload() -> None:
    """Forget the file that this session uploaded last, and stop looking through it."""
    job: Job[UploadedModel] | None = st.session_state.pop(UPLOAD, None)
    if job:
        job.cancel()


def finished_upload() -> str | None:
    """The name of the model that was uploaded, once, as soon as it was taken in; then it is among this session's."""
    job: Job[UploadedModel] | None = st.session_state.get(UPLOAD)
    if job is None or not job.wait(max(background.AT_ONCE - job.seconds, 0)) or job.result is None:
        return None
    if job.result.private:
        forget_model()
        st.session_state[UPLOADED] = job.result
    del st.session_state[UPLOAD]
    return job.result.name


def show_upload() -> None:
    """What has become of the file that was uploaded, unless it was taken over."""
    job: Job[UploadedModel] | None = st.session_state.get(UPLOAD)
    if job is None:
        return
    if not job.wait(0):
        watch_upload()
    elif job.error:
        st.error(refusal_words(job.error), icon=":material/block:")
    elif job.cancelled:
        st.info(_("Cancelled. Nothing is lost."), icon=":material/cancel:")


@st.fragment(run_every=0.5)
def watch_upload() -> None:
    """Says that the file is looked through, with a way out; reruns the page when that has ended."""
    job: Job[UploadedModel] | None = st.session_state.get(UPLOAD)
    if job is None or job.wait(0):
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(_("Looking through the archive, and trying the model …"), icon=":material/hourglass_top:")
        st.button(_("Cancel"), key="cancel_upload", on_click=cancel_upload, icon=":material/close:",
                  help=_("Stop, and leave the file out."))  # fmt: skip


def refusal_words(error: Exception) -> str:
    """Why a file was not taken, and what to do."""
    if not isinstance(error, UploadError):
        return _("Something went wrong while trying the model: {error}", error=repr(error))
    return error.in_words(_)


def forget_model() -> None:
    """Drop the model that this session brought, files and all."""
    st.session_state.pop(UPLOADED, None)


def copy_data_files(folder: Path) -> None:
    """Put the held-out images and the feature spaces of the data set that a model says it is of beside it, where they
    are here and the images fit."""
    config = read_config(folder)
    source = dataset_folder(config.dataset) if config.dataset else folder
    try:
        height, width, channels = read_held_out(source).pixels.shape[1:]
    except DataError:
        return
    if (channels, height, width) == config.network.image_shape:
        files = [spec.files for spec in SPACES.values()]
        spaces = [each.folder(config.dataset) / name for each in files for name in (each.config, each.weights)]
        for path in (source / SHEET, source / INDEX, *spaces):
            if path.exists():
                shutil.copyfile(path, folder.parent / path.name)

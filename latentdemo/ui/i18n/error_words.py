"""Errors of the backend in the session's language: what went wrong, and what to do.

A message of the backend is English. It names the thing at fault and says what to do, so that pages in English show it
as it is. Pages in other languages say the sentence of the error's class, and name files and commands of the message.
"""

from __future__ import annotations

import re

import torch

from latentdemo.errors import (
    AdapterError,
    Busy,
    Cancelled,
    CheckpointConfigError,
    CheckpointCorruptError,
    CheckpointDigestError,
    CheckpointError,
    CheckpointFileMissingError,
    CheckpointFolderError,
    CheckpointMismatchError,
    ClusterError,
    DatabaseAwayError,
    DatabaseError,
    DatabaseFullError,
    DataError,
    DemoError,
    DeviceError,
    DeviceMemoryError,
    EngineAddressError,
    EngineAwayError,
    EngineError,
    ImageShapeError,
    ImageValuesError,
    LatentdemoError,
    LimitError,
    ModelNotFoundError,
    NetworkConfigError,
    OperatingRuleError,
    Reasoned,
    ReviewError,
    RunFileError,
    SamplingError,
    ServerError,
    TrainingError,
    UnknownFamilyError,
)
from latentdemo.evaluation.metrics.rows import QualityError
from latentdemo.evaluation.report import EvaluationError
from latentdemo.ui.i18n.words import N_, _, language

NO_MEMORY = N_(
    "The device has no memory left for this model. Close other programs that use it, or choose another model, and try "
    "again."
)
SHORT: dict[type[Exception], str] = {
    EngineError: N_("The engine stopped before this was done, and starts anew. Nothing else is lost: try again."),
    EngineAwayError: N_("The engine does not answer. Nothing is lost: try again in a moment."),
    EngineAddressError: N_(
        "LATENTDEMO_ENGINE does not name an engine. Whoever runs this demo sets it to ray, or to an address such as "
        "http://head:8000."
    ),
    DeviceMemoryError: NO_MEMORY,
    torch.OutOfMemoryError: NO_MEMORY,
    LimitError: N_(
        "This is more than one request may ask for. Choose fewer samples or steps, or a model with smaller pictures."
    ),
    Busy: N_("The device is busy: as many runs as fit are on their way. Try again in a moment."),
    Cancelled: N_("Cancelled. Nothing is lost."),
    DatabaseError: N_("The database of reviews cannot be used. Whoever runs this demo finds the reason in its log."),
    DatabaseAwayError: N_("The database of reviews does not answer. Nothing that was kept is lost: try again soon."),
    DatabaseFullError: N_("The disk that reviews are kept on is full. Nothing that was kept is lost: make room there."),
}
"""Said in English, too: whoever waits for a picture needs no more."""
SENTENCES: dict[type[Exception], str] = SHORT | {
    LatentdemoError: N_("This cannot be done here. Choose other settings or another model."),
    ModelNotFoundError: N_("There is no such model. Choose another one in the sidebar."),
    CheckpointError: N_("The files of this model cannot be used. Fetch its folder again."),
    CheckpointFolderError: N_(
        "New checkpoints have no place here. Make a folder for them, or name one in the settings of the machine."
    ),
    CheckpointFileMissingError: N_("A file of this model is missing. Fetch its folder again, or make the file anew."),
    CheckpointConfigError: N_("A configuration of this model cannot be read. Correct it, or fetch its folder again."),
    CheckpointCorruptError: N_("The weights of this model are damaged. Fetch its folder again."),
    CheckpointDigestError: N_(
        "Weights and configuration of this model are not from one training run. Fetch its folder again."
    ),
    CheckpointMismatchError: N_(
        "Two files of this model do not fit each other. Fetch its folder again, or make the newer one anew."
    ),
    UnknownFamilyError: N_("This version does not know the family of this model. Install a newer version."),
    AdapterError: N_("This model comes from other software and cannot be run as it is described. Take it in again."),
    NetworkConfigError: N_("A network such as this model's cannot be built. Correct its configuration."),
    DataError: N_("The pictures of this data set cannot be read. Fetch its folder again, or write them anew."),
    DeviceError: N_("This machine has no such device. Choose one that it has."),
    ImageShapeError: N_("This model does not take pictures of this size. Choose another picture or model."),
    ImageValuesError: N_("The pictures hold numbers that this model does not take. Bring them into the range 0 to 1."),
    SamplingError: N_("Way to sample, starting point or settings do not fit this model. Choose others."),
    OperatingRuleError: N_(
        "This operating rule cannot be read, or cannot be followed with the model that is here. Export it again, or "
        "review the model again."
    ),
    RunFileError: N_("This run cannot be read, or cannot be repeated here. Take its file from the ZIP again."),
    TrainingError: N_("The training cannot begin or go on. Look at its settings and its folder."),
    ReviewError: N_("This review is over, full or gone. Ask whoever invited you."),
    DemoError: N_("The demo cannot be started here. Install what it needs."),
    ServerError: N_("The server of the demo does not answer. Start it again."),
    ClusterError: N_("The cluster does not answer, or cannot do this. See that it runs, and try again."),
    EvaluationError: N_("The evaluation of this model cannot be read or made as asked. Make it anew."),
    QualityError: N_("Too little is there to measure: take more images, or a model with more than one dimension."),
}
NAMED = re.compile(r"(?<=')(?:python -m )?latentdemo [^']+(?=')|(?<!\S)/[^\s:;,()]+")  # commands and files in a message


def error_words(error: Exception) -> str:
    """What went wrong and what to do.

    Args:
        error: one of latentdemo's, or PyTorch's where memory runs out.
    """
    if isinstance(error, Reasoned):
        return error.in_words(_)
    kind = next(kind for kind in type(error).__mro__ if kind in SENTENCES)
    if kind in SHORT:
        return _(SENTENCES[kind])
    return str(error) if language() == "en" else f"{_(SENTENCES[kind])}{named_in(str(error))}"


def named_in(message: str) -> str:
    """The files and commands that a message names, in brackets; empty where it names none."""
    named = dict.fromkeys(NAMED.findall(message))
    return f" ({', '.join(named)})" if named else ""

"""Errors that a person can act on: each message names the thing at fault and says what to do."""

from collections.abc import Callable, Mapping
from typing import ClassVar


class LatentdemoError(Exception):
    """Base of every error that latentdemo raises on purpose."""


class ModelNotFoundError(LatentdemoError):
    """No checkpoint folder has the asked name."""


class CheckpointError(LatentdemoError):
    """A checkpoint folder exists but cannot be used."""


class CheckpointFolderError(CheckpointError):
    """There is no folder that new checkpoints can be written to."""


class CheckpointFileMissingError(CheckpointError):
    """A file of the checkpoint folder is missing."""


class CheckpointConfigError(CheckpointError):
    """`config.json` cannot be read or lacks something."""


class CheckpointCorruptError(CheckpointError):
    """`model.safetensors` is truncated or is not a safetensors file."""


class CheckpointDigestError(CheckpointError):
    """The digest of the weights differs from the one in `config.json`."""


class CheckpointMismatchError(CheckpointError):
    """The weights do not fit the network that `config.json` describes."""


class UnknownFamilyError(CheckpointConfigError):
    """A model family or adapter that this version does not know."""


class AdapterError(CheckpointError):
    """A model that others trained cannot be taken in."""


class NetworkConfigError(LatentdemoError, ValueError):
    """A network configuration that cannot be built."""


class DataError(LatentdemoError):
    """A data set is unknown, missing, or not in its documented format."""


class Reasoned:
    """An error that has one of several reasons.

    Attributes:
        REASONS: all of them, in whole sentences, for pages to translate.
        reason: a key of these.
        detail: name of the file at fault, if there is one.
    """

    REASONS: ClassVar[Mapping[str, str]]

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(self.in_words())  # type: ignore[call-arg]  # an error stands behind it

    def in_words(self, translate: Callable[[str], str] = str) -> str:
        """The reason and the file at fault, in the language that `translate` puts English into."""
        return translate(self.REASONS[self.reason]) + (f" ({self.detail})" if self.detail else "")


class PictureError(Reasoned, DataError):
    """A picture that somebody brought cannot be used."""

    REASONS: ClassVar = {
        "format": "This is not a JPEG, PNG or WebP picture. Save it as one of these and try again.",
        "large": "This picture is too large. At most 20 MB and 50 million pixels can be read: scale it down and try "
        "again.",
        "small": "This picture is too small. It must be at least 8 pixels wide and high.",
        "empty": "This file is empty. Save or copy it again.",
        "packing": "This file is packed in a way that cannot be read here. Pack the pictures again, with the usual "
        "method (Deflate), or name their folder.",
        "broken": "This picture is damaged or incomplete and cannot be read. Save or copy it again.",
    }


class UploadError(Reasoned, LatentdemoError):
    """A checkpoint folder that somebody brought as a ZIP file cannot be used; nothing of it was kept."""

    REASONS: ClassVar = {
        "zip": "This is not a ZIP file, or a damaged one. Pack the checkpoint folder again.",
        "large": "This archive is too large: at most 64 MB packed and 128 MB unpacked can be read.",
        "many": "This archive holds too many files. Pack one checkpoint folder only.",
        "encrypted": "This archive is encrypted. Pack the checkpoint folder without a password.",
        "path": "A name in this archive leads out of its folder, or is one that no file can have. Pack it again.",
        "link": "This archive holds a link or a device. Pack the files themselves.",
        "twice": "This archive holds a file twice. Pack the checkpoint folder again.",
        "kind": "This archive holds a file that is no part of a checkpoint folder. Only config.json, "
        "model.safetensors, density.json and density.safetensors are taken; cards, evaluations and pictures beside "
        "them may stay, and are left out.",
        "missing": "This archive lacks a file: config.json and model.safetensors of one model are needed.",
        "config": "config.json does not describe a model that can be built here.",
        "size": "The network that config.json describes is too large for this demo.",
        "weights": "model.safetensors is damaged, does not fit config.json, or holds numbers that are not finite. "
        "Pack the checkpoint folder again.",
        "density": "The densities are damaged, do not fit the model, or hold numbers that are not finite. Leave "
        "density.json and density.safetensors out, or fit them again.",
        "full": "There is no room for another model here. Ask whoever runs this demo.",
    }


class DeviceError(LatentdemoError, ValueError):
    """A device that is asked for, and that this machine does not have."""


class ImageShapeError(LatentdemoError, ValueError):
    """Images or latents whose shape a model does not take."""


class ImageValuesError(LatentdemoError, ValueError):
    """Images or latents whose numbers a model does not take: of another kind or range, or not finite."""


class SamplingError(LatentdemoError, ValueError):
    """A chain that cannot be run as asked (kernel, count, steps, start)."""


class LimitError(SamplingError):
    """More than one request may ask for."""


class RunFileError(LatentdemoError):
    """A run that somebody took away cannot be read, or cannot be repeated here."""


class OperatingRuleError(LatentdemoError):
    """An operating rule cannot be read, or cannot be followed here."""


class TrainingError(LatentdemoError):
    """A training run that cannot start or cannot be resumed."""


class EngineError(LatentdemoError):
    """The engine stopped before a run was done; the same request may be made again."""


class EngineAwayError(EngineError):
    """The engine that chains are walked on is another process, which does not answer."""


class EngineAddressError(EngineError):
    """Where chains are to be walked is no address of an engine."""


class DeviceMemoryError(LatentdemoError):
    """The device has not enough memory, however few chains walk at once."""


class Busy(LatentdemoError):
    """The engine serves as many requests as it can hold.

    Attributes:
        requests: on their way.
        seconds: about how long until there is room.
    """

    def __init__(self, requests: int, seconds: float) -> None:
        super().__init__(
            f"{requests} runs are on their way already, as many as fit; try again in about {seconds:.0f} s"
        )
        self.requests = requests
        self.seconds = seconds


class DatabaseError(LatentdemoError):
    """The database that reviews are kept in cannot be used."""


class DatabaseAwayError(DatabaseError):
    """It does not answer."""


class DatabaseFullError(DatabaseError):
    """The disk that it lies on is full."""


class ReviewError(LatentdemoError):
    """A review that is not there, or cannot be begun as asked."""


class SignInError(Reasoned, LatentdemoError):
    """Whoever is here is not signed in, or may not do what they ask for."""

    REASONS: ClassVar = {
        "out": "Please sign in to see this demo.",
        "failed": "You are not signed in: it was cancelled or refused, or what your provider sent could not be "
        "trusted. Nothing is lost. Try again, or ask whoever runs this demo.",
        "expired": "Your sign-in has expired. Sign in again, and you are back on this page.",
        "foreign": "Your sign-in was not made for this demo, or cannot be read any more. Sign in again.",
        "role": "Your account may not see this demo. Ask whoever runs it, or sign in with another account.",
        "settings": "Nobody can sign in yet, as something is missing in the settings. Whoever runs this demo finds the "
        "reason in its log.",
        "presenter": "Only presenters can do this. Ask whoever runs this demo for the role.",
        "admin": "Only administrators can do this. Ask whoever runs this demo for the role.",
    }


class DemoError(LatentdemoError):
    """The web app cannot be started here."""


class ServerError(LatentdemoError):
    """The demo's server did not start, or does not answer as it should."""


class ClusterError(LatentdemoError):
    """A cluster cannot be reached, or did not do what it was asked for."""


class Cancelled(LatentdemoError):
    """A run was cancelled between two steps by whoever asked for it."""

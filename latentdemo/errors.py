"""Errors that a person can act on: each message names the thing at fault and says what to do."""


class LatentdemoError(Exception):
    """Base of every error that latentdemo raises on purpose."""


class ModelNotFoundError(LatentdemoError):
    """No checkpoint folder has the asked name."""


class CheckpointError(LatentdemoError):
    """A checkpoint folder exists but cannot be used."""


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


class UnknownFamilyError(LatentdemoError):
    """A model family that this version does not know."""


class NetworkConfigError(LatentdemoError, ValueError):
    """A network configuration that cannot be built."""


class DataError(LatentdemoError):
    """A data set is unknown, missing, or not in its documented format."""


class ImageShapeError(LatentdemoError, ValueError):
    """Images or latents whose shape a model does not take."""


class SamplingError(LatentdemoError, ValueError):
    """A chain that cannot be run as asked (kernel, count, steps, start)."""


class TrainingError(LatentdemoError):
    """A training run that cannot start or cannot be resumed."""


class Cancelled(LatentdemoError):
    """A run was cancelled between two steps by whoever asked for it."""

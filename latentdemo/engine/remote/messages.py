"""What an engine in another process answers: messages of values and tensors, and errors among them.

A message is the length of a safetensors file in eight bytes, little-endian, and that file: its tensors, and its values
as JSON in its metadata. Nothing is pickled.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from safetensors.torch import load, save
from torch import Tensor

from latentdemo import errors
from latentdemo.errors import Busy, LatentdemoError, Reasoned

LENGTH = struct.Struct("<Q")  # safetensors files begin with one, too: that of their header
MEDIA_TYPE = "application/vnd.latentdemo.messages"


class Message(NamedTuple):
    """What is said at once.

    Attributes:
        values: anything that JSON knows.
        tensors: by name.
    """

    values: dict[str, Any]
    tensors: dict[str, Tensor]


def packed(values: Mapping[str, Any], tensors: Mapping[str, Tensor] | None = None) -> bytes:
    """A message as bytes."""
    file = file_of(values, tensors or {})
    return LENGTH.pack(len(file)) + file


def file_of(values: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """A safetensors file of some tensors, with values in its metadata."""
    return save({name: each.contiguous() for name, each in tensors.items()}, {"values": json.dumps(values)})


def unpacked(file: bytes) -> Message:
    """A message from its file."""
    return Message(values_of(file), load(file))


def values_of(file: bytes) -> dict[str, Any]:
    """The values of a message from its file, without its tensors."""
    (header,) = LENGTH.unpack_from(file)
    described = json.loads(file[LENGTH.size : LENGTH.size + header])
    values: dict[str, Any] = json.loads(described["__metadata__"]["values"])
    return values


def messages_in(read: Callable[[int], bytes]) -> Iterator[Message]:
    """The whole messages of a stream, until it ends.

    Args:
        read: gives so many bytes of it; fewer at its end only.
    """
    while len(length := read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(length)
        if len(file := read(size)) < size:
            return
        yield unpacked(file)


def error_values(error: Exception) -> dict[str, Any]:
    """An error as values."""
    values: dict[str, Any] = {"error": type(error).__name__, "message": str(error)}
    return values | ({"requests": error.requests, "seconds": error.seconds} if isinstance(error, Busy) else {})


def error_in(values: Mapping[str, Any]) -> Exception:
    """The error that values tell of, of its own class where it is one of latentdemo's."""
    if values["error"] == Busy.__name__:
        return Busy(values["requests"], values["seconds"])
    kind = getattr(errors, values["error"], None)
    if isinstance(kind, type) and issubclass(kind, LatentdemoError) and not issubclass(kind, Reasoned):
        return kind(values["message"])
    return RuntimeError(f"{values['error']}: {values['message']}")

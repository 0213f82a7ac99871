"""Protobuf bodies to messages: the one place that knows how the protobuf library says that bytes are none."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import DecodeError, Message

from lpresearch.base.errors import WireError

__all__ = ["DecodeError", "Message", "parse"]

M = TypeVar("M", bound=Message)


def parse(kind: type[M], body: bytes) -> M:
    """The message of a body.

    Raises
    ------
    WireError : the bytes are no such message.
    """
    try:
        return kind.FromString(body)
    except DecodeError as exc:
        raise WireError(f"The body is no {kind.DESCRIPTOR.name}: {exc}.") from exc

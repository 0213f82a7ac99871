"""Protobuf messages as JSON values and back, as the HTTP quote transport carries them (longport.md 9.1).

Fields have their proto names, enums are whole numbers, and a 64-bit number may come as a number or as text. An answer
leaves out what is not set; a request, as the official SDK writes it, only messages within it. Reads and writes no text.
"""

from __future__ import annotations

from typing import TypeVar

from google.protobuf import json_format

from lpresearch.base.errors import WireError
from lpresearch.wire.messages import Message

Json = dict[str, object]
M = TypeVar("M", bound=Message)

_SCALARS = (str, int, float, bytes)


def to_json(message: Message) -> Json:
    """The fields of a message that are set, by their proto names."""
    return {field.name: _value(value) for field, value in message.ListFields()}


def request_json(message: Message) -> Json:
    """Every field in alphabetical order, those at their default too; of messages within it those that are set."""
    values = ((name, getattr(message, name)) for name in sorted(message.DESCRIPTOR.fields_by_name))
    return {
        name: _request_value(value)
        for name, value in values
        if not isinstance(value, Message) or message.HasField(name)
    }


def from_json(kind: type[M], value: object) -> M:
    """The message that a JSON value stands for; names that it does not know are passed over.

    Raises
    ------
    WireError : the value is no object, or a field has a value of another type.
    """
    name = kind.DESCRIPTOR.name
    if not isinstance(value, dict):
        raise WireError(f"The JSON of a {name} is no object.")
    try:
        return kind(**value)  # 30 times as fast, for what has the types of the proto and no other names
    except (TypeError, ValueError):
        pass  # the general way says what is wrong, if anything
    try:
        return json_format.ParseDict(value, kind(), ignore_unknown_fields=True)
    except (json_format.ParseError, OverflowError) as exc:  # JSON may say Infinity
        raise WireError(f"The JSON is no {name}: {exc}") from exc


def _request_value(value: object) -> object:
    if isinstance(value, Message):
        return request_json(value)
    if isinstance(value, _SCALARS):
        return value
    return [_request_value(item) for item in value]  # type: ignore[attr-defined]  # as below


def _value(value: object) -> object:
    if isinstance(value, Message):
        return to_json(value)
    if isinstance(value, _SCALARS):
        return value
    return [_value(item) for item in value]  # type: ignore[attr-defined]  # all that is left are repeated fields

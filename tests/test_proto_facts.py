"""The generated protobuf code against the recorded facts, both ways: nothing missing, more or different."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, FileDescriptor

from lpresearch.wire.proto import control_pb2, error_pb2, quote_pb2, trade_pb2

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "messages.json").read_text("utf-8"))
FILES: dict[str, FileDescriptor] = {
    "control": control_pb2.DESCRIPTOR,
    "error": error_pb2.DESCRIPTOR,
    "quote": quote_pb2.DESCRIPTOR,
    "trade": trade_pb2.DESCRIPTOR,
}
TYPES = {
    FieldDescriptor.TYPE_BOOL: "bool",
    FieldDescriptor.TYPE_BYTES: "bytes",
    FieldDescriptor.TYPE_ENUM: "enum",
    FieldDescriptor.TYPE_INT32: "int32",
    FieldDescriptor.TYPE_INT64: "int64",
    FieldDescriptor.TYPE_MESSAGE: "message",
    FieldDescriptor.TYPE_STRING: "string",
    FieldDescriptor.TYPE_UINT32: "uint32",
    FieldDescriptor.TYPE_UINT64: "uint64",
}


def type_facts(field: FieldDescriptor, package: str) -> dict[str, str]:
    """The type of a field and, for enums and messages, which one."""
    kind = TYPES[field.type]
    of = field.enum_type or field.message_type
    return {"type": kind} | ({"of": of.full_name.removeprefix(f"{package}.")} if of else {})


def field_facts(field: FieldDescriptor, package: str) -> dict[str, Any]:
    facts: dict[str, Any] = {"number": field.number, "name": field.name}
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        assert entry.fields_by_name["key"].type == FieldDescriptor.TYPE_STRING
        value = type_facts(entry.fields_by_name["value"], package)
        return facts | {"type": "map", "value": value.get("of", value["type"])}
    if field.is_repeated:
        facts["repeated"] = True
    return facts | type_facts(field, package)


def enum_facts(enum: EnumDescriptor) -> dict[str, int]:
    return {value.name: value.number for value in enum.values}


def message_facts(message: Descriptor, package: str) -> dict[str, Any]:
    nested = [inner for inner in message.nested_types if not inner.GetOptions().map_entry]
    return {
        "fields": sorted((field_facts(field, package) for field in message.fields), key=lambda facts: facts["number"]),
        "messages": {inner.name: message_facts(inner, package) for inner in nested},
        "enums": {enum.name: enum_facts(enum) for enum in message.enum_types},
    }


def file_facts(file: FileDescriptor) -> dict[str, Any]:
    return {
        "package": file.package,
        "enums": {name: enum_facts(enum) for name, enum in file.enum_types_by_name.items()},
        "messages": {name: message_facts(m, file.package) for name, m in file.message_types_by_name.items()},
    }


def test_the_files_are_those_of_the_facts() -> None:
    assert FILES.keys() == FACTS.keys()


@pytest.mark.parametrize("name", FILES)
def test_generated_messages_equal_the_recorded_facts(name: str) -> None:
    assert file_facts(FILES[name]) == FACTS[name]

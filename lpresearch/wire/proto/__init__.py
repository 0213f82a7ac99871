"""The broker's protobuf messages: our own ``.proto`` files and the code generated from them, never edited.

The generated files are made in the project's root with grpcio-tools 1.62.3 (protoc 25.1), the oldest whose code the
dependency floor ``protobuf>=4.25`` runs, because a runtime refuses code that is newer than itself::

    python -m grpc_tools.protoc -I. --python_out=. --pyi_out=. lpresearch/wire/proto/*.proto

Message names, field numbers and enum values are the facts of ``tests/vectors/messages.json``, which a test compares
with the generated descriptors.
"""

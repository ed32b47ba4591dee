"""Protobuf message classes made at run time from a table of the few fields that are needed.

What is not declared stays unknown and cannot fail to parse. An embedded message that another library can read may be
declared as bytes, and a map as repeated entries of a key and a value: on the wire they are the same.
"""

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

Fields = Mapping[str, tuple[tuple[str, int, str], ...]]
"""(name, number, type) of each message's fields; a type is one of protobuf's, or another message of the table."""


def message_classes(package: str, fields: Fields, repeated: Collection[str]) -> dict[str, Any]:
    """{name: class} of the messages; `repeated`: names of fields that are so in every message. Numbers are packed."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package, syntax="proto2")
    for message, own in fields.items():
        described = file.message_type.add(name=message)
        for name, number, kind in own:
            field = described.field.add(name=name, number=number)
            field.label = field.LABEL_REPEATED if name in repeated else field.LABEL_OPTIONAL
            if kind in fields:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{package}.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
                field.options.packed = field.label == field.LABEL_REPEATED and kind not in ("string", "bytes")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{name}")) for name in fields}

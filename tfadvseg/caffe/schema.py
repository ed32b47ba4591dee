"""The few fields of Caffe's NetParameter that hold weights, as protobuf message classes made at run time.

Forks of Caffe reuse field numbers for messages of their own; what is not declared here stays unknown and cannot fail
to parse. A V2 file lists its layers in `layer`, a V1 file in `layers`.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

FIELDS = {
    "Shape": (("dim", 1, "int64"),),
    "Blob": (
        ("num", 1, "int32"), ("channels", 2, "int32"), ("height", 3, "int32"), ("width", 4, "int32"),
        ("data", 5, "float"), ("shape", 7, "Shape"), ("double_data", 8, "double"),
    ),
    "Layer": (("name", 1, "bytes"), ("blobs", 7, "Blob")),
    "V1Layer": (("name", 4, "bytes"), ("blobs", 6, "Blob")),
    "Net": (("layers", 2, "V1Layer"), ("layer", 100, "Layer")),
}  # fmt: skip
"""(name, number, type) of each message's fields."""
REPEATED = {"dim", "data", "double_data", "blobs", "layers", "layer"}
_PACKAGE = "tfadvseg.caffe"


def _messages() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(name=f"{_PACKAGE}.proto", package=_PACKAGE, syntax="proto2")
    for message, fields in FIELDS.items():
        described = file.message_type.add(name=message)
        for name, number, kind in fields:
            field = described.field.add(name=name, number=number)
            field.label = field.LABEL_REPEATED if name in REPEATED else field.LABEL_OPTIONAL
            if kind in FIELDS:
                field.type, field.type_name = field.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                field.type = getattr(field, f"TYPE_{kind.upper()}")
                field.options.packed = field.label == field.LABEL_REPEATED
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in FIELDS}


MESSAGES = _messages()

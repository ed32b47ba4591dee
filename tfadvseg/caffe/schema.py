"""The few fields of Caffe's NetParameter that hold weights, as protobuf message classes made at run time.

Forks of Caffe reuse field numbers for messages of their own; what is not declared here stays unknown and cannot fail
to parse. A V2 file lists its layers in `layer`, a V1 file in `layers`.
"""

from tfadvseg.protobufs import message_classes

FIELDS = {
    "Shape": (("dim", 1, "int64"),),
    "Blob": (
        ("num", 1, "int32"),
        ("channels", 2, "int32"),
        ("height", 3, "int32"),
        ("width", 4, "int32"),
        ("data", 5, "float"),
        ("shape", 7, "Shape"),
        ("double_data", 8, "double"),
    ),
    "Layer": (("name", 1, "bytes"), ("blobs", 7, "Blob")),
    "V1Layer": (("name", 4, "bytes"), ("blobs", 6, "Blob")),
    "Net": (("layers", 2, "V1Layer"), ("layer", 100, "Layer")),
}
"""(name, number, type) of each message's fields."""
REPEATED = {"dim", "data", "double_data", "blobs", "layers", "layer"}

MESSAGES = message_classes("tfadvseg.caffe", FIELDS, REPEATED)

"""Model files that are no SavedModel: what they are, and what makes a SavedModel of them."""

import pathlib

KERAS = """import keras
keras.models.load_model({path!r}).export({target!r})"""
FROZEN = """from tfadvseg.models.frozen import to_saved_model
to_saved_model({path!r}, {target!r}, inputs=["ImageTensor:0"], outputs=["SemanticPredictions:0"])"""
ONNX = """pip install onnx2tf onnx onnxruntime onnx_graphsurgeon sng4onnx onnxsim psutil tf_keras
onnx2tf -i {path} -o {target} -osd"""
PYTORCH = """torch.onnx.export(network.eval(), torch.zeros(1, 3, 360, 480), "net.onnx", dynamo=False)
onnx2tf -i net.onnx -o {target} -osd"""

KINDS = {
    ".keras": ("a Keras file", KERAS),
    ".h5": ("a Keras file of the older kind", KERAS),
    ".hdf5": ("a Keras file of the older kind", KERAS),
    ".pb": ("a frozen graph of TensorFlow 1 (name its own input and output)", FROZEN),
    ".onnx": ("an ONNX file", ONNX),
    ".pt": ("a PyTorch file", PYTORCH),
    ".pth": ("a PyTorch file", PYTORCH),
}
"""By the end of the name: what it is, and two lines that make a SavedModel of it."""
TFLITE = (
    "{path} is a TensorFlow Lite file, whose operations have no gradients, so it cannot be attacked; take the network "
    "that it was made from, a SavedModel or a Keras file."
)


def advice(path: pathlib.Path) -> str | None:
    """What to do with a file that is no SavedModel; None for a folder or what nobody knows."""
    suffix = path.suffix.lower()
    if not path.is_file():
        return None
    if suffix == ".tflite":
        return TFLITE.format(path=path)
    if suffix not in KINDS:
        return None
    kind, lines = KINDS[suffix]
    target = str(path.with_suffix("")) if path.with_suffix("") != path else f"{path}_saved_model"
    return f"{path} is {kind}; this makes a SavedModel of it:\n\n{lines.format(path=str(path), target=target)}"

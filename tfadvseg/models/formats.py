"""Model files that are no SavedModel: what they are, and what makes a SavedModel of them."""

import json
import lzma
import pathlib
import re
import shlex
import zipfile
import zlib
from collections.abc import Callable

from tfadvseg.json_text import parsed

METADATA = 1 << 20
"""Bytes of what a file of Keras says of itself, at most."""
UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    OverflowError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What zipfile and h5py raise of a file that is damaged, encrypted, or packed in another way; KeyError: it lacks a
member; TypeError: its values are of a type that Python has not."""
KERAS = "import {keras}; {keras}.models.load_model({path}, compile=False).export({target})"
FROZEN = (
    "from tfadvseg.models.frozen import to_saved_model; "
    "to_saved_model({path}, {target}, inputs={inputs}, outputs={outputs})"
)
OWN_ENVIRONMENT = """python3.11 -m venv venv-{package} && venv-{package}/bin/pip install {requirement}
"""
ONNX2TF = 'PATH="$PWD/venv-onnx2tf/bin:$PATH" onnx2tf -i {path} -o {target} -osd'
PYTORCH = """torch.onnx.export(network.eval(), torch.zeros(1, 3, 360, 480), "net.onnx", dynamo=False,
                  input_names=["images"], dynamic_axes={"images": {0: "batch"}})"""


def advice(path: pathlib.Path) -> str | None:
    """What to do with a file that is no SavedModel, with lines to be pasted; None for a folder or what nobody knows."""
    told = KINDS.get(path.suffix.lower())
    if not path.is_file() or told is None:
        return None
    target = path.with_suffix("") if path.with_suffix("") != path else path.with_name(f"{path.name}_saved_model")
    return f"{path} is {told(path, target)}"


def _keras(path: pathlib.Path, target: pathlib.Path) -> str:
    """A whole network, of Keras 3 or of Keras 2, or weights alone."""
    version = _keras_version(path)
    if version is None:
        return (
            "a file of Keras without a network, so of weights alone; build the network in Python, give it these by "
            f"load_weights, and say network.export({_text(target)})."
        )
    if version.startswith("2"):
        own = OWN_ENVIRONMENT.format(package="keras2", requirement="tf_keras")
        line = _python(KERAS, path, target, keras="tf_keras").replace("python", "venv-keras2/bin/python", 1)
        return f"a file of Keras {version}; Keras 2 makes a SavedModel of it, in a shell:\n\n{own}{line}"
    return f"a file of Keras {version}; this makes a SavedModel of it, in a shell:\n\n" + _python(
        KERAS, path, target, keras="keras"
    )


def _keras_version(path: pathlib.Path) -> str | None:
    """That wrote a network's file; None for weights alone."""
    try:
        version = _in_an_archive(path) if zipfile.is_zipfile(path) else _in_hdf5(path)
        if version is not None and not re.fullmatch(r"[\w.+-]{1,40}", version):
            raise ValueError("it names no version")
    except UNREADABLE as error:
        raise ValueError(f"{path} cannot be read as a file of Keras ({error}).") from error
    return version


def _in_an_archive(path: pathlib.Path) -> str:
    with zipfile.ZipFile(path) as file:
        if (size := file.getinfo("metadata.json").file_size) > METADATA:
            raise ValueError(f"its metadata have {size:,} bytes; there may be {METADATA:,}")
        found = parsed(file.read("metadata.json"))
    return str(found.get("keras_version", "")) if isinstance(found, dict) else ""


def _in_hdf5(path: pathlib.Path) -> str | None:
    import h5py

    with h5py.File(path) as file:
        if "model_config" not in file.attrs:
            return None
        if "keras_version" not in file.attrs:
            return "2"
        kept = file.attrs.get_id("keras_version")
        if kept.shape != () or kept.get_storage_size() > METADATA:  # before room is made for what it claims to have
            return ""
        version = file.attrs["keras_version"]
    return version.decode() if isinstance(version, bytes) else str(version)


def _frozen(path: pathlib.Path, target: pathlib.Path) -> str:
    """Its first input and last output, or all where they are several."""
    if path.name == "saved_model.pb":
        return f"the graph of a SavedModel; name its folder, --saved_model={path.parent}."
    from tfadvseg.models.frozen import ends, read

    inputs, outputs = ends(read(path))
    line = _python(FROZEN, path, target, inputs=json.dumps(inputs), outputs=json.dumps(outputs))
    more = "" if len(inputs) == len(outputs) == 1 else " (keep the input of images and the output of scores or labels)"
    return f"a frozen graph of TensorFlow 1; this makes a SavedModel of it, in a shell{more}:\n\n{line}"


def _onnx(path: pathlib.Path, target: pathlib.Path) -> str:
    return f"an ONNX file; onnx2tf makes a SavedModel of it, in a shell:\n\n{_onnx2tf(path, target)}"


def _pytorch(path: pathlib.Path, target: pathlib.Path) -> str:
    return (
        "a PyTorch file; where it is loaded as a `network` that returns its scores alone, say in Python, with your "
        f"height and width:\n\n{PYTORCH}\n\nonnx2tf makes a SavedModel of that, in a shell:\n\n"
        f"{_onnx2tf(pathlib.Path('net.onnx'), target)}"
    )


def _onnx2tf(path: pathlib.Path, target: pathlib.Path) -> str:
    """onnx2tf wants older versions than this package, so an environment of its own; it calls itself by name."""
    own = OWN_ENVIRONMENT.format(package="onnx2tf", requirement="'onnx2tf<2'")
    return own + ONNX2TF.format(path=shlex.quote(str(path)), target=shlex.quote(str(target)))


def _tflite(path: pathlib.Path, target: pathlib.Path) -> str:
    return (
        "a TensorFlow Lite file, whose operations have no gradients, so it cannot be attacked; take the network that "
        "it was made from, a SavedModel or a Keras file."
    )


def _python(code: str, path: pathlib.Path, target: pathlib.Path, **words: str) -> str:
    return f"python -c {shlex.quote(code.format(path=_text(path), target=_text(target), **words))}"


def _text(path: pathlib.Path) -> str:
    """In Python, with quotation marks that a shell leaves alone."""
    return json.dumps(str(path), ensure_ascii=False)


KINDS: dict[str, Callable[[pathlib.Path, pathlib.Path], str]] = {
    ".keras": _keras,
    ".h5": _keras,
    ".hdf5": _keras,
    ".pb": _frozen,
    ".onnx": _onnx,
    ".pt": _pytorch,
    ".pth": _pytorch,
    ".tflite": _tflite,
}
"""By the end of the name: (file, folder to write) -> what it is and what to do."""

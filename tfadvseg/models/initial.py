"""What a training starts from: the weights of an earlier one, or those of a SavedModel."""

import dataclasses
import pathlib
from typing import Any

import h5py
import keras
import numpy as np

from tfadvseg.confined import refuse_endless
from tfadvseg.layers.walk import weighted_layers
from tfadvseg.models.formats import UNREADABLE


@dataclasses.dataclass(frozen=True)
class Start:
    """Names of layers. taken: those that got weights; lacking: those of the network that did not and keep their initial
    values; left_out: those of the source that gave none."""

    taken: list[str]
    lacking: list[str]
    left_out: list[str]


def start_from(network: keras.Model, source: str, partly: bool = False) -> Start:
    """Gives the network the weights of `source`; returns what became of each layer.

    source: a best.weights.h5, or a SavedModel's folder (TensorFlow only), which may be of a smaller network: CRF-RNN
    starts from an FCN8s. partly: takes the layers whose name and shapes are the same, of any network. Raises ValueError
    for a source that does not exist, is damaged or leads to other files, and for weights that have no place or do not
    fit there or, if `partly`, of which none does.
    """
    path = pathlib.Path(source)
    if not path.exists():
        raise ValueError(f"There is no {source} to start from; give a best.weights.h5 or a SavedModel's folder.")
    layers = weighted_layers(network)
    if not path.is_dir():
        _refuse_other_files(path)
    if not path.is_dir() and not partly:
        network.load_weights(source)
        return Start(list(layers), [], [])
    found = _saved_model(path) if path.is_dir() else _weights_file(path, layers)
    own = {weight.path: weight for layer in layers.values() for weight in layer.weights}
    if not partly:
        _check(network, source, found, own)
    fits = {name for name, values in found.items() if name in own and values.shape == tuple(own[name].shape)}
    taken = [name for name, layer in layers.items() if all(weight.path in fits for weight in layer.weights)]
    if not taken:
        raise ValueError(f"{source} has no layer in common with {network.name}; choose another source.")
    used = {weight.path for name in taken for weight in layers[name].weights}
    for name in used:
        own[name].assign(found[name])
    left_out = dict.fromkeys(name.rpartition("/")[0] for name in found if name not in used)
    return Start(taken, [name for name in layers if name not in taken], list(left_out))


def _saved_model(path: pathlib.Path) -> dict[str, np.ndarray]:
    """{path of a weight: its values}."""
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"{path} is a SavedModel, which TensorFlow alone reads; take a best.weights.h5.")
    from tfadvseg.models import load

    return load(path).weights


def _refuse_other_files(path: pathlib.Path) -> None:
    """ValueError where a file of weights leads to others, by a link, by bytes beside it or by a view of their arrays
    (a virtual dataset), or is no HDF5."""

    def outside(name: str, item: h5py.Group | h5py.Dataset) -> str | None:
        if isinstance(item, h5py.Dataset):
            return name if item.external or item.is_virtual else None
        links = {key: item.get(key, getlink=True) for key in item}
        return next((f"{name}/{key}" for key, link in links.items() if isinstance(link, h5py.ExternalLink)), None)

    try:
        refuse_endless(path)
        with h5py.File(path) as file:
            found = outside("", file["/"]) or file.visititems(outside)
    except UNREADABLE as error:
        raise ValueError(
            f"{path} cannot be read as a file of weights ({' '.join(str(error).split())}); give a best.weights.h5 or a "
            "SavedModel's folder."
        ) from error
    if found:
        raise ValueError(f"{path} has {found} in another file; save the weights anew, in one file.")


def _weights_file(path: pathlib.Path, layers: dict[str, keras.layers.Layer]) -> dict[str, np.ndarray]:
    """The same of a file of Keras, which has the layers' names and numbers their weights; a number is given the path
    that it has in the layer of that name, if there is one."""
    found: dict[str, np.ndarray] = {}

    def visit(name: str, group: h5py.Group | h5py.Dataset) -> None:
        if isinstance(group, h5py.Dataset) or not name.endswith("/vars") or name.startswith("optimizer/"):
            return
        layer = group.attrs.get("name")
        paths = [weight.path for weight in layers[layer].weights] if layer in layers else []
        if len(paths) != len(group):
            paths = [f"{layer}/{number}" for number in range(len(group))]
        found.update({path: group[str(number)][()] for number, path in enumerate(paths)})

    with h5py.File(path) as file:
        file.visititems(visit)
    return found


def _check(network: keras.Model, source: str, found: dict[str, np.ndarray], own: dict[str, Any]) -> None:
    """ValueError for weights that have no place in the network, or another shape there."""
    if strange := sorted(set(found) - set(own)):
        raise ValueError(
            f"{source} holds {strange[0]}, for which {network.name} has no place; choose another source, or take what "
            "fits with `initial_weights_partly`."
        )
    for name, values in found.items():
        if values.shape != tuple(own[name].shape):
            theirs, ours = ("x".join(map(str, shape)) for shape in (values.shape, own[name].shape))
            raise ValueError(f"{name} of {source} is {theirs}, but {network.name} has {ours}: take the same `width`.")

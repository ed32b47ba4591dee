"""Puts the layers of a .caffemodel into a Keras network, by name, all of them or none."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

import keras
import numpy as np
from keras import layers

from tfadvseg.caffe import weights
from tfadvseg.caffe.caffemodel import dims
from tfadvseg.caffe.merged import merged
from tfadvseg.caffe.names import sources
from tfadvseg.caffe.weights import Blobs, Variables
from tfadvseg.layers.bilinear import GroupedBilinear
from tfadvseg.layers.walk import leaf_layers, weighted_layers
from tfadvseg.registry import nearest_first

LISTED = 8
"""Names in an error's list."""
INPUT_SCALES = ("data_sub1",)
"""Layers that may scale the input, which networks here leave out because the public files hold ones."""


@dataclasses.dataclass(frozen=True)
class Report:
    """What became of each layer.

    imported: Keras layer -> the shapes that it was made of, and what was special. missing: layers of the network that
    the file lacks. left_over: Caffe layer -> shapes that nothing in the network wanted,
    such as auxiliary classifiers and the copies of a network with several scales. merged: how many of the imported are
    normalisations that the file has multiplied into the convolutions before them; in the network they change nothing.
    """

    imported: dict[str, str]
    missing: tuple[str, ...]
    left_over: dict[str, str]
    merged: int = 0

    def table(self) -> str:
        """One line a layer, and at the end the counts."""
        rows = [
            *((name, "imported", detail) for name, detail in self.imported.items()),
            *((name, "missing", "not in the file") for name in self.missing),
            *((name, "left over", detail) for name, detail in self.left_over.items()),
        ]
        width = max(len(name) for name, _, _ in rows)
        lines = [f"{name:{width}}  {status:9}  {detail}".rstrip() for name, status, detail in rows]
        if self.merged:
            lines.append(f"merged into the convolutions before them, so identities here: {self.merged} normalisations")
        counts = f"{len(self.imported)} imported, {len(self.missing)} missing, {len(self.left_over)} left over"
        return "\n".join([*lines, counts])


class LayersMissing(ValueError):
    """The file lacks layers that the network needs; `report` says what it has."""

    def __init__(self, missing: Sequence[str], report: Report):
        names = ", ".join(map(repr, missing[:LISTED])) + (" and more" if len(missing) > LISTED else "")
        like = next(iter(nearest_first(missing[0], report.left_over)), "<its name>")
        super().__init__(
            f"The file lacks {len(missing)} of the network's layers: {names}; is it another network's, has it them "
            f"under other names (`rename`, e.g. {like}={missing[0]}), or may it lack them (`may_miss`)?"
        )
        self.report = report


def renamed(file: Mapping[str, Blobs], names: Mapping[str, str]) -> dict[str, Blobs]:
    """The blobs with some layers under other names; names: {in the file: in the network}.

    Raises ValueError for a layer that the file lacks, and where two would have one name.
    """
    for old, new in names.items():
        if old not in file:
            first = ", ".join(nearest_first(old, file)[:LISTED])
            raise ValueError(f"The file has no layer {old!r} to `rename`; it has {first} and others.")
        if (new in file and new not in names) or list(names.values()).count(new) > 1:
            raise ValueError(f"`rename` would give two layers of the file the name {new!r}.")
    return {names.get(name, name): blobs for name, blobs in file.items()}


def load(network: keras.Model, file: Mapping[str, Blobs], may_miss: Collection[str] = ()) -> Report:
    """Writes the blobs, as caffemodel.read returns them, into the network.

    `may_miss` names Caffe layers that the file may lack; what they feed keeps its values.

    A Keras layer takes its weights from the Caffe layer of its name, "." for "/"; layers of sub-models are the
    network's own, once however many scales a sub-model is called at. A BatchNormalization bnX whose Caffe layer holds
    mean, variance and factor also takes the Scale layer scaleX. Where an inference-only file has merged normalisations
    into the convolutions before them (`merged`), these become the identity; a bias that the network's convolution lacks
    goes into the normalisation after it. Raises ValueError, with the network unchanged, where a layer does not fit, is
    missing (`LayersMissing`), or is named in `may_miss` and none of the network's.
    """
    _check_input_scales(file)
    targets = weighted_layers(network)
    leaves = leaf_layers(network)
    norm_of = _norms_after_convolutions(leaves)
    convolution_of = merged(targets, norm_of, file)
    plan: dict[str, Variables] = {}
    details: dict[str, str] = {}
    missing: list[str] = []
    for name, layer in targets.items():
        needed = sources(layer, file)
        absent = [source for source in needed if source not in file]
        if name in convolution_of:
            plan[name] = weights.identity(layer.gamma.shape[0], layer.epsilon)
            details[name] = f"merged into {convolution_of[name]}"
        elif absent:
            missing += absent
        else:
            plan[name] = _converted(layer, *(file[source] for source in needed))
            details[name] = ", ".join(_shapes(file[source]) for source in needed)
    wanted = {source for layer in targets.values() for source in sources(layer, file)}
    if strange := sorted(set(may_miss) - wanted):
        raise ValueError(f"The network has no layer {strange[0]!r}, which the file may miss.")
    used = {source for name in plan for source in sources(targets[name], file)}
    left_over = {name: _shapes(blobs) for name, blobs in file.items() if name not in used}
    report = Report(details, tuple(missing), left_over, len(convolution_of))
    if refused := [name for name in missing if name not in may_miss]:
        raise LayersMissing(refused, report)
    _move_biases(targets, plan, details, norm_of)
    _fold_dropout(leaves, plan, details, convolution_of)
    for name, variables in plan.items():
        _check_complete(targets[name], variables)

    for name, variables in plan.items():
        for variable in targets[name].weights:
            variable.assign(variables[variable.name])
    return report


def _shapes(blobs: Blobs) -> str:
    return ", ".join(dims(blob.shape) for blob in blobs)


def _converted(layer: layers.Layer, blobs: Blobs, scale: Blobs = ()) -> Variables:
    try:
        if isinstance(layer, GroupedBilinear):
            return weights.grouped_deconvolution(blobs, layer.kernel.shape)
        if isinstance(layer, layers.Conv2DTranspose):
            return weights.deconvolution(blobs, layer.kernel.shape)
        if isinstance(layer, layers.Conv2D):
            return weights.convolution(blobs, layer.kernel.shape)
        if isinstance(layer, layers.BatchNormalization) and scale:
            return weights.split_normalisation(blobs, scale, layer.gamma.shape[0])
        if isinstance(layer, layers.BatchNormalization):
            return weights.normalisation(blobs, layer.gamma.shape[0], layer.epsilon)
        if isinstance(layer, layers.PReLU):
            return weights.prelu(blobs, layer.alpha.shape)
        if {variable.name for variable in layer.weights} == set(weights.MEAN_FIELD):  # its class would load TensorFlow
            return weights.mean_field(blobs, layer.weights[0].shape[0])
    except ValueError as error:
        raise ValueError(f"Layer {layer.name!r} does not fit: {error}.") from error
    raise ValueError(f"Layer {layer.name!r} is a {type(layer).__name__}, for which no Caffe layer is known.")


def _readers(leaves: Collection[layers.Layer], kind: type) -> dict[int, layers.Layer]:
    """Identity of a tensor -> the layer of that kind that reads it, in the graph of the model that holds the layer.

    A layer called several times counts as where it was called first. Layers of subclassed models are in no graph.
    """
    return {id(layer.input): layer for layer in leaves if isinstance(layer, kind) and hasattr(layer, "input")}


def _reader(layer: layers.Layer, readers: Mapping[int, layers.Layer]) -> layers.Layer | None:
    """Which of `readers` reads what the layer writes."""
    return readers.get(id(layer.output)) if hasattr(layer, "output") else None


def _norms_after_convolutions(leaves: Collection[layers.Layer]) -> dict[str, layers.BatchNormalization]:
    """Convolution's name -> the normalisation that reads its output."""
    norms = _readers(leaves, layers.BatchNormalization)
    convolutions = (layer for layer in leaves if isinstance(layer, layers.Conv2D | layers.Conv2DTranspose))
    return {layer.name: norm for layer in convolutions if (norm := _reader(layer, norms))}


def _move_biases(
    targets: Mapping[str, layers.Layer],
    plan: dict[str, Variables],
    details: dict[str, str],
    norm_of: Mapping[str, layers.BatchNormalization],
) -> None:
    """Takes biases that the network's convolutions lack off the means of the normalisations after them."""
    for name, variables in plan.items():
        if "bias" not in variables or targets[name].use_bias:
            continue
        bias = variables.pop("bias")
        if name in norm_of and norm_of[name].name in plan:
            norm = norm_of[name].name
            plan[norm]["moving_mean"] = plan[norm]["moving_mean"] - bias
            details[norm] += f", its bias from {name}"
        elif bias.any():
            raise ValueError(
                f"Layer {name!r} does not fit: the file holds a bias, and the network has nowhere to put it."
            )


def _fold_dropout(
    leaves: Collection[layers.Layer], plan: dict[str, Variables], details: dict[str, str], merged_norms: Collection[str]
) -> None:
    """Caffe's spatial dropout, a layer of E-Net's authors, multiplies by 1 / (1 - rate) at test time, too.

    Networks were trained with that, so the factor goes into the normalisation before it. Merged files have it in their
    weights where they want it.
    """
    dropouts = _readers(leaves, layers.SpatialDropout2D)
    for layer in leaves:
        dropout = _reader(layer, dropouts) if isinstance(layer, layers.BatchNormalization) else None
        if dropout and layer.name in plan and layer.name not in merged_norms:
            for variable in ("gamma", "beta"):
                plan[layer.name][variable] = plan[layer.name][variable] / np.float32(1 - dropout.rate)
            details[layer.name] += f", divided by {1 - dropout.rate:g} as its dropout does"


def _check_complete(layer: layers.Layer, variables: Variables) -> None:
    needed = {variable.name for variable in layer.weights}
    if set(variables) != needed:
        held, wanted = (" and ".join(sorted(names)) for names in (variables, needed))
        raise ValueError(f"Layer {layer.name!r} does not fit: the file holds {held}, the network has {wanted}.")


def _check_input_scales(file: Mapping[str, Blobs]) -> None:
    for name in INPUT_SCALES:
        if any((blob != 1).any() for blob in file.get(name, ())):
            raise ValueError(
                f"Layer {name!r} of the file scales the input by other factors than 1, unlike the network."
            )

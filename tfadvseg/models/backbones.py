"""ImageNet weights of keras.applications for the trunks of networks on VGG-16 and on Caffe's ResNet-101.

Both were trained on BGR images minus (103.939, 116.779, 123.68), as the networks here subtract it; a network with
another mean sees its images shifted by a few grey levels, as in its authors' own training from these weights.
"""

import os
import pathlib
from collections.abc import Callable, Iterator, Mapping

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from tfadvseg.layers.walk import weighted_layers
from tfadvseg.models.zoo.resnet101 import STAGES as RESNET101_STAGES
from tfadvseg.models.zoo.vgg16 import STAGES as VGG16_STAGES

Weights = dict[str, dict[str, np.ndarray]]
"""Layer of a network -> its variables by name."""


def load_backbone(network: keras.Model, weights: str | os.PathLike[str]) -> tuple[str, ...]:
    """Gives the network's VGG-16 or ResNet-101 trunk its ImageNet weights; returns the layers that got any.

    Args:
        network: of the zoo, of width 1, with layers named as in the Caffe models; or one with such a network inside.
        weights: "imagenet" to download them, or a file of keras.applications.VGG16 or ResNet101: .h5 with or without
            the classifier, or .keras.

    VGG-16's fc6 and fc7 come from the classifier's dense layers where the network has them in that size and the file
    has a classifier. Raises ValueError, with the network unchanged, where something is missing or does not fit.
    """
    names = weighted_layers(network)
    if "res2a_branch2a" in names:
        found = _resnet101(_source(keras.applications.ResNet101, weights, top=False), names)
    elif "conv1_1" in names:
        fc6 = names.get("fc6")
        top = fc6 is not None and fc6.kernel.shape[:3] == (7, 7, 512)
        found = _vgg16(_source(keras.applications.VGG16, weights, top), names)
    else:
        raise ValueError(f"{network.name} has no trunk for which keras.applications has weights: VGG-16 or ResNet-101.")
    for name, variables in found.items():
        for variable, array in variables.items():
            expected = getattr(names[name], variable).shape
            if tuple(expected) != array.shape:
                raise ValueError(
                    f"{variable} of layer {name!r} has the shape {tuple(expected)}, the weights have {array.shape}; "
                    "only networks of width 1 take them."
                )
    for name, variables in found.items():
        for variable, array in variables.items():
            getattr(names[name], variable).assign(array)
    return tuple(found)


def _source(application: Callable[..., keras.Model], weights: str | os.PathLike[str], top: bool) -> keras.Model:
    """The model of keras.applications with its weights; with its classifier if `top` says so and a file has one."""
    if weights == "imagenet":
        try:
            return application(weights="imagenet", include_top=top)
        except Exception as error:  # Keras raises a bare one where the download fails
            raise ValueError(
                f"The ImageNet weights of keras.applications.{application.__name__} could not be downloaded "
                f"({' '.join(str(error).split())}); give a file of them."
            ) from error
    path = pathlib.Path(weights)
    if not path.is_file():
        raise ValueError(
            f"{path} is not a file; give weights of keras.applications.{application.__name__} or imagenet."
        )
    try:
        if path.suffix == ".keras":
            return keras.saving.load_model(path, compile=False)
    except Exception as error:  # whatever Keras, its zip file or h5py raises for a foreign or damaged file
        raise _unreadable(path, application) from error
    failure: Exception | None = None
    for include_top in (top, not top):
        model = application(weights=None, include_top=include_top)
        try:
            model.load_weights(path)
            return model
        except Exception as error:  # a file without a classifier does not fit a model with one, nor the reverse
            failure = error
    raise _unreadable(path, application) from failure


def _unreadable(path: pathlib.Path, application: Callable[..., keras.Model]) -> ValueError:
    return ValueError(f"{path} holds no weights of keras.applications.{application.__name__} that Keras can read.")


def _vgg16(source: keras.Model, names: Mapping[str, layers.Layer]) -> Weights:
    pairs = {
        f"conv{stage}_{i}": f"block{stage}_conv{i}"
        for stage, (_, convolutions) in enumerate(VGG16_STAGES, start=1)
        for i in range(1, convolutions + 1)
    }
    held = {layer.name for layer in source.layers}
    if {"fc1", "fc2"} <= held and {"fc6", "fc7"} <= set(names):
        pairs |= {"fc6": "fc1", "fc7": "fc2"}
    found = {}
    for name, theirs in pairs.items():
        kernel, bias = _get(source, theirs)
        if name in ("fc6", "fc7"):  # Keras flattens a map row by row with the channels last
            side = 7 if name == "fc6" else 1
            kernel = kernel.reshape(side, side, -1, kernel.shape[-1])
        found[name] = {"kernel": kernel, "bias": bias}
    return found


def _resnet101(source: keras.Model, names: Mapping[str, layers.Layer]) -> Weights:
    found: Weights = {}
    for convolution, norm, theirs_convolution, theirs_norm in _resnet101_pairs():
        kernel, bias = _get(source, theirs_convolution)
        gamma, beta, mean, variance = _get(source, theirs_norm)
        found[convolution] = {"kernel": kernel}
        found[norm] = {
            "gamma": gamma,
            "beta": beta,
            "moving_mean": mean - bias,
            "moving_variance": variance + np.float32(_layer(source, theirs_norm).epsilon - names[norm].epsilon),
        }
    return found


def _resnet101_pairs() -> Iterator[tuple[str, str, str, str]]:
    """(convolution, normalisation) of the Caffe model and of keras.applications."""
    yield "conv1", "bn_conv1", "conv1_conv", "conv1_bn"
    for stage, (_, blocks) in enumerate(RESNET101_STAGES, start=2):
        for number, block in enumerate(blocks, start=1):
            for i, branch in enumerate(("1", "2a", "2b", "2c") if number == 1 else ("2a", "2b", "2c")):
                theirs = f"conv{stage}_block{number}_{i if number == 1 else i + 1}"
                yield f"res{block}_branch{branch}", f"bn{block}_branch{branch}", f"{theirs}_conv", f"{theirs}_bn"


def _layer(source: keras.Model, name: str) -> layers.Layer:
    try:
        return source.get_layer(name)
    except ValueError as error:
        raise ValueError(f"The weights have no layer {name!r}; are they of another network?") from error


def _get(source: keras.Model, name: str) -> list[NDArray[np.float32]]:
    return _layer(source, name).get_weights()

"""Which Caffe layers a Keras layer is made of, by name."""

from collections.abc import Mapping

from keras import layers

from tfadvseg.caffe.weights import Blobs


def caffe_name(name: str) -> str:
    """Keras forbids the slash, and no Caffe name has a dot."""
    return name.replace(".", "/")


def sources(layer: layers.Layer, file: Mapping[str, Blobs]) -> list[str]:
    """Names of the Caffe layers; a normalisation may be two of them, BatchNorm and Scale."""
    name = caffe_name(layer.name)
    scale = "scale" + name.removeprefix("bn")
    split = name.startswith("bn") and (scale in file or len(file.get(name, ())) == 3)
    return [name, scale] if split and isinstance(layer, layers.BatchNormalization) else [name]

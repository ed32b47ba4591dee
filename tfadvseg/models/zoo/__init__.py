"""The networks of the paper's Table 6, in pure Keras 3: one file a family, one builder signature; and any at scales.

Importing this needs no TensorFlow, and all but CRF-RNN also build and train with KERAS_BACKEND=jax.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras

from tfadvseg.models.zoo import crf_rnn, deeplab_v2, dilated, enet, fcn8s, icnet, pspnet, segnet
from tfadvseg.models.zoo.multiscale import SCALES, wrapped
from tfadvseg.registry import choose


@dataclasses.dataclass(frozen=True)
class Network:
    """A network as it was published.

    build: (classes, input_size (height, width), width multiplier) -> Keras model from RGB images to logits.
    dataset, classes, input_size: what it was trained for.
    fit: how a photograph becomes an input (data.batches.FITS): "pad" shrinks it to fit and fills up with the colour
    that the network's own normalisation maps to 0, "reflect" fills up with its mirror image, "stretch" resizes it.
    table6: its megabytes in the paper's Table 6. mean: (blue, green, red) that it subtracts. md5: of the public weights
    that the paper's authors used, where its appendix A gives one. tensorflow_only: not for other backends of Keras.
    multiple: that height and width of its input must have.
    """

    build: Callable[..., keras.Model]
    dataset: str
    classes: int
    input_size: tuple[int, int]
    fit: str
    table6: float
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    md5: str | None = None
    tensorflow_only: bool = False
    multiple: int = 1

    @property
    def pad_colour(self) -> tuple[float, float, float]:
        """RGB that fills up small photographs."""
        return self.mean[::-1]


def _voc(
    build: Callable[..., keras.Model],
    input_size: tuple[int, int],
    fit: str,
    table6: float,
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
    md5: str | None = None,
    **more: Any,
) -> Network:
    return Network(build, "voc", 21, input_size, fit, table6, mean, md5, **more)


def _cityscapes(
    build: Callable[..., keras.Model],
    fit: str,
    table6: float,
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0),
    md5: str | None = None,
    input_size: tuple[int, int] = (512, 1024),
    **more: Any,
) -> Network:
    return Network(build, "cityscapes", 19, input_size, fit, table6, mean, md5, **more)


_DILATED_VOC_MD5 = "7a44221dbc2611529bff32029ad1f6e2"
_DILATED_CITYSCAPES_MD5 = "0de4d78b5f9692f2aba5e7ed88f93ccb"
"""Front-ends are cut out of the files that also hold the context networks."""
_ICNET_SIZE = (1025, 2049)

MODELS = {
    "enet": _cityscapes(enet.enet, "stretch", 1.5, md5="d9aabd630cf6bc29c48ea55a86124e14", multiple=8),
    "icnet": _cityscapes(icnet.icnet, "stretch", 30.1, pspnet.MEAN, input_size=_ICNET_SIZE),
    "icnet_merged": _cityscapes(
        icnet.icnet_merged, "stretch", 30.1, pspnet.MEAN, "c7038630c4b6c869afaaadd811bdb539", _ICNET_SIZE
    ),
    "pspnet_cityscapes": _cityscapes(pspnet.pspnet, "pad", 260.2, pspnet.MEAN, "29bbdf0ce4d2a6546ed473656db1d6e2"),
    "dilated_frontend_cityscapes": _cityscapes(
        dilated.dilated_frontend_cityscapes, "reflect", 512.4, dilated.CITYSCAPES_MEAN, _DILATED_CITYSCAPES_MD5
    ),
    "fcn8s_vgg_cityscapes": _cityscapes(
        fcn8s.fcn8s_cityscapes, "pad", 512.5, fcn8s.CITYSCAPES_MEAN, "fcae4fdc759f9f461fffc7cc3baa96c6"
    ),
    "dilated_context_cityscapes": _cityscapes(
        dilated.dilated_context_cityscapes, "reflect", 512.6, dilated.CITYSCAPES_MEAN, _DILATED_CITYSCAPES_MD5
    ),
    "segnet": _voc(segnet.segnet, (224, 224), "stretch", 112.4, md5="6e01077e3cda996f95b2a82ea4641a4c", multiple=32),
    "deeplab_v2_vgg": _voc(deeplab_v2.deeplab_v2_vgg, (513, 513), "pad", 144.5, deeplab_v2.MEAN),
    "fcn8s_resnet101": _voc(fcn8s.fcn8s_resnet101, (513, 513), "pad", 162.9, fcn8s.MEAN),
    "deeplab_v2_resnet101": _voc(deeplab_v2.deeplab_v2_resnet101, (513, 513), "pad", 168.4, deeplab_v2.MEAN),
    "deeplab_v2_multiscale": _voc(deeplab_v2.deeplab_v2_multiscale, (513, 513), "pad", 168.4, deeplab_v2.MEAN),
    "pspnet_voc": _voc(pspnet.pspnet, (473, 473), "pad", 272.7, pspnet.MEAN),
    "dilated_frontend_voc": _voc(
        dilated.dilated_frontend_voc, (528, 528), "reflect", 512.4, dilated.VOC_MEAN, _DILATED_VOC_MD5
    ),
    "fcn8s_vgg": _voc(fcn8s.fcn8s, (513, 513), "pad", 513.0, fcn8s.MEAN),
    "crf_rnn": _voc(
        crf_rnn.crf_rnn, (500, 500), "pad", 513.0, fcn8s.MEAN, "bc4926ad00ecc9a1c627db82377ecf56", tensorflow_only=True
    ),
    "dilated_context_voc": _voc(
        dilated.dilated_context_voc, (528, 528), "reflect", 538.4, dilated.VOC_MEAN, _DILATED_VOC_MD5
    ),
}
"""In the order of Table 6, its Cityscapes networks first. Table 6 has one row for Deeplab v2 at one scale and at three.
"""


def build(name: str, classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """The network of that name; raises ValueError with the known names otherwise."""
    return choose(MODELS, name, "model").build(classes, input_size, width)


def build_multiscale(
    name: str,
    classes: int,
    input_size: tuple[int, int],
    width: float = 1.0,
    scales: Sequence[float] = SCALES,
    fusion: str = "max",
) -> keras.Model:
    """The network of that name as an ensemble over scales of its image, with its own weights and no more.

    Deeplab v2 fuses its scores at stride 8, as released, any other network at the size of the image.
    """
    network = choose(MODELS, name, "model")
    if name in deeplab_v2.SCORES:
        return deeplab_v2.at_scales(name, classes, input_size, width, scales, fusion)
    return wrapped(network.build, classes, input_size, width, scales, fusion, network.multiple)

"""Deeplab v2 (Chen et al. 2016): atrous spatial pyramid pooling on VGG-16 or ResNet-101, at one or more scales."""

from collections.abc import Callable, Sequence

import keras
from keras import KerasTensor, layers

from tfadvseg.layers.interpolation import fill_up, zoom
from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.models.zoo.multiscale import SCALES, ensemble
from tfadvseg.models.zoo.resnet101 import resnet101
from tfadvseg.models.zoo.vgg16 import thin, vgg16

MEAN = (104.008, 116.669, 122.675)
"""Blue, green, red."""

RATES = (6, 12, 18, 24)
"""Dilations of the four branches."""


def deeplab_v2_vgg(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """Deeplab v2 on VGG-16. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), any; 513 x 513 as published. Sizes of another form than 8 k + 1 are filled up to
            it with the mean colour at the bottom and right, as the authors fill up to 513, and cropped at the end.
        width: multiplies every channel count; 1 is the published network.
    """
    return _at_image_size(score_vgg, classes, input_size, width, "deeplab_v2_vgg")


def deeplab_v2_resnet101(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """Deeplab v2 on ResNet-101, at one scale; arguments and result as of `deeplab_v2_vgg`."""
    return _at_image_size(score_resnet101, classes, input_size, width, "deeplab_v2_resnet101")


def deeplab_v2_multiscale(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """Deeplab v2 on ResNet-101 as released: the maximum over 50, 75 and 100 %; arguments as of `deeplab_v2_vgg`.

    It has the parameters of one scale. Its loss is that of the fused scores alone; the authors added one for each
    scale, so that theirs also learns from a scale where it loses.
    """
    return at_scales("deeplab_v2_resnet101", classes, input_size, width)


def at_scales(
    name: str,
    classes: int,
    input_size: tuple[int, int],
    width: float = 1.0,
    scales: Sequence[float] = SCALES,
    fusion: str = "max",
) -> keras.Model:
    """The network of that name in SCORES at several scales, its scores fused at stride 8 and then enlarged.

    Filled up images of 8 k + 1 pixels become 8 k' + 1, k' the nearest to k times the scale, and their score maps those
    of the whole image again. With 513 pixels that is 257 and 385 as released.
    """
    images = keras.Input((*input_size, 3), name="images")
    x = fill_up(caffe_bgr(images, MEAN), 8)
    part = keras.Input((None, None, 3))  # of any size, so that it can be called at each scale
    scores = keras.Model(part, SCORES[name](part, classes, width), name=name)
    return ensemble(
        images, x, lambda size: scores, lambda x: zoom(x, 8, kept=input_size), scales, fusion, f"{name}_multiscale", 8
    )


def score_vgg(x: KerasTensor, classes: int, width: float = 1.0) -> KerasTensor:
    """Scores [N, h + 1, w + 1, classes] of normalised BGR images [N, 8 h + 1, 8 w + 1, 3]: the layer fc8_voc12."""
    pools = ((3, 2), (3, 2), (3, 2), (3, 1), (3, 1))
    pool5 = vgg16(x, width, pools=pools, dilations=(1, 1, 1, 1, 2))[-1]
    branches = [_vgg_branch(pool5, branch, rate, classes, width) for branch, rate in enumerate(RATES, start=1)]
    return layers.Add(name="fc8_voc12")(branches)


def score_resnet101(x: KerasTensor, classes: int, width: float = 1.0) -> KerasTensor:
    """Scores [N, h + 1, w + 1, classes] of normalised BGR images [N, 8 h + 1, 8 w + 1, 3]: the layer fc1_voc12."""
    res5c = resnet101(x, width, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))[-1]
    branches = [
        layers.Conv2D(classes, 3, padding="same", dilation_rate=rate, name=f"fc1_voc12_c{branch}")(res5c)
        for branch, rate in enumerate(RATES)
    ]
    return layers.Add(name="fc1_voc12")(branches)


SCORES = {
    "deeplab_v2_vgg": score_vgg,
    "deeplab_v2_resnet101": score_resnet101,
    "deeplab_v2_multiscale": score_resnet101,
}
"""Networks that fuse scales at their stride."""


def _vgg_branch(x: KerasTensor, branch: int, rate: int, classes: int, width: float) -> KerasTensor:
    for name, kernel, dilation in ((f"6_{branch}", 3, rate), (f"7_{branch}", 1, 1)):
        x = layers.Conv2D(
            thin(1024, width),
            kernel,
            padding="same",
            dilation_rate=dilation,
            activation="relu",
            kernel_initializer="he_normal",
            name=f"fc{name}",
        )(x)
        x = layers.Dropout(0.5, name=f"drop{name}")(x)
    return layers.Conv2D(classes, 1, name=f"fc8_voc12_{branch}")(x)


def _at_image_size(
    score: Callable[[KerasTensor, int, float], KerasTensor],
    classes: int,
    input_size: tuple[int, int],
    width: float,
    name: str,
) -> keras.Model:
    """The network around a score map at stride 8."""
    images = keras.Input((*input_size, 3), name="images")
    x = fill_up(caffe_bgr(images, MEAN), 8)
    logits = zoom(score(x, classes, width), 8, kept=input_size)
    return keras.Model(images, logits, name=name)

"""FCN-8s (Long, Shelhamer and Darrell 2015) on VGG-16 for Pascal VOC and for Cityscapes, and on ResNet-101."""

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers

from tfadvseg.layers.bilinear import BilinearKernel, GroupedBilinear
from tfadvseg.layers.interpolation import fill_up, zoom
from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.models.zoo.resnet101 import resnet101
from tfadvseg.models.zoo.vgg16 import fully_connected, vgg16

MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red."""

CITYSCAPES_MEAN = (72.78044, 83.21195, 73.45286)
"""Of the network for Cityscapes."""


def fcn8s(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """FCN-8s as the paper's authors trained it for VOC. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), any.
        width: multiplies every channel count; 1 is the published network.
    """
    images = keras.Input((*input_size, 3), name="images")
    x, pool4, pool3 = _features(caffe_bgr(images, MEAN), width)
    x = layers.Conv2D(classes, 1, name="score-fr")(x)
    x = _upsample(x, classes, 4, "score2", use_bias=True)
    x = _add_skip(x, pool4, "score-pool4", offset=5)
    x = _upsample(x, classes, 4, "score4")
    x = _add_skip(x, pool3, "score-pool3", offset=9)
    x = _upsample(x, classes, 16, "upsample", trainable=False)
    return keras.Model(images, _crop(x, 31, input_size), name="fcn8s")


def fcn8s_cityscapes(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """FCN-8s as published for Cityscapes (clockwork-fcn): the same graph, but its upsampling is fixed.

    RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes], for any size, as `fcn8s`. Layer names are those of the
    reference release.
    """
    images = keras.Input((*input_size, 3), name="images")
    x, pool4, pool3 = _features(caffe_bgr(images, CITYSCAPES_MEAN), width)
    x = layers.Conv2D(classes, 1, name="score_fr")(x)
    x = GroupedBilinear(4, name="upscore2")(x)
    x = _add_skip(x, pool4, "score_pool4", offset=5)
    x = GroupedBilinear(4, name="upscore_pool4")(x)
    x = _add_skip(x, pool3, "score_pool3", offset=9)
    x = GroupedBilinear(16, name="upscore8")(x)
    return keras.Model(images, _crop(x, 31, input_size), name="fcn8s_cityscapes")


def fcn8s_resnet101(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """FCN-8s on ResNet-101. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes], for any size.

    The paper's authors trained one but published no definition. This one has their number of parameters, 162.9 MiB:
    scores at strides 32, 16 and 8 with bias, two trained upsamplings without, and a last one without parameters. Sizes
    of another form than 8 k + 1 are filled up to it with the mean colour at the bottom and right.
    """
    images = keras.Input((*input_size, 3), name="images")
    x = fill_up(caffe_bgr(images, MEAN), 8)
    _, res3, res4, res5 = resnet101(x, width)
    x = layers.Conv2D(classes, 1, name="score-fr")(res5)
    for features, skip, upsample in ((res4, "score-res4b22", "score2"), (res3, "score-res3b3", "score4")):
        x = _crop(_upsample(x, classes, 4, upsample, padding="same"), 0, features.shape[1:3])
        x = layers.Add()([x, layers.Conv2D(classes, 1, name=skip)(features)])
    return keras.Model(images, zoom(x, 8, kept=input_size), name="fcn8s_resnet101")


def _features(x: KerasTensor, width: float) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
    """(fc7, pool4, pool3) of normalised images.

    With a border of 100 at conv1_1, of which 1 is the convolution's own, the crop offsets 5, 9 and 31 of the decoder
    are right for every size.
    """
    _, _, pool3, pool4, pool5 = vgg16(layers.ZeroPadding2D(99)(x), width)
    return fully_connected(pool5, width), pool4, pool3


def _upsample(
    x: KerasTensor,
    classes: int,
    kernel: int,
    name: str,
    use_bias: bool = False,
    trainable: bool = True,
    padding: str = "valid",
) -> KerasTensor:
    """Twice (or 8 times, for kernel 16) the resolution, starting from bilinear interpolation."""
    return layers.Conv2DTranspose(
        classes,
        kernel,
        strides=kernel // 2,
        padding=padding,
        use_bias=use_bias,
        kernel_initializer=BilinearKernel(),
        trainable=trainable,
        name=name,
    )(x)


def _add_skip(x: KerasTensor, features: KerasTensor, name: str, offset: int) -> KerasTensor:
    skip = layers.Conv2D(x.shape[-1], 1, name=name)(features)
    return layers.Add()([x, _crop(skip, offset, x.shape[1:3])])


def _crop(x: KerasTensor, offset: int, size: Sequence[int]) -> KerasTensor:
    """Rows and columns from `offset` on, `size` of them; the remainder is cut off."""
    rest = [full - offset - part for full, part in zip(x.shape[1:3], size, strict=True)]
    return layers.Cropping2D(((offset, rest[0]), (offset, rest[1])))(x)

"""PSPNet on ResNet-101 (Zhao et al. 2017), as in the public Caffe models for Pascal VOC and Cityscapes."""

from collections.abc import Callable, Sequence

import keras
from keras import KerasTensor, layers

from tfadvseg.layers.interpolation import fill_up, resize, zoom
from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.layers.pooling import average_bins
from tfadvseg.models.zoo.vgg16 import thin

MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red."""

Convolution = Callable[..., KerasTensor]
"""A function like conv_norm."""

BINS = (1, 2, 3, 6)
"""Sides of the pyramid's levels."""


def pspnet(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """PSPNet. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), 34 or more. The published networks take 473 x 473 (VOC) and 713 x 713 (Cityscapes);
            sizes of another form than 8 k + 1 are filled up to it with the mean colour at the bottom and right, as
            the authors fill up their crops, and the logits are cropped back.
        width: multiplies every channel count; 1 is the published network.

    The second, auxiliary classifier of its training is left out.
    """
    check_size(input_size, 34, "PSPNet")
    images = keras.Input((*input_size, 3), name="images")
    x = fill_up(caffe_bgr(images, MEAN), 8)
    for name, channels, strides in (("conv1_1_3x3_s2", 64, 2), ("conv1_2_3x3", 64, 1), ("conv1_3_3x3", 128, 1)):
        x = conv_norm(x, thin(channels, width), 3, name, strides)
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool1_3x3_s2")(x)
    for stage, channels, blocks, strides, dilation in (
        (2, 64, 3, 1, 1),
        (3, 128, 4, 2, 1),
        (4, 256, 23, 1, 2),
        (5, 512, 3, 1, 4),
    ):
        for block in range(1, blocks + 1):
            x = bottleneck(
                x,
                f"conv{stage}_{block}",
                thin(channels, width),
                thin(4 * channels, width),
                conv_norm,
                strides=(1, strides if block == 1 else 1),
                dilation=dilation,
                project=block == 1,
            )
    levels = [_level(x, bins, thin(512, width)) for bins in BINS]
    x = layers.Concatenate(name="conv5_3_concat")([x, *reversed(levels)])
    x = conv_norm(x, thin(512, width), 3, "conv5_4")
    x = layers.Dropout(0.1, name="conv5_4.drop")(x)
    x = layers.Conv2D(classes, 1, name="conv6")(x)
    return keras.Model(images, zoom(x, 8, kept=input_size), name="pspnet")


def _level(x: KerasTensor, bins: int, channels: int) -> KerasTensor:
    """One level of the pyramid: averages of bins x bins parts of the map x, and what they say for each of its pixels.

    The 60 or 90 pixels of the published networks are divided evenly, other sizes into parts that overlap.
    """
    size = x.shape[1:3]
    y = average_bins(x, bins, [side // bins for side in size], name=f"conv5_3_pool{bins}")
    return resize(conv_norm(y, channels, 1, f"conv5_3_pool{bins}_conv"), size)


def check_size(size: Sequence[int], least: int, network: str) -> None:
    """Raises ValueError for inputs from which no pyramid of 6 x 6 can be made."""
    if min(size) < least:
        raise ValueError(
            f"{network} needs images of {least}x{least} pixels or more, for a feature map of 6x6; "
            f"got {size[0]}x{size[1]} (height x width)."
        )


def conv_norm(
    x: KerasTensor, channels: int, kernel: int, name: str, strides: int = 1, dilation: int = 1, relu: bool = True
) -> KerasTensor:
    """Convolution, batch normalisation and, unless the result goes into a sum, rectification.

    All strided ones here work on odd sizes, where "same" is Caffe's border of one pixel on both sides.
    """
    x = layers.Conv2D(
        channels,
        kernel,
        strides,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    x = layers.BatchNormalization(momentum=0.95, epsilon=1e-5, name=f"{name}.bn")(x)
    return layers.ReLU(name=f"{name}.relu")(x) if relu else x


def bottleneck(
    x: KerasTensor,
    name: str,
    inner: int,
    outer: int,
    conv: Convolution,
    strides: tuple[int, int] = (1, 1),
    dilation: int = 1,
    project: bool = False,
) -> KerasTensor:
    """Residual block: 1 x 1 to `inner` channels, 3 x 3, 1 x 1 to `outer`; a 1 x 1 on the shortcut with `project`.

    strides: of the first two convolutions; networks differ in which one has it.
    """
    shortcut = x
    if project:
        shortcut = conv(x, outer, 1, f"{name}_1x1_proj", strides[0] * strides[1], relu=False)
    x = conv(x, inner, 1, f"{name}_1x1_reduce", strides[0])
    x = conv(x, inner, 3, f"{name}_3x3", strides[1], dilation)
    x = conv(x, outer, 1, f"{name}_1x1_increase", relu=False)
    return layers.ReLU(name=f"{name}.relu")(layers.Add(name=name)([shortcut, x]))

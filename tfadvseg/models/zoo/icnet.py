"""ICNet (Zhao et al. 2018), as in the public Caffe models for Cityscapes: with batch normalisation and merged."""

from typing import Any

import keras
from keras import KerasTensor, layers

from tfadvseg.layers.interpolation import fill_up, resize, shrink, zoom
from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.layers.pooling import average_bins
from tfadvseg.models.zoo.pspnet import MEAN, Convolution, bottleneck, check_size, conv_norm
from tfadvseg.models.zoo.vgg16 import thin

LEVELS = ((1, 65), (2, 32), (3, 20), (6, 10))
"""(bins, stride of the windows on 65 pixels) of the pyramid. Strides for other maps are in proportion, which gives
the published ones for 33 pixels, too."""


def icnet(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """ICNet with batch normalisation, to be trained. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), 130 or more. The published network takes 1025 x 2049; sizes of another form than
            32 k + 1 are filled up to it with the mean colour at the bottom and right, and the logits cropped back.
        width: multiplies every channel count; 1 is the published network.

    The public model's scaling of its input, data_sub1, is the identity and left out, as are the two further
    classifiers of its training.
    """
    return _icnet(classes, input_size, width, conv_norm, "icnet")


def icnet_merged(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """ICNet without batch normalisation, which the public file has merged into the convolutions; for inference."""
    return _icnet(classes, input_size, width, _conv_bias, "icnet_merged")


def _icnet(classes: int, input_size: tuple[int, int], width: float, conv: Convolution, name: str) -> keras.Model:
    def thin_conv(x: KerasTensor, channels: int, *args: Any, **kwargs: Any) -> KerasTensor:
        return conv(x, thin(channels, width), *args, **kwargs)

    def block(x: KerasTensor, name: str, channels: int, **kwargs: Any) -> KerasTensor:
        return bottleneck(x, f"conv{name}", channels, 4 * channels, thin_conv, **kwargs)

    check_size(input_size, 130, "ICNet")
    images = keras.Input((*input_size, 3), name="images")
    full = fill_up(caffe_bgr(images, MEAN), 32)

    x = shrink(full, 2)
    for name_, channels, strides in (("conv1_1_3x3_s2", 32, 2), ("conv1_2_3x3", 32, 1), ("conv1_3_3x3", 64, 1)):
        x = thin_conv(x, channels, 3, name_, strides)
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool1_3x3_s2")(x)
    for i in (1, 2, 3):
        x = block(x, f"2_{i}", 32, project=i == 1)
    half = block(x, "3_1", 64, strides=(2, 1), project=True)
    x = shrink(half, 2)
    for i in (2, 3, 4):
        x = block(x, f"3_{i}", 64)
    for i in range(1, 7):
        x = block(x, f"4_{i}", 128, dilation=2, project=i == 1)
    for i in (1, 2, 3):
        x = block(x, f"5_{i}", 256, dilation=4, project=i == 1)

    x = layers.Add(name="conv5_3_sum")([x, *(_level(x, bins, stride) for bins, stride in LEVELS)])
    x = thin_conv(x, 256, 1, "conv5_4_k1")
    x = _fuse(
        thin_conv(zoom(x, 2), 128, 3, "conv_sub4", dilation=2, relu=False),
        thin_conv(half, 128, 1, "conv3_1_sub2_proj", relu=False),
        "sub24_sum",
    )
    for name_, channels in (("conv1_sub1", 32), ("conv2_sub1", 32), ("conv3_sub1", 64)):
        full = thin_conv(full, channels, 3, name_, strides=2)
    x = _fuse(
        thin_conv(zoom(x, 2), 128, 3, "conv_sub2", dilation=2, relu=False),
        thin_conv(full, 128, 1, "conv3_sub1_proj", relu=False),
        "sub12_sum",
    )
    x = layers.Conv2D(classes, 1, name="conv6_cls")(zoom(x, 2))
    return keras.Model(images, zoom(x, 4, kept=input_size), name=name)


def _level(x: KerasTensor, bins: int, stride: int) -> KerasTensor:
    """Averages of bins x bins overlapping parts of the map x, at the size of x."""
    size = x.shape[1:3]
    return resize(average_bins(x, bins, [max(1, side * stride // 65) for side in size], f"conv5_3_pool{bins}"), size)


def _fuse(coarse: KerasTensor, fine: KerasTensor, name: str) -> KerasTensor:
    """Cascade feature fusion: the sum of two branches, rectified."""
    return layers.ReLU(name=f"{name}.relu")(layers.Add(name=name)([coarse, fine]))


def _conv_bias(
    x: KerasTensor, channels: int, kernel: int, name: str, strides: int = 1, dilation: int = 1, relu: bool = True
) -> KerasTensor:
    """As conv_norm, the normalisation merged into kernel and bias."""
    x = layers.Conv2D(
        channels, kernel, strides, padding="same", dilation_rate=dilation, kernel_initializer="he_normal", name=name
    )(x)
    return layers.ReLU(name=f"{name}.relu")(x) if relu else x

"""DilatedNet (Yu and Koltun 2016) for Pascal VOC and Cityscapes: VGG-16 front-ends, without and with context networks.

All surround the images with a margin of 186 pixels, their own reflection, and use it up in convolutions without
padding: a map at stride 8 has ceil(H / 8) rows and ceil(W / 8) columns.
"""

from collections.abc import Sequence

import keras
from keras import KerasTensor, layers, ops

from tfadvseg.layers.bilinear import GroupedBilinear, upsample
from tfadvseg.layers.identity import IdentityKernel
from tfadvseg.layers.interpolation import zoom
from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.models.zoo.vgg16 import fully_connected, thin, vgg16

VOC_MEAN = (102.93, 111.36, 116.52)
CITYSCAPES_MEAN = (72.39, 82.91, 73.16)
"""Blue, green, red."""

MARGIN = 186


def dilated_frontend_voc(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """The front-end for VOC. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), 187 or more. The published network takes 900 x 900 with the margin, so images up
            to 528 x 528, smaller ones filled up by reflection at the bottom and right.
        width: multiplies every channel count; 1 is the published network.

    The released code enlarges probabilities outside the network; here logits are enlarged in the same way.
    """
    images = keras.Input((*input_size, 3), name="images")
    x = layers.Conv2D(classes, 1, name="fc-final")(_frontend(images, VOC_MEAN, width))
    return keras.Model(images, _enlarge(x, input_size), name="dilated_frontend_voc")


def dilated_context_voc(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """Front-end and context network for VOC; arguments and result as of `dilated_frontend_voc`."""
    images = keras.Input((*input_size, 3), name="images")
    x = _positive_scores(_frontend(images, VOC_MEAN, width), classes, "fc-final")
    x = layers.ZeroPadding2D(33)(x)  # all that the context network takes off
    for name, factor, dilation in (
        ("conv1_1", 2, 1),
        ("conv1_2", 2, 1),
        ("conv2_1", 4, 2),
        ("conv3_1", 8, 4),
        ("conv4_1", 16, 8),
        ("conv5_1", 32, 16),
        ("fc1", 32, 1),
    ):
        x = _context(x, thin(factor * classes, width), f"ct_{name}", dilation, "valid", IdentityKernel(classes))
    x = layers.Conv2D(classes, 1, kernel_initializer=IdentityKernel(classes), name="ct_final")(x)
    return keras.Model(images, _enlarge(x, input_size), name="dilated_context_voc")


def dilated_frontend_cityscapes(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """The front-end for Cityscapes; arguments and result as of `dilated_frontend_voc`.

    It is published with its context network only. Its logits are enlarged as there, by bilinear interpolation between
    the centres of the map's pixels, here without stored kernels.
    """
    height, width_px = input_size
    images = keras.Input((*input_size, 3), name="images")
    x = layers.Conv2D(classes, 1, name="final")(_frontend(images, CITYSCAPES_MEAN, width))
    return keras.Model(images, upsample(x, 8)[:, :height, :width_px], name="dilated_frontend_cityscapes")


def dilated_context_cityscapes(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """Front-end and context network for Cityscapes; arguments and result as of `dilated_frontend_voc`."""
    height, width_px = input_size
    images = keras.Input((*input_size, 3), name="images")
    x = _positive_scores(_frontend(images, CITYSCAPES_MEAN, width), classes, "final")
    for name, dilation in (
        ("conv1_1", 1),
        ("conv1_2", 1),
        ("conv2_1", 2),
        ("conv3_1", 4),
        ("conv4_1", 8),
        ("conv5_1", 16),
        ("conv6_1", 32),
        ("conv7_1", 64),
        ("fc1", 1),
    ):
        x = _context(x, classes, f"ctx_{name}", dilation, "same", IdentityKernel(classes))
    x = layers.Conv2D(classes, 1, kernel_initializer=IdentityKernel(classes), name="ctx_final")(x)
    x = GroupedBilinear(16, "same", name="ctx_upsample")(x)
    return keras.Model(images, x[:, :height, :width_px], name="dilated_context_cityscapes")


def _frontend(images: KerasTensor, mean: Sequence[float], width: float) -> KerasTensor:
    """Features [N, ceil(H / 8), ceil(W / 8), 4096 * width] of RGB images [N, H, W, 3]."""
    height, width_px = images.shape[1:3]
    least = MARGIN + 1
    if min(height, width_px) < least:
        raise ValueError(
            f"The dilated networks reflect a margin of {MARGIN} pixels, so they need {least}x{least} or more; "
            f"got {height}x{width_px} (height x width): fill smaller images up first."
        )
    margins = [(0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)]
    x = ops.pad(caffe_bgr(images, mean), margins, mode="reflect")
    x = vgg16(x, width, padding="valid", pools=((2, 2),) * 3 + (None, None), dilations=(1, 1, 1, 1, 2))[-1]
    return fully_connected(x, width, dilation=4)


def _positive_scores(x: KerasTensor, classes: int, name: str) -> KerasTensor:
    """The front-end's classifier below a context network: its scores begin near one number well above 0.

    The context network rectifies what it gets, and kernels that begin as the identity feed each class by its own score
    alone. So a class whose score turns negative hands on neither its score nor a gradient, and is lost; the softmax
    does not see what all classes have in common.
    """
    return layers.Conv2D(
        classes,
        1,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.001),
        bias_initializer=keras.initializers.Constant(100),
        name=name,
    )(x)


def _context(
    x: KerasTensor, channels: int, name: str, dilation: int, padding: str, initializer: keras.initializers.Initializer
) -> KerasTensor:
    return layers.Conv2D(
        channels,
        3,
        padding=padding,
        dilation_rate=dilation,
        activation="relu",
        kernel_initializer=initializer,
        name=name,
    )(x)


def _enlarge(x: KerasTensor, size: Sequence[int]) -> KerasTensor:
    """8 times the map x, cut to `size`: pixel y is interpolated at y / 8, and the map ends with its last value."""
    x = ops.concatenate([x, x[:, -1:]], axis=1)
    x = ops.concatenate([x, x[:, :, -1:]], axis=2)
    return zoom(x, 8, kept=size)

"""FCN-8s on VGG-16 (Long, Shelhamer and Darrell 2015), as the paper's authors trained it for Pascal VOC."""

import keras
from keras import layers

from tfadvseg.layers.bilinear import BilinearKernel
from tfadvseg.layers.normalise import caffe_bgr
from tfadvseg.models.vgg16 import fully_connected, vgg16

MEAN = (103.939, 116.779, 123.68)
"""Blue, green, red."""


def fcn8s(classes, input_size, width=1.0):
    """FCN-8s. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), any.
        width: multiplies every channel count; 1 is the published network.

    The border of 100 before conv1_1 makes the three crop offsets 5, 9 and 31 right for every size.
    """
    images = keras.Input((*input_size, 3), name="images")
    features = vgg16(caffe_bgr(images, MEAN), width, border=100)
    x = layers.Conv2D(classes, 1, name="score-fr")(fully_connected(features["pool5"], width))
    x = _upsample(x, classes, 4, "score2", use_bias=True)
    x = _add_skip(x, features["pool4"], classes, "score-pool4", offset=5)
    x = _upsample(x, classes, 4, "score4")
    x = _add_skip(x, features["pool3"], classes, "score-pool3", offset=9)
    x = _upsample(x, classes, 16, "upsample", trainable=False)
    return keras.Model(images, _crop(x, 31, input_size), name="fcn8s")


def _upsample(x, classes, kernel, name, use_bias=False, trainable=True):
    """Twice (or 8 times, for kernel 16) the resolution, starting from bilinear interpolation."""
    x = layers.Conv2DTranspose(
        classes, kernel, strides=kernel // 2, use_bias=use_bias, kernel_initializer=BilinearKernel(),
        trainable=trainable, name=name,
    )(x)  # fmt: skip
    return x


def _add_skip(x, features, classes, name, offset):
    skip = layers.Conv2D(classes, 1, name=name)(features)
    return layers.Add()([x, _crop(skip, offset, x.shape[1:3])])


def _crop(x, offset, size):
    """Rows and columns from `offset` on, `size` of them; the remainder is cut off."""
    rest = [full - offset - part for full, part in zip(x.shape[1:3], size, strict=True)]
    return layers.Cropping2D(((offset, rest[0]), (offset, rest[1])))(x)

"""The VGG-16 trunk (Simonyan and Zisserman 2015) with the layer names of the Caffe models."""

from keras import layers

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""(channels, convolutions) of the five stages."""


def vgg16(x, width=1.0, border=1):
    """Feature maps {"pool1": ..., "pool5": ...} of normalised BGR images [N, H, W, 3].

    `border` is the zero padding before the first convolution; FCN pads by 100 there so that any size can be cropped
    back. Pools round up, as Caffe's.
    """
    features = {}
    x = layers.ZeroPadding2D(border, name="pad1_1")(x)
    for stage, (channels, convolutions) in enumerate(STAGES, start=1):
        for i in range(1, convolutions + 1):
            first = stage == i == 1
            x = layers.Conv2D(
                thin(channels, width), 3, padding="valid" if first else "same", activation="relu",
                kernel_initializer="he_normal", name=f"conv{stage}_{i}",
            )(x)  # fmt: skip
        x = layers.MaxPooling2D(2, padding="same", name=f"pool{stage}")(x)
        features[f"pool{stage}"] = x
    return features


def fully_connected(x, width=1.0):
    """The classifier's fc6 (7 x 7) and fc7 (1 x 1) as convolutions, with dropout: [N, H - 6, W - 6, 4096 * width]."""
    for name, kernel in (("6", 7), ("7", 1)):
        x = layers.Conv2D(
            thin(4096, width), kernel, activation="relu", kernel_initializer="he_normal", name=f"fc{name}"
        )(x)
        x = layers.Dropout(0.5, name=f"drop{name}")(x)
    return x


def thin(channels, width):
    """`channels` times `width`, at least 4."""
    return max(4, round(channels * width))

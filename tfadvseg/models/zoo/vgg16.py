"""The VGG-16 trunk (Simonyan and Zisserman 2015) with the layer names of the Caffe models."""

from collections.abc import Sequence

from keras import KerasTensor, layers

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""(channels, convolutions) of the five stages."""


def vgg16(
    x: KerasTensor,
    width: float = 1.0,
    padding: str = "same",
    pools: Sequence[tuple[int, int] | None] = ((2, 2),) * 5,
    dilations: Sequence[int] = (1, 1, 1, 1, 1),
) -> list[KerasTensor]:
    """What each stage gives, [stage 1, ..., stage 5], of normalised BGR images [N, H, W, 3].

    Args:
        x: images. Pools of 3 x 3 with stride 2 round and align as Caffe's only if they meet odd sizes.
        width: multiplies every channel count; 1 is the published network.
        padding: "same" keeps the size at each convolution, "valid" takes its border of 1 (or of the dilation) off.
        pools: (kernel, stride) of the maximum that ends each stage, or None where there is none. Sizes round up.
        dilations: of the convolutions of each stage.
    """
    stages = []
    for stage, (channels, convolutions) in enumerate(STAGES, start=1):
        for i in range(1, convolutions + 1):
            x = layers.Conv2D(
                thin(channels, width),
                3,
                padding=padding,
                dilation_rate=dilations[stage - 1],
                activation="relu",
                kernel_initializer="he_normal",
                name=f"conv{stage}_{i}",
            )(x)
        if pool := pools[stage - 1]:
            x = layers.MaxPooling2D(*pool, padding="same", name=f"pool{stage}")(x)
        stages.append(x)
    return stages


def fully_connected(x: KerasTensor, width: float = 1.0, dilation: int = 1) -> KerasTensor:
    """The classifier's fc6 (7 x 7) and fc7 (1 x 1) as convolutions, with dropout: [N, H - 6, W - 6, 4096 * width].

    With a dilation the border that is lost is as many times wider.
    """
    for name, kernel, rate in (("6", 7, dilation), ("7", 1, 1)):
        x = layers.Conv2D(
            thin(4096, width),
            kernel,
            dilation_rate=rate,
            activation="relu",
            kernel_initializer="he_normal",
            name=f"fc{name}",
        )(x)
        x = layers.Dropout(0.5, name=f"drop{name}")(x)
    return x


def thin(channels: int, width: float) -> int:
    """`channels` times `width`, at least 4."""
    return max(4, round(channels * width))

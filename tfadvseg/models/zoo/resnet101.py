"""The ResNet-101 trunk (He et al. 2016) with the layer names and strides of the Caffe model."""

from collections.abc import Sequence

from keras import KerasTensor, layers

from tfadvseg.models.zoo.vgg16 import thin

STAGES = (
    (64, ("2a", "2b", "2c")),
    (128, ("3a", *(f"3b{i}" for i in range(1, 4)))),
    (256, ("4a", *(f"4b{i}" for i in range(1, 23)))),
    (512, ("5a", "5b", "5c")),
)
"""(channels inside the blocks, names of the blocks) of the four stages; blocks give four times as many channels."""


def resnet101(
    x: KerasTensor, width: float = 1.0, strides: Sequence[int] = (1, 2, 2, 2), dilations: Sequence[int] = (1, 1, 1, 1)
) -> list[KerasTensor]:
    """What each stage gives, [res2c, res3b3, res4b22, res5c], of normalised BGR images [N, H, W, 3].

    Args:
        x: images. An odd size at pool1, as from height and width of the form 4 k + 1, makes its border Caffe's.
        width: multiplies every channel count; 1 is the published network.
        strides: of the stages' first blocks, in their first 1 x 1 convolutions; the image is at stride 4 before.
        dilations: of the stages' 3 x 3 convolutions.
    """
    x = _conv_norm(layers.ZeroPadding2D(3)(x), thin(64, width), 7, "conv1", "bn_conv1", strides=2, padding="valid")
    x = layers.ReLU(name="conv1_relu")(x)
    x = layers.MaxPooling2D(3, 2, padding="same", name="pool1")(x)
    stages = []
    for (channels, names), stride, dilation in zip(STAGES, strides, dilations, strict=True):
        inside, outside = thin(channels, width), thin(4 * channels, width)
        x = _block(x, names[0], inside, outside, stride, dilation, project=True)
        for name in names[1:]:
            x = _block(x, name, inside, outside, 1, dilation)
        stages.append(x)
    return stages


def _block(
    x: KerasTensor, name: str, inside: int, outside: int, stride: int, dilation: int, project: bool = False
) -> KerasTensor:
    """Bottleneck: 1 x 1, 3 x 3, 1 x 1, added to the shortcut (a projection in the first block of a stage)."""

    def branch(
        x: KerasTensor, part: str, channels: int, kernel: int = 1, strides: int = 1, dilation: int = 1
    ) -> KerasTensor:
        layer = f"{name}_branch{part}"
        return _conv_norm(x, channels, kernel, f"res{layer}", f"bn{layer}", strides, dilation)

    shortcut = branch(x, "1", outside, strides=stride) if project else x
    y = layers.ReLU(name=f"res{name}_branch2a_relu")(branch(x, "2a", inside, strides=stride))
    y = layers.ReLU(name=f"res{name}_branch2b_relu")(branch(y, "2b", inside, 3, dilation=dilation))
    y = branch(y, "2c", outside)
    return layers.ReLU(name=f"res{name}_relu")(layers.Add(name=f"res{name}")([shortcut, y]))


def _conv_norm(
    x: KerasTensor,
    channels: int,
    kernel: int,
    name: str,
    norm: str,
    strides: int = 1,
    dilation: int = 1,
    padding: str = "same",
) -> KerasTensor:
    x = layers.Conv2D(
        channels,
        kernel,
        strides,
        padding=padding,
        dilation_rate=dilation,
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(x)
    return layers.BatchNormalization(momentum=0.95, epsilon=1e-5, name=norm)(x)

"""E-Net (Paszke et al. 2016), as in the public Caffe model for Cityscapes."""

from collections.abc import Callable

import keras
from keras import KerasTensor, layers

from tfadvseg.layers.normalise import bgr
from tfadvseg.layers.unpooling import max_pool_with_mask, max_unpool
from tfadvseg.models.zoo.vgg16 import thin

Activation = Callable[[KerasTensor, str], KerasTensor]
"""(map, name of its block) -> map."""

KINDS: tuple[int | str, ...] = (1, 2, "asymmetric", 4, 1, 8, "asymmetric", 16)
"""Of the blocks of stages 2 and 3, as `_bottleneck` takes them."""


def enet(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """E-Net. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), multiples of 8, 24 or more.
        width: multiplies every channel count but those of the stem and of stage 5, which unpools by the stem's maxima;
            1 is the published network.
    """
    height, width_px = input_size
    if height % 8 or width_px % 8 or min(input_size) < 24:
        raise ValueError(
            f"E-Net needs height and width in multiples of 8, 24 or more; got {height}x{width_px} (height x width)."
        )

    images = keras.Input((height, width_px, 3), name="images")
    raw = bgr(images)
    x = layers.Conv2D(13, 3, strides=2, name="conv0_1")(layers.ZeroPadding2D(1)(raw))
    x = layers.Concatenate(name="concat0_1")([x, layers.MaxPooling2D(2, name="pool0_1")(raw)])
    x = _norm_prelu(x, "0_1")

    x, mask1 = _down(x, "1_0", thin(64, width), thin(16, width), dropout=0.01)
    for i in range(1, 5):
        x = _bottleneck(x, f"1_{i}", thin(16, width), dropout=0.01)
    x, mask2 = _down(x, "2_0", thin(128, width), thin(32, width), dropout=0.1)
    for stage in (2, 3):
        for i, kind in enumerate(KINDS, start=1):
            x = _bottleneck(x, f"{stage}_{i}", thin(32, width), dropout=0.1, kind=kind)
    x = _up(x, "4_0", thin(64, width), thin(16, width), mask2)
    for i in (1, 2):
        x = _bottleneck(x, f"4_{i}", thin(16, width), dropout=0.1, activation=_relu)
    x = _up(x, "5_0", 16, 4, mask1)
    x = _bottleneck(x, "5_1", 4, dropout=0.1, activation=_relu)
    logits = layers.Conv2DTranspose(classes, 2, strides=2, name="deconv6_0_0")(x)
    return keras.Model(images, logits, name="enet")


def _norm(x: KerasTensor, name: str) -> KerasTensor:
    return layers.BatchNormalization(momentum=0.95, epsilon=1e-5, name=f"bn{name}")(x)


def _prelu(x: KerasTensor, name: str) -> KerasTensor:
    return layers.PReLU(shared_axes=[1, 2], alpha_initializer=keras.initializers.Constant(0.25), name=f"prelu{name}")(x)


def _relu(x: KerasTensor, name: str) -> KerasTensor:
    """The decoder (stages 4 and 5) rectifies, although its layers are called prelu in the public model."""
    return layers.ReLU(name=f"prelu{name}")(x)


def _norm_prelu(x: KerasTensor, name: str, activation: Activation = _prelu) -> KerasTensor:
    return activation(_norm(x, name), name)


def _conv(
    x: KerasTensor, channels: int, kernel: int, name: str, strides: int = 1, dilation: int = 1, bias: bool = False
) -> KerasTensor:
    return layers.Conv2D(
        channels,
        kernel,
        strides,
        padding="same" if strides == 1 else "valid",
        dilation_rate=dilation,
        use_bias=bias,
        kernel_initializer="he_normal",
        name=f"conv{name}",
    )(x)


def _asymmetric(x: KerasTensor, channels: int, name: str) -> KerasTensor:
    """5 x 1 then 1 x 5, each with a border of 1 on both axes, so not the same as "same" at the image border."""
    x = layers.Conv2D(channels, (5, 1), use_bias=False, kernel_initializer="he_normal", name=f"conv{name}_a")(
        layers.ZeroPadding2D(1)(x)
    )
    return layers.Conv2D(channels, (1, 5), kernel_initializer="he_normal", name=f"conv{name}")(
        layers.ZeroPadding2D(1)(x)
    )


def _bottleneck(
    x: KerasTensor, name: str, internal: int, dropout: float, kind: int | str = 1, activation: Activation = _prelu
) -> KerasTensor:
    """Residual block: 1 x 1 reduction, 3 x 3 (`kind`: its dilation, or "asymmetric"), 1 x 1 expansion."""
    y = _norm_prelu(_conv(x, internal, 1, f"{name}_0"), f"{name}_0", activation)
    if isinstance(kind, str):
        y = _asymmetric(y, internal, f"{name}_1")
    else:
        y = _conv(y, internal, 3, f"{name}_1", dilation=kind, bias=True)
    y = _norm_prelu(y, f"{name}_1", activation)
    return _merge(x, y, x.shape[-1], name, dropout, activation)


def _down(x: KerasTensor, name: str, channels: int, internal: int, dropout: float) -> tuple[KerasTensor, KerasTensor]:
    """Halves the resolution; also returns the mask of the pooled shortcut for the decoder's unpooling."""
    y = _norm_prelu(_conv(x, internal, 2, f"{name}_0", strides=2), f"{name}_0")
    y = _norm_prelu(_conv(y, internal, 3, f"{name}_1", bias=True), f"{name}_1")
    shortcut, mask = max_pool_with_mask(x)
    shortcut = _norm(_conv(shortcut, channels, 1, f"{name}_4"), f"{name}_4")
    return _merge(shortcut, y, channels, name, dropout, _prelu), mask


def _up(x: KerasTensor, name: str, channels: int, internal: int, mask: KerasTensor) -> KerasTensor:
    """Doubles the resolution; the shortcut is unpooled to where the encoder's maxima were."""
    y = _norm_prelu(_conv(x, internal, 1, f"{name}_0"), f"{name}_0", _relu)
    y = layers.Conv2DTranspose(internal, 2, strides=2, kernel_initializer="he_normal", name=f"deconv{name}_1")(y)
    y = _norm_prelu(y, f"{name}_1", _relu)
    shortcut = max_unpool(_norm(_conv(x, channels, 1, f"{name}_4"), f"{name}_4"), mask)
    return _merge(shortcut, y, channels, name, 0.1, _relu)


def _merge(
    shortcut: KerasTensor, y: KerasTensor, channels: int, name: str, dropout: float, activation: Activation
) -> KerasTensor:
    """Expansion to `channels`, spatial dropout, sum with the shortcut."""
    y = _norm(_conv(y, channels, 1, f"{name}_2"), f"{name}_2")
    y = layers.SpatialDropout2D(dropout, name=f"drop{name}_3")(y)
    return activation(layers.Add(name=f"eltwise{name}_4")([shortcut, y]), f"{name}_4")

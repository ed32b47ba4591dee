"""SegNet (Badrinarayanan et al. 2017), as in the public Caffe model for Pascal VOC."""

import keras
from keras import KerasTensor, layers

from tfadvseg.layers.normalise import bgr
from tfadvseg.layers.unpooling import max_pool_with_mask, max_unpool
from tfadvseg.models.zoo.vgg16 import STAGES, thin


def segnet(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """SegNet. RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes].

    Args:
        classes: number of output classes.
        input_size: (height, width), any; 224 x 224 for the published network, 360 x 480 for its authors' of CamVid.
        width: multiplies every channel count; 1 is the published network.

    It subtracts no mean. The decoder runs the encoder backwards: the values go to where each pool's maxima were, and
    the first convolution of a stage leads on to the channels of the stage before it. Odd sizes are rounded up in
    pooling and cut back in unpooling: 360 rows become 180, 90, 45, 23 and 12.
    """
    images = keras.Input((*input_size, 3), name="images")
    x, masks, sizes = bgr(images), {}, {}
    for stage, (channels, convolutions) in enumerate(STAGES, start=1):
        for i in range(1, convolutions + 1):
            x = _conv(x, thin(channels, width), f"{stage}_{i}")
        sizes[stage] = x.shape[1:3]
        x, masks[stage] = max_pool_with_mask(layers.Dropout(0.5, name=f"pool{stage}_drop")(x))
    for stage, (channels, convolutions) in reversed(list(enumerate(STAGES, start=1))):
        x = max_unpool(layers.Dropout(0.5, name=f"upsample{stage}_drop")(x), masks[stage], sizes[stage])
        for i in range(convolutions, 1, -1):
            x = _conv(x, thin(channels, width), f"{stage}_{i}_D")
        if stage > 1:
            x = _conv(x, thin(STAGES[stage - 2][0], width), f"{stage}_1_D")
    logits = layers.Conv2D(classes, 3, padding="same", name="conv1_1_D")(x)
    return keras.Model(images, logits, name="segnet")


def _conv(x: KerasTensor, channels: int, name: str) -> KerasTensor:
    x = layers.Conv2D(channels, 3, padding="same", kernel_initializer="he_normal", name=f"conv{name}")(x)
    x = layers.BatchNormalization(momentum=0.95, epsilon=1e-5, name=f"conv{name}_bn")(x)
    return layers.ReLU(name=f"relu{name}")(x)

"""Caffe layers of the networks on VGG-16, as published but for the width: FCN8s, Deeplab v2, Dilated, SegNet."""

from .prototxt import (
    add,
    bn,
    convolution,
    crop,
    deconvolution,
    dropout,
    interp,
    max_pool,
    relu,
    unpool,
)
from .sizes import thin, zoomed

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # channels, convolutions


def rectified(name, bottom, channels, kernel, activation=None, **options):
    return [convolution(name, bottom, channels, kernel, **options), relu(activation or f"relu_{name}", name)]


def trunk(width, pads, dilations, pools, first_pad=None):
    """conv1_1 to pool5; pools: (kernel, stride, pad) or None after each stage. The last layer's output comes last."""
    layers, x = [], "data"
    for stage, ((channels, count), pad, dilation, pool) in enumerate(
        zip(STAGES, pads, dilations, pools, strict=True), 1
    ):
        for i in range(1, count + 1):
            name = f"conv{stage}_{i}"
            own_pad = first_pad if first_pad is not None and name == "conv1_1" else pad
            layers += rectified(name, x, thin(channels, width), 3, f"relu{stage}_{i}", pad=own_pad, dilation=dilation)
            x = name
        if pool:
            layers.append(max_pool(f"pool{stage}", x, *pool))
            x = f"pool{stage}"
    return layers


def fully(name, bottom, channels, kernel, number, **options):
    """fc6 or fc7 and its branches: convolution, relu, dropout."""
    layers = rectified(name, bottom, channels, kernel, f"relu{number}", **options)
    return [*layers, dropout(f"drop{number}", name)]


def fcn8s_trunk(width):
    layers = trunk(width, pads=(1,) * 5, dilations=(1,) * 5, pools=((2, 2),) * 5, first_pad=100)
    layers += fully("fc6", "pool5", thin(4096, width), 7, "6")
    return layers + fully("fc7", "fc6", thin(4096, width), 1, "7")


def fcn8s_vgg(classes, size, width):
    """The retrained VOC release: full matrices in all three deconvolutions, a bias in the first."""
    return [
        *fcn8s_trunk(width),
        convolution("score-fr", "fc7", classes, 1, top="score"),
        deconvolution("score2", "score", classes, 4, 2, bias=True),
        convolution("score-pool4", "pool4", classes, 1),
        crop("crop4", "score-pool4", "score2", 5),
        add("fuse4", "score2", "crop4"),
        deconvolution("score4", "fuse4", classes, 4, 2),
        convolution("score-pool3", "pool3", classes, 1),
        crop("crop3", "score-pool3", "score4", 9),
        add("fuse3", "score4", "crop3"),
        deconvolution("upsample", "fuse3", classes, 16, 8, bilinear=True),
        crop("logits", "upsample", "data", 31),
    ]


def fcn8s_vgg_cityscapes(classes, size, width):
    """The reference release's names; all three deconvolutions fixed and channel by channel."""

    def upscore(name, bottom, kernel, stride):
        return deconvolution(name, bottom, classes, kernel, stride, group=classes, bilinear=True)

    without_dropout = [layer for layer in fcn8s_trunk(width) if layer.kind != "Dropout"]
    return [
        *without_dropout,
        convolution("score_fr", "fc7", classes, 1),
        upscore("upscore2", "score_fr", 4, 2),
        convolution("score_pool4", "pool4", classes, 1),
        crop("score_pool4c", "score_pool4", "upscore2", 5),
        add("fuse_pool4", "upscore2", "score_pool4c"),
        upscore("upscore_pool4", "fuse_pool4", 4, 2),
        convolution("score_pool3", "pool3", classes, 1),
        crop("score_pool3c", "score_pool3", "upscore_pool4", 9),
        add("fuse_pool3", "upscore_pool4", "score_pool3c"),
        upscore("upscore8", "fuse_pool3", 16, 8),
        crop("logits", "upscore8", "data", 31),
    ]


def deeplab_v2_vgg(classes, size, width):
    pools = ((3, 2, 1),) * 3 + ((3, 1, 1),) * 2
    layers = trunk(width, pads=(1, 1, 1, 1, 2), dilations=(1, 1, 1, 1, 2), pools=pools)
    for branch, rate in enumerate((6, 12, 18, 24), 1):
        fc6, fc7, fc8 = f"fc6_{branch}", f"fc7_{branch}", f"fc8_voc12_{branch}"
        layers += fully(fc6, "pool5", thin(1024, width), 3, f"6_{branch}", pad=rate, dilation=rate)
        layers += fully(fc7, fc6, thin(1024, width), 1, f"7_{branch}")
        layers.append(convolution(fc8, fc7, classes, 1))
    layers.append(add("fc8_voc12", *(f"fc8_voc12_{branch}" for branch in (1, 2, 3, 4))))
    return [*layers, interp("logits", "fc8_voc12", *zoomed(deeplab_map(size), 8))]


def deeplab_map(size):
    """Size at output stride 8: three pools of 3, stride 2, pad 1, rounded up."""
    for _ in range(3):
        size = tuple(n // 2 + 1 for n in size)
    return size


def dilated_frontend(classes, width, final):
    layers = trunk(width, pads=(0,) * 5, dilations=(1, 1, 1, 1, 2), pools=((2, 2), (2, 2), (2, 2), None, None))
    layers += fully("fc6", "conv5_3", thin(4096, width), 7, "6", dilation=4)
    layers += fully("fc7", "fc6", thin(4096, width), 1, "7")
    return [*layers, convolution(final, "fc7", classes, 1)]


def dilated_frontend_voc(classes, size, width):
    return dilated_frontend(classes, width, "fc-final")


def dilated_frontend_cityscapes(classes, size, width):
    """Published with its context network only: enlarged as that one is."""
    return [*dilated_frontend(classes, width, "final"), upsample("upsample", "final", classes)]


def upsample(name, bottom, classes):
    return deconvolution(name, bottom, classes, 16, 8, pad=4, group=classes, bilinear=True)


def dilated_context_voc(classes, size, width):
    """The map is padded once by 33; each 3x3 convolution then takes its dilation off every side."""
    layers, x = dilated_frontend(classes, width, "fc-final"), "fc-final"
    for name, times, pad, dilation in (
        ("ct_conv1_1", 2, 33, 1),
        ("ct_conv1_2", 2, 0, 1),
        ("ct_conv2_1", 4, 0, 2),
        ("ct_conv3_1", 8, 0, 4),
        ("ct_conv4_1", 16, 0, 8),
        ("ct_conv5_1", 32, 0, 16),
        ("ct_fc1", 32, 0, 1),
    ):
        layers += rectified(name, x, thin(times * classes, width), 3, pad=pad, dilation=dilation)
        x = name
    return [*layers, convolution("ct_final", x, classes, 1)]


def dilated_context_cityscapes(classes, size, width):
    layers, x = dilated_frontend(classes, width, "final"), "final"
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
        layers += rectified(f"ctx_{name}", x, classes, 3, pad=dilation, dilation=dilation)
        x = f"ctx_{name}"
    return [
        *layers,
        convolution("ctx_final", x, classes, 1),
        upsample("ctx_upsample", "ctx_final", classes),
    ]


def segnet(classes, size, width):
    layers, x = [], "data"

    def block(name, channels):
        nonlocal layers, x
        layers += [
            convolution(name, x, channels, 3, pad=1),
            bn(f"{name}_bn", name, blobs=2),
            relu(f"{name}_relu", name),
        ]
        x = name

    for stage, (channels, count) in enumerate(STAGES, 1):
        for i in range(1, count + 1):
            block(f"conv{stage}_{i}", thin(channels, width))
        layers += [
            dropout(f"pool{stage}_drop", x),
            max_pool(f"pool{stage}", x, 2, 2, mask=f"pool{stage}_mask"),
        ]
        x = f"pool{stage}"
    for stage in (5, 4, 3, 2, 1):
        channels, count = STAGES[stage - 1]
        layers += [
            dropout(f"upsample{stage}_drop", x),
            unpool(f"upsample{stage}", x, f"pool{stage}_mask"),
        ]
        x = f"upsample{stage}"
        for i in range(count, 1, -1):
            block(f"conv{stage}_{i}_D", thin(channels, width))
        if stage > 1:
            block(f"conv{stage}_1_D", thin(STAGES[stage - 2][0], width))
    return [*layers, convolution("conv1_1_D", x, classes, 3, pad=1)]

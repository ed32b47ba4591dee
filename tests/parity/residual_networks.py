"""Caffe layers of the networks on ResNets, as published but for the width: Deeplab v2, FCN8s, PSPNet, ICNet."""

import dataclasses

from .prototxt import (
    add,
    average_pool,
    batch_norm,
    bn,
    concat,
    convolution,
    crop,
    deconvolution,
    dropout,
    interp,
    max_pool,
    maximum,
    relu,
    scale,
)
from .sizes import shrunk, thin, zoomed

LETTERS = {
    2: ["a", "b", "c"],
    3: ["a", "b1", "b2", "b3"],
    4: ["a", *(f"b{i}" for i in range(1, 23))],
    5: ["a", "b", "c"],
}


def resnet101(width, strides, dilations):
    """He's ResNet-101 with its first 1x1 strided; strides and dilations of res2 to res5. Ends with blob res5c."""

    def conv_bn(branch, bottom, channels, kernel, feeds_sum=False, **options):
        name = f"res{branch}" if branch[0] in "2345" else branch
        suffix = branch if branch[0] in "2345" else f"_{branch}"
        return [
            convolution(name, bottom, thin(channels, width), kernel, bias=False, **options),
            batch_norm(f"bn{suffix}", name),
            scale(f"scale{suffix}", name, feeds_sum=feeds_sum),
        ]

    layers = conv_bn("conv1", "data", 64, 7, stride=2, pad=3)
    layers += [relu("conv1_relu", "conv1"), max_pool("pool1", "conv1", 3, 2, 1)]
    x = "pool1"
    for stage, stride, dilation in zip((2, 3, 4, 5), strides, dilations, strict=True):
        middle = 64 * 2 ** (stage - 2)
        for letter in LETTERS[stage]:
            block, first = f"{stage}{letter}", letter == "a"
            step = stride if first else 1
            shortcut = x
            if first:
                layers += conv_bn(f"{block}_branch1", x, 4 * middle, 1, feeds_sum=True, stride=step)
                shortcut = f"res{block}_branch1"
            a, b, c = (f"{block}_branch2{i}" for i in "abc")
            layers += conv_bn(a, x, middle, 1, stride=step)
            layers.append(relu(f"res{a}_relu", f"res{a}"))
            layers += conv_bn(b, f"res{a}", middle, 3, pad=dilation, dilation=dilation)
            layers.append(relu(f"res{b}_relu", f"res{b}"))
            layers += conv_bn(c, f"res{b}", 4 * middle, 1, feeds_sum=True)
            x = f"res{block}"
            layers += [add(x, shortcut, f"res{c}"), relu(f"{x}_relu", x)]
    return layers


def deeplab_v2_resnet101(classes, size, width):
    layers = resnet101(width, strides=(1, 2, 1, 1), dilations=(1, 1, 2, 4))
    heads = [f"fc1_voc12_c{i}" for i in range(4)]
    for head, rate in zip(heads, (6, 12, 18, 24), strict=True):
        layers.append(convolution(head, "res5c", classes, 3, pad=rate, dilation=rate))
    return [*layers, add("fc1_voc12", *heads), interp("logits", "fc1_voc12", *zoomed(eighth(size), 8))]


def deeplab_v2_multiscale(classes, size, width):
    """Three copies that share their weights; the released ones end in _res075 and _res05."""
    *single, _ = deeplab_v2_resnet101(classes, size, width)
    layers = [
        interp("data_res075", "data", *zoomed(shrunk(size, 4), 3)),
        interp("data_res05", "data", *shrunk(size, 2)),
    ]
    for suffix in ("", *COPIES):
        layers += [with_suffix(layer, suffix) for layer in single]
    maps = [f"fc1_voc12{suffix}_interp" for suffix in COPIES]
    layers += [interp(name, name.removesuffix("_interp"), *eighth(size)) for name in maps]
    layers.append(maximum("fc_fusion", "fc1_voc12", *maps))
    return [*layers, interp("logits", "fc_fusion", *zoomed(eighth(size), 8))]


COPIES = ("_res075", "_res05")


def with_suffix(layer, suffix):
    bottoms, tops = (tuple(f"{blob}{suffix}" for blob in blobs) for blobs in (layer.bottoms, layer.tops))
    return dataclasses.replace(layer, name=f"{layer.name}{suffix}", bottoms=bottoms, tops=tops)


def fcn8s_resnet101(classes, size, width):
    """No definition was published: what the parameter count and our own choices say."""
    layers = resnet101(width, strides=(1, 2, 2, 2), dilations=(1, 1, 1, 1))
    return [
        *layers,
        convolution("score-fr", "res5c", classes, 1),
        deconvolution("score2", "score-fr", classes, 4, 2, pad=1),
        convolution("score-res4b22", "res4b22", classes, 1),
        crop("score2c", "score2", "score-res4b22", 0),
        add("fuse4", "score2c", "score-res4b22"),
        deconvolution("score4", "fuse4", classes, 4, 2, pad=1),
        convolution("score-res3b3", "res3b3", classes, 1),
        crop("score4c", "score4", "score-res3b3", 0),
        add("fuse3", "score4c", "score-res3b3"),
        interp("logits", "fuse3", *zoomed(eighth(size), 8)),
    ]


def conv_s2(size):
    """Size after a stride of 2 of which the windows at even indices decide: ceil(n / 2)."""
    return tuple((n + 1) // 2 for n in size)


def pool_s2(size):
    """Size after max pooling 3, stride 2, pad 1, rounded up."""
    return tuple(n // 2 + 1 for n in size)


def eighth(size):
    """Size at output stride 8: a convolution, the pool, a convolution."""
    return conv_s2(pool_s2(conv_s2(size)))


def bottleneck(name, bottom, middle, width, conv, project, strided=None, dilation=1):
    """PSPNet's and ICNet's block; strided: which of its convolutions steps by 2, along with the projection."""
    reduce, middle_conv, increase = f"{name}_1x1_reduce", f"{name}_3x3", f"{name}_1x1_increase"

    def stride(part):
        return 2 if part == strided else 1

    layers = conv(reduce, bottom, middle, 1, stride=stride("reduce"))
    layers += conv(middle_conv, reduce, middle, 3, stride=stride("3x3"), pad=dilation, dilation=dilation)
    layers += conv(increase, middle_conv, 4 * middle, 1, feeds_sum=True)
    shortcut = bottom
    if project:
        shortcut = f"{name}_1x1_proj"
        layers += conv(shortcut, bottom, 4 * middle, 1, feeds_sum=True, stride=2 if strided else 1)
    return [*layers, add(name, shortcut, increase), relu(f"{name}/relu", name)]


def normalised(width):
    """Convolution, BN of four blobs and, unless it feeds a sum, ReLU."""

    def conv(name, bottom, channels, kernel, feeds_sum=False, **options):
        layers = [
            convolution(name, bottom, thin(channels, width), kernel, bias=False, **options),
            bn(f"{name}/bn", name, feeds_sum=feeds_sum),
        ]
        return layers if feeds_sum else [*layers, relu(f"{name}/relu", name)]

    return conv


def merged(width):
    """The same with the normalisation folded into kernel and bias."""

    def conv(name, bottom, channels, kernel, feeds_sum=False, **options):
        layer = convolution(name, bottom, thin(channels, width), kernel, **options)
        layer = dataclasses.replace(layer, feeds_sum=feeds_sum)
        return [layer] if feeds_sum else [layer, relu(f"{name}/relu", name)]

    return conv


def pspnet(classes, size, width):
    conv = normalised(width)
    layers = conv("conv1_1_3x3_s2", "data", 64, 3, stride=2, pad=1)
    layers += conv("conv1_2_3x3", "conv1_1_3x3_s2", 64, 3, pad=1) + conv("conv1_3_3x3", "conv1_2_3x3", 128, 3, pad=1)
    layers.append(max_pool("pool1_3x3_s2", "conv1_3_3x3", 3, 2, 1))
    x = "pool1_3x3_s2"
    for stage, blocks, middle, dilation in ((2, 3, 64, 1), (3, 4, 128, 1), (4, 23, 256, 2), (5, 3, 512, 4)):
        for i in range(1, blocks + 1):
            strided = "3x3" if (stage, i) == (3, 1) else None
            layers += bottleneck(
                f"conv{stage}_{i}", x, middle, width, conv, project=i == 1, strided=strided, dilation=dilation
            )
            x = f"conv{stage}_{i}"
    height, wide = size = eighth(size)
    for bins in (1, 2, 3, 6):
        pool = f"conv5_3_pool{bins}"
        stride = height // bins, wide // bins
        kernel = height - (bins - 1) * stride[0], wide - (bins - 1) * stride[1]
        layers.append(average_pool(pool, "conv5_3", kernel, stride))
        layers += conv(f"{pool}_conv", pool, 512, 1)
        layers.append(interp(f"{pool}_interp", f"{pool}_conv", *size))
    layers.append(concat("conv5_3_concat", "conv5_3", *(f"conv5_3_pool{bins}_interp" for bins in (6, 3, 2, 1))))
    layers += conv("conv5_4", "conv5_3_concat", 512, 3, pad=1)
    layers += [dropout("conv5_4_dropout", "conv5_4", 0.1), convolution("conv6", "conv5_4", classes, 1)]
    return [*layers, interp("logits", "conv6", *zoomed(size, 8))]


def icnet(classes, size, width, conv=normalised):
    conv = conv(width)
    half = shrunk(size, 2)
    layers = [
        dataclasses.replace(scale("data_sub1", "data", bias=False), tops=("data_sub1",)),
        interp("data_sub2", "data_sub1", *half),
    ]
    layers += conv("conv1_1_3x3_s2", "data_sub2", 32, 3, stride=2, pad=1)
    layers += conv("conv1_2_3x3", "conv1_1_3x3_s2", 32, 3, pad=1) + conv("conv1_3_3x3", "conv1_2_3x3", 64, 3, pad=1)
    layers.append(max_pool("pool1_3x3_s2", "conv1_3_3x3", 3, 2, 1))
    x = "pool1_3x3_s2"
    middling = eighth(half)  # of conv3_1
    low = shrunk(middling, 2)
    for stage, blocks, middle, dilation in ((2, 3, 32, 1), (3, 4, 64, 1), (4, 6, 128, 2), (5, 3, 256, 4)):
        for i in range(1, blocks + 1):
            strided = "reduce" if (stage, i) == (3, 1) else None
            layers += bottleneck(
                f"conv{stage}_{i}", x, middle, width, conv, project=i == 1, strided=strided, dilation=dilation
            )
            x = f"conv{stage}_{i}"
            if strided:
                layers.append(interp("conv3_1_sub4", x, *low))
                x = "conv3_1_sub4"
    for bins in (1, 2, 3, 6):
        pool = f"conv5_3_pool{bins}"
        kernels, strides = zip(*(icnet_window(n, bins) for n in low), strict=True)
        layers += [average_pool(pool, "conv5_3", kernels, strides), interp(f"{pool}_interp", pool, *low)]
    layers.append(add("conv5_3_sum", "conv5_3", *(f"conv5_3_pool{bins}_interp" for bins in (1, 2, 3, 6))))
    layers += conv("conv5_4_k1", "conv5_3_sum", 256, 1)
    layers.append(interp("conv5_4_interp", "conv5_4_k1", *zoomed(low, 2)))
    layers += conv("conv_sub4", "conv5_4_interp", 128, 3, feeds_sum=True, pad=2, dilation=2)
    layers += conv("conv3_1_sub2_proj", "conv3_1", 128, 1, feeds_sum=True)
    layers += [add("sub24_sum", "conv_sub4", "conv3_1_sub2_proj"), relu("sub24_sum/relu", "sub24_sum")]
    layers.append(interp("sub24_sum_interp", "sub24_sum", *zoomed(middling, 2)))
    layers += conv("conv_sub2", "sub24_sum_interp", 128, 3, feeds_sum=True, pad=2, dilation=2)
    layers += conv("conv1_sub1", "data_sub1", 32, 3, stride=2, pad=1)
    layers += conv("conv2_sub1", "conv1_sub1", 32, 3, stride=2, pad=1)
    layers += conv("conv3_sub1", "conv2_sub1", 64, 3, stride=2, pad=1)
    layers += conv("conv3_sub1_proj", "conv3_sub1", 128, 1, feeds_sum=True)
    layers += [add("sub12_sum", "conv_sub2", "conv3_sub1_proj"), relu("sub12_sum/relu", "sub12_sum")]
    quarter = zoomed(zoomed(middling, 2), 2)
    layers += [
        interp("sub12_sum_interp", "sub12_sum", *quarter),
        convolution("conv6_cls", "sub12_sum_interp", classes, 1),
    ]
    return [*layers, interp("logits", "conv6_cls", *zoomed(quarter, 4))]


def icnet_window(n, bins):
    """(kernel, stride) of an average pool on n cells: published for 33 and 65, else in proportion."""
    stride = n if bins == 1 else (n - 1) * {2: 16, 3: 10, 6: 5}[bins] // 32
    return n - (bins - 1) * stride, stride


def icnet_merged(classes, size, width):
    return icnet(classes, size, width, merged)

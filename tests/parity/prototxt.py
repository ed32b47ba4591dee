"""Caffe layers as plain values, and their .prototxt text as OpenCV reads it.

A network is a list of layers. A layer's output has the layer's name unless it works in place, as activations do.
"""

import dataclasses
import itertools


@dataclasses.dataclass(frozen=True)
class Layer:
    """A Caffe layer: type, input blobs, output blobs, and the messages of its parameters.

    feeds_sum: it ends a residual branch, whose random weights are kept small. bilinear: its weights are fixed.
    """

    name: str
    kind: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    parameters: dict = dataclasses.field(default_factory=dict)
    feeds_sum: bool = False
    bilinear: bool = False


def out_of_place(name, kind, bottoms, message=None, **parameters):
    bottoms = (bottoms,) if isinstance(bottoms, str) else tuple(bottoms)
    return Layer(name, kind, bottoms, (name,), {message: parameters} if message else {})


def in_place(name, kind, blob, message=None, **parameters):
    return Layer(name, kind, (blob,), (blob,), {message: parameters} if message else {})


def both(value):
    """(height, width) of a size that may be given once for both."""
    return value if isinstance(value, tuple) else (value, value)


def convolution(name, bottom, channels, kernel, stride=1, pad=0, dilation=1, bias=True, top=None):
    (kernel_h, kernel_w), (pad_h, pad_w) = both(kernel), both(pad)
    parameters = {
        "num_output": channels,
        "bias_term": bias,
        "kernel_h": kernel_h,
        "kernel_w": kernel_w,
        "pad_h": pad_h,
        "pad_w": pad_w,
        "stride": stride,
        "dilation": dilation,
    }
    return Layer(name, "Convolution", (bottom,), (top or name,), {"convolution_param": parameters})


def deconvolution(name, bottom, channels, kernel, stride, pad=0, bias=False, group=1, bilinear=False):
    parameters = {
        "num_output": channels,
        "bias_term": bias,
        "kernel_size": kernel,
        "stride": stride,
        "pad": pad,
        "group": group,
    }
    return Layer(name, "Deconvolution", (bottom,), (name,), {"convolution_param": parameters}, bilinear=bilinear)


def max_pool(name, bottom, kernel, stride, pad=0, mask=None):
    """With a mask, the second output holds where in its plane each maximum was."""
    parameters = {"pool": "MAX", "kernel_size": kernel, "stride": stride, "pad": pad}
    tops = (name, mask) if mask else (name,)
    return Layer(name, "Pooling", (bottom,), tops, {"pooling_param": parameters})


def average_pool(name, bottom, kernel, stride):
    (kernel_h, kernel_w), (stride_h, stride_w) = kernel, stride
    return out_of_place(
        name,
        "Pooling",
        bottom,
        "pooling_param",
        pool="AVE",
        kernel_h=kernel_h,
        kernel_w=kernel_w,
        stride_h=stride_h,
        stride_w=stride_w,
    )


def unpool(name, bottom, mask):
    """Values go back to where the maxima of a 2x2 pooling were; the Caffe forks call it Upsample, OpenCV MaxUnpool."""
    return out_of_place(
        name,
        "MaxUnpool",
        (bottom, mask),
        "max_unpool_param",
        pool_k_h=2,
        pool_k_w=2,
        pool_stride_h=2,
        pool_stride_w=2,
        pool_pad_h=0,
        pool_pad_w=0,
    )


def interp(name, bottom, height, width):
    """Bilinear with aligned corners. Always with its size, since OpenCV ignores shrink_factor."""
    return out_of_place(name, "Interp", bottom, "interp_param", height=height, width=width)


def crop(name, bottom, reference, offset):
    return out_of_place(name, "Crop", (bottom, reference), "crop_param", axis=2, offset=offset)


def add(name, *bottoms):
    return out_of_place(name, "Eltwise", bottoms, "eltwise_param", operation="SUM")


def maximum(name, *bottoms):
    return out_of_place(name, "Eltwise", bottoms, "eltwise_param", operation="MAX")


def concat(name, *bottoms):
    return out_of_place(name, "Concat", bottoms)


def relu(name, blob):
    return in_place(name, "ReLU", blob)


def prelu(name, blob):
    return in_place(name, "PReLU", blob)


def dropout(name, blob, rate=0.5):
    return in_place(name, "Dropout", blob, "dropout_param", dropout_ratio=rate)


def times(name, blob, factor):
    return in_place(name, "Power", blob, "power_param", scale=factor)


def batch_norm(name, blob):
    """Blobs mean, variance and the factor that both are stored with."""
    return in_place(name, "BatchNorm", blob, "batch_norm_param", use_global_stats=True, eps=1e-5)


def scale(name, blob, bias=True, feeds_sum=False):
    """Blobs gamma and, with a bias, beta. Without one it scales the input of ICNet, by 1 in all public files."""
    return dataclasses.replace(in_place(name, "Scale", blob, "scale_param", bias_term=bias), feeds_sum=feeds_sum)


def bn(name, blob, feeds_sum=False, blobs=4):
    """The forks' BN, which OpenCV lacks: blobs slope, bias, mean, variance (PSPNet), or scale and shift (SegNet)."""
    return Layer(name, "BN", (blob,), (blob,), {"bn_param": {"blobs": blobs}}, feeds_sum=feeds_sum)


def as_opencv_has_it(layer):
    """The layers that stand for this one in OpenCV: itself, unless it is a BN."""
    if layer.kind != "BN":
        return [layer]
    [blob] = layer.tops
    if layer.parameters["bn_param"]["blobs"] == 2:
        return [scale(layer.name, blob)]
    return [batch_norm(layer.name, blob), scale(f"{layer.name}/scale", blob)]


def value(x):
    return str(x).lower() if isinstance(x, bool) else str(x)


def text(layers, input_size):
    """The .prototxt of a network on one three-channel image of (height, width)."""
    height, width = input_size
    lines = [f'input: "data" input_shape {{ dim: 1 dim: 3 dim: {height} dim: {width} }}']
    for layer in itertools.chain.from_iterable(map(as_opencv_has_it, layers)):
        blobs = [f'bottom: "{name}"' for name in layer.bottoms] + [f'top: "{name}"' for name in layer.tops]
        messages = [
            f"{message} {{ {' '.join(f'{field}: {value(x)}' for field, x in fields.items())} }}"
            for message, fields in layer.parameters.items()
        ]
        lines.append(f'layer {{ name: "{layer.name}" type: "{layer.kind}" {" ".join(blobs + messages)} }}')
    return "\n".join(lines) + "\n"

"""Seeded random weights for a list of Caffe layers, in Caffe's layouts, that keep activations near 1 at any depth."""

import numpy as np

PIXELS = 64.0  # a typical deviation of the mean-subtracted image from 0; first layers divide by it


def bilinear(size):
    """The kernel [size, size] that Caffe fills upsampling deconvolutions with."""
    factor = (size + 1) // 2
    centre = factor - 1 if size % 2 else factor - 0.5
    ramp = 1 - np.abs(np.arange(size) - centre) / factor
    return np.outer(ramp, ramp)


def convolution(rng, layer, channels, from_image):
    p = layer.parameters["convolution_param"]
    kernel = rng.normal(size=(p["num_output"], channels, p["kernel_h"], p["kernel_w"]))
    kernel *= np.sqrt(2 / kernel[0].size) * gain(layer) / (PIXELS if from_image else 1)
    return [kernel, *biases(rng, p)]


def deconvolution(rng, layer, channels):
    p = layer.parameters["convolution_param"]
    size, outputs = p["kernel_size"], p["num_output"] // p["group"]
    if layer.bilinear:
        kernel = np.zeros((channels, outputs, size, size))
        kernel[np.arange(channels), np.arange(channels) % outputs] = bilinear(size)
    else:
        kernel = rng.normal(size=(channels, outputs, size, size)) * np.sqrt(2 / channels) * p["stride"] / size
    return [kernel, *biases(rng, p)]


def biases(rng, parameters):
    return [rng.normal(0, 0.2, parameters["num_output"])] if parameters["bias_term"] else []


def batch_norm(rng, channels):
    factor = rng.uniform(50, 1000)
    mean, variance = statistics(rng, channels)
    return [factor * mean, factor * variance, np.array([factor])]


def statistics(rng, channels):
    return rng.normal(0, 0.2, channels), rng.uniform(0.5, 1.5, channels)


def gain(layer):
    """A branch that is about to be added starts small, else the sums of a hundred layers explode."""
    return 0.4 if layer.feeds_sum else 1.0


def affine(rng, channels, layer):
    return [rng.uniform(0.5, 1.5, channels) * gain(layer), rng.normal(0, 0.2, channels)]


def bn(rng, layer, channels):
    blobs = affine(rng, channels, layer)
    if layer.parameters["bn_param"]["blobs"] == 4:
        blobs += [*statistics(rng, channels)]
    if layer.name == "bn0_1":  # of E-Net: its last three channels are the image itself
        blobs[0][-3:] /= PIXELS
        blobs[1][-3:] -= 2
    return [blob.reshape(1, -1, 1, 1) for blob in blobs]


def draw(layers, seed=0):
    """{layer name: float32 blobs} for every layer that has weights."""
    rng = np.random.default_rng(seed)
    weights, channels = {}, {"data": 3}
    for layer in layers:
        depth = [channels[blob] for blob in layer.bottoms]
        new = []
        match layer.kind:
            case "Convolution":
                new = convolution(rng, layer, depth[0], from_image=layer.bottoms[0].startswith("data"))
            case "Deconvolution":
                new = deconvolution(rng, layer, depth[0])
            case "BatchNorm":
                new = batch_norm(rng, depth[0])
            case "Scale":
                with_shift = layer.parameters["scale_param"]["bias_term"]
                new = affine(rng, depth[0], layer) if with_shift else [np.ones(depth[0])]
            case "BN":
                new = bn(rng, layer, depth[0])
            case "PReLU":
                new = [rng.uniform(0, 0.5, depth[0])]
        if new:
            weights[layer.name] = [blob.astype(np.float32) for blob in new]
        outputs = layer.parameters.get("convolution_param", {}).get("num_output")
        joined = sum(depth) if layer.kind == "Concat" else depth[0]
        channels.update(dict.fromkeys(layer.tops, outputs or joined))
    return weights


def shared(weights, suffixes):
    """The same where a layer whose name ends in one of them has the weights of the layer without it."""

    def original(name):
        return next((name.removesuffix(suffix) for suffix in suffixes if name.endswith(suffix)), name)

    return {name: weights[original(name)] for name in weights}


def as_opencv_has_it(layers, weights):
    """The same weights with each BN of four blobs as BatchNorm and Scale, and their types by layer name."""
    kinds = {layer.name: layer.kind for layer in layers if layer.name in weights}
    found = {}
    for name, blobs in weights.items():
        if kinds[name] != "BN":
            found[name] = blobs
            continue
        slope, bias, *rest = (blob.reshape(-1) for blob in blobs)
        if rest:
            found[name], found[f"{name}/scale"] = [*rest, np.ones(1, np.float32)], [slope, bias]
            kinds |= {name: "BatchNorm", f"{name}/scale": "Scale"}
        else:
            found[name], kinds[name] = [slope, bias], "Scale"
    return found, kinds

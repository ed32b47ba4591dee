"""Weights of Caffe networks."""

import random

import numpy as np

from tests.caffe import wire
from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, bytes_of
from tfadvseg.caffe import caffemodel

FILE = "net.caffemodel"


def target() -> Target:
    return Target(seeds, [lambda folder: caffemodel.read(folder / FILE)], changed)


def seeds() -> list[Files]:
    rng = np.random.default_rng(0)
    kernel, bias = rng.normal(size=(4, 3, 3, 3)), rng.normal(size=4)
    blobs = [
        [wire.blob(kernel, data, shape), wire.blob(bias, data, shape)]
        for data in ("packed", "unpacked", "pieces", "double")
        for shape in ("new", "new unpacked", "legacy")
    ]
    return [
        {FILE: layer("conv1", own) + layer("conv2", blobs[0])}
        for layer in (wire.layer_v1, wire.layer_v2)
        for own in blobs
    ]


def changed(files: Files, rng: random.Random) -> Files:
    data = files[FILE]
    assert isinstance(data, bytes)
    if rng.random() < 0.2:  # fields and messages in each other, or very many of them
        for _ in range(rng.choice((1, 50, 3000))):
            data = wire.block(rng.choice((2, 100, 1, 5, 6, 7)), data[:2000])
    if rng.random() < 0.1:
        data = data[: rng.choice((60, 200, 1000))] * rng.choice((10, 1_000))
    return {FILE: bytes_of(data, rng)}

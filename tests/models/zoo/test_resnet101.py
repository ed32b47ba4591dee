"""The ResNet-101 trunk: names, sizes and counts of the published one, and dilation in place of stride."""

import keras
import numpy as np

from tfadvseg.models.zoo.resnet101 import resnet101

DEEPLAB = {"strides": (1, 2, 1, 1), "dilations": (1, 1, 2, 4)}
BLOCKS = ["2a", "2b", "2c", "3a", "3b1", "3b2", "3b3", "4a", *(f"4b{i}" for i in range(1, 23)), "5a", "5b", "5c"]


def trunk(size, width=0.02, **arguments):
    images = keras.Input((*size, 3))
    return keras.Model(images, resnet101(images, width, **arguments))


def test_layers_and_counts_are_the_published_ones(counted):
    network = counted(trunk, (33, 33), 1.0)
    norms = {layer.name: layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)}
    convolutions = {layer.name: layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)}
    branches = [f"{block}_branch{part}" for block in BLOCKS for part in ("2a", "2b", "2c")]
    branches += [f"{block}_branch1" for block in ("2a", "3a", "4a", "5a")]
    assert set(norms) == {"bn_conv1", *(f"bn{branch}" for branch in branches)} and len(norms) == 104
    assert set(convolutions) == {"conv1", *(f"res{branch}" for branch in branches)}
    assert sum(layer.count_params() for layer in norms.values()) == 4 * 52_672
    stages = {"conv": 9_408, "res2": 212_992, "res3": 1_212_416, "res4": 26_017_792, "res5": 14_942_208}
    for stage, expected in stages.items():
        assert sum(conv.count_params() for name, conv in convolutions.items() if name.startswith(stage)) == expected


def test_sizes_of_the_published_table():
    assert [stage.shape[1:3] for stage in trunk((513, 65), **DEEPLAB).outputs] == [(129, 17), *[(65, 9)] * 3]
    assert [stage.shape[1:3] for stage in trunk((513, 65)).outputs] == [(129, 17), (65, 9), (33, 5), (17, 3)]


def test_dilation_gives_at_each_pixel_what_stride_gives_at_every_second_or_fourth():
    dense, strided = trunk((65, 97), **DEEPLAB), trunk((65, 97))
    strided.set_weights(dense.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (1, 65, 97, 3)).astype(np.float32)
    expected, found = (network.predict_on_batch(images) for network in (strided, dense))
    for step, sparse, full in zip((1, 1, 2, 4), expected, found, strict=True):
        assert sparse.std() > 0
        np.testing.assert_allclose(full[:, ::step, ::step], sparse, rtol=1e-3, atol=1e-4 * sparse.max())

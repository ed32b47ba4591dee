"""DilatedNet: counts, names and sizes of the published networks, and where their answers lie."""

import keras
import numpy as np
import pytest

from tfadvseg.layers.bilinear import GroupedBilinear
from tfadvseg.models.zoo.dilated import (
    CITYSCAPES_MEAN,
    VOC_MEAN,
    dilated_context_cityscapes,
    dilated_context_voc,
    dilated_frontend_cityscapes,
    dilated_frontend_voc,
)

BUILDERS = [dilated_frontend_voc, dilated_frontend_cityscapes, dilated_context_voc, dilated_context_cityscapes]
CONTEXT_VOC = {
    "ct_conv1_1": 7_980,
    "ct_conv1_2": 15_918,
    "ct_conv2_1": 31_836,
    "ct_conv3_1": 127_176,
    "ct_conv4_1": 508_368,
    "ct_conv5_1": 2_032_800,
    "ct_fc1": 4_064_928,
    "ct_final": 14_133,
}
CONTEXT_CITYSCAPES = {
    **{f"ctx_{name}": 3_268 for name in ("conv1_1", "conv1_2", *(f"conv{i}_1" for i in range(2, 8)), "fc1")},
    "ctx_final": 380,
    "ctx_upsample": 4_864,
}


@pytest.mark.parametrize(
    ("builder", "classes", "size", "parameters", "final", "context"),
    [
        (dilated_frontend_voc, 21, (528, 528), 134_346_581, "fc-final", {}),
        (dilated_frontend_cityscapes, 19, (512, 1024), 134_338_387, "final", {}),
        (dilated_context_voc, 21, (528, 528), 141_149_720, "fc-final", CONTEXT_VOC),
        (dilated_context_cityscapes, 19, (512, 1024), 134_373_043, "final", CONTEXT_CITYSCAPES),
    ],
)
def test_layers_counts_and_sizes_are_the_published_ones(counted, builder, classes, size, parameters, final, context):
    """900 pixels of network input give a map of 66, 884 and 1396 give 64 and 128."""
    network = counted(builder, classes, size)
    assert network.count_params() == parameters
    assert network.output_shape == (None, *size, classes)
    assert sum(bool(layer.weights) for layer in network.layers) == 16 + len(context)
    assert {name: network.get_layer(name).count_params() for name in context} == context
    assert network.get_layer(final).output.shape[1:3] == (size[0] // 8, size[1] // 8)
    assert network.get_layer("conv1_1").input.shape[1:3] == (size[0] + 372, size[1] + 372)


def test_the_context_keeps_the_size_of_the_map(counted):
    assert counted(dilated_context_voc, 21, (528, 528)).get_layer("ct_final").output.shape[1:3] == (66, 66)
    assert counted(dilated_context_cityscapes, 19, (512, 1024)).get_layer("ctx_final").output.shape[1:3] == (64, 128)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("size", [(187, 192), (193, 199)])
def test_answers_are_at_the_size_of_the_images(counted, builder, size):
    assert counted(builder, 3, size, 0.02).output_shape == (None, *size, 3)


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("size", [(186, 300), (300, 20)])
def test_images_smaller_than_their_margin_are_refused(builder, size):
    with pytest.raises(ValueError, match=f"need 187x187 or more; got {size[0]}x{size[1]}"):
        builder(3, size, 0.02)


@pytest.mark.parametrize("builder", BUILDERS)
def test_each_pixel_has_a_gradient(builder, image_gradient):
    gradient = image_gradient(builder, 3, (187, 190), 0.1)
    assert np.isfinite(gradient).all() and (gradient != 0).any(-1).all()


def test_fixed_upsampling_is_not_trained(counted):
    network = counted(dilated_context_cityscapes, 3, (187, 187), 0.02)
    assert [weight.path for weight in network.non_trainable_weights] == ["ctx_upsample/kernel"]
    assert isinstance(network.get_layer("ctx_upsample"), GroupedBilinear)


@pytest.mark.parametrize("builder", BUILDERS)
def test_maxima_of_blocks_of_8_pixels_are_interpolated(builder, hand_on):
    """Sizes are not multiples of 8, so the last blocks reach into the reflected margin. VOC: a block's value stands
    at its first pixel. Cityscapes: at its centre, and it fades beyond the outer ones."""
    size, mean = (190, 203), VOC_MEAN if builder in (dilated_frontend_voc, dilated_context_voc) else CITYSCAPES_MEAN
    image = np.zeros((1, *size, 3), np.float32)
    image[..., 2] = np.random.default_rng(0).uniform(mean[0], 255, (1, *size))
    padded = np.pad(image[0, ..., 2], ((0, 2), (0, 5)), mode="reflect") - np.float32(mean[0])
    blocks = padded.reshape(24, 8, 26, 8).max((1, 3))
    if mean is VOC_MEAN:
        rows, columns = 8 * np.arange(24), 8 * np.arange(26)
    else:
        blocks = np.pad(blocks, 1)
        rows, columns = 8 * np.arange(-1, 25) + 3.5, 8 * np.arange(-1, 27) + 3.5
    expected = np.stack([np.interp(np.arange(size[1]), columns, row) for row in blocks])
    expected = np.stack([np.interp(np.arange(size[0]), rows, column) for column in expected.T], -1)
    found = hand_on(builder(2, size, 0.02)).predict_on_batch(image)[0]
    np.testing.assert_allclose(found[..., 0], expected, rtol=1e-4, atol=1e-2)
    assert not found[..., 1].any()


@pytest.mark.parametrize(
    ("builder", "first", "last"),
    [(dilated_context_voc, "fc-final", "ct_final"), (dilated_context_cityscapes, "final", "ctx_final")],
)
def test_a_context_network_begins_by_handing_on_the_scores_of_its_front_end(builder, first, last):
    """All of them, since they begin near 100; but for the noise that lets its channels grow apart."""
    keras.utils.set_random_seed(0)
    network = builder(3, (192, 192), 1 / 32)
    image = np.random.default_rng(0).uniform(0, 255, (1, 192, 192, 3)).astype(np.float32)
    inner = keras.Model(network.inputs, [network.get_layer(name).output for name in (first, last)])
    for unlike in (1, 8):  # as it begins, and with scores that differ more
        network.get_layer(first).kernel.assign(unlike * network.get_layer(first).kernel)
        scores, handed_on = inner.predict_on_batch(image)
        assert scores.min() > 0 and scores.std() > unlike
        np.testing.assert_allclose(handed_on, scores, atol=0.05 * scores.max())


@pytest.mark.parametrize("builder", [dilated_context_voc, dilated_context_cityscapes])
def test_a_context_network_begins_with_a_gradient_for_each_class(builder):
    """At every score of the front-end; a rectifier that cut one off would leave that class nothing to learn from."""
    import tensorflow as tf

    keras.utils.set_random_seed(0)
    network = builder(3, (192, 192), 1 / 8)
    classifier = network.get_layer("fc-final" if builder is dilated_context_voc else "final")
    context = keras.Model(classifier.output, network.output)
    image = np.random.default_rng(0).uniform(0, 255, (1, 192, 192, 3)).astype(np.float32)
    scores = keras.Model(network.input, classifier.output)(image)
    for label in range(3):
        with tf.GradientTape() as tape:
            tape.watch(scores)
            likelihood = tf.reduce_sum(tf.nn.log_softmax(context(scores))[..., label])
        gradient = tape.gradient(likelihood, scores).numpy()
        assert (gradient[..., label] > 0).all()

"""Mean field as a graph: batches, SavedModels, and what operations it is made of."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.crf.sparse import WIDEST

CRF_RNN = dataclasses.replace(PARAMETERS["crf_rnn"], iterations=4)


@pytest.fixture(scope="module")
def four(scene):
    """Logits [4, 23, 31, 5] and images: as it is, mirrored, white, and under noise beyond 0..255."""
    image, logits = scene
    noisy = image + np.random.default_rng(0).uniform(-32, 32, image.shape)
    images = np.stack([image, image[:, ::-1], np.full_like(image, 255), noisy])
    unary = np.stack([logits, logits[:, ::-1], logits, 2 * logits[::-1]])
    return tf.constant(unary[:, :23, :31], tf.float32), tf.constant(images[:, :23, :31], tf.float32)


def with_slope(function, unary, images):
    """The results, and the gradient of the sum of their squares with respect to the unary logits."""
    with tf.GradientTape() as tape:
        tape.watch(unary)
        results = function(unary, images)
        total = tf.reduce_sum(results**2)
    return results, tape.gradient(total, unary)


@pytest.mark.parametrize(("normalisation", "theta_gamma"), [("symmetric", 3.0), ("after", 20.0)])
def test_images_of_a_batch_come_out_as_alone(normalisation, theta_gamma, four):
    """And so do gradients, but for rounding. Traced anew for one image: what is known of a size may not matter either.

    Not to the last bit: softmax and products of matrices round by a value's place in the batch, and which of them do
    differs between processors.
    """
    parameters = dataclasses.replace(CRF_RNN, normalisation=normalisation, theta_gamma=theta_gamma)
    infer = tf.function(lambda *tensors: with_slope(lambda *pair: mean_field(*pair, parameters), *tensors))
    together = infer(*four)
    for i in range(4):
        alone = infer(*(tensor[i : i + 1] for tensor in four))
        for one, many in zip(alone, together, strict=True):
            np.testing.assert_allclose(one[0], many[i], rtol=1e-5, atol=1e-4)


@pytest.fixture(scope="module")
def refined():
    """A module whose signature takes batches and images of any size."""
    module = tf.Module()
    size = (None, None, None)
    module.logits = tf.function(
        lambda unary, images: mean_field(unary, images, CRF_RNN),
        input_signature=[tf.TensorSpec((*size, 5)), tf.TensorSpec((*size, 3))],
    )
    return module


@pytest.fixture(scope="module")
def reloaded(refined, tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("refined"))
    tf.saved_model.save(refined, folder)
    return tf.saved_model.load(folder)


def test_a_saved_model_is_equal_after_reload_at_any_size(refined, reloaded, four):
    unary, images = four
    for pick in (np.s_[:], np.s_[1:3, :9, 4:25], np.s_[:1, :1, :1]):
        np.testing.assert_array_equal(
            reloaded.logits(unary[pick], images[pick]), refined.logits(unary[pick], images[pick])
        )


def test_a_saved_model_has_its_gradient_after_reload(refined, reloaded, four):
    """Also within a loop, as an attack has it."""
    unary, images = (tensor[:2] for tensor in four)
    expected = with_slope(refined.logits, unary, images)[1]
    assert np.abs(expected).max() > 1
    np.testing.assert_array_equal(with_slope(reloaded.logits, unary, images)[1], expected)

    @tf.function
    def three_steps(step):
        x = unary
        for _ in tf.range(3):
            x += step * tf.ensure_shape(with_slope(reloaded.logits, x, images)[1], unary.shape)
        return x

    np.testing.assert_allclose(three_steps(0.0), unary)
    assert np.abs(three_steps(1e-3) - unary).max() > 1e-3


def test_a_reloaded_saved_model_gives_the_image_no_gradient(reloaded, four):
    unary, images = (tensor[:1] for tensor in four)
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = tf.reduce_sum(reloaded.logits(unary, images) ** 2)
    assert tape.gradient(total, images) is None


def test_graph_and_eager_agree(refined, four):
    """To rounding, which iterations amplify."""
    difference = np.abs(tf.nn.softmax(refined.logits(*four)) - tf.nn.softmax(mean_field(*four, CRF_RNN)))
    assert difference.mean() < 1e-5


def test_its_operations_are_tensorflows_own(refined):
    """None runs Python, and every other is among those that TensorFlow comes with."""
    graph = refined.logits.get_concrete_function().graph.as_graph_def()
    bodies = [graph.node, *(function.node_def for function in graph.library.function)]
    operations = {node.op for body in bodies for node in body} - {"Placeholder", "NoOp"}
    assert "SparseTensorDenseMatMul" in operations
    assert all(hasattr(tf.raw_ops, name) and "PyFunc" not in name for name in operations)


@pytest.mark.parametrize("classes", [2, 21, 33, 150])
def test_no_sparse_product_is_wider_than_is_quick(classes):
    def gradient(unary, images):
        return with_slope(lambda *pair: mean_field(*pair, dataclasses.replace(CRF_RNN, iterations=1)), unary, images)[1]

    specs = [tf.TensorSpec((None, None, None, channels)) for channels in (classes, 3)]
    graph = tf.function(gradient).get_concrete_function(*specs).graph
    widths = [op.inputs[3].shape[1] for op in graph.get_operations() if op.type == "SparseTensorDenseMatMul"]
    assert len(widths) > 16 and max(widths) <= WIDEST

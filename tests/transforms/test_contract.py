"""What holds of every transform: it is a function of images and seeds alone, and it goes wherever TensorFlow does."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.seeds import image_seeds
from tfadvseg.transforms import TRANSFORMS
from tfadvseg.transforms.compose import InSequence

ALL = TRANSFORMS | {
    "sequence": InSequence((TRANSFORMS["blur"], TRANSFORMS["jpeg_simulated"], TRANSFORMS["grayscale"])),
}
EVERY = pytest.mark.parametrize("name", ALL)
SIZE = (24, 32)
IMAGES = tf.constant(np.random.default_rng(0).integers(0, 256, (4, *SIZE, 3)), tf.float32)
SEEDS = tf.constant(image_seeds(0, "abcd"))
SIGNATURE = [tf.TensorSpec((None, *SIZE, 3), tf.float32), tf.TensorSpec((None, 2), tf.int32)]
ROUNDING = {"atol": 2e-3, "rtol": 1e-4}  # float32, whose sums may change their order with the batch and the compiler


def loss(transform, images, seeds):
    return tf.reduce_sum(tf.sin(transform(images, seeds) / 40))


def gradient(transform, images, seeds):
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = loss(transform, images, seeds)
    return tape.gradient(total, images)


@pytest.fixture(scope="module")
def reloaded(tmp_path_factory):
    """All of them as functions of one SavedModel, read again."""
    module = tf.Module()
    for name, transform in ALL.items():
        setattr(module, name, tf.function(transform, input_signature=SIGNATURE))
    folder = str(tmp_path_factory.mktemp("transforms"))
    tf.saved_model.save(module, folder, options=tf.saved_model.SaveOptions(experimental_custom_gradients=True))
    return tf.saved_model.load(folder)


@EVERY
def test_an_image_and_its_seed_decide_whatever_the_batch(name):
    transform = ALL[name]
    together = transform(IMAGES, SEEDS)
    assert together.shape == IMAGES.shape and together.dtype == tf.float32
    np.testing.assert_allclose(transform(IMAGES[::-1], SEEDS[::-1])[::-1], together, **ROUNDING)
    for i in range(4):
        np.testing.assert_allclose(transform(IMAGES[i : i + 1], SEEDS[i : i + 1])[0], together[i], **ROUNDING)


@EVERY
def test_the_same_call_gives_the_same_bits(name):
    np.testing.assert_array_equal(ALL[name](IMAGES, SEEDS), ALL[name](IMAGES, SEEDS))


@pytest.mark.parametrize("name", sorted(set(ALL) - {"none", "clip"}))
def test_other_seeds_give_another_result(name):
    same = tf.repeat(IMAGES[:1], 4, axis=0)
    results = ALL[name](same, SEEDS).numpy()
    assert min(np.abs(results[i] - results[j]).max() for i in range(4) for j in range(i)) > 0.5


@pytest.mark.parametrize("name", sorted(set(ALL) - {"gaussian"}))  # noise leaves it, gaussian+clip does not
def test_values_stay_in_range(name):
    result = ALL[name](IMAGES, SEEDS).numpy()
    assert result.min() >= -1e-3 and result.max() <= 255 + 1e-3


@EVERY
def test_runs_in_a_pipeline_of_data(name):
    examples = tf.data.Dataset.from_tensor_slices((IMAGES, SEEDS)).batch(3).map(ALL[name]).unbatch()
    np.testing.assert_allclose(list(examples), ALL[name](IMAGES, SEEDS), **ROUNDING)


@EVERY
def test_reloaded_equals_original_with_its_gradient(name, reloaded):
    """Of a number of images unknown when it was written."""
    np.testing.assert_allclose(getattr(reloaded, name)(IMAGES, SEEDS), ALL[name](IMAGES, SEEDS), **ROUNDING)
    found, expected = gradient(getattr(reloaded, name), IMAGES, SEEDS), gradient(ALL[name], IMAGES, SEEDS)
    assert np.abs(expected).max() > 1e-3
    np.testing.assert_allclose(found, expected, **ROUNDING)


@EVERY
def test_gradient_inside_a_loop(name):
    """As an attack takes it: two steps, of which each sees other seeds."""

    @tf.function
    def steps(images):
        total = tf.zeros_like(images)
        for step in tf.range(2):
            total += tf.ensure_shape(gradient(ALL[name], images + total, SEEDS + step), images.shape)
        return total

    first = gradient(ALL[name], IMAGES, SEEDS)
    expected = first + gradient(ALL[name], IMAGES + first, SEEDS + 1)
    np.testing.assert_allclose(steps(IMAGES), expected, **ROUNDING)


@pytest.mark.parametrize("name", ["none", "jpeg_simulated", "blur", "hsv", "grayscale", "rescale", "gaussian"])
def test_compiled_by_xla_equals_original(name):
    """All but the codec, which XLA does not have."""
    compiled = tf.function(lambda images: gradient(ALL[name], images, SEEDS), jit_compile=True)
    np.testing.assert_allclose(compiled(IMAGES), gradient(ALL[name], IMAGES, SEEDS), **ROUNDING)


def test_a_clip_cuts_to_0_to_255_and_has_no_gradient_there():
    images = tf.constant([[[[-8.0, 0.5, 300.0]]]])
    with tf.GradientTape() as tape:
        tape.watch(images)
        found = TRANSFORMS["clip"](images, SEEDS[:1])
    np.testing.assert_array_equal(found, [[[[0.0, 0.5, 255.0]]]])
    np.testing.assert_array_equal(tape.gradient(found, images), [[[[0, 1, 0]]]])

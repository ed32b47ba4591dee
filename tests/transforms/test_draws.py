"""Draws: uniform, decided by the seed of their image alone, and independent where they should be."""

import numpy as np
import pytest
import scipy.stats
import tensorflow as tf

from tfadvseg.transforms import draws

uniform, derive = tf.function(draws.uniform), tf.function(draws.derive)  # eagerly, 2000 seeds take a second
SEEDS = tf.constant(np.random.default_rng(0).integers(-(2**31), 2**31, (2000, 2)), tf.int32)
FEW = SEEDS[:5]
assert (FEW < 0).numpy().any()  # XLA and the others once disagreed on negative ones


def p_value(drawn, low, high):
    """Kolmogorov-Smirnov against the uniform distribution."""
    return scipy.stats.kstest(drawn, scipy.stats.uniform(low, high - low).cdf).pvalue


def test_draws_are_uniform_from_image_to_image_and_within_an_image():
    between, within = uniform(SEEDS, (2,), -3.0, 7.0).numpy(), uniform(FEW, (3000,), 0.0, 2.0).numpy()
    assert between.dtype == np.float32 and between.shape == (2000, 2) and within.shape == (5, 3000)
    assert between.min() >= -3 and between.max() <= 7
    assert min(p_value(between[:, i], -3, 7) for i in range(2)) > 0.01
    assert min(p_value(image, 0, 2) for image in within) > 0.01
    assert abs(np.corrcoef(between.T)[0, 1]) < 4 / np.sqrt(2000)
    assert np.abs(np.corrcoef(within) - np.eye(5)).max() < 4 / np.sqrt(3000)


def test_neighbouring_seeds_draw_independently():
    counted = tf.stack([tf.range(2000), tf.zeros(2000, tf.int32)], axis=1)
    for seeds in (counted, counted[:, ::-1]):
        drawn = uniform(seeds, (), 0.0, 1.0).numpy()
        assert p_value(drawn, 0, 1) > 0.01
        assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 4 / np.sqrt(2000)


@tf.function(input_signature=[tf.TensorSpec((None, 2), tf.int32)])
def of_any_batch(seeds):
    return draws.uniform(seeds, (4, 3), -30.0, 30.0), draws.derive(seeds, 7)


@tf.function
def of_known_batch(seeds):
    return draws.uniform(seeds, (4, 3), -30.0, 30.0), draws.derive(seeds, 7)


@tf.function
def inside_a_loop(seeds):
    drawn, derived = tf.zeros((5, 4, 3)), tf.zeros_like(seeds)
    for _ in tf.range(2):
        drawn, derived = of_known_batch(seeds)
    return drawn, derived


@pytest.mark.parametrize(
    "run",
    [of_any_batch, of_known_batch, inside_a_loop, tf.function(of_known_batch.python_function, jit_compile=True)],
    ids=["any batch", "known batch", "loop", "XLA"],
)
def test_the_seed_alone_decides(run):
    """Bit by bit, wherever it runs and whatever else is in the batch."""
    drawn, derived = run(FEW)
    for i in range(5):
        np.testing.assert_array_equal(drawn[i], draws.uniform(FEW[i : i + 1], (4, 3), -30.0, 30.0)[0])
        np.testing.assert_array_equal(derived[i], draws.derive(FEW[i : i + 1], 7)[0])


def test_shapes_are_known_as_far_as_they_can_be():
    assert of_any_batch.get_concrete_function().output_shapes == ((None, 4, 3), (None, 2))
    assert of_known_batch.get_concrete_function(FEW).output_shapes == ((5, 4, 3), (5, 2))


def test_a_shape_may_be_a_tensor():
    drawn = uniform(FEW, tf.constant([4, 3]), 0.0, 1.0)
    np.testing.assert_array_equal(drawn, uniform(FEW, (4, 3), 0.0, 1.0))


def test_derived_seeds_are_all_different_and_draw_independently():
    seeds = [SEEDS, *(derive(SEEDS, salt) for salt in range(3))]
    assert len(np.unique(np.concatenate(seeds), axis=0)) == 4 * 2000
    drawn = [uniform(each, (), 0.0, 1.0) for each in seeds]
    assert min(p_value(draw, 0, 1) for draw in drawn) > 0.01
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 4 / np.sqrt(2000)


def test_seeds_that_differ_by_a_salt_do_not_meet():
    """As they would, were the salt added to the seed."""
    seeds = tf.constant([[10, 3], [11, 3], [12, 3]])
    derived = np.concatenate([derive(seeds, salt) for salt in (0, 1, 2, -1)])
    assert len(np.unique(derived, axis=0)) == 12


def test_the_order_of_derivations_matters_and_a_salt_may_be_a_tensor():
    assert (derive(derive(FEW, 1), 2) != derive(derive(FEW, 2), 1)).numpy().any(axis=1).all()
    np.testing.assert_array_equal(derive(FEW, tf.constant(2)), derive(FEW, 2))

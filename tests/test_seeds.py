"""Draws depend on (run seed, image id, trial, purpose, iteration, sample) and on nothing else."""

import hashlib

import numpy as np
import tensorflow as tf

from tfadvseg.seeds import at_iteration, at_restart, at_sample, at_start, image_seeds, no_seeds


def test_a_seed_is_a_hash_of_run_image_trial_and_purpose():
    digest = hashlib.sha256(b"7/0001TP_008550/2/attack").digest()
    expected = [int.from_bytes(digest[i : i + 4], "little", signed=True) for i in (0, 4)]
    seeds = image_seeds(7, ["0001TP_008550"], trial=2)
    assert seeds.dtype == np.int32 and seeds.tolist() == [expected]


def test_seeds_do_not_depend_on_batch_or_order():
    ids = [f"image_{i}" for i in range(9)]
    together = image_seeds(0, ids)
    np.testing.assert_array_equal(image_seeds(0, ids[::-1])[::-1], together)
    np.testing.assert_array_equal(np.concatenate([image_seeds(0, [name]) for name in ids]), together)


def test_run_seed_image_and_trial_each_make_another_seed():
    seeds = [image_seeds(run, [image], trial)[0] for run in (0, 1) for image in ("a", "b") for trial in (0, 1)]
    assert len({tuple(seed) for seed in seeds}) == 8


def test_the_defense_draws_otherwise_than_the_attack():
    assert not np.array_equal(image_seeds(0, ["a"], purpose="defense"), image_seeds(0, ["a"], purpose="attack"))


def test_every_iteration_and_sample_draws_anew_and_repeats_itself():
    seeds = tf.constant(image_seeds(0, ["a", "b"]))
    draws = {
        tuple(tf.random.stateless_normal((2,), at_sample(at_iteration(seeds, i), j)[image]).numpy())
        for _ in range(2)
        for i in range(10)
        for j in range(10)
        for image in range(2)
    }
    assert len(draws) == 200


def test_no_seeds_is_a_row_for_each_image(images):
    np.testing.assert_array_equal(no_seeds(images), np.zeros((2, 2), np.int32))


def test_restarts_and_their_starts_meet_no_seed_of_an_iteration():
    """Of 10 restarts, their starts, 400 iterations and 5 samples; the first restart has the given seeds."""
    given = tf.zeros((1, 2), tf.int32)
    np.testing.assert_array_equal(at_restart(given, tf.constant(0)), given)
    runs = [at_restart(given, tf.constant(i)) for i in range(10)]
    iterations = tf.stack([at_iteration(run, tf.constant(k)) for run in runs for k in range(400)])
    drawn = tf.concat([at_sample(iterations, tf.constant(j)) for j in range(5)], 0)
    starts = tf.stack([at_start(run) for run in runs])
    seeds = {tuple(seed) for seed in tf.concat([drawn, starts], 0).numpy().reshape(-1, 2).tolist()}
    assert len(seeds) == 10 * 400 * 5 + 10

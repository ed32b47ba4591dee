"""Seeds: the same names and numbers give the same draws, others give others, whatever stands beside them."""

import hashlib
import struct

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tfadvseg.seeds import at_iteration, at_restart, at_sample, at_start, image_seeds
from tfadvseg.transforms.draws import derive, normal, uniform

names = st.lists(st.text(max_size=12), min_size=1, max_size=6, unique=True)
runs, trials = st.integers(0, 2**63), st.integers(0, 99)
purposes = st.sampled_from(["attack", "defense", "model"])
whole = st.integers(-(2**31), 2**31 - 1)
rows = st.lists(st.tuples(whole, whole), min_size=1, max_size=4, unique=True)


@given(runs, names, trials, purposes)
def test_a_seed_is_a_hash_of_its_own_name_alone(run, ids, trial, purpose):
    found = image_seeds(run, ids, trial, purpose)
    for name, seed in zip(ids, found.tolist(), strict=True):
        digest = hashlib.sha256(f"{run}/{name}/{trial}/{purpose}".encode()).digest()
        assert tuple(seed) == struct.unpack("<ii", digest[:8])
    assert len({*map(tuple, found.tolist())}) == len(ids)


@given(runs, names, trials, purposes, st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_others_change_a_seed(run, ids, trial, purpose, random):
    order = random.sample(ids, random.randint(1, len(ids)))
    whole_batch = dict(zip(ids, image_seeds(run, ids, trial, purpose).tolist(), strict=True))
    assert image_seeds(run, order, trial, purpose).tolist() == [whole_batch[name] for name in order]


@given(names, st.lists(st.tuples(runs, trials, purposes), min_size=2, max_size=4, unique=True))
def test_another_run_trial_or_purpose_gives_other_seeds(ids, settings_of):
    found = [
        tuple(seed) for run, trial, purpose in settings_of for seed in image_seeds(run, ids, trial, purpose).tolist()
    ]
    assert len(set(found)) == len(ids) * len(settings_of)


@given(rows, st.lists(st.integers(0, 10**6), min_size=2, max_size=4, unique=True))
def test_steps_add_to_a_seed_modulo_2_to_the_32_and_meet_nowhere(seeds, numbers):
    """Each by its own constants, here as whole numbers of Python, of which none is too large."""
    constants = {
        at_iteration: (0x3C6EF35F, 0x19660D),
        at_sample: (0x2545F491, 0x1B873593),
        at_restart: (0x27D4EB2F, 0x165667B1),
    }
    for step, own in constants.items():
        found = [step(tf.constant(seeds), tf.constant(number)).numpy() for number in numbers]
        for number, moved in zip(numbers, found, strict=True):
            wanted = [[(word + number * one) % 2**32 for word, one in zip(seed, own, strict=True)] for seed in seeds]
            assert (moved.astype(np.int64) % 2**32).tolist() == wanted
        for one in range(len(seeds)):
            assert len({tuple(moved[one].tolist()) for moved in found}) == len(numbers)
    moved = at_start(tf.constant(seeds)).numpy()
    assert not (moved == np.array(seeds)).all(1).any()


@given(st.lists(st.tuples(whole, whole), min_size=3, max_size=3), st.floats(-100, 100), st.floats(0.01, 100))
@settings(max_examples=10)
def test_an_image_draws_the_same_alone_and_in_any_batch(seeds, low, width):
    def drawn(some):
        some = tf.constant(some)
        return uniform(some, (5,), low, low + width).numpy(), derive(some, 5).numpy(), normal(some, (5,)).numpy()

    together, backwards, alone = drawn(seeds), drawn(seeds[::-1]), [drawn([seed]) for seed in seeds]
    for found, turned, own, exact in zip(
        together, backwards, zip(*alone, strict=True), (True, True, False), strict=True
    ):
        # Of what is drawn normally the last bit depends on where it lies: so do TensorFlow's logarithm and cosine.
        near = 0 if exact else 1e-6
        np.testing.assert_allclose(turned[::-1], found, near, near)
        np.testing.assert_allclose(np.concatenate(own), found, near, near)
    error = 1e-5 * (abs(low) + width)
    assert np.all((together[0] >= low - error) & (together[0] <= low + width + error))

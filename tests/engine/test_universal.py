"""Fitting a tile to the photographs of a split."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from six_images import split

from tfadvseg.attacks.hiding import toward_map
from tfadvseg.attacks.objectives import cross_entropy
from tfadvseg.attacks.universal import Universal, shown_on
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.universal import FILE, PICTURE, fit, prediction_on
from tfadvseg.runs.progress import Progress
from tfadvseg.runs.tiles import load_tile

ATTACK = Universal(6.0, 2.0, 4, (20, 16))


def fitted(attack, spec, model, place, target=None, numbers=(0, 1, 2), batch_size=2):
    return fit(attack, spec, model, Shards(split(numbers), batch_size), place, "away", Progress(12), target)


def test_the_passes_by_hand(spec, conv_model, tmp_path):
    """The gradient of each photograph by itself, summed over repeats in a loop; padding is no part of it."""
    found = fitted(ATTACK, spec, conv_model, tmp_path)
    tile = np.zeros((20, 16, 3), np.float32)
    batches = [next(iter(Shards(split([i]), 1).batches(spec))) for i in range(3)]
    scores = []
    for _ in range(4):
        total, score = np.zeros_like(tile), 0.0
        for batch in batches:
            images, (height, width) = batch["image"], batch["size"].numpy()[0]
            labels = tf.argmax(conv_model(images), -1, tf.int32)[:, :height, :width]
            shown = np.zeros(images.shape, np.float32)
            for y, x in np.ndindex(height, width):
                shown[0, y, x] = tile[y % 20, x % 16]
            with tf.GradientTape() as tape:
                perturbed = images + shown
                tape.watch(perturbed)
                loss = tf.reduce_sum(cross_entropy(conv_model(perturbed)[:, :height, :width], labels))
            gradient, score = tape.gradient(loss, perturbed).numpy()[0], score + float(loss)
            for y, x in np.ndindex(height, width):
                total[y % 20, x % 16] += gradient[y, x]
        tile = np.clip(tile + 2 * np.sign(total), -6, 6)
        scores.append(score / sum(int(np.prod(batch["size"].numpy())) for batch in batches))
    assert np.mean(found.values != tile) < 0.002  # sums of another order, and signs of next to nothing
    np.testing.assert_allclose(found.scores, scores, rtol=1e-3)
    assert found.scores[-1] > found.scores[0] and np.abs(found.values).max() == 6


def test_a_fit_that_was_interrupted_ends_with_the_same_bits(spec, conv_model, tmp_path):
    whole = fitted(ATTACK, spec, conv_model, tmp_path / "whole")
    part = fitted(dataclasses.replace(ATTACK, passes=2), spec, conv_model, tmp_path / "part")
    assert part.passes == 2
    resumed = fitted(ATTACK, spec, conv_model, tmp_path / "part")
    np.testing.assert_array_equal(resumed.values, whole.values)
    np.testing.assert_array_equal(resumed.scores, whole.scores)
    kept = load_tile(tmp_path / "part" / FILE)
    assert (kept.passes, kept.model, kept.digest) == (4, spec.name, spec.digest)
    assert (tmp_path / "part" / PICTURE).is_file()


def test_a_map_is_what_all_photographs_are_led_to(spec, conv_model, tmp_path):
    target = prediction_on(spec, conv_model, split([3])[0].image)
    assert target.shape == (32, 48)
    attack = dataclasses.replace(ATTACK, epsilon=40.0, alpha=10.0, size=(32, 48), objective=toward_map())
    found = fitted(attack, spec, conv_model, tmp_path, target, numbers=(0, 2))
    assert found.scores[-1] > found.scores[0]
    for number in (0, 2):
        images = next(iter(Shards(split([number]), 1).batches(spec)))["image"]
        shown = images + shown_on(tf.constant(found.values), images, None, False)
        there = [float(np.mean(tf.argmax(conv_model(x), -1) == target)) for x in (images, shown)]
        assert there[1] > there[0] + 0.1
    with pytest.raises(ValueError, match="a fixed target wants a fixed input size"):
        fitted(attack, spec, conv_model, tmp_path / "other", target[:, :30])

"""Photographs of fractions of grey levels go through the engine whole."""

import dataclasses

import numpy as np
import six_images
import tensorflow as tf
from six_images import example, grid

from tfadvseg.engine.collect import collect
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import run
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.metrics.counts import class_counts
from tfadvseg.models import describe
from tfadvseg.runs.folder import RunFolder


def fractions(number):
    """The first of the six, a third of a grey level darker."""
    image, labels = example(number)
    return np.maximum(image.astype(np.float32) - 1 / 3, 0), labels


def test_a_network_sees_the_fractions(conv_folder, conv_model, tmp_path):
    split = dataclasses.replace(six_images.split([0]), read=fractions, dtype="float32")
    folder, shards = RunFolder(tmp_path, {}, {}), Shards(split, 1)
    scenarios = [white_box(describe(conv_folder), Protocol(grid(["fgsm"], [2.0])))]
    run(scenarios, shards, folder, "off", OpenModels())
    found = collect(scenarios, shards, folder, "made_up", "validation")
    image, labels = fractions(0)
    with np.load(next((tmp_path / "units").glob("*.npz"))) as unit:
        np.testing.assert_array_equal(unit["example_0_images"], image)
    prediction = conv_model(tf.constant(image[None])).numpy().argmax(-1)
    expected = class_counts(labels[None], prediction, 11)
    np.testing.assert_array_equal(found.results.counts.hits[0], expected.hits)

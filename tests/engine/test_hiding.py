"""What a unit keeps of a hidden class."""

import dataclasses

import numpy as np
import tensorflow as tf
from six_images import go, split

from tfadvseg.attacks import ATTACKS
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.metrics.hiding import hiding_counts
from tfadvseg.runs.results import Results


def test_a_class_is_hidden_by_the_networks_own_prediction_whatever_the_labels(spec, tmp_path, conv_model):
    """`labels` of the protocol are those of other attacks; shares are counted of all of them."""
    batch = next(iter(Shards(split([0]), 1).batches(spec)))
    prediction = tf.argmax(conv_model(batch["image"]), -1, tf.int32)
    hidden = int(np.bincount(prediction.numpy().ravel()).argmax())
    attack = ATTACKS["hide"](8.0, hidden=hidden)
    attacks = (("ifgsm", ATTACKS["ifgsm"](8.0)), ("hide", attack))
    protocol = Protocol(attacks, "ground_truth", hidden=hidden)
    collected = go([white_box(spec, protocol)], tmp_path, images=1)
    collected.results.save(tmp_path / "cells.npz")
    read = Results.read(tmp_path / "cells.npz")
    adversarial = batch["image"] + attack(conv_model, batch["image"], prediction)
    after = tf.argmax(conv_model(adversarial), -1).numpy()
    expected = hiding_counts(prediction.numpy(), after, hidden, np.ones_like(after, bool))
    assert [part[2].tolist() for part in read.hiding] == [part.tolist() for part in expected]
    assert (read.hiding.found[0] == read.hiding.hidden[0]).all() and (read.hiding.kept[0] == read.hiding.rest[0]).all()
    found, kept = read.hiding.found[:, 0], read.hiding.kept[:, 0]
    assert found[2] < 0.5 * found[0] and kept[2] > kept[1]  # an attack on everything leaves less of the rest


def test_a_network_that_is_shown_no_clean_images_is_compared_with_its_own_prediction(spec, models):
    batch, one = next(iter(Shards(split([0]), 1).batches(spec))), split([0])
    protocol = Protocol((("ifgsm", ATTACKS["ifgsm"](8.0)),), hidden=3)
    units = [
        UnitMaker(Scenario(spec, protocol, (Target(spec, clean=clean),)), models)(batch, one) for clean in (True, False)
    ]
    for key in ("hidden", "found", "rest", "kept"):
        np.testing.assert_array_equal(units[0][key][1:], units[1][key])
    without = UnitMaker(white_box(spec, dataclasses.replace(protocol, hidden=None)), models)(batch, one)
    assert "hidden" not in without and "region" not in without

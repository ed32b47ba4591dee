"""Models that draw at random: their numbers repeat where they take seeds, and a report says so where they take none."""

import numpy as np
import pytest
import tensorflow as tf
from six_images import go, grid, split, without_seconds

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.dla import Dla
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.plan import label_maps_of
from tfadvseg.doctor.examination import repeats
from tfadvseg.doctor.warnings import repeat_warning
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.engine.unit import UnitMaker
from tfadvseg.metrics.counts import class_counts
from tfadvseg.models import describe
from tfadvseg.seeds import image_seeds
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.servable import export_servable
from tfadvseg.studies.robustness.design import scenarios
from tfadvseg.transforms import TRANSFORMS


@pytest.fixture(scope="module")
def random_folder(conv_model, tmp_path_factory):
    """The network behind random blur, as a SavedModel that takes seeds: saved_models/conv_blur/1."""
    servable = randomised(conv_model, TRANSFORMS["blur"])
    return export_servable(servable, "conv_blur", {"transform": "blur"}, tmp_path_factory.mktemp("saved_models"))


def protocol(**settings):
    return Protocol(grid(("fgsm", "ifgsm_ll"), (4.0,), **settings), seed=5)


@pytest.fixture(scope="module")
def made(random_folder):
    return scenarios([describe(random_folder)], protocol, trials=2, samples=3)


@pytest.fixture(scope="module")
def collected(made, tmp_path_factory):
    return go(made, tmp_path_factory.mktemp("runs"), images=2)


def test_its_file_says_that_it_takes_seeds(random_folder, spec):
    assert describe(random_folder).seeded and not spec.seeded


def test_two_runs_of_it_are_equal_bit_by_bit(collected, made, tmp_path):
    assert without_seconds(go(made, tmp_path, images=2)) == without_seconds(collected)
    assert collected.warnings == []


def test_every_cell_equals_the_network_behind_the_same_draws(collected, conv_model):
    """From scratch: an expectation over three draws in each step, then a draw for each trial."""
    cells = [(cell.attack, cell.trial) for cell in collected.results.cells]
    assert cells == [(name, trial) for trial in (0, 1) for name in ("clean", "fgsm", "ifgsm_ll")]

    def behind(images, seeds):
        return conv_model(TRANSFORMS["blur"](images, seeds))

    for number, batch in enumerate(Shards(split(range(2)), 1).batches(conv_model.spec)):
        images, ids = batch["image"], [batch["id"].numpy()[0].decode()]
        labels = tf.argmax(behind(images, tf.constant(image_seeds(5, ids, purpose="model"))), -1, tf.int32)
        attack = ATTACKS["ifgsm_ll"](4.0, gradient=ExpectedGradient(None, 3))
        attacked = images + attack(behind, images, labels, tf.constant(image_seeds(5, ids)))
        drawn = tf.constant(image_seeds(5, ids, 1, "model"))
        predictions = tf.argmax(behind(attacked, drawn), -1, tf.int32).numpy()
        expected = class_counts(batch["labels"].numpy(), predictions, 11)
        for part, own in zip(expected, collected.results.of(cells.index(("ifgsm_ll", 1))), strict=True):
            np.testing.assert_array_equal(own[number], part[0])


def test_a_black_box_attack_meets_another_draw_in_each_query(random_folder, conv_model):
    """Those of the image's own seeds, whatever the unit."""
    scenario = white_box(describe(random_folder), Protocol((("dla", Dla(8.0, 6)),), seed=5))
    (batch,) = Shards(split(range(1)), 1).batches(conv_model.spec)
    models = {scenario.source: scenario.source.open()}
    made = UnitMaker(scenario, models)(batch, split(range(1)), with_example=True)

    def behind(images, seeds):
        return conv_model(TRANSFORMS["blur"](images, seeds))

    ids = [batch["id"].numpy()[0].decode()]
    seeds = tf.constant(image_seeds(5, ids))
    labels = tf.argmax(behind(batch["image"], tf.constant(image_seeds(5, ids, purpose="model"))), -1, tf.int32)
    expected = Dla(8.0, 6)(label_maps_of(behind, seeds), batch["image"], labels, seeds)
    np.testing.assert_array_equal(made["example_0_perturbations"][0], expected[0])
    assert made["queries"].tolist() == [0, 6] and not made["gradients"].any()


def test_an_expectation_over_the_models_draws_is_that_over_the_transform(conv_model, images):
    """With the label rule that looks at no iterate, where the two are the same by definition."""
    seeds = tf.constant(image_seeds(0, ["a", "b"]))
    labels = tf.argmax(conv_model(images), -1, tf.int32)
    outside = ATTACKS["fgsm"](4.0, gradient=ExpectedGradient(TRANSFORMS["blur"], 4))
    inside = ATTACKS["fgsm"](4.0, gradient=ExpectedGradient(None, 4))
    expected = outside(conv_model, images, labels, seeds)
    found = inside(lambda x, s: conv_model(TRANSFORMS["blur"](x, s)), images, labels, seeds)
    np.testing.assert_array_equal(found, expected)


def test_a_model_that_answers_at_random_without_seeds_is_named(conv_model, tmp_path):
    """Noise in the graph: the second answer differs."""
    module = tf.Module()
    module.kept = conv_model.trackable
    images = tf.TensorSpec((None, 32, 48, 3), tf.float32, "images")
    noisy = tf.function(lambda images: {"logits": conv_model(images + tf.random.normal(tf.shape(images), 0, 20.0))})
    tf.saved_model.save(module, str(tmp_path / "noisy"), {"logits": noisy.get_concrete_function(images)})
    found = go([white_box(describe(tmp_path / "noisy"), Protocol(grid(("fgsm",), (8.0,))))], tmp_path / "run", images=1)
    assert [
        text
        for text in found.warnings
        if text.startswith("noisy: it draws at random, answers the same images differently")
    ]


@pytest.mark.parametrize(("change", "same"), [(0.9e-3, True), (1.1e-3, False)])
def test_only_the_last_digits_may_change_from_call_to_call(change, same, spec):
    logits = np.array([[100.0, -3.0]])
    assert repeats(logits, logits + 100 * change) == same
    assert bool(repeat_warning(spec, same)) != same

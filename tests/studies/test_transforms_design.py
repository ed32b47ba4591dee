"""Scenarios with input transforms, from scratch on two images."""

import numpy as np
import pytest
import tensorflow as tf
from six_images import go, split

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol
from tfadvseg.metrics.counts import class_counts
from tfadvseg.runs.results import rows
from tfadvseg.seeds import image_seeds
from tfadvseg.studies.transforms.design import agreement, scenarios
from tfadvseg.transforms import TRANSFORMS


def protocol(**settings):
    return Protocol((("ifgsm_ll", ATTACKS["ifgsm_ll"](4.0, **settings)),), seed=3)


@pytest.fixture(scope="module")
def crossed(conv_model, tmp_path_factory):
    made = scenarios(conv_model.spec, protocol, ["blur", "grayscale"], 2, 3, 3, cross=True)
    return go(made, tmp_path_factory.mktemp("runs"), images=2)


def test_every_pair_and_trial_is_a_cell_once(crossed):
    cells = [(c.attack, c.attack_transform, c.inference_transform, c.trial) for c in crossed.results.cells]
    seen = [("none", 0), ("clip", 0), *((name, trial) for name in ("blur", "grayscale") for trial in range(2))]
    expected = {("clean", "none", *one) for one in seen}
    expected |= {("ifgsm_ll", known, *one) for known in ("none", "blur", "grayscale") for one in seen}
    assert len(cells) == len(expected) == 24 and set(cells) == expected


@pytest.mark.parametrize(
    ("known", "seen", "trial"), [("none", "blur", 1), ("grayscale", "none", 0), ("blur", "blur", 0)]
)
def test_a_cell_equals_a_count_from_scratch(crossed, conv_model, known, seen, trial):
    """The attack by itself, the transform with the seeds of a defense, and a count of the predictions."""
    estimator = {} if known == "none" else {"gradient": ExpectedGradient(TRANSFORMS[known], 3, 3)}
    attack = ATTACKS["ifgsm_ll"](4.0, **estimator)
    k = [(c.attack, c.attack_transform, c.inference_transform, c.trial) for c in crossed.results.cells].index(
        ("ifgsm_ll", known, seen, trial)
    )
    for number, batch in enumerate(Shards(split(range(2)), 1).batches(conv_model.spec)):
        images, ids = batch["image"], [batch["id"].numpy()[0].decode()]
        labels = tf.argmax(conv_model(images), -1, tf.int32)
        attacked = images + attack(conv_model, images, labels, tf.constant(image_seeds(3, ids)))
        given = TRANSFORMS[seen](attacked, tf.constant(image_seeds(3, ids, trial, "defense")))
        predictions = tf.argmax(conv_model(given), -1, tf.int32).numpy()
        expected = class_counts(batch["labels"].numpy(), predictions, 11)
        for part, found in zip(expected, crossed.results.of(k), strict=True):
            np.testing.assert_array_equal(found[number], part[0])


def test_a_ratio_refers_to_the_clean_images_behind_the_same_transform_in_the_same_trial(crossed):
    found = {
        (r["attack"], r["attack_transform"], r["inference_transform"], r["trial"]): r for r in rows(crossed.results)
    }
    clean, attacked = found["clean", "none", "blur", 1], found["ifgsm_ll", "grayscale", "blur", 1]
    assert attacked["iou_ratio"] == pytest.approx(100 * attacked["iou"] / clean["iou"])
    assert clean["iou"] != found["clean", "none", "blur", 0]["iou"]


def test_gradients_count_the_samples_and_are_put_down_to_the_first_target(crossed):
    """5 iterations at epsilon 4, 3 samples each where a transform is expected, 2 images."""
    costs = {}
    for row in rows(crossed.results):
        costs.setdefault(row["attack_transform"], []).append(row["gradients"])
    most = [sorted(costs[name], reverse=True)[:2] for name in ("none", "blur", "grayscale")]
    assert most == [[10, 0], [30, 0], [30, 0]]


def test_examples_show_what_came_through_each_transform(crossed, conv_model):
    assert [example.transform for example in crossed.examples] == ["", "clip", "blur", "grayscale"]
    plain, clipped, _, grey = crossed.examples
    attacked = clipped.image + clipped.attacked[0].perturbation
    assert attacked.min() >= 0 and attacked.max() <= 255
    np.testing.assert_allclose(grey.image, grey.image[..., :1].repeat(3, -1), atol=1e-4)
    np.testing.assert_array_equal(np.abs(plain.attacked[0].perturbation).max(), 4)
    given = tf.constant((grey.image + grey.attacked[0].perturbation)[None])
    np.testing.assert_array_equal(tf.argmax(conv_model(given), -1)[0], grey.attacked[0].prediction)


def test_without_crossing_each_adaptive_attack_meets_its_own_transform(conv_model):
    plain, *adaptive = scenarios(conv_model.spec, protocol, ["blur", "jpeg+blur"], 9, 10, 4)
    targets = [(one.transform, one.trials) for one in plain.targets]
    assert targets == [("none", 1), ("clip", 1), ("blur", 9), ("jpeg+blur", 9)]
    assert [(s.transform, [one.transform for one in s.targets]) for s in adaptive] == [
        ("blur", ["blur"]),
        ("jpeg+blur", ["jpeg+blur"]),
    ]
    assert all(one.clean for one in plain.targets) and not any(one.clean for s in adaptive for one in s.targets)
    estimator = adaptive[0].protocol.attacks[0][1].gradient
    assert (estimator.transform, estimator.samples, estimator.chunk) == (TRANSFORMS["blur"], 10, 2)
    assert adaptive[0].work == 5 * 10 + 0.5 * 9 and plain.work == 5 + 0.5 * 20 * 2


def test_agreement_grows_with_the_samples_and_is_whole_without_a_transform(conv_model):
    batch = next(iter(Shards(split(range(1)), 1).batches(conv_model.spec)))
    shares = agreement(conv_model, batch, ["none", "hsv"], ATTACKS["ifgsm_ll"](4.0), seed=0)
    assert set(shares["none"].values()) == {1.0}
    assert shares["hsv"][1] < shares["hsv"][20] < 1

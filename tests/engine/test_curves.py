"""Attacks step by step: the attack is none the wiser, the last point is its result, and a linear model's is known."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from six_images import go, grid, split

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.ladder import Ladder
from tfadvseg.attacks.plan import plan
from tfadvseg.data.framing import Frame
from tfadvseg.engine.curves import Curves, Follower, Steps, followed
from tfadvseg.engine.exposure import Exposure
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.scenario import Protocol, Target, white_box
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs import curves
from tfadvseg.seeds import no_seeds
from tfadvseg.transforms.gaussian import Gaussian

LOSS, CHANGED, IOU, LINF = 1, 2, 3, 4


def exposure(images, labels, inside=None):
    size = tf.constant([inside or tuple(images.shape[1:3])] * images.shape[0])
    return Exposure(Frame(tuple(images.shape[1:3])), images, labels, size)


def follow(model, images, name, epsilon=3.0, classes=3, **settings):
    """(the attack, its points) away from the model's own prediction."""
    labels = tf.argmax(model(images), -1, tf.int32)
    (one,) = followed([(name, ATTACKS[name](epsilon, **settings))], epsilon)
    return one.attack, Follower(model, exposure(images, labels), classes)(one, labels, no_seeds(images), None)


def test_on_a_linear_model_the_curve_is_its_closed_form(linear_model):
    """Each step moves every channel by alpha along the sign of its weights, (+, -, +) for both losing classes."""
    images = tf.constant(np.random.default_rng(0).integers(60, 200, (2, 5, 7, 3)), tf.float32)
    attack, points = follow(linear_model, images, "ifgsm", 3.0, alpha=0.5, steps=8)
    assert points.shape == (attack.steps + 1, 2, 5)
    for t, found in enumerate(points):
        moved = min(0.5 * t, 3.0) * np.array([1.0, -1.0, 1.0])
        logits = linear_model(images + moved.astype(np.float32)).numpy().astype(np.float64)
        own = linear_model(images).numpy().argmax(-1)
        loss = np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, own[..., None], -1)[..., 0]
        np.testing.assert_allclose(found[:, LOSS], loss.mean((1, 2)), rtol=1e-5)
        np.testing.assert_allclose(found[:, CHANGED], 100 * (logits.argmax(-1) != own).mean((1, 2)))
        np.testing.assert_allclose(found[:, LINF], np.abs(moved).max(), atol=2e-5)  # 1e-5: of a sum near 200


SHAPES = {
    "fgsm": ({}, 1),
    "ifgsm_ll": ({}, 4),
    "mi_fgsm": ({}, 4),
    "segpgd": ({"steps": 5}, 6),
    "ifgsm": ({"start": "uniform", "restarts": 3, "steps": 4}, 15),
    "cospgd": ({"steps": 3, "keep": "accuracy"}, 4),
    "apgd_ce": ({"steps": 6}, 7),
    "sea_mce": ({"steps": 10, "restarts": 2}, 26),
}
"""{attack: (settings, looks)}: one a step, and one at where each run or stage ends that is compared."""


@pytest.mark.parametrize("name", SHAPES)
def test_watching_changes_nothing_and_the_last_point_is_the_result(smooth_model, images, name):
    settings, looks = SHAPES[name]
    attack, points = follow(smooth_model, images, name, classes=4, **settings)
    labels = tf.argmax(smooth_model(images), -1, tf.int32)
    ((group, _),) = plan([attack])
    result = group(smooth_model, images, labels, no_seeds(images), None)[0]
    assert len(points) == looks + 1 == attack.cost.gradients + attack.cost.forwards + 1
    logits = smooth_model(images + result).numpy()
    changed = 100 * (logits.argmax(-1) != labels.numpy()).mean((1, 2))
    np.testing.assert_allclose(points[-1][:, CHANGED], changed)
    np.testing.assert_allclose(points[-1][:, LINF], np.abs(result.numpy()).max((1, 2, 3)), atol=2e-5)
    best = tf.keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    np.testing.assert_allclose(points[-1][:, LOSS], best.numpy().mean((1, 2)), rtol=1e-4)


def test_stages_of_shrinking_radius_are_told_apart(smooth_model, images):
    attack, points = follow(smooth_model, images, "sea_mce", 4.0, 4, steps=10)
    stages = points[:, 0, 0]
    assert stages.tolist() == [0.0] * 4 + [1.0] * 4 + [2.0] * 6
    for stage, radius in enumerate((8.0, 6.0, 4.0)):
        assert radius - 1.5 < points[stages == stage][:, :, LINF].max() <= radius + 2e-5


def test_a_rung_is_followed_from_the_top_of_its_ladder(smooth_model, images):
    attacks = [("ladder_mce", ATTACKS["ladder_mce"](epsilon, steps=10)) for epsilon in (1.0, 2.0, 4.0, 32.0)]
    (one,) = followed(attacks, 2.0)
    assert isinstance(one.group, Ladder) and [rung.epsilon for rung in one.group.attacks] == [2.0, 4.0]
    labels = tf.argmax(smooth_model(images), -1, tf.int32)
    points = Follower(smooth_model, exposure(images, labels), 4)(one, labels, no_seeds(images), None)
    every = Ladder(tuple(attack for _, attack in attacks))(smooth_model, images, labels, no_seeds(images))
    seen = smooth_model(images + every[1]).numpy().argmax(-1)
    np.testing.assert_allclose(points[-1][:, CHANGED], 100 * (seen != labels.numpy()).mean((1, 2)))
    assert len(points) == 3 + 10 + 2 + 10 + 1 and points[:13, 0, LINF].max() > 4 >= points[-1, 0, LINF]


def test_void_and_padding_count_nowhere(smooth_model, images):
    labels = np.full(images.shape[:3], 255, np.int32)
    labels[:, :16, :24] = smooth_model(images).numpy().argmax(-1)[:, :16, :24]
    (one,) = followed([("fgsm", ATTACKS["fgsm"](8.0))], 8.0)
    given = exposure(images, tf.constant(labels), (16, 48))
    points = Follower(smooth_model, given, 4)(one, tf.constant(labels), no_seeds(images), None)
    assert points[0][:, IOU].tolist() == [100.0, 100.0] and points[0][:, CHANGED].tolist() == [0.0, 0.0]
    logits = smooth_model(images).numpy()[:, :16, :24]
    loss = tf.keras.losses.sparse_categorical_crossentropy(labels[:, :16, :24], logits, from_logits=True)
    np.testing.assert_allclose(points[0][:, LOSS], loss.numpy().mean((1, 2)), rtol=1e-5)


def test_of_each_attack_the_wanted_epsilon_is_followed_or_its_largest():
    attacks = [*grid(("fgsm", "ifgsm"), (1.0, 8.0, 32.0)), *grid(("segpgd",), (1.0, 2.0))]
    assert [(one.name, one.attack.epsilon) for one in followed(attacks, 8.0)] == [
        ("fgsm", 8.0),
        ("ifgsm", 8.0),
        ("segpgd", 2.0),
    ]
    hidden = dataclasses.replace(ATTACKS["ifgsm"](8.0), gradient=ExpectedGradient(Gaussian(1.0)))
    others = [("noise", ATTACKS["noise"](8.0)), ("ifgsm_unseen", ATTACKS["ifgsm_unseen"](8.0)), ("ifgsm", hidden)]
    assert followed([*others, ("dag", ATTACKS["dag"]())], 8.0) == []


@pytest.mark.parametrize("protocol", [{}, {"labels": "ground_truth", "loss_on_padding": False}])
def test_in_a_run_the_last_points_are_those_of_its_units(spec, tmp_path, protocol):
    """Batches of four, of which three photographs are shown; bit by bit the counts of the cells at epsilon 8."""
    scenario = white_box(spec, Protocol(grid(("fgsm", "ifgsm", "sea_mce"), (1.0, 8.0), steps=10), **protocol))
    if protocol:
        scenario = white_box(spec, Protocol(grid(("ifgsm_ll",), (1.0, 8.0)), **protocol))
    other = dataclasses.replace(spec, name="other")  # which the attacks are shown to, and nobody follows
    scenario = dataclasses.replace(scenario, targets=(*scenario.targets, Target(other)))
    wanted = Curves((scenario,), 3, 8.0)
    found = go([scenario], tmp_path, batch_size=4, extras=[wanted]).results
    table = curves.read(tmp_path / curves.FILE)
    assert list(table.columns) == list(curves.COLUMNS)
    assert list(table["image"].unique()) == [f"image_{number}" for number in range(3)]
    names = dict.fromkeys(name for name, _ in scenario.protocol.attacks)
    for name in names:
        cell = [(one.attack, one.epsilon) for one in found.cells].index((name, 8.0))
        own = table[table["attack"] == name]
        last = own.groupby("image").tail(1)
        assert (own["epsilon"] == 8.0).all() and own.groupby("image")["step"].nunique().nunique() == 1
        counts = type(found.counts)(*(part[cell, :3] for part in found.counts))
        np.testing.assert_array_equal(last["iou"], mean_iou(counts))
        np.testing.assert_allclose(last["linf"], found.linf[cell, :3], atol=2e-5)
    assert len(Shards(split(), 4).units_of(Steps(scenario, 3, 8.0))) == 1
    assert len(Shards(split(), 2).units_of(Steps(scenario, 3, 8.0))) == 2

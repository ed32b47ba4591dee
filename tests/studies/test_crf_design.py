"""Networks with a CRF: who attacks whom, what attacks start from, and how parameters are chosen."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf
from six_images import go, split

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.objectives import away_from_labels, toward_least_likely
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.engine.initial_gradient import Starts, initial_gradient
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.scenario import Protocol
from tfadvseg.json_text import as_typed
from tfadvseg.metrics.counts import class_counts
from tfadvseg.models.card import Card
from tfadvseg.runs import initial_gradients
from tfadvseg.studies.crf.design import (
    objectives,
    pair_scenarios,
    sweep_scenarios,
    trained_together,
    trained_with_crf,
    variants,
    with_crf,
    with_scaled,
)
from tfadvseg.studies.crf.names import CrfDesign, CrfPair
from tfadvseg.studies.crf.tuning import tune

CRF_RNN = PARAMETERS["crf_rnn"]
PROTOCOL = Protocol(tuple((name, ATTACKS[name](4.0)) for name in ("fgsm", "fgsm_ll")))


@pytest.fixture(scope="module")
def spec(conv_model):
    return conv_model.spec


@dataclasses.dataclass(frozen=True)
class Sharper:
    """Stands in for a CRF: logits grow where the image is bright."""

    def __call__(self, logits, images):
        return logits * (1 + images[..., :1] / 255)


def test_a_network_with_a_crf_has_a_name_and_a_digest_of_its_own(spec):
    crf = with_crf(spec, CRF_RNN)
    assert (crf.name, crf.classes, crf.frame) == ("conv+crf", 11, spec.frame)
    assert len({crf.digest, spec.digest, with_crf(spec, PARAMETERS["deeplab_vgg"]).digest}) == 3
    assert with_crf(spec, CRF_RNN) == crf


def test_a_network_trained_with_a_crf_takes_the_name_of_the_one_it_is_compared_with(spec):
    other = trained_with_crf(spec, spec)
    assert other.name == "conv+crf" and other.digest == spec.digest


@pytest.mark.parametrize(
    ("architecture", "added", "expected"),
    [
        ("crf_rnn", {}, True),
        ("fcn8s_vgg", {"crf": {"theta_alpha": 160.0}}, False),
        ("crf_rnn", {"crf": {"theta_alpha": 160.0}}, False),
        ("fcn8s_vgg", {}, None),
        ("somebodys_own", {}, None),
    ],
)
def test_a_card_says_whether_a_crf_was_trained_with_its_network(spec, tmp_path, architecture, added, expected):
    """One behind CRF-RNN is a second one, which was not."""
    provenance = {"added": added}
    named = Card("net", architecture, ("a", "b"), ((0, 0, 0), (1, 1, 1)), None, (0.0, 0.0, 0.0), 1, {}, provenance)
    named.write(tmp_path)
    assert trained_together(dataclasses.replace(spec, path=tmp_path)) is expected


def test_of_a_network_without_a_card_nobody_knows_it_and_one_that_is_added_here_is_known(spec, tmp_path):
    assert trained_together(dataclasses.replace(spec, path=tmp_path)) is None
    assert trained_together(with_crf(dataclasses.replace(spec, path=tmp_path), CRF_RNN)) is False


def test_scaling_is_for_untargeted_attacks_and_changes_only_the_loss():
    scaled, names = with_scaled(PROTOCOL, 20.0)
    *others, (name, attack) = scaled.attacks
    assert tuple(others) == PROTOCOL.attacks and names == {"fgsm": "fgsm_scaled"}
    plain = PROTOCOL.attacks[0][1]
    assert name == "fgsm_scaled" and attack.epsilon == plain.epsilon and attack.steps == plain.steps
    logits, labels = tf.constant([[[[60.0, 0.0, 20.0]]]]), tf.zeros((1, 1, 1), tf.int32)
    assert plain.objective(logits, labels).numpy().item() == 0  # lost in float32
    expected = np.log(1 + np.exp(-3.0) + np.exp(-2.0))
    assert attack.objective(logits, labels).numpy().item() == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def experiment(spec, tmp_path_factory):
    """(collected, starts, the models) of a pair on two images."""
    crf = dataclasses.replace(spec, name="conv+crf", refinement=Sharper())
    folder, models = tmp_path_factory.mktemp("runs"), OpenModels()
    protocol, _ = with_scaled(PROTOCOL, 20.0)
    made, extra = pair_scenarios(spec, crf, protocol), Starts((spec, crf), tuple(objectives(20.0).items()))
    collected = go(made, folder, images=2, models=models, extras=[extra])
    first = initial_gradients.read(folder, 2)
    go(made, folder, images=2, extras=[extra])  # from the run folder
    for name, values in initial_gradients.read(folder, 2).items():
        np.testing.assert_array_equal(values, first[name])
    return collected, first, (models[spec], models[crf])


def test_the_crf_meets_its_own_attacks_and_those_of_the_network_alone(experiment):
    cells = [(c.source_model, c.model, c.attack) for c in experiment[0].results.cells]
    attacks = ("fgsm", "fgsm_ll", "fgsm_scaled")
    expected = {("conv", model, attack) for model in ("conv", "conv+crf") for attack in ("clean", *attacks)}
    crossed = {("conv+crf", model, attack) for model in ("conv", "conv+crf") for attack in attacks}
    assert set(cells) == expected | crossed
    assert len(cells) == len(set(cells))


def test_what_transfers_is_the_same_perturbation(experiment, spec):
    """From scratch: the network's own FGSM, shown to the network with the CRF."""
    collected, _, (network, crf) = experiment
    batch = next(iter(Shards(split(range(1)), 1).batches(spec)))
    images = batch["image"]
    perturbation = ATTACKS["fgsm"](4.0)(network, images, tf.argmax(network(images), -1, tf.int32))
    predictions = tf.argmax(crf(images + perturbation), -1, tf.int32).numpy()
    expected = class_counts(batch["labels"].numpy(), predictions, 11)
    cells = [(c.source_model, c.model, c.attack) for c in collected.results.cells]
    found = collected.results.of(cells.index(("conv", "conv+crf", "fgsm")))
    for part, own in zip(expected, found, strict=True):
        np.testing.assert_array_equal(own[0], part[0])


def test_starts_are_kept_for_each_model_and_objective(experiment, spec):
    _, found, (network, _) = experiment
    assert set(found) == {f"{m}/{o}" for m in ("conv", "conv+crf") for o in ("away", "toward", "scaled")}
    batch = next(iter(Shards(split(range(1)), 1).batches(spec)))
    expected = initial_gradient(network, away_from_labels, batch["image"], tf.ones((1, 32, 48), tf.bool))
    np.testing.assert_allclose(found["conv/away"][:, 0], np.stack(expected)[:, 0], rtol=1e-4)


def test_the_start_of_a_linear_network_in_closed_form(linear_model, images):
    """The loss by the softmax; the gradient p W' - w_label; without a weight on the pixels there is none."""
    counted = tf.ones(images.shape[:3], tf.bool)
    weights = np.array([[0.0, 0.001, 0.002], [0.0, -0.002, -0.001], [0.0, 0.003, 0.001]])
    logits = images.numpy().astype(float) @ weights + [4.0, 0.0, -1.0]
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    for objective, target in ((away_from_labels, logits.argmax(-1)), (toward_least_likely, logits.argmin(-1))):
        found = initial_gradient(linear_model, objective, images, counted)
        loss = -np.log(np.take_along_axis(p, target[..., None], -1))[..., 0]
        gradient = p @ weights.T - weights.T[target]
        np.testing.assert_allclose(found[0], loss.mean((1, 2)), rtol=1e-4)
        np.testing.assert_allclose(found[1], np.linalg.norm(gradient, axis=-1).mean((1, 2)), rtol=1e-3)
        assert not found[2].numpy().any()
    blind = initial_gradient(lambda x: 0 * x + [1.0, 0.0, 0.0], away_from_labels, images, counted)
    assert not blind[1].numpy().any() and (blind[2].numpy() == 1).all()


def test_at_the_start_only_pixels_that_count_count(linear_model, images):
    """The model looks at no neighbour, so the left half by itself says the same."""
    left = np.arange(images.shape[2]) < images.shape[2] // 2
    counted = tf.constant(np.broadcast_to(left, images.shape[:3]))
    half = images[:, :, : images.shape[2] // 2]
    expected = initial_gradient(linear_model, away_from_labels, half, tf.ones(half.shape[:3], tf.bool))
    found = initial_gradient(linear_model, away_from_labels, images, counted)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("slope", [0.0, np.inf])
def test_pixels_without_a_gradient_are_a_share_and_leave_that_of_the_others(linear_model, images, slope):
    """Each fourth column, which is multiplied by 0; or behind whose scores stands a root at 0."""
    blind = tf.constant(np.arange(images.shape[2]) % 4 == 0)[:, None]
    every = tf.ones(images.shape[:3], tf.bool)

    def network(x):
        if slope == 0:
            return linear_model(tf.where(blind, 100.0, x))
        steep = tf.sqrt(tf.where(blind, x - images, 1.0))  # 0, and in value the same as nothing
        return linear_model(x) + tf.where(blind, steep, 0.0)

    found = initial_gradient(network, away_from_labels, images, every)
    np.testing.assert_allclose(found[2], 0.25)
    assert np.isfinite(found[1]).all() and (found[1].numpy() > 0).all()


def test_variants_move_one_parameter_but_weight_and_theta_gamma_together(spec):
    values = {"theta_alpha": [1, 80], "theta_beta": [2], "theta_gamma": [1, 5], "spatial_weight": [3, 10]}
    moved = variants("conv+crf", values)
    assert list(moved)[:3] == ["conv+crf,theta_alpha=1", "conv+crf,theta_alpha=80", "conv+crf,theta_beta=2"]
    assert len(moved) == 7 and moved["conv+crf,spatial_weight=10,theta_gamma=5"] == {
        "spatial_weight": 10,
        "theta_gamma": 5,
    }
    scenarios = sweep_scenarios(spec, CRF_RNN, moved, PROTOCOL)
    assert {name for s in scenarios for name, _ in s.protocol.attacks} == {"fgsm"}
    last = scenarios[-1].source.refinement.parameters
    assert (last.spatial_weight, last.theta_gamma, last.theta_alpha) == (10, 5, 160)
    assert [s.name for s in scenarios] == list(moved) and scenarios[1].targets[0].model.name == list(moved)[1]


def test_the_design_comes_back_from_json():
    pair = CrfPair("a", "b", {"b,theta_alpha=1": {"theta_alpha": 1.0}})
    design = CrfDesign((pair,), {"fgsm": "fgsm_scaled"}, 20.0)
    assert as_typed(CrfDesign, json.loads(json.dumps(design.as_json())), "design") == design


def test_tuning_takes_what_scores_best_and_says_so(conv_model):
    """Of weights 0, which change nothing, and 1000, which smear everything; until a round finds nothing better."""
    lines = []
    values = {"spatial_weight": (0.0, 1000.0)}
    start = dataclasses.replace(PARAMETERS["deeplab_vgg"], bilateral_weight=0.0, iterations=1)
    shards = Shards(split(range(1)), 1)
    best, iou, own = tune(conv_model, shards, start, values, lines.append)
    scores = [float(line.split()[0]) for line in lines[1:]]
    assert lines[0].startswith("   IoU") and f"without CRF {own:.2f}" in lines[0] and len(scores) == 2
    assert iou == pytest.approx(max(scores), abs=0.006) and max(scores) > min(scores)
    assert best.spatial_weight in (0.0, 1000.0) and tune(conv_model, shards, best, values) == (best, iou, own)

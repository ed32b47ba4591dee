"""The paper's grid, 4 attacks x 8 epsilons, on a SavedModel of E-Net: the bits of separate runs for 80 gradients."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from counting import CountingEstimator

from tfadvseg.attacks import ATTACKS, EPSILONS, PAPER
from tfadvseg.attacks.gradients import Ascent, plain_gradient
from tfadvseg.attacks.plan import plan

CELLS = [(name, epsilon) for name in PAPER for epsilon in EPSILONS]


class CompiledOnce:
    """The plain gradient on its own graph, called from the graph of any attack; tracing 32 attacks is then quick."""

    def __init__(self):
        self.calls = 0

    @functools.cache  # noqa: B019
    def compiled(self, model, objective):
        return tf.function(functools.partial(plain_gradient, model, objective))

    def __call__(self, model, objective, images, labels, seeds, progress):
        def compute(*tensors):
            self.calls += 1
            return self.compiled(model, objective)(*tensors)

        gradient, *judged = tf.py_function(compute, (images, labels, seeds, progress), [tf.float32] * 3)
        return Ascent(
            tf.ensure_shape(gradient, images.shape), *(tf.ensure_shape(one, images.shape[:1]) for one in judged)
        )


@pytest.fixture(scope="module")
def prediction(enet_model, images):
    return tf.argmax(enet_model(images), -1, tf.int32)


@pytest.fixture(scope="module")
def grid(enet_model, images, prediction):
    """({(name, epsilon): perturbations}, gradients computed) by sweeps."""
    estimator = CountingEstimator()
    attacks = [ATTACKS[name](epsilon, gradient=estimator) for name, epsilon in CELLS]
    found = {}
    for sweep, positions in plan(attacks):
        for position, perturbations in zip(
            positions, sweep(enet_model, images, prediction, None, None).numpy(), strict=True
        ):
            found[CELLS[position]] = perturbations
    return found, int(estimator.calls)


def test_the_network_under_attack_predicts_several_classes(prediction):
    assert (np.bincount(prediction.numpy().ravel(), minlength=11) > 30).sum() >= 3


def test_the_whole_grid_takes_80_gradients_a_batch(grid):
    assert grid[1] == 80


def test_every_perturbation_stays_within_epsilon(grid):
    for (name, epsilon), found in grid[0].items():
        assert np.abs(found).max() == epsilon
        if name in ("fgsm", "fgsm_ll"):
            assert set(np.unique(found)) <= {-epsilon, 0.0, epsilon}


def test_single_step_and_iterative_agree_at_a_quarter_and_a_half(grid):
    for epsilon in (0.25, 0.5):
        for rule in ("", "_ll"):
            np.testing.assert_array_equal(grid[0]["fgsm" + rule, epsilon], grid[0]["ifgsm" + rule, epsilon])


@pytest.mark.slow
def test_one_trajectory_equals_32_separate_attacks_bit_by_bit(grid, enet_model, images, prediction):
    estimator = CompiledOnce()
    for name, epsilon in CELLS:
        found = ATTACKS[name](epsilon, gradient=estimator)(enet_model, images, prediction)
        np.testing.assert_array_equal(found, grid[0][name, epsilon], err_msg=f"{name} {epsilon}")
    assert estimator.calls == 172


@pytest.mark.parametrize(
    ("name", "epsilon"),
    [
        pytest.param(
            name, epsilon, marks=[] if (name, epsilon) in (("ifgsm", 4), ("ifgsm_ll", 16)) else pytest.mark.slow
        )
        for name, epsilon in CELLS
    ],
)
def test_one_trajectory_equals_an_attack_on_a_graph_of_its_own(grid, enet_model, images, prediction, name, epsilon):
    """Without an estimator of the test's: each attack as it is, with everything in one graph."""
    np.testing.assert_array_equal(ATTACKS[name](epsilon)(enet_model, images, prediction), grid[0][name, epsilon])

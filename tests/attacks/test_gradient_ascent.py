"""The four attacks: a closed form, the exact bound, and their options."""

import dataclasses
import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfadvseg.attacks import ATTACKS, EPSILONS, PAPER, fgsm, fgsm_class, fgsm_ll, ifgsm, ifgsm_class, ifgsm_ll, mi_fgsm
from tfadvseg.attacks.balls import L2, LInf
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.gradients import Ascent
from tfadvseg.attacks.merits import MERITS
from tfadvseg.attacks.objectives import Objective, cross_entropy, given, toward_class
from tfadvseg.seeds import at_restart, at_start, image_seeds

CORNER = np.array([1.0, -1.0, 1.0])


@pytest.fixture(scope="module")
def few(smooth_model):
    """(model, images, its own predictions): small, whole grey levels, with both ends of the range."""
    x = tf.constant(np.random.default_rng(8).integers(0, 256, (2, 6, 8, 3)), tf.float32)
    x = tf.tensor_scatter_nd_update(x, [[0, 0, 0], [0, 0, 1]], tf.constant([[0.0] * 3, [255.0] * 3]))
    return smooth_model, x, tf.argmax(smooth_model(x), -1, tf.int32)


@pytest.mark.parametrize("name", [*PAPER, "mi_fgsm"])
@pytest.mark.parametrize("epsilon", [0.25, 4.0])
def test_attacks_reach_the_corner_of_the_ball(linear_model, name, epsilon):
    """Logits linear in the pixels: the worst image moves every channel by epsilon along its weights' sign."""
    images, labels = tf.fill((1, 4, 4, 3), 100.0), tf.zeros((1, 4, 4), tf.int32)
    perturbation = ATTACKS[name](epsilon)(linear_model, images, labels)
    np.testing.assert_array_equal(perturbation, np.broadcast_to(epsilon * CORNER, (1, 4, 4, 3)))


@pytest.mark.parametrize(("steps", "distance"), [(1, 0.75), (2, 1.5), (5, 3.75), (6, 4.0), (9, 4.0)])
def test_every_step_goes_toward_the_corner(linear_model, steps, distance):
    images, labels = tf.fill((1, 2, 2, 3), 100.0), tf.zeros((1, 2, 2), tf.int32)
    perturbation = GradientAscent(4.0, alpha=0.75, steps=steps)(linear_model, images, labels)
    np.testing.assert_array_equal(perturbation, np.broadcast_to(distance * CORNER, (1, 2, 2, 3)))


@pytest.mark.parametrize(("single", "iterative"), [(fgsm, ifgsm), (fgsm_ll, ifgsm_ll)])
@pytest.mark.parametrize("epsilon", [0.25, 0.5])
def test_single_step_and_iterative_agree_below_one_level(few, single, iterative, epsilon):
    """One iteration of alpha 1, clipped to epsilon, is one step of epsilon: bit by bit."""
    np.testing.assert_array_equal(single(epsilon)(*few), iterative(epsilon)(*few))


@pytest.mark.parametrize("make", [fgsm, fgsm_ll])
@pytest.mark.parametrize("epsilon", EPSILONS)
def test_a_single_step_is_minus_epsilon_zero_or_epsilon(few, make, epsilon):
    assert set(np.unique(make(epsilon)(*few))) <= {-epsilon, 0.0, epsilon}


@pytest.mark.parametrize("epsilon", [0.3, 1.0, 8.0])
@pytest.mark.parametrize("alpha", [0.3, 1.0, 50.0])
def test_the_bound_holds_exactly(few, epsilon, alpha):
    perturbation = np.asarray(ifgsm(epsilon, alpha=alpha)(*few))
    assert np.abs(perturbation).max() <= np.float32(epsilon) and perturbation.dtype == np.float32
    assert np.abs(perturbation).max() > 0


def test_epsilon_zero_gives_back_the_image(few):
    for name in PAPER:
        np.testing.assert_array_equal(ATTACKS[name](0.0)(*few), 0)


def test_attacks_raise_their_objective(few):
    model, images, labels = few
    for name in PAPER:
        attack = ATTACKS[name](8.0)
        before = tf.reduce_sum(attack.objective(model(images), labels))
        after = tf.reduce_sum(attack.objective(model(images + attack(*few)), labels))
        assert after > before


def test_the_least_likely_class_is_chosen_anew_at_each_iterate():
    """At first the second class is the least likely one, a level higher the third: the iterates go to and fro."""

    def model(images):
        r = images[..., :1] - 100.0
        return tf.concat([100.0 + 0 * r, r - 0.5, -r], -1)

    images, labels = tf.fill((1, 1, 1, 3), 100.0), tf.zeros((1, 1, 1), tf.int32)
    moving = [float(ifgsm_ll(8.0, steps=n)(model, images, labels)[0, 0, 0, 0]) for n in (1, 2, 3)]
    fixed = [
        float(GradientAscent(8.0, steps=n, objective=toward_class(1))(model, images, labels)[0, 0, 0, 0])
        for n in (2, 3)
    ]
    assert moving == [1.0, 0.0, 1.0] and fixed == [2.0, 3.0]


@pytest.mark.parametrize("factor", [1e-3, 0.37, 1000.0])
def test_scaling_the_loss_changes_no_example(few, factor):
    """D8 of the paper's derived checks: only the sign of the gradient counts."""

    def scaled(logits, labels, progress):
        return factor * cross_entropy(logits, labels, progress)

    attack = GradientAscent(4.0, steps=5, objective=Objective(given, 1.0, scaled))
    np.testing.assert_array_equal(attack(*few), ifgsm(4.0)(*few))


def test_in_range_keeps_images_between_0_and_255_and_within_the_ball(few):
    model, images, labels = few
    free, kept = (np.asarray(ifgsm(8.0, in_range=flag)(*few)) for flag in (False, True))
    adversarial = images.numpy() + kept
    assert adversarial.min() >= 0 and adversarial.max() <= 255 and np.abs(kept).max() <= 8
    assert (images.numpy() + free).min() < 0 or (images.numpy() + free).max() > 255


@pytest.mark.parametrize(("epsilon", "alpha"), [(2.5, 0.3), (8.0, 1.0), (0.5, 1.0)])
def test_an_attack_in_range_on_whole_levels_survives_a_png(few, epsilon, alpha):
    model, images, labels = few
    perturbation = np.asarray(ifgsm(epsilon, alpha=alpha, in_range=True, whole_levels=True)(*few))
    assert np.abs(perturbation).max() <= epsilon and (np.abs(perturbation).max() > 0) == (epsilon >= 1)
    adversarial = images.numpy()[0] + perturbation[0]
    file = io.BytesIO()
    Image.fromarray(adversarial.astype(np.uint8)).save(file, "PNG")
    np.testing.assert_array_equal(np.asarray(Image.open(file), np.float32), adversarial)


def test_only_attackable_pixels_change(linear_model):
    images, labels = tf.fill((1, 4, 4, 3), 100.0), tf.zeros((1, 4, 4), tf.int32)
    attackable = tf.constant(np.arange(16).reshape(1, 4, 4, 1) % 3 == 0, tf.float32)
    perturbation = ifgsm(4.0)(linear_model, images, labels, None, attackable)
    np.testing.assert_array_equal(perturbation, 4 * CORNER * attackable.numpy())


def test_estimators_get_other_seeds_at_each_iteration_and_for_each_image(linear_model):
    """An estimator that walks along its draws alone ends where the sum of their signs lies."""
    from tfadvseg.seeds import at_iteration, image_seeds

    def draws(images, seeds):
        return tf.map_fn(lambda seed: tf.random.stateless_normal(images.shape[1:], seed), seeds, tf.float32)

    def walk(model, objective, images, labels, seeds, progress):
        return Ascent(draws(images, seeds), tf.zeros(2), tf.zeros(2))

    images, labels = tf.fill((2, 3, 3, 3), 100.0), tf.zeros((2, 3, 3), tf.int32)
    seeds = tf.constant(image_seeds(0, ["a", "b"]))
    found = GradientAscent(32.0, steps=5, gradient=walk)(linear_model, images, labels, seeds)
    expected = sum(np.sign(draws(images, at_iteration(seeds, i))) for i in range(5))
    np.testing.assert_array_equal(found, expected)
    assert (found[0].numpy() != found[1].numpy()).any()


@pytest.mark.parametrize("make", [fgsm_class, ifgsm_class])
def test_an_attack_toward_a_class_raises_its_share(few, make):
    """Toward each class in turn: its predictions become more, and those of the reference loop by hand are the same."""
    model, images, labels = few
    for target in range(4):
        attack = make(4.0, target)
        adversarial = images + attack(model, images, labels)
        before, after = (tf.argmax(model(x), -1).numpy() == target for x in (images, adversarial))
        assert after.sum() > before.sum()
        assert attack == GradientAscent(4.0, attack.alpha, attack.steps, toward_class(target))


def test_momentum_of_no_memory_is_iterative_fgsm_bit_by_bit(few):
    np.testing.assert_array_equal(mi_fgsm(4.0, decay=0.0)(*few), ifgsm(4.0)(*few))
    assert np.any(mi_fgsm(4.0)(*few) != ifgsm(4.0)(*few))


SEEDS = tf.constant(image_seeds(0, ["a", "b"]))
CLIMBS = {name: dataclasses.replace(ifgsm(16.0, alpha=12.0, steps=6), keep=name) for name in (*MERITS, "last")}
"""Steps so large that the loss goes up and down."""


def merit(name, model, images, labels, perturbation):
    logits = model(images + perturbation)
    return MERITS[name](logits, labels, tf.reduce_sum(cross_entropy(logits, labels), (1, 2))).numpy()


@pytest.mark.parametrize("name", MERITS)
def test_a_best_iterate_is_never_worse_than_any_other(few, name):
    """It is the best of those that runs of fewer steps end with, the newest of equals."""
    iterates = [tf.zeros_like(few[1])] + [dataclasses.replace(CLIMBS["last"], steps=n)(*few) for n in range(1, 7)]
    merits = np.array([merit(name, *few, one) for one in iterates])
    best = CLIMBS[name](*few)
    np.testing.assert_allclose(merit(name, *few, best), merits.max(0), rtol=1e-6)
    newest = len(iterates) - 1 - merits[::-1].argmax(0)
    np.testing.assert_array_equal(best, [iterates[n][i] for i, n in enumerate(newest)])
    assert name != "loss" or (newest < 6).any()


def test_a_random_start_lies_in_the_ball_and_in_the_range(few):
    model, images, labels = few
    attack = GradientAscent(8.0, start="uniform", in_range=True)
    starts = attack.begin(images, SEEDS, None).numpy()
    noise = LInf().noise(images, 8.0, at_start(SEEDS)).numpy()
    np.testing.assert_array_equal(starts, np.clip(noise, -images.numpy(), 255 - images.numpy()))
    assert 7 < np.abs(starts).max() <= 8 and (starts[0] != starts[1]).any()
    padded = attack.begin(images, SEEDS, tf.cast(images[..., :1] > 100, tf.float32)).numpy()
    assert not padded[images[..., 0].numpy() <= 100].any() and padded.any()
    free = dataclasses.replace(attack, in_range=False)
    np.testing.assert_array_equal(free.begin(images, SEEDS, None), noise)
    one = free(*few, SEEDS)
    gradient = free.ascent_of(model)(images, noise, labels, SEEDS, 0.0, None).gradient
    np.testing.assert_array_equal(one, np.clip(noise + np.sign(gradient), -8, 8))


@pytest.mark.parametrize("name", ["last", *MERITS])
def test_restarts_never_hurt(few, name):
    """The first of them is the run without, and what is returned is the best of all by its own merit."""
    judge = "loss" if name == "last" else name
    attack = dataclasses.replace(CLIMBS[name], start="uniform")
    runs = [attack(*few, at_restart(SEEDS, tf.constant(i))) for i in range(3)]
    np.testing.assert_array_equal(runs[0], attack(*few, SEEDS))
    merits = np.array([merit(judge, *few, one) for one in runs])
    several = dataclasses.replace(attack, restarts=3)
    found = merit(judge, *few, several(*few, SEEDS))
    np.testing.assert_allclose(found, merits.max(0), rtol=1e-5)
    assert (found >= merits[0] - 1e-4).all()
    assert several.cost == (18, 3, 0) and attack.cost == (6, 0 if name == "last" else 1, 0)


@pytest.mark.parametrize("steps", [1, 3, 8])
def test_the_euclidean_ball_has_a_closed_form(steps):
    """Two classes whose logits differ by w . x + b: the worst image moves along w as far as it may."""
    weights = np.float32([0.01, -0.02, 0.03])

    def model(images):
        score = tf.reduce_sum(images * weights, -1, keepdims=True)
        return tf.concat([0 * score, score - 5.0], -1)

    images, labels = tf.fill((2, 2, 3, 3), 100.0), tf.zeros((2, 2, 3), tf.int32)
    reach = min(12.0, steps * 12.0 if steps == 1 else steps * 3.0)
    found = GradientAscent(12.0, alpha=12.0 if steps == 1 else 3.0, steps=steps, ball=L2())(
        model, images, labels
    ).numpy()
    expected = np.broadcast_to(weights / np.linalg.norm(weights) / np.sqrt(6), (2, 2, 3, 3))
    np.testing.assert_allclose(found, reach * expected, rtol=1e-5)


def test_options_left_alone_are_the_papers_attack():
    attack = GradientAscent(4.0, steps=3)
    assert (attack.start, attack.restarts, attack.keep, attack.ball) == ("zero", 1, "last", LInf())
    assert attack.cost == (3, 0, 0) and not attack.judges


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GradientAscent(-1.0), "Epsilon must be 0 grey levels or more; got -1.0"),
        (lambda: GradientAscent(float("nan")), "Epsilon must be 0 grey levels or more; got nan"),
        (lambda: fgsm(-0.5), "got -0.5"),
        (lambda: ifgsm_ll(-2.0), "got -2.0"),
        (lambda: GradientAscent(4.0, alpha=0.0), "alpha must be more than 0 grey levels; got 0.0"),
        (lambda: ifgsm(4.0, alpha=-1.0), "got -1.0"),
        (lambda: GradientAscent(4.0, steps=0), "at least 1 step; got 0"),
        (lambda: ifgsm(4.0, steps=0), "at least 1 step; got 0"),
        (lambda: ifgsm_ll(4.0, steps=-3), "at least 1 step; got -3"),
        (lambda: mi_fgsm(4.0, decay=-0.5), "decay is 0 or more; got -0.5"),
        (lambda: ifgsm_class(4.0, -1), "counted from 0; got -1"),
        (lambda: GradientAscent(4.0, start="here"), "Unknown start 'here'; choose one of: uniform, zero"),
        (lambda: GradientAscent(4.0, keep="first"), "Unknown keep 'first'; choose one of: accuracy, iou, last, loss"),
        (lambda: GradientAscent(4.0, restarts=2), "more often only from random starts; got 2 restarts from zero"),
        (lambda: GradientAscent(4.0, restarts=0, start="uniform"), "runs at least once.*; got 0 restarts from uniform"),
    ],
)
def test_refusals(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize("keep", ["last", "loss", "accuracy"])
def test_what_fools_is_better_than_the_image_whatever_class_is_then_the_least_likely(keep):
    """From probabilities (0.5, 0.3, 0.2) to (0.01, 0.001, 0.989): the loss to the least likely class of each grows."""
    before, after = (tf.math.log(tf.constant(p)) for p in ((0.5, 0.3, 0.2), (0.01, 0.001, 0.989)))
    attack = ifgsm_ll(8.0, alpha=8.0, steps=1, keep=keep)
    images, labels = tf.zeros((1, 1, 1, 3)), tf.zeros((1, 1, 1), tf.int32)
    found = attack(lambda x: before + x[..., :1] / 8 * (after - before), images, labels)
    np.testing.assert_array_equal(found, [[[[8, 0, 0]]]])


def test_a_value_whose_gradient_is_no_number_stays_and_all_others_go_on(few):
    """The first value: the slope of a root at 0 is infinite."""
    model, images, labels = few
    first, attack = images[:, :1, :1, :1], GradientAscent(8.0, 2.0, 6, ball=L2(), keep="loss")

    def steep(x):
        return model(x) + tf.constant([1.0, 0.0, 0.0, 0.0]) * tf.sqrt(x[:, :1, :1, :1] - first)

    found = attack(steep, images, labels).numpy()
    assert (found[:, 0, 0, 0] == 0).all() and (attack(*few).numpy()[:, 0, 0, 0] != 0).all()
    np.testing.assert_allclose(np.linalg.norm(found.reshape(len(found), -1), axis=1), 8, rtol=1e-4)

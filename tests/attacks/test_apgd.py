"""Auto-PGD against its algorithm in NumPy loops, image by image."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.apgd import SEA_STAGES, Apgd
from tfadvseg.attacks.balls import L2, LInf
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.gradients import Ascent, plain_gradient
from tfadvseg.attacks.losses import MaskedCrossEntropy
from tfadvseg.attacks.merits import MERITS
from tfadvseg.attacks.modern import apgd_ce, away_by, sea_js, sea_mce
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.conventions import IGNORED
from tfadvseg.seeds import at_iteration, at_restart, at_start, image_seeds, no_seeds


def apgd(look, start, epsilon, steps, image, in_range=True):
    """One stage on one image [H, W, 3] from `start`. look: (perturbation, iteration) -> (gradient, score, merit).

    -> (best by merit, its merit, [(iteration, reasons)] of the checkpoints that halved)."""

    def project(r):
        r = np.clip(r, -np.float32(epsilon), np.float32(epsilon))
        return np.clip(r, -image, 255 - image) if in_range else r

    size = np.float32(2 * epsilon)
    before = current = start
    gradient, score, merit = look(current, 0)
    top, top_gradient, top_score = current, gradient, score
    kept, kept_merit = current, merit
    every = max(22 * steps // 100, 1)
    since = rises = 0
    halved, top_there = True, score
    log = []
    for k in range(1, steps + 1):
        stepped = project(current + size * np.sign(gradient))
        weight = np.float32(1 if k == 1 else 0.75)
        moved = current + (weight * (stepped - current) + (1 - weight) * (current - before))
        before, current = current, project(moved)
        gradient, found, merit = look(current, k)
        if merit >= kept_merit:
            kept, kept_merit = current, merit
        if k == steps:
            break
        rises += found > score
        score = found
        if score > top_score:
            top, top_gradient, top_score = current, gradient, score
        since += 1
        if since == every:
            few, stuck = rises <= 0.75 * every, not halved and top_score <= top_there
            if few or stuck:
                size = size / 2
                current, gradient, score = top, top_gradient, top_score
                log.append((k, "few" if few else "stuck"))
            halved, top_there, since, rises = few or stuck, top_score, 0, 0
            every = max(every - max(3 * steps // 100, 1), max(6 * steps // 100, 1))
    return kept, kept_merit, log


@pytest.fixture(scope="module")
def few(smooth_model):
    """(model, images with both ends of the range, labels of which some do not count)."""
    x = np.random.default_rng(8).integers(0, 256, (2, 5, 6, 3)).astype(np.float32)
    x[:, 0, 0], x[:, 0, 1] = 0, 255
    labels = tf.argmax(smooth_model(tf.constant(x)), -1, tf.int32).numpy()
    labels[:, 2, 2] = IGNORED
    return smooth_model, tf.constant(x), tf.constant(labels)


def by_hand(attack, model, images, labels, seeds, attackable=None):
    """The attack on a batch, an image after the other, each with its whole batch seen by the network."""
    objective = dataclasses.replace(attack.objective, merit=MERITS[attack.keep])
    x, best = images.numpy(), []
    estimate = tf.function(lambda r: plain_gradient(model, objective, images + r, labels, seeds))

    def look_at(i):
        def look(r, iteration):
            batch = np.zeros(x.shape, np.float32)
            batch[i] = r
            found = estimate(tf.constant(batch))
            gradient = found.gradient[i].numpy() * (1 if attackable is None else attackable[i].numpy())
            return gradient, found.score[i].numpy(), found.merit[i].numpy()

        return look

    for i in range(len(x)):
        start = None
        for radius, share in attack.stages:
            epsilon, steps = radius * attack.epsilon, round(share * attack.steps)
            if start is None:
                noise = attack.ball.noise(images, epsilon, at_start(seeds))[i].numpy()
                start = noise if attackable is None else noise * attackable[i].numpy()
            start = np.clip(np.clip(start, -epsilon, epsilon), -x[i], 255 - x[i])
            start, merit, _ = apgd(look_at(i), start, epsilon, steps, x[i])
        best.append((start, merit))
    return np.stack([r for r, _ in best]), np.array([merit for _, merit in best])


CASES = {
    "cross-entropy": apgd_ce(6.0, steps=30),
    "by the loss": Apgd(6.0, 30, keep="loss"),
    "by the IoU": Apgd(6.0, 30, keep="iou"),
    "masked": Apgd(6.0, 30, away_by(MaskedCrossEntropy())),
    "shrinking": sea_mce(4.0, steps=40),
    "shrinking, Jensen-Shannon": sea_js(4.0, steps=40),
    "one step": apgd_ce(6.0, steps=1),
}


@pytest.mark.parametrize("name", CASES)
def test_the_algorithm_on_a_network(few, name):
    """Float32 sums of compiled and other code differ in their last bits, which no comparison here depends on."""
    attack, seeds = CASES[name], tf.constant(image_seeds(0, ["a", "b"]))
    found = attack(*few, seeds).numpy()
    expected, _ = by_hand(attack, *few, seeds)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.abs(found).max() <= np.float32(attack.epsilon)
    adversarial = few[1].numpy() + found
    assert adversarial.min() >= 0 and adversarial.max() <= 255


def test_the_best_of_all_iterates_is_returned(few):
    """Its merit is the highest that the run by hand met."""
    model, images, labels = few
    seeds = tf.constant(image_seeds(0, ["a", "b"]))
    attack = CASES["by the IoU"]
    _, merits = by_hand(attack, *few, seeds)
    found = MERITS["iou"](model(images + attack(*few, seeds)), labels, tf.zeros(2))
    np.testing.assert_allclose(found, merits, rtol=1e-5)


STEPS = 60
CHECKPOINTS = [13, 25, 36, 46, 55]
"""Every 0.22 of 60 steps, and each time 1 less."""


def script(*parts):
    """Scores of iterations 0 .. 60: of each part, that many more, each higher by that much than the one before."""
    scores = [0.0]
    for count, rise in parts:
        scores += [scores[-1] + rise * (i + 1) for i in range(count)]
    return scores + [scores[-1]] * (STEPS + 1 - len(scores))


SCORES = {
    "always rising": script((60, 1)),
    "never rising": script((60, -1)),
    # one fall at the first checkpoint's end, then slow rises that reach no new best: 12 of 12, so not few
    "stuck": script((12, 10), (1, -500), (12, 1), (11, 1), (24, 100)),
    "stuck at once": script((1, -500), (12, 1), (47, 100)),
    "falling later": script((13, 1), (12, -1), (35, 1)),
}
REASONS = {
    "always rising": [],
    "never rising": [(k, "few") for k in CHECKPOINTS],
    "stuck": [(25, "stuck")],
    "stuck at once": [],
    "falling later": [(25, "few")],
}
"""Where the step is halved, and why. What has found nothing better by the first checkpoint is not halved there."""


def scripted(names, images):
    """(an estimator whose scores are those of scripts whatever the images are, the same for NumPy)."""
    table = np.array([SCORES[name] for name in names], np.float32)
    signs = np.random.default_rng(3).choice(np.float32([-1, 1]), (STEPS + 1, *images.shape))
    one = at_iteration(tf.zeros((1, 2), tf.int32), tf.constant(1))[0, 1]

    def estimate(model, objective, images, labels, seeds, progress):
        iteration = seeds[0, 1] // one
        score = tf.gather(tf.constant(table), iteration, axis=1)
        return Ascent(tf.gather(tf.constant(signs), iteration), score, score)

    def look_at(i):
        return lambda r, iteration: (signs[iteration, i], table[i, iteration], table[i, iteration])

    return estimate, look_at


def test_checkpoints_halve_the_step_for_either_reason_and_not_at_the_first_for_the_second():
    """The iterates are those of NumPy bit by bit: all is in binary fractions."""
    names = list(SCORES)
    images = tf.fill((len(names), 2, 2, 3), 128.0)
    estimate, look_at = scripted(names, images)
    start = tf.zeros_like(images)
    found = Apgd(8.0, STEPS, gradient=estimate)(None, images, tf.zeros(images.shape[:3], tf.int32), None, None, start)
    iterates = []
    for i, name in enumerate(names):
        seen = []

        def look(r, iteration, i=i, seen=seen):
            seen.append(r)
            return look_at(i)(r, iteration)

        kept, _, log = apgd(look, start[i].numpy(), 8.0, STEPS, images[i].numpy())
        assert log == REASONS[name], name
        np.testing.assert_allclose(found[i], kept, atol=1e-5, err_msg=name)
        iterates.append(np.stack(seen))
    # An attack that returns its last iterate shows the whole run, not only up to the highest score.
    late = [np.where(np.arange(STEPS + 1) == STEPS, 1e9, 0)] * len(names)

    def judged(model, objective, images, labels, seeds, progress):
        own = estimate(model, objective, images, labels, seeds, progress)
        one = at_iteration(tf.zeros((1, 2), tf.int32), tf.constant(1))[0, 1]
        merit = tf.gather(tf.constant(np.array(late, np.float32)), seeds[0, 1] // one, axis=1)
        return own._replace(merit=merit)

    last = Apgd(8.0, STEPS, gradient=judged)(None, images, tf.zeros(images.shape[:3], tf.int32), None, None, start)
    np.testing.assert_allclose(last, [one[-1] for one in iterates], atol=1e-5)


@pytest.mark.parametrize("steps", [1, 7, 30, 50, 100, 150, 300, 500, 1000])
def test_intervals_are_whole_shares_of_the_steps(steps):
    """int(0.22 N) and the like, where float64 might fall short of a whole number."""
    assert [int(share * steps) for share in (0.22, 0.06, 0.03)] == [share * steps // 100 for share in (22, 6, 3)]


def test_costs():
    assert apgd_ce(4.0, steps=10).cost == Cost(gradients=10, forwards=1)
    assert sea_mce(4.0, steps=300).cost == Cost(gradients=300, forwards=3)
    assert sea_mce(4.0, steps=300).steps_of_each == [90, 90, 120]
    assert sea_mce(4.0, steps=300).stages == SEA_STAGES
    assert Apgd(4.0, 10, restarts=3).cost == Cost(gradients=30, forwards=3)
    expected = ExpectedGradient(lambda images, seeds: images, samples=5)
    assert Apgd(4.0, 10, gradient=expected).cost == Cost(gradients=50, forwards=5)


@pytest.mark.parametrize("stages", [((1.0, 1.0),), SEA_STAGES])
def test_only_attackable_pixels_change(few, stages):
    model, images, labels = few
    attackable = tf.constant(np.arange(60).reshape(2, 5, 6, 1) % 3 == 0, tf.float32)
    found = Apgd(4.0, 10, stages=stages)(model, images, labels, None, attackable).numpy()
    assert not (found * (1 - attackable.numpy())).any() and np.abs(found).max() > 1


def test_without_the_range_images_may_leave_it(few):
    found = Apgd(6.0, 5, in_range=False)(*few).numpy()
    adversarial = few[1].numpy() + found
    assert (adversarial.min() < 0 or adversarial.max() > 255) and np.abs(found).max() <= 6


def test_the_euclidean_ball(few):
    """Within it but for rounding, and of more effect than its own start."""
    model, images, labels = few
    attack = Apgd(60.0, 20, ball=L2(), keep="loss")
    found = attack(*few).numpy()
    norms = np.sqrt((found.astype(float) ** 2).sum((1, 2, 3)))
    assert (norms <= 60 * (1 + 1e-5)).all() and norms.max() > 50
    start = L2().noise(images, 60.0, at_start(no_seeds(images)))

    def loss(r):
        return tf.reduce_sum(away_from_labels(model(images + r), labels), (1, 2)).numpy()

    assert (loss(found) > loss(start)).all()


def test_restarts_are_other_draws_of_which_the_best_is_returned(few):
    model, images, labels = few
    seeds = tf.constant(image_seeds(0, ["a", "b"]))
    attack = Apgd(4.0, 6, keep="loss")
    runs = [attack(*few, at_restart(seeds, tf.constant(i))).numpy() for i in range(3)]
    losses = np.array([tf.reduce_sum(away_from_labels(model(images + r), labels), (1, 2)) for r in runs])
    together = dataclasses.replace(attack, restarts=3)(*few, seeds).numpy()
    np.testing.assert_allclose(together, [runs[b][i] for i, b in enumerate(losses.argmax(0))], atol=1e-4)


def test_a_start_without_a_number_is_not_kept(few):
    """Where the network has no number for the first iterate, later ones count."""

    def estimate(model, objective, images, labels, seeds, progress):
        found = plain_gradient(model, objective, images, labels, seeds, progress)
        first = tf.logical_and(tf.equal(progress, 0.0), tf.fill(tf.shape(found.merit), True))
        return found._replace(merit=tf.where(first, float("nan"), found.merit))

    start = tf.zeros_like(few[1])
    assert np.abs(Apgd(4.0, 3, gradient=estimate, keep="loss")(*few, None, None, start)).max() > 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epsilon": -1.0}, "Epsilon must be 0 grey levels or more; got -1.0"),
        ({"start": "here"}, "Unknown start 'here'"),
        ({"keep": "last"}, "Unknown keep 'last'; choose one of: accuracy, iou, loss"),
        ({"stages": ((2.0, 0.5), (1.0, 0.4))}, "Stages share all steps and end at a radius of 1 epsilon"),
        ({"stages": ((1.0, 0.5), (2.0, 0.5))}, "Stages share all steps and end at a radius of 1 epsilon"),
        ({"steps": 1, "stages": SEA_STAGES}, "Each of 3 stages needs a step; got 1 steps in all"),
        ({"steps": 0}, "Each of 1 stages needs a step; got 0 steps in all"),
        ({"restarts": 2, "start": "zero"}, "more often only from random starts; got 2 restarts from zero"),
        ({"restarts": 0}, "got 0 restarts"),
    ],
)
def test_refusals(settings, message):
    with pytest.raises(ValueError, match=message):
        Apgd(**{"epsilon": 4.0, "ball": LInf(), **settings})

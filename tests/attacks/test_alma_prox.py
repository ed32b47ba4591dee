"""ALMA prox against its algorithm in NumPy, and where the smallest perturbation has a closed form."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.alma_prox import AlmaProx, pace
from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.margins import relative_lead
from tfadvseg.conventions import IGNORED, LEFT_OUT

RNG = np.random.default_rng(8)
WEIGHTS = np.float32([0.1, -0.2, 0.3])
LEVELS = RNG.uniform(90, 122, (2, 10, 10)).astype(np.float32)
GREY = tf.constant(np.repeat(LEVELS[..., None], 3, -1))
LABELS = tf.zeros((2, 10, 10), tf.int32)


def linear(images):
    """Class 1 leads by 0.2 times the level of a grey pixel less 25: it falls to a change of (25 - 0.2 level) / 0.6."""
    score = tf.reduce_sum(images * WEIGHTS, -1, keepdims=True) - 25.0
    return tf.concat([0 * score, score, 0 * score - 20.0], -1)


def norms(perturbation):
    return np.abs(np.asarray(perturbation)).max((1, 2, 3))


def slope(v, m, w, published):
    above = (m * v if published else m) + 2 * m * w * v + w**2 * v**2 / 2
    return np.where(v >= 0, above, m / (1 - np.maximum(w, 1) * np.minimum(v, 0)) ** 2)


def by_hand(model, image, labels, steps, goal, published):
    """The algorithm on one image [H, W, 3] in float64 but for the network: its iterates in grey levels."""
    use = (labels != IGNORED) & (labels != LEFT_OUT)
    own = np.where(use, labels, 0)
    r, s = np.zeros(image.shape), np.zeros(image.shape)
    m, w, seen = np.ones(labels.shape), np.full(labels.shape, 0.01), np.zeros(labels.shape, bool)
    scale, first, before, iterates = 1.0, steps // 2, None, []
    for t in range(steps):
        iterates.append(255 * r)
        with tf.GradientTape(persistent=True) as tape:
            x = tf.constant(image + 255 * r, tf.float32)[None]
            tape.watch(x)
            logits = model(x)
            leads = relative_lead(logits, tf.constant(own)[None])
        wrong = use & (logits[0].numpy().argmax(-1) != own)
        done = wrong.sum() / use.sum() >= goal
        if done and t < steps // 2 and first == steps // 2:
            first = t
        scale = min(max(scale / (1.02 if done else 0.98), 0.1), 1.0)
        v = scale * leads[0].numpy().astype(float)
        dropped = int((1 - goal) * use.sum() * t / (steps - 1))
        kept = use.copy()
        if dropped:
            kept &= v < np.sort(v[use])[-dropped]
        before = v if t == 0 else before
        seen |= wrong
        if (t + 1) % 10 == 0:
            w = np.where(kept & ~seen & (v > 0.95 * before), 2 * w, w)
            before, seen = v, np.zeros_like(seen)
        if t:
            m = np.clip(0.8 * m + 0.2 * kept * slope(v, m, w, published), 1e-12, 1)
        pull = tf.constant(kept * slope(v, m, w, published) * scale, tf.float32)[None]
        g = 255 * tape.gradient(leads, x, output_gradients=pull)[0].numpy().astype(float)
        s = 0.8 * s + 0.2 * g**2
        h = np.sqrt(s / (1 - 0.8 ** (t + 1)))
        q = 0.1 / 0.9 * max(steps - first, 1)
        size = 0.001 * q / (q + max(0, t - first))
        point = r - size * np.divide(g, h, out=np.zeros_like(g), where=h > 0)
        boxed = np.clip(point, -image / 255, 1 - image / 255)
        grid = np.unique(np.abs(boxed))  # the slope of the prox's objective is linear between these
        rising = [size - (h * (np.abs(point) - u))[np.abs(boxed) > u].sum() for u in np.r_[0, grid]]
        k = int(np.argmax(np.array(rising) >= 0))
        over = np.abs(boxed) > np.r_[0, grid][k - 1] if k else np.zeros(image.shape, bool)
        norm = ((h * np.abs(point))[over].sum() - size) / h[over].sum() if k else 0.0
        r = np.clip(boxed, -norm, norm)
    return iterates


@pytest.mark.parametrize("published", [False, True])
def test_the_algorithm_on_a_network(smooth_model, published):
    """All iterates, as seen by a network that keeps them; rounding is float32's."""
    x = RNG.integers(0, 256, (2, 6, 8, 3)).astype(np.float32)
    labels = tf.argmax(smooth_model(tf.constant(x)), -1, tf.int32).numpy()
    labels[:, 2, 2], labels[:, 3] = IGNORED, LEFT_OUT
    seen = []

    def network(images):
        @tf.custom_gradient
        def passing(inputs):
            kept = tf.ensure_shape(
                tf.py_function(lambda one: (seen.append(one.numpy()), one)[1], [inputs], tf.float32), inputs.shape
            )
            return kept, lambda upstream: upstream

        return smooth_model(passing(images))

    steps, goal = 40, 0.6
    AlmaProx(steps, goal=goal, published=published)(network, tf.constant(x), tf.constant(labels))
    found = np.stack(seen) - x
    for i in range(2):
        expected = by_hand(smooth_model, x[i], labels[i], steps, goal, published)
        np.testing.assert_allclose(found[:, i], expected, atol=2e-2)
    assert np.abs(found[-1]).max() > 1


@pytest.mark.parametrize("goal", [0.95, 0.99, 1.0])
def test_it_comes_near_the_smallest_perturbation(goal):
    """Which is known of linear logits: the change that the last pixel needs which the goal asks for."""
    expected = np.sort(((25 - 0.2 * LEVELS) / 0.6).reshape(2, 100))[:, round(100 * goal) - 1]
    found = norms(AlmaProx(goal=goal)(linear, GREY, LABELS))
    assert (found >= expected - 1e-3).all() and (found <= 1.05 * expected).all(), (found, expected)


def test_an_image_that_is_wrong_already_stays():
    labels = tf.concat([LABELS[:1], LABELS[1:] + 1], 0)
    found = norms(AlmaProx(100)(linear, GREY, labels))
    assert found[0] > 5 and found[1] == 0


def test_what_is_never_reached_comes_as_near_as_it_can():
    """A quarter of the pixels may not change, all others fall."""
    attackable = tf.constant(np.arange(100).reshape(1, 10, 10, 1) % 4 > 0, tf.float32)
    found = AlmaProx(200)(linear, GREY, LABELS, None, attackable).numpy()
    assert not (found * (1 - attackable.numpy())).any()
    np.testing.assert_array_equal(tf.argmax(linear(GREY + found), -1) == 1, attackable[..., 0] == [[[1.0]], [[1.0]]])


def test_on_whole_levels_the_rounded_iterate_is_judged():
    expected = np.sort(((25 - 0.2 * LEVELS) / 0.6).reshape(2, 100))[:, 98]
    found = AlmaProx(whole_levels=True)(linear, GREY, LABELS).numpy()
    assert (found == np.rint(found)).all()
    assert (norms(found) >= np.ceil(expected)).all() and (norms(found) <= np.ceil(expected) + 1).all()
    wrong = tf.argmax(linear(GREY + found), -1).numpy() == 1
    assert (wrong.mean((1, 2)) >= 0.99).all()


def test_two_classes_have_no_third_to_compare_with():
    found = norms(AlmaProx(300)(lambda images: linear(images)[..., :2], GREY, LABELS))
    expected = np.sort(((25 - 0.2 * LEVELS) / 0.6).reshape(2, 100))[:, 98]
    assert (found >= expected - 1e-3).all() and (found <= 1.2 * expected).all()


def test_steps_are_whole_until_the_goal_was_reached_and_a_tenth_at_the_end():
    at = [float(pace(tf.constant(float(t)), tf.constant([20.0]), 100)[0]) for t in (0, 20, 21, 100)]
    assert at[:2] == [1, 1] and at[2] == pytest.approx((80 / 9) / (80 / 9 + 1)) and at[3] == pytest.approx(0.1)


def test_a_network_is_traced_once_whatever_the_number_of_steps():
    traces = []

    def counting(images):
        traces.append(1)
        return linear(images)

    AlmaProx(3)(counting, GREY, LABELS)
    few = len(traces)
    AlmaProx(30)(counting, GREY, LABELS)
    assert len(traces) == 2 * few


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": 0.0}, "alpha must be more than 0 grey levels; got 0.0"),
        ({"steps": 0}, "at least 1 step; got 0"),
        ({"goal": 2.0}, "A goal is a share"),
        ({"ball": L2()}, "has no other norm; leave it at linf"),
        ({"gradient": ExpectedGradient(None)}, "follows the constraint of every single pixel"),
    ],
)
def test_refusals(settings, message):
    assert AlmaProx(7).cost == Cost(gradients=7)
    with pytest.raises(ValueError, match=message):
        AlmaProx(**settings)

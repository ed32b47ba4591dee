"""DLA against plain loops over one image, and what a black box may and may not see."""

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.base import Cost
from tfadvseg.attacks.dla import Dla, blocks, mean_iou
from tfadvseg.attacks.merits import lowest_iou
from tfadvseg.attacks.plan import Single, label_maps_of, plan
from tfadvseg.conventions import IGNORED, LEFT_OUT
from tfadvseg.seeds import image_seeds

SEEDS = image_seeds(0, ["a", "b", "c"])
IMAGES = np.random.default_rng(8).integers(0, 256, (3, 6, 8, 3)).astype(np.float32)


class Query:
    """A model as a black box, that keeps what it is shown."""

    def __init__(self, model):
        self.answer, self.shown = label_maps_of(model), []

    def __call__(self, images):
        assert isinstance(images, np.ndarray) and images.dtype == np.float32
        self.shown.append(images)
        return self.answer(images)


@pytest.fixture
def query(smooth_model):
    return Query(smooth_model)


@pytest.fixture(scope="module")
def labels(smooth_model):
    found = label_maps_of(smooth_model)(IMAGES)
    found[0, :2], found[1, 3, 3:] = LEFT_OUT, IGNORED
    return found


def iou_by_hand(labels, answer):
    ious = []
    for k in range(4):
        both = either = 0
        for y, x in np.ndindex(*labels.shape):
            if labels[y, x] not in (IGNORED, LEFT_OUT):
                both += labels[y, x] == k and answer[y, x] == k
                either += labels[y, x] == k or answer[y, x] == k
        if either:
            ious.append(both / either)
    return sum(ious) / len(ious)


def by_hand(query, image, labels, seed, epsilon, queries):
    """(perturbation, score after each query) of one image."""
    height, width, _ = image.shape

    def of(lines, rows):
        made = np.zeros_like(image)
        for y, x, c in np.ndindex(*image.shape):
            made[y, x, c] = epsilon * lines[y if rows else x]
        return made

    def score(lines, rows):
        return iou_by_hand(labels, query((image + of(lines, rows))[None])[0])

    best, lowest, course = None, 2.0, []
    for number in range(queries // 5):
        rng, rows = np.random.default_rng([int(part) % 2**32 for part in seed] + [number]), number % 2 == 0
        lines = [2 * int(bit) - 1 for bit in rng.integers(0, 2, height if rows else width)]
        if (found := score(lines, rows)) < lowest:
            best, lowest = (lines, rows), found
        course.append(lowest)
    lines, rows = best
    size, first = len(lines), 0
    while len(course) < queries:
        tried = [-sign if first <= place < first + size else sign for place, sign in enumerate(lines)]
        if (found := score(tried, rows)) < lowest:
            lines, lowest = tried, found
        course.append(lowest)
        first += size
        if first >= len(lines):
            first, size = 0, len(lines) if size == 1 else (size + 1) // 2
    return of(lines, rows), course


def test_equals_loops_over_each_image_alone(query, labels):
    """60 queries are 12 draws, and flips of all 14 or 19 blocks of 6 rows or 8 columns more than twice."""
    found = Dla(24.0, 60)(query, IMAGES, labels, SEEDS)
    shown = len(query.shown)
    for i in range(3):
        expected, course = by_hand(query, IMAGES[i], labels[i], SEEDS[i], 24.0, 60)
        np.testing.assert_array_equal(found[i], expected)
        assert course[-1] < course[11] <= course[0], i  # flips do help
    assert shown == 60 and {batch.shape for batch in query.shown[:60]} == {IMAGES.shape}


def test_more_queries_never_raise_the_score(query, labels):
    """The course of one run, as far as the draws are the same."""
    scores = []
    for queries in (50, 51, 52, 53, 54):
        attacked = query(IMAGES + Dla(24.0, queries)(query, IMAGES, labels, SEEDS))
        scores.append([mean_iou(truth, answer) for truth, answer in zip(labels, attacked, strict=True)])
    assert (np.diff(scores, axis=0) <= 0).all()
    assert (np.array(scores[0]) < [mean_iou(truth, truth) for truth in labels]).all()


def test_an_image_gets_the_same_whatever_the_batch(query, labels):
    attack = Dla(16.0, 25)
    together = attack(query, IMAGES, labels, SEEDS)
    backwards = attack(query, IMAGES[::-1], labels[::-1], SEEDS[::-1])[::-1]
    np.testing.assert_array_equal(together, backwards)
    np.testing.assert_array_equal(together[1:2], attack(query, IMAGES[1:2], labels[1:2], SEEDS[1:2]))
    assert (together[0] != attack(query, IMAGES[:1], labels[:1], SEEDS[1:2])[0]).any()


@pytest.mark.parametrize("queries", [1, 4, 5, 50])
def test_it_asks_exactly_as_often_as_it_says(query, labels, queries):
    attack = Dla(8.0, queries)
    found = attack(query, tf.constant(IMAGES), tf.constant(labels), tf.constant(SEEDS))
    assert len(query.shown) == queries and attack.cost == Cost(queries=queries)
    assert found.dtype == np.float32 and set(np.unique(found)) == {-8.0, 8.0}
    assert any((batch == IMAGES + found).all((1, 2, 3)).any() for batch in query.shown)  # each was tried


def test_what_is_shown_keeps_range_levels_and_what_may_change(query, labels):
    attackable = np.float32(np.arange(6 * 8).reshape(1, 6, 8, 1) % 3 == 0)
    found = Dla(9.5, 20, in_range=True, whole_levels=True)(query, IMAGES, labels, SEEDS, tf.constant(attackable))
    for shown in [*query.shown, IMAGES + found]:
        change = shown - IMAGES
        assert shown.min() >= 0 and shown.max() <= 255 and np.abs(change).max() == 9
        np.testing.assert_array_equal(change, np.trunc(change))
        assert not (change * (1 - attackable)).any()
    assert np.mean(found != 0) > 0.3  # a third may change


def test_in_the_euclidean_ball_it_is_as_long_as_epsilon(query, labels):
    found = Dla(64.0, 10, ball=L2())(query, IMAGES, labels, SEEDS)
    np.testing.assert_allclose(np.sqrt((found.astype(float) ** 2).sum((1, 2, 3))), 64, rtol=1e-6)
    assert len(np.unique(np.abs(found))) == 1


@pytest.mark.parametrize(("lines", "sizes"), [(1, [1]), (2, [2, 1, 1]), (5, [5, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1])])
def test_blocks_halve_down_to_each_line(lines, sizes):
    found = [np.arange(lines)[block].tolist() for block in blocks(lines)]
    assert [len(block) for block in found] == sizes
    assert sum(found, []) == list(range(lines)) * (sum(sizes) // lines)


def test_the_score_is_the_merit_that_attacks_by_gradients_are_kept_by(smooth_model, labels):
    logits = smooth_model(tf.constant(IMAGES + 20))
    answers = tf.argmax(logits, -1, tf.int32).numpy()
    found = [mean_iou(truth, answer) for truth, answer in zip(labels, answers, strict=True)]
    np.testing.assert_allclose(found, -lowest_iou(logits, tf.constant(labels), tf.zeros(3)), rtol=1e-6)
    assert mean_iou(np.full((2, 2), LEFT_OUT), np.zeros((2, 2), int)) == 0


def test_a_model_that_draws_at_random_answers_each_query_by_another_draw(smooth_model, labels):
    """And a run of the same seeds sees the same draws."""

    def noisy(images, seeds):
        drawn.append(seeds)
        return smooth_model(images + 20 * tf.cast(seeds[:, :1, None, None] % 7, tf.float32))

    drawn = []
    seeds = tf.constant(SEEDS)
    answer = label_maps_of(noisy, seeds)
    answers = [answer(IMAGES) for _ in range(4)]
    assert len({one.tobytes() for one in answers}) > 1 and len(drawn) == 1  # traced once
    again = label_maps_of(noisy, seeds)
    np.testing.assert_array_equal([again(IMAGES) for _ in range(4)], answers)
    ((group, _),) = plan([Dla(8.0, 10)], seeded=True)
    assert group == Single(Dla(8.0, 10), seeded=True)
    found = group(noisy, tf.constant(IMAGES), tf.constant(labels), seeds, None)
    expected = Dla(8.0, 10)(label_maps_of(noisy, seeds), IMAGES, labels, SEEDS)
    np.testing.assert_array_equal(found[0], expected)


@pytest.mark.parametrize(
    ("settings", "message"),
    [((-1.0,), "Epsilon must be 0 grey levels or more; got -1"), ((8.0, 0), "needs at least 1; got 0")],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Dla(*settings)

"""The search against all choices tried one by one, the bound below each of them, and where both meet."""

import itertools

import numpy as np
import pytest

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import iou_per_class, mean_iou, pixel_accuracy
from tfadvseg.metrics.worst_case import class_worst_case, lower_bound, worst_case


def random_counts(seed, attacks=3, images=5, classes=4, pixels=60):
    """Of random label maps and predictions of differing quality, one a pair of attack and image."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, (images, pixels))
    wrong = rng.integers(0, classes, (attacks, images, pixels))
    kept = rng.random((attacks, images, pixels)) < rng.random((attacks, images, 1))
    predictions = np.where(kept, labels, wrong)
    one_hot = np.eye(classes, dtype=np.int64)
    labelled, predicted = one_hot[labels], one_hot[predictions]
    hits = (labelled * predicted).sum(2)
    return Counts(hits, np.broadcast_to(labelled.sum(1), hits.shape), predicted.sum(2))


def every_choice(counts):
    """{choice: mean IoU} of all of them."""
    attacks, images, _ = counts.hits.shape
    return {
        choice: float(mean_iou(Counts(*(part[list(choice), np.arange(images)] for part in counts)).total()))
        for choice in itertools.product(range(attacks), repeat=images)
    }


@pytest.mark.parametrize("seed", range(12))
def test_the_search_finds_the_worst_of_all_choices(seed):
    """Of sets small enough to try each choice; a greedy search may miss it on others, never go below it."""
    counts = random_counts(seed)
    found, all_of_them = worst_case(counts), every_choice(counts)
    assert found.iou == pytest.approx(all_of_them[tuple(found.choice)], abs=1e-9)
    assert found.iou == pytest.approx(min(all_of_them.values()), abs=0.05)
    assert found.iou >= min(all_of_them.values()) - 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_the_bound_is_below_every_choice(seed):
    counts = random_counts(seed)
    assert lower_bound(counts) <= min(every_choice(counts).values()) + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_the_worst_choice_for_one_class_is_the_least_of_all_choices(seed):
    counts = random_counts(seed, attacks=4)
    attacks, images, _ = counts.hits.shape
    each = [
        iou_per_class(Counts(*(part[list(choice), np.arange(images)] for part in counts)).total())
        for choice in itertools.product(range(attacks), repeat=images)
    ]
    np.testing.assert_allclose(class_worst_case(counts), np.min(each, 0), rtol=1e-12)


def test_the_bound_is_above_that_of_fewest_hits_over_largest_unions():
    """These may come from two attacks on one image, which none makes at once."""
    parts = ([[[10]], [[20]]], [[[40]], [[40]]], [[[20]], [[80]]])
    counts = Counts(*map(np.array, parts))
    assert counts.union.ravel().tolist() == [50, 100] and lower_bound(counts) == pytest.approx(20)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_found_leaves_no_more_than_what_was_known(seed):
    """One start alone may end above the best choice, but not where it begins there."""
    counts = random_counts(seed)
    all_of_them = every_choice(counts)
    best = min(all_of_them, key=all_of_them.get)
    found = worst_case(counts, starts=1, known=[np.array(best)])
    assert found.iou == pytest.approx(all_of_them[best], abs=1e-6)


def test_means_over_trials_are_counts_too():
    counts = random_counts(8)
    halves = Counts(*(part / 2 for part in counts))
    assert worst_case(halves).iou == pytest.approx(worst_case(counts).iou)
    assert lower_bound(halves) == pytest.approx(lower_bound(counts))


def test_of_one_attack_bound_and_search_are_its_iou():
    counts = random_counts(3, attacks=1)
    found = worst_case(counts)
    expected = float(mean_iou(Counts(*(part[0] for part in counts)).total()))
    assert found.iou == pytest.approx(expected) and found.bound == pytest.approx(expected)
    assert (found.choice == 0).all()


def test_of_an_attack_that_is_worse_on_each_class_of_each_image_nothing_else_is_taken():
    """Fewer hits and more union of everything: bound and search meet, and the gap is 0."""
    labelled = np.full((4, 2), 50)
    weak = Counts(np.full((4, 2), 40), labelled, np.full((4, 2), 50))
    strong = Counts(np.full((4, 2), 10), labelled, np.full((4, 2), 50))
    counts = Counts(*(np.stack(parts) for parts in zip(weak, strong, strict=True)))
    found = worst_case(counts)
    assert (found.choice == 1).all() and found.iou == pytest.approx(100 * 10 / 90) == pytest.approx(found.bound)
    assert found.accuracy == pytest.approx(20.0)


def test_a_choice_by_image_may_be_worse_than_each_attack_alone():
    counts = random_counts(7, attacks=3, images=20)
    alone = [float(mean_iou(Counts(*(part[a] for part in counts)).total())) for a in range(3)]
    assert worst_case(counts).iou < min(alone) - 1e-6


def test_the_accuracy_is_that_of_each_images_lowest():
    counts = random_counts(5)
    lowest = counts.hits.sum(-1).argmin(0)
    expected = pixel_accuracy(Counts(*(part[lowest, np.arange(5)] for part in counts)).total())
    assert worst_case(counts).accuracy == pytest.approx(float(expected))
    totals = [pixel_accuracy(Counts(*(part[a] for part in counts)).total()) for a in range(3)]
    assert worst_case(counts).accuracy <= min(totals)


def test_a_class_that_is_in_no_label_counts_in_neither():
    counts = random_counts(2)
    grown = Counts(*(np.concatenate([part, np.zeros_like(part[..., :1])], -1) for part in counts))
    grown.predicted[..., -1] = 7
    assert lower_bound(grown) == pytest.approx(lower_bound(counts))
    assert worst_case(grown).iou == pytest.approx(worst_case(counts).iou)


def test_the_same_seed_gives_the_same_choice():
    counts = random_counts(9, images=30)
    np.testing.assert_array_equal(worst_case(counts, seed=4).choice, worst_case(counts, seed=4).choice)

"""Votes to proofs, each step against a loop, a closed form or a simulation."""

import numpy as np
import pytest
import scipy.stats

from tfadvseg.metrics.certificate import (
    contradicted,
    largest_radius,
    lower_bounds,
    p_values,
    radius,
    rejected,
    segcertify,
)


def holm_by_hand(p, error):
    """Again and again the smallest p-value left, against error / how many are left."""
    left, rejected = dict(enumerate(p)), set()
    while left:
        smallest = min(left, key=left.get)
        if left[smallest] > error / len(left):
            break
        rejected.add(smallest)
        del left[smallest]
    return np.array([i in rejected for i in range(len(p))])


@pytest.mark.parametrize("seed", range(20))
def test_holm_rejects_what_a_loop_rejects(seed):
    rng = np.random.default_rng(seed)
    p = rng.choice([1e-6, 0.004, 0.006, 0.01, 0.0126, 0.03, 0.06, 0.5], 12) * rng.choice([1.0, rng.random()])
    np.testing.assert_array_equal(rejected(p, 0.05), holm_by_hand(p, 0.05))
    np.testing.assert_array_equal(rejected(p.reshape(3, 4), 0.05).ravel(), rejected(p, 0.05))


def test_holm_at_its_boundary_and_beyond_it():
    """0.05 / 3, then 0.05 / 2, then 0.05 / 1; what lies behind the first that stays is not looked at."""
    third, half = 0.05 / 3, 0.05 / 2
    assert rejected(np.array([third, half, 0.05]), 0.05).all()
    assert rejected(np.array([third, np.nextafter(half, 1), 0.05]), 0.05).tolist() == [True, False, False]
    assert not rejected(np.array([np.nextafter(third, 1)] * 3), 0.05).any()
    assert rejected(np.zeros(0), 0.05).shape == (0,)


def test_p_values_are_sums_of_the_binomial_distribution():
    draws, tau = 12, 0.75
    mass = [scipy.stats.binom.pmf(k, draws, tau) for k in range(draws + 1)]
    expected = [sum(mass[k:]) for k in range(draws + 1)]
    np.testing.assert_allclose(p_values(np.arange(draws + 1), draws, tau), expected, rtol=1e-12)
    assert p_values(np.array([draws]), draws, tau)[0] == pytest.approx(tau**draws, rel=1e-12)


def test_lower_bounds_are_where_the_votes_would_just_be_too_many():
    """Clopper and Pearson: at the bound the probability of so many votes is the error that a pixel has."""
    votes = np.array([[0, 1, 30], [77, 99, 100]])
    found = lower_bounds(votes, 100, 0.003)
    assert found[0, 0] == 0 and (np.diff(found.ravel()) > 0).all()
    np.testing.assert_allclose(scipy.stats.binom.sf(votes - 1, 100, found).ravel()[1:], 0.003 / 6, rtol=1e-6)
    assert found[1, 2] == pytest.approx((0.003 / 6) ** (1 / 100))
    assert radius(found[1, 2], 16.0) == pytest.approx(largest_radius(100, 6, 0.003, 16.0))


@pytest.mark.parametrize("tau", [0.5, 0.75])
def test_a_family_of_pixels_is_seldom_wrong(tau):
    """Half of the pixels have exactly the probability tau and must not be rejected, in no more than 20 % of the images;
    the others are sure. Not far less often, either: the test is not idle."""
    rng, error, images, draws = np.random.default_rng(0), 0.2, 4000, 200
    p = np.repeat([tau, 0.97], 20)
    votes = np.stack([rng.multinomial(draws, [q, 1 - q], images)[:, 0] for q in p], 1)
    certified = np.stack([segcertify(one, draws, tau, error) for one in votes])
    wrong = certified[:, :20].any(1).mean()
    assert 0.05 < wrong < error + 3 * np.sqrt(error / images)
    assert certified[:, 20:].mean() > 0.99
    bounds = np.stack([lower_bounds(one, draws, error) for one in votes])
    missed = (bounds > p).any(1).mean()
    assert 0.05 < missed < error + 3 * np.sqrt(error / images)


def test_a_guess_from_the_draws_that_are_counted_would_be_wrong_too_often():
    """Why the guess has draws of its own: of two equally likely classes one always leads."""
    rng, draws, images = np.random.default_rng(1), 60, 500
    p = np.full(2, 0.5)
    first, second = rng.multinomial(draws, p, (images, 50)), rng.multinomial(draws, p, (images, 50))
    leading = first.max(-1)
    fresh = np.take_along_axis(second, first.argmax(-1)[..., None], -1)[..., 0]
    wrong = [np.mean([segcertify(one, draws, 0.5, 0.2).any() for one in votes]) for votes in (leading, fresh)]
    assert wrong[0] > 0.22 > wrong[1]


def test_radii_by_hand():
    assert radius(0.5, 16.0) == 0 and radius(0.2, 16.0) == 0
    assert radius(scipy.stats.norm.cdf(1.5), 16.0) == pytest.approx(24.0)
    assert radius(0.75, 63.75) == pytest.approx(0.6744897501960817 * 63.75)


def test_a_linear_network_is_never_certified_beyond_its_boundary():
    """Under noise it names class 0 with the probability Phi(margin / sigma), and its answer changes exactly where the
    margin is used up: the radius stays below it in all 1,000 images, each of 50 pixels, and comes near it."""
    rng, sigma, draws = np.random.default_rng(2), 16.0, 1000
    margins = rng.uniform(0, 3, (1000, 50)) * sigma
    votes = rng.binomial(draws, scipy.stats.norm.cdf(margins / sigma))
    radii = np.stack([radius(lower_bounds(one, draws, 1e-3 / 1000), sigma) for one in votes])
    assert (radii < margins).all()
    middle = (margins > sigma) & (margins < 1.5 * sigma)
    assert (radii[middle] > 0.7 * margins[middle]).mean() > 0.9
    tau = 0.75
    certified = np.stack([segcertify(one, draws, tau, 1e-3 / 1000) for one in votes])
    assert (margins[certified] > radius(tau, sigma)).all() and certified[margins > 1.2 * sigma].all()


def test_votes_that_refute_a_certificate_are_seen():
    """A pixel of radius 16 at norm 8, sigma 16, keeps Phi(0.5) = 69 %: 69 votes of 100 do not refute it, 40 do."""
    radii = np.array([16.0, 16.0, 16.0, 8.0, 0.0])
    votes = np.array([69, 60, 40, 0, 0])
    assert contradicted(votes, 100, radii, 8.0, 16.0, 0.001) == 1
    assert contradicted(votes, 100, radii, 7.9, 16.0, 0.001) == 2  # the fourth is certified there
    least = scipy.stats.norm.cdf(0.5)
    edge = int(scipy.stats.binom.ppf(0.001 / 5, 100, least))
    found = [
        contradicted(np.array([k, 99, 99, 99, 99]), 100, np.full(5, 16.0), 8.0, 16.0, 0.001) for k in (edge - 1, edge)
    ]
    assert found == [1, 0]


@pytest.mark.parametrize("tau", [0.49, 1.0, float("nan")])
def test_tau_has_its_bounds(tau):
    with pytest.raises(ValueError, match="tau is a probability of at least 0.5 and below 1; got"):
        segcertify(np.array([3]), 5, tau, 0.1)


def test_votes_beyond_the_draws_are_refused():
    for act in (lambda: p_values(np.array([6]), 5, 0.5), lambda: lower_bounds(np.array([-1]), 5, 0.5)):
        with pytest.raises(ValueError, match="Votes are counts of at least 1 draw, each from 0 to draws; got 5"):
            act()

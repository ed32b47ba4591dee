"""What the votes of a run prove, pixel by pixel, against SciPy's exact binomial tests."""

import types

import numpy as np
import pytest
import scipy.stats

from tfadvseg.conventions import IGNORED
from tfadvseg.studies.certificate import measure
from tfadvseg.studies.certificate.measure import Certificates, Confidence, collected

SIGMA, DRAWS, GUESSES, TAU, ERROR, NORM = 8.0, 70, 5, 0.6, 0.01, 4.0
SMOOTHING = types.SimpleNamespace(
    sigma=SIGMA,
    draws=DRAWS,
    guesses=GUESSES,
    protocol=types.SimpleNamespace(attacks=[("ifgsm", types.SimpleNamespace(epsilon=NORM))]),
)
NET = types.SimpleNamespace(name="net", classes=2)


def unit(seed, agreeing):
    """A photograph of 12 pixels, some without a label, some guessed wrongly, with votes from none to all."""
    rng = np.random.default_rng(seed)
    votes = rng.choice([0, 40, 55, 65, DRAWS], (3, 4), p=[0.1, 0.1, 0.2, 0.2, 0.4])
    labels = rng.choice([0, 1, IGNORED], (3, 4), p=[0.4, 0.4, 0.2])
    counts = {key: np.zeros((2, 2)) for key in ("hits", "labelled", "predicted")}
    guess = rng.integers(0, 2, (3, 4))
    return {"votes": votes, "labels": labels, "guess": guess, "agreeing": np.full((1, 3, 4), agreeing), **counts}


UNITS = [unit(0, 0), unit(1, GUESSES)]


def least_probabilities(one, error):
    """By Clopper and Pearson, for all pixels together."""
    level = 1 - error / one["votes"].size
    bound = np.vectorize(
        lambda count: scipy.stats.binomtest(int(count), DRAWS, alternative="greater").proportion_ci(level).low
    )
    return bound(one["votes"])


def hits(one, certified):
    """Right and certified pixels of each class."""
    right = certified & (one["guess"] == one["labels"])
    return [int((right & (one["labels"] == c)).sum()) for c in range(2)]


def test_a_pixel_counts_at_each_norm_below_its_own_radius():
    found = collected(NET, SMOOTHING, TAU, ERROR, UNITS)
    seen = set()
    for e, norm in enumerate(found.norms):
        for i, one in enumerate(UNITS):
            certified = SIGMA * scipy.stats.norm.ppf(least_probabilities(one, ERROR)) > norm
            assert found.by_norm[e, 0, i].tolist() == hits(one, certified)
            seen.add(tuple(hits(one, certified)))
    assert len(seen) > 3
    assert NORM in found.norms and found.by_norm[-1, 0].sum() == 0  # beyond the largest radius


def test_segcertify_rejects_by_holm_over_the_pixels_of_an_image():
    found = collected(NET, SMOOTHING, TAU, ERROR, UNITS)
    assert float(found.radius) == pytest.approx(SIGMA * scipy.stats.norm.ppf(TAU))
    for i, one in enumerate(UNITS):
        p = np.array([scipy.stats.binomtest(int(v), DRAWS, TAU, "greater").pvalue for v in one["votes"].ravel()])
        certified, order = np.zeros(p.size, bool), np.argsort(p, kind="stable")
        for rank, pixel in enumerate(order):
            if p[pixel] > ERROR / (p.size - rank):
                break
            certified[pixel] = True
        assert found.by_radius[0, i].tolist() == hits(one, certified.reshape(3, 4))
        assert 0 < certified.sum() < p.size


def test_an_attack_refutes_where_too_few_of_the_guesses_agree():
    """Of the first photograph none of 5 agree, of the second all do: of more draws 5 would be too few."""
    found, (one, _) = collected(NET, SMOOTHING, TAU, ERROR, UNITS), UNITS
    radii = SIGMA * scipy.stats.norm.ppf(least_probabilities(one, ERROR))
    least = scipy.stats.norm.cdf((radii - NORM) / SIGMA)
    expected = ((radii > NORM) & ((1 - least) ** GUESSES < ERROR / radii.size)).sum()
    assert expected > 0 and found.contradicted.tolist() == [expected]


def test_each_image_has_its_share_of_the_error(monkeypatch):
    told, folder = [], types.SimpleNamespace(load=None, store=None)
    shards = types.SimpleNamespace(split=range(2), units_of=lambda part: [])
    monkeypatch.setattr(measure, "collected", lambda *given: told.append(given[2:4]))
    monkeypatch.setattr(measure, "measured", list)
    monkeypatch.setattr(measure, "write", lambda *_: None)
    Certificates(((NET, SMOOTHING),), Confidence(TAU, ERROR)).write(shards, folder)
    assert told == [(TAU, ERROR / 2)]

"""The area under the ROC curve by ranks against all pairs, one by one."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from tfadvseg.metrics.detection import auroc
from tfadvseg.metrics.intervals import resample_weights

RNG = np.random.default_rng(7)


def of_all_pairs(attacked, clean):
    """1 for a larger score of the attacked image, a half for an equal one."""
    return np.mean([[1.0 if a > c else 0.5 if a == c else 0.0 for c in clean] for a in attacked])


@pytest.mark.parametrize("levels", [3, 1000])
def test_it_is_the_share_of_pairs_in_which_the_attacked_image_scores_more(levels):
    """With many ties and with few."""
    attacked, clean = RNG.integers(0, levels, (2, 23)) / levels
    assert auroc(attacked, clean)[0] == pytest.approx(of_all_pairs(attacked, clean), abs=1e-12)


def test_a_resample_is_as_if_its_images_had_been_drawn():
    attacked, clean = RNG.integers(0, 9, (2, 8)).astype(float)
    weights = resample_weights(["a", "a", "b", "c", "d", "d", "d", "e"], 20)
    for found, drawn in zip(auroc(attacked, clean, weights), weights.astype(int), strict=True):
        expected = of_all_pairs(np.repeat(attacked, drawn), np.repeat(clean, drawn))
        assert found == pytest.approx(expected, abs=1e-12)


def test_its_ends_and_its_middle():
    low, high = np.arange(4.0), 10 + np.arange(4.0)
    assert auroc(high, low)[0] == 1 and auroc(low, high)[0] == 0 and auroc(low, low)[0] == 0.5
    assert auroc(-high, -low)[0] == 0  # the same detector turned round


def test_it_is_the_mann_whitney_statistic_of_scipy():
    attacked, clean = RNG.integers(0, 5, (2, 40)).astype(float)
    statistic = mannwhitneyu(attacked, clean).statistic
    assert auroc(attacked, clean)[0] == pytest.approx(statistic / 40**2, abs=1e-12)

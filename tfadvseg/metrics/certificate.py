"""What votes under Gaussian noise prove of a smoothed network: SegCertify (Fischer, Baader and Vechev, ICML 2021).

The smoothed network names at each pixel the class that the network names most often when Gaussian noise of standard
deviation sigma is added to its input. Where the probability of a class is at least p > 1/2, the smoothed network names
it for every input less than sigma * Phi^-1(p) away in the Euclidean norm (Cohen, Rosenfeld and Kolter, ICML 2019). That
holds of any function of the input, pixel by pixel, so of all pixels at once. p is not known, only votes are; so each
statement here may be wrong, but of all pixels of an image together with a probability of no more than `error`.

The classes must be guessed on other draws than those that are counted here, for else the votes flatter the guess.
"""

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from tfadvseg.metrics.significance import holm


def p_values(votes: NDArray[np.integer], draws: int, tau: float) -> NDArray[np.float64]:
    """P(at least so many of `draws` votes) if a class had no more than the probability tau; as `votes`, int [...]."""
    _check(votes, draws)
    return scipy.stats.binom.sf(np.arange(draws + 1) - 1, draws, tau)[votes]


def rejected(p: NDArray[np.float64], error: float) -> NDArray[np.bool_]:
    """Which hypotheses of p-values [...] are rejected, bool [...], any of them wrongly with a probability of no more
    than `error` (Holm 1979). No independence is needed, and neighbouring pixels have none."""
    return holm(p.ravel()).reshape(p.shape) <= error


def segcertify(votes: NDArray[np.integer], draws: int, tau: float, error: float) -> NDArray[np.bool_]:
    """Pixels [...] whose guessed class, of so many `votes`, has a probability above tau; the others abstain. All have
    the one radius `radius(tau, sigma)`."""
    if not 0.5 <= tau < 1:
        raise ValueError(f"tau is a probability of at least 0.5 and below 1; got {tau}.")
    return rejected(p_values(votes, draws, tau), error)


def lower_bounds(votes: NDArray[np.integer], draws: int, error: float) -> NDArray[np.float64]:
    """Below what no pixel's probability lies, [...], all at once (Clopper and Pearson 1934, with Bonferroni's
    correction; Holm's knows no bounds beyond its tau for what it rejects)."""
    _check(votes, draws)
    k = np.arange(1, draws + 1)
    least = scipy.stats.beta.ppf(error / max(votes.size, 1), k, draws - k + 1)
    return np.concatenate([[0.0], least])[votes]


def radius(probability: NDArray[np.float64] | float, sigma: float) -> NDArray[np.float64]:
    """Euclidean norm that a perturbation must reach, in the unit of sigma, to change the answer at a pixel whose class
    has at least that probability; 0 up to 1/2, where nothing is certified."""
    return sigma * np.maximum(scipy.stats.norm.ppf(probability), 0.0)


def largest_radius(draws: int, pixels: int, error: float, sigma: float) -> float:
    """Of a pixel at which all draws agree: beyond it nothing can be certified with so few of them."""
    return float(radius((error / pixels) ** (1 / draws), sigma))


def contradicted(
    votes: NDArray[np.integer], draws: int, radii: NDArray[np.float64], norm: float, sigma: float, error: float
) -> int:
    """Pixels at which the votes [...] for the certified class, on an input that is perturbed by `norm`, refute their
    radii [...]: a defect, but with a probability of no more than `error`.

    Under a perturbation of that norm the class keeps a probability of at least Phi((radius - norm) / sigma)."""
    certified = radii > norm
    least = scipy.stats.norm.cdf((radii[certified] - norm) / sigma)
    refuted = scipy.stats.binom.cdf(votes[certified], draws, least) < error / max(votes.size, 1)
    return int(refuted.sum())


def _check(votes: NDArray[np.integer], draws: int) -> None:
    if draws < 1 or (votes.size and not (votes.min() >= 0 and votes.max() <= draws)):
        raise ValueError(f"Votes are counts of at least 1 draw, each from 0 to draws; got {draws} draws.")

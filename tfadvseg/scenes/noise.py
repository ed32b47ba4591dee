"""Randomness with a place: noise and colours that textures look up by their coordinates."""

import functools

import numpy as np

PERIOD = 256
"""Noise repeats after so many cells."""


@functools.cache
def _white() -> np.ndarray:
    return np.random.default_rng(1).random((PERIOD, PERIOD), np.float32)


@functools.cache
def _fractal() -> np.ndarray:
    """Octaves of smooth noise [256, 256] with mean 0 and deviation 1, periodic in both directions."""
    rng = np.random.default_rng(2)
    total = np.zeros((PERIOD, PERIOD))
    for cells in (4, 8, 16, 32, 64, 128):
        at = np.arange(PERIOD) * cells / PERIOD
        low, weight = at.astype(int), at % 1
        weight = weight * weight * (3 - 2 * weight)
        grid = rng.standard_normal((cells, cells))
        rows = grid[low] * (1 - weight[:, None]) + grid[(low + 1) % cells] * weight[:, None]
        total += (rows[:, low] * (1 - weight) + rows[:, (low + 1) % cells] * weight) / cells**0.8
    return ((total - total.mean()) / total.std()).astype(np.float32)


def _at(table: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return table[np.asarray(y).astype(np.int32) & (PERIOD - 1), np.asarray(x).astype(np.int32) & (PERIOD - 1)]


def grain(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Independent uniform values in 0..1, one for each whole (x, y)."""
    return _at(_white(), x, y)


def clumps(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Smooth fractal noise of mean 0 and deviation 1 at (x, y); its largest clumps measure 64 cells."""
    return _at(_fractal(), x, y)


def any_colour(rng: np.random.Generator, saturation: float = 0.6) -> np.ndarray:
    """A random colour [3] in 0..1: any hue, mostly muted, from dark to light."""
    hue = np.abs((rng.random() * 6 + np.array([0, 4, 2])) % 6 - 3) - 1
    chroma = saturation * rng.random() ** 1.5
    return rng.uniform(0.12, 0.85) * (1 - chroma + chroma * np.clip(hue, 0, 1))


def mineral(rng: np.random.Generator) -> np.ndarray:
    """A colour [3] of stone, asphalt, brick, plaster or metal: grey, beige or reddish, at any brightness."""
    tint = rng.choice(
        [[1.0, 1.0, 1.0], [1.0, 0.93, 0.82], [1.0, 0.8, 0.68], [0.9, 0.96, 1.02]], p=[0.4, 0.3, 0.15, 0.15]
    )
    return rng.uniform(0.22, 0.72) * (tint + rng.normal(0, 0.02, 3))

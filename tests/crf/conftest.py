"""Lets the tests of this folder import the references beside them; a drawn image with logits that roughly fit it."""

import pathlib
import sys

import numpy as np
import pytest

sys.path.append(str(pathlib.Path(__file__).parent))


@pytest.fixture(scope="session")
def reference():
    """reference.npz: `image` uint8 [72, 96, 3] and `unary` energies [72, 96, 6], and marginals after 10 iterations.

    lattice_<set>_sym is by the authors' C++ code on the whole image, brute_<set>_<normalisation> by full kernels in
    float64 on the top left 40 x 52. Marginals are kept to the nearest 2^-16, which halves the file.
    """
    with np.load(pathlib.Path(__file__).with_name("reference.npz")) as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def scene():
    """A crop of a rendered street [24, 32, 3] in 0..255, and logits [24, 32, 5] that say its labels under noise."""
    from tfadvseg.data import scenes

    image, labels = scenes.render("validation", 3)
    image, labels = image[90:114, 100:132].astype(np.float32), labels[90:114, 100:132]
    logits = 1.5 * (labels[..., None] % 5 == np.arange(5)) + np.random.default_rng(8).normal(0, 1.2, (24, 32, 5))
    return image, logits.astype(np.float32)

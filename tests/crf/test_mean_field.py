"""Marginals against full kernels, against the authors' C++ code, and against a lattice made by hand.

The first two are near only, since the lattice's kernel is a coarse Gaussian; the last is the same to rounding.
"""

import dataclasses

import brute_force
import lattice_by_hand
import numpy as np
import pytest
import tensorflow as tf
from matplotlib import cbook
from PIL import Image

from tfadvseg.crf.mean_field import mean_field
from tfadvseg.crf.parameters import PARAMETERS, CrfParameters

CRF_RNN, DEEPLAB = PARAMETERS["crf_rnn"], PARAMETERS["deeplab_resnet"]
SETS = {"crfrnn": CRF_RNN, "deeplab": DEEPLAB}


def infer(logits, image, parameters, **weights):
    """The last Q [H, W, C] of one image."""
    return mean_field(logits[None], image[None], parameters, **weights)[0].numpy()


def assert_marginals_agree(found, expected, mean=8e-3, same=0.975):
    """On average and in the labels: mean field takes a near tie between two classes either way, at single pixels."""
    assert np.abs(found - expected).mean() < mean
    assert (found.argmax(-1) == expected.argmax(-1)).mean() >= same


@pytest.mark.parametrize("name", SETS)
def test_marginals_are_those_of_the_cpp_code_on_the_whole_image(name, reference):
    parameters = dataclasses.replace(SETS[name], normalisation="symmetric")
    found = brute_force.softmax(infer(-reference["unary"], reference["image"].astype(np.float32), parameters))
    assert_marginals_agree(found, reference[f"lattice_{name}_sym"], mean=1e-3, same=0.99)


@pytest.mark.parametrize("normalisation", ["symmetric", "after", "before"])
@pytest.mark.parametrize("name", SETS)
def test_marginals_are_those_of_full_kernels(name, normalisation, reference, scene):
    parameters = dataclasses.replace(SETS[name], normalisation=normalisation)
    height, width = reference["small_box"]
    image, logits = reference["image"][:height, :width].astype(np.float32), -reference["unary"][:height, :width]
    stored = reference[f"brute_{name}_{normalisation.replace('symmetric', 'sym')}"]
    assert_marginals_agree(brute_force.softmax(infer(logits, image, parameters)), stored)
    image, logits = scene
    expected = brute_force.softmax(brute_force.mean_field(logits, image, parameters))
    assert_marginals_agree(brute_force.softmax(infer(logits, image, parameters)), expected)
    assert (expected.argmax(-1) != logits.argmax(-1)).mean() > 0.1  # the CRF has something to do


@pytest.mark.parametrize("normalisation", ["symmetric", "after", "before", "none"])
def test_spatial_kernel_alone_is_exact(normalisation, scene):
    image, logits = scene
    weight = 0.1 if normalisation == "none" else 3
    parameters = dataclasses.replace(CRF_RNN, bilateral_weight=0, spatial_weight=weight, normalisation=normalisation)
    expected = brute_force.softmax(brute_force.mean_field(logits, image, parameters))
    np.testing.assert_allclose(brute_force.softmax(infer(logits, image, parameters)), expected, atol=1e-4)


def assert_equal_by_hand(logits, image, parameters):
    """In float64. Colours must be apart by amounts without a pattern: rounding decides where a point on a face lies."""
    expected = brute_force.mean_field(logits, image, parameters, bilateral_kernel=lattice_by_hand.lattice_kernel)
    found = infer(logits.astype(float), image.astype(float), parameters)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert np.abs(expected - logits).max() > 0.1


@pytest.mark.parametrize("noise", [0.5, 32])
@pytest.mark.parametrize("normalisation", ["symmetric", "after", "before", "none"])
def test_marginals_are_those_of_a_lattice_by_hand(normalisation, noise, scene):
    """On a crop, also with as much noise as the largest attack adds: there, few vertices have neighbours."""
    weight = 0.01 if normalisation == "none" else 1
    parameters = CrfParameters(160, 3, 3, 5 * weight, 3 * weight, normalisation=normalisation)
    image = scene[0][:13, :16] + np.random.default_rng(1).uniform(-noise, noise, (13, 16, 3))
    assert_equal_by_hand(scene[1][:13, :16], image, parameters)


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (7, 13), (2, 2)])
def test_any_size(size):
    rng = np.random.default_rng(4)
    image = rng.integers(0, 3, (*size, 3)) * 4 + rng.uniform(100, 101, (*size, 3))
    assert_equal_by_hand(rng.normal(0, 2, (*size, 4)), image, CRF_RNN)


@pytest.mark.parametrize("classes", [1, 2, 21, 33, 150])
def test_any_number_of_classes(classes, scene):
    rng = np.random.default_rng(5)
    image = scene[0][:9, :8] + rng.uniform(0, 1, (9, 8, 3))
    assert_equal_by_hand(rng.normal(0, 2, (9, 8, classes)), image, dataclasses.replace(CRF_RNN, iterations=3))


def test_matrices_act_on_classes_with_a_row_for_the_one_that_receives(scene):
    image, logits = scene
    rng = np.random.default_rng(0)
    weights = {
        "spatial_weight": 3 * np.eye(5) + rng.normal(0, 0.5, (5, 5)),
        "bilateral_weight": rng.normal(0, 0.5, (5, 5)),
        "compatibility": rng.normal(0, 0.5, (5, 5)) - np.eye(5),
    }
    parameters = dataclasses.replace(CRF_RNN, theta_alpha=8.0, theta_beta=60.0, iterations=2)
    found = infer(logits, image, parameters, **{k: tf.constant(v, tf.float32) for k, v in weights.items()})
    expected = brute_force.mean_field(logits, image, parameters, **weights)
    turned = brute_force.mean_field(logits, image, parameters, **{k: v.T for k, v in weights.items()})
    assert np.abs(found - expected).mean() < 0.02 < 0.5 < np.abs(found - turned).mean()


@pytest.mark.parametrize("name", ["spatial_weight", "bilateral_weight", "compatibility"])
def test_numbers_scalars_and_multiples_of_the_identity_are_the_same(name, scene):
    image, logits = scene
    parameters = dataclasses.replace(CRF_RNN, iterations=2)
    found = [
        infer(logits, image, parameters, **{name: weight})
        for weight in (-0.7, tf.constant(-0.7), tf.constant(-0.7) * tf.eye(5))
    ]
    for other in found[1:]:
        np.testing.assert_allclose(other, found[0], rtol=1e-4, atol=1e-4)
    assert np.abs(found[0] - infer(logits, image, parameters)).max() > 0.1


@pytest.mark.parametrize("value", [0.0, 255.0, 77.3])
def test_a_constant_image_smooths_by_position_alone(value):
    logits = np.random.default_rng(3).normal(0, 1.5, (18, 25, 3)).astype(np.float32)
    image = np.full((18, 25, 3), value, np.float32)
    for parameters in (CRF_RNN, dataclasses.replace(CRF_RNN, theta_alpha=4.0)):
        expected = brute_force.softmax(brute_force.mean_field(logits, image, parameters))
        assert_marginals_agree(brute_force.softmax(infer(logits, image, parameters)), expected)


def test_one_pixel_talks_to_itself():
    """Both kernels are 1 after normalisation: Q = U + (ws + wb) softmax(Q)."""
    logits = np.array([[[0.3, -0.2, 0.1]]], np.float32)
    q = logits.astype(float)
    for _ in range(CRF_RNN.iterations):
        q = logits + 8 * brute_force.softmax(q)
    np.testing.assert_allclose(infer(logits, np.full((1, 1, 3), 99, np.float32), CRF_RNN), q, rtol=1e-5)


@pytest.mark.parametrize("name", SETS)
def test_under_noise_of_32_levels_marginals_are_near_those_of_full_kernels(name, scene):
    """The lattice is at its coarsest: measured, 0.015 and 0.018, where the clean image has 0.003 and 0.005."""
    image, logits = scene
    image = image + np.random.default_rng(6).uniform(-32, 32, image.shape).astype(np.float32)
    expected = brute_force.softmax(brute_force.mean_field(logits, image, SETS[name]))
    assert_marginals_agree(brute_force.softmax(infer(logits, image, SETS[name])), expected, mean=2.5e-2, same=0.95)


def test_extreme_inputs_stay_finite(scene):
    image, logits = scene
    corners = np.random.default_rng(7).choice([-32, 287], image.shape).astype(np.float32)
    for pixels, values in ((corners, logits), (image, 1e6 * logits), (corners, 0 * logits)):
        assert np.isfinite(infer(values, pixels, CRF_RNN)).all()


def test_thetas_too_small_for_the_image_are_refused(scene):
    image, logits = scene
    assert np.isfinite(infer(logits, image, dataclasses.replace(CRF_RNN, theta_alpha=0.5, theta_beta=0.5))).all()
    with pytest.raises(tf.errors.InvalidArgumentError, match="too many standard deviations"):
        infer(logits, image, dataclasses.replace(CRF_RNN, theta_alpha=0.01, theta_beta=0.01))


def test_an_image_that_is_not_finite_is_refused(scene):
    image, logits = scene[0].copy(), scene[1]
    image[3, 4, 1] = np.nan
    with pytest.raises(tf.errors.InvalidArgumentError, match="must be finite"):
        infer(logits, image, CRF_RNN)


@pytest.mark.parametrize(
    ("logits", "images", "weights", "message"),
    [
        ((2, 6, 7), (2, 6, 7, 3), {}, r"Logits must be \[N, H, W, C\]"),
        ((2, 6, 7, 4), (2, 6, 8, 3), {}, r"of the size of the logits \(2, 6, 7, 4\); got \(2, 6, 8, 3\)"),
        ((2, 6, 7, 4), (2, 6, 7, 1), {}, r"Images must be \[N, H, W, 3\]"),
        ((2, 6, 7, 4), (2, 6, 7, 3), {"compatibility": np.eye(3)}, r"\[C, C\] for 4 classes; got \(3, 3\)"),
        ((2, 6, 7, 4), (2, 6, 7, 3), {"spatial_weight": np.ones(4)}, r"\[C, C\] for 4 classes; got \(4,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(logits, images, weights, message):
    with pytest.raises(ValueError, match=message):
        mean_field(tf.zeros(logits), tf.zeros(images), CRF_RNN, **weights)


@pytest.fixture(scope="session")
def photograph():
    """The photograph that Matplotlib brings along, float32 [600, 512, 3] in 0..255."""
    with cbook.get_sample_data("grace_hopper.jpg") as file, Image.open(file) as image:
        return np.asarray(image.convert("RGB"), np.float32)


@pytest.mark.parametrize("corner", [(60, 200), (120, 300)])
@pytest.mark.parametrize("name", SETS)
def test_marginals_are_those_of_full_kernels_on_crops_of_a_photograph(name, corner, photograph):
    """Logits say bands of the crop's smoothed brightness under noise. Where they leave many pixels near a tie between
    two classes, a lattice by hand in float64 is as far from full kernels as this one: measured, 0.058 and 87 %."""
    row, column = corner
    image = photograph[row : row + 24, column : column + 32]
    coarse = Image.fromarray(image.mean(-1)).resize((8, 6), Image.Resampling.BOX)
    level = np.asarray(coarse.resize((32, 24), Image.Resampling.BICUBIC))
    bands = np.digitize(level, np.quantile(level, (0.25, 0.5, 0.75)))
    logits = 3 * (bands[..., None] == np.arange(4)) + np.random.default_rng(8).normal(0, 1.5, (24, 32, 4))
    parameters = dataclasses.replace(SETS[name], normalisation="symmetric")
    expected = brute_force.softmax(brute_force.mean_field(logits, image, parameters))
    assert_marginals_agree(brute_force.softmax(infer(logits.astype(np.float32), image, parameters)), expected)
    assert (expected.argmax(-1) != logits.argmax(-1)).mean() > 0.1

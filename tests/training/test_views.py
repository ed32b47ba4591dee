"""Random views: image and labels stay together, the border is ignored, and each pixel is what a loop says."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from PIL import Image

from tfadvseg.training.views import Draw, draw, largest_window, views, window


def photograph(height=40, width=56, block=8, seed=0):
    """Blocks whose grey level is 20 times their label."""
    blocks = np.random.default_rng(seed).integers(0, 11, (height // block, width // block))
    labels = np.kron(blocks, np.ones((block, block), int)).astype(np.uint8)
    return np.repeat(20 * labels[..., None], 3, 2), labels


def noise(height=40, width=56, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (height, width, 3), np.uint8), rng.integers(0, 11, (height, width), np.uint8)


def shown(image, labels, drawn, crop):
    """The view of a photograph alone and as it is."""
    found = views(image[None], labels[None], np.array([drawn], np.float32), crop)
    return tuple(keras.ops.convert_to_numpy(part)[0] for part in found)


def view(seed=0, crop=(24, 32), photo=None, **settings):
    image, labels = photo or photograph()
    return shown(image, labels, draw(labels.shape, crop, np.random.default_rng(seed), **settings), crop)


def plain(labels, scale=1.0, flip=0.0, top=0.0, left=0.0):
    """A view without colour jitter."""
    return Draw(scale, flip, top, left, *map(float, labels.shape))


@pytest.mark.parametrize("flip", [0.0, 1.0])
def test_at_scale_1_a_view_is_a_crop_or_its_mirror_image_exactly(flip):
    image, labels = noise()
    found, nearest = shown(image, labels, plain(labels, 1.0, flip, 3, 5), (24, 32))
    step = -1 if flip else 1
    np.testing.assert_array_equal(found, image[3:27, 5:37][:, ::step])
    np.testing.assert_array_equal(nearest, labels[3:27, 5:37][:, ::step])


@pytest.mark.parametrize("size", [(10, 14), (20, 28), (25, 35), (60, 84), (75, 105), (80, 112)])
def test_a_whole_photograph_scaled_is_that_of_pillow(size):
    """Smaller and larger, by the same filter; Pillow rounds to whole levels after each axis."""
    image, labels = noise(40, 56)
    found, nearest = shown(image, labels, plain(labels, size[0] / 40), size)
    expected = Image.fromarray(image).resize(size[::-1], Image.Resampling.BILINEAR)
    np.testing.assert_allclose(found, np.asarray(expected, np.float32), atol=1.01)
    if 40 % size[0] == 0 or size[0] % 40 == 0:  # elsewhere some pixels are as near to one as to another
        expected = Image.fromarray(labels).resize(size[::-1], Image.Resampling.NEAREST)
        np.testing.assert_array_equal(nearest, np.asarray(expected))


def by_hand(image, labels, drawn, crop):
    """A view, pixel by pixel; without colour jitter."""
    found, nearest = np.full((*crop, 3), 128.0), np.full(crop, 255)
    reach = max(1, 1 / drawn.scale)
    for i, j in np.ndindex(*crop):
        y = drawn.top + (i + 0.5) / drawn.scale
        x = drawn.left + ((crop[1] - 1 - j if drawn.flip else j) + 0.5) / drawn.scale
        if not (0 <= y < labels.shape[0] and 0 <= x < labels.shape[1]):
            continue
        nearest[i, j] = labels[int(y), int(x)]
        wy, wx = (
            np.maximum(0, 1 - np.abs(place - 0.5 - np.arange(full)) / reach)
            for place, full in zip((y, x), labels.shape, strict=True)
        )
        weights = np.outer(wy / wy.sum(), wx / wx.sum())
        found[i, j] = (weights[..., None] * image).sum((0, 1))
    return found, nearest


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scales", [(0.3, 0.9), (1.1, 2.5), (1.0, 1.0)])
def test_a_view_is_what_a_loop_over_its_pixels_says(seed, scales):
    image, labels = noise(14, 20, seed)
    drawn = draw(labels.shape, (12, 16), np.random.default_rng(seed), scales, 0.0)
    found, nearest = shown(image, labels, drawn, (12, 16))
    expected, expected_labels = by_hand(image, labels, drawn, (12, 16))
    np.testing.assert_allclose(found, expected, atol=1e-2)
    np.testing.assert_array_equal(nearest, expected_labels)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("scales", [(0.3, 0.9), (0.5, 0.55), (1.1, 2.5), (1.0, 1.0)])
def test_what_a_view_can_see_is_enough(seed, scales):
    """From the cut out part the same numbers as from the whole photograph, of any size."""
    rng = np.random.default_rng(seed)
    size, crop = tuple(rng.integers(5, 60, 2)), (12, 16)
    image, labels = noise(*size, seed)
    drawn = draw(size, crop, rng, scales, 0.3)
    largest = largest_window((60, 60), crop, scales[0])
    seen = window(image, labels, drawn, crop, largest)
    assert seen[0].shape == (*largest, 3) and seen[1].shape == largest
    for one, other in zip(shown(*seen, crop), shown(image, labels, drawn, crop), strict=True):
        np.testing.assert_allclose(one, other, atol=2e-3)  # places are float32


def test_no_window_is_larger_than_the_largest_photograph():
    assert largest_window((360, 480), (360, 480), 0.6) == (360, 480)
    assert largest_window((1024, 2048), (360, 480), 0.6) == (604, 804)
    assert largest_window((1024, 2048), (360, 480), 2.0) == (182, 242)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scale", [0.6, 0.75, 1.75])
def test_scaled_pixels_keep_their_label_within_a_block(seed, scale):
    """Away from the blocks' edges, where the image is interpolated and the labels are not."""
    image, labels = view(seed, (48, 64), photograph(80, 112, block=16), scales=(scale, scale), colour=0.0)
    padded = np.pad(labels.astype(int), 3, constant_values=-1)  # what is beyond the view is not known
    around = np.lib.stride_tricks.sliding_window_view(padded, (7, 7)).reshape(*labels.shape, 49)
    interior = (around == labels[..., None]).all(-1) & (labels != 255)
    assert interior.sum() > 100
    np.testing.assert_allclose(image[interior], 20.0 * np.repeat(labels[interior][:, None], 3, 1), atol=1e-2)


@pytest.mark.parametrize("crop", [(24, 32), (7, 9), (40, 56), (64, 80)])
@pytest.mark.parametrize("scales", [(0.5, 0.5), (0.75, 1.75), (1.0, 1.0)])
def test_a_view_has_the_size_of_the_crop(crop, scales):
    image, labels = view(3, crop, scales=scales)
    assert image.shape == (*crop, 3) and image.dtype == np.float32
    assert labels.shape == crop and labels.dtype == np.uint8
    assert 0 <= image.min() and image.max() <= 255


@pytest.mark.parametrize("seed", range(4))
def test_the_border_of_a_small_photograph_is_grey_and_ignored(seed):
    """40 x 56 at half its size is 20 x 28 of 24 x 32, anywhere within; colours vary, and the border does not."""
    image, labels = view(seed, scales=(0.5, 0.5), colour=0.5)
    inside = labels != 255
    rows, columns = (np.flatnonzero(inside.any(axis)) for axis in (1, 0))
    assert inside.sum() == 20 * 28 and len(rows) == 20 and len(columns) == 28
    np.testing.assert_array_equal(image[~inside], 128)
    assert (image[inside] != 128).mean() > 0.5


def test_a_small_photograph_may_lie_anywhere_in_a_view():
    _, labels = photograph()
    corners = {draw(labels.shape, (24, 32), np.random.default_rng(i), (0.5, 0.5))[2:4] for i in range(400)}
    tops, lefts = ({corner[axis] for corner in corners} for axis in (0, 1))
    assert tops == set(map(float, range(-8, 1))) and lefts == set(map(float, range(-8, 1)))


def test_a_view_may_lie_anywhere_in_a_large_photograph():
    corners = {draw((30, 40), (24, 32), np.random.default_rng(i), (1.0, 1.0))[2:4] for i in range(600)}
    tops, lefts = ({corner[axis] for corner in corners} for axis in (0, 1))
    assert tops == set(map(float, range(7))) and lefts == set(map(float, range(9)))


def test_ignored_labels_stay_ignored():
    image, labels = photograph()
    labels[:] = 255
    assert (view(0, photo=(image, labels))[1] == 255).all()


def test_photographs_of_fractions_keep_them():
    image, labels = noise()
    found, _ = shown(image.astype(np.float32) / 3, labels, plain(labels), labels.shape)
    np.testing.assert_allclose(found, image.astype(np.float32) / 3, atol=1e-4)


def test_a_batch_holds_views_of_their_own():
    """Each as it is alone, whatever the others are."""
    photos = [noise(seed=i) for i in range(4)]
    draws = [draw((40, 56), (24, 32), np.random.default_rng(i), (0.5, 2.0), 0.3) for i in range(4)]
    found = views(*map(np.stack, zip(*photos, strict=True)), np.array(draws, np.float32), (24, 32))
    for i, photo in enumerate(photos):
        alone = shown(*photo, draws[i], (24, 32))
        np.testing.assert_allclose(keras.ops.convert_to_numpy(found[0])[i], alone[0], atol=1e-3)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found[1])[i], alone[1])


def test_a_view_is_decided_by_its_generator():
    for first, second in zip(view(5), view(5), strict=True):
        np.testing.assert_array_equal(first, second)
    assert (view(5)[0] != view(6)[0]).any()


def test_compiled_views_are_the_same():
    tf = pytest.importorskip("tensorflow")
    image, labels = noise()
    drawn = np.array([draw(labels.shape, (24, 32), np.random.default_rng(4), (0.5, 2.0), 0.3)], np.float32)
    plainly = views(image[None], labels[None], drawn, (24, 32))
    for settings in ({}, {"jit_compile": True}):
        compiled = tf.function(lambda *batch: views(*batch, (24, 32)), **settings)(image[None], labels[None], drawn)
        np.testing.assert_allclose(compiled[0], plainly[0], atol=1e-2)
        assert (compiled[1].numpy() != plainly[1].numpy()).mean() < 0.01


def test_jax_makes_the_same_views(tmp_path):
    pytest.importorskip("jax")
    image, labels = noise()
    drawn = np.array([draw(labels.shape, (24, 32), np.random.default_rng(i), (0.5, 2.0), 0.3) for i in range(2)])
    batch = np.stack([image] * 2), np.stack([labels] * 2), drawn.astype(np.float32)
    np.savez(tmp_path / "batch.npz", *batch)
    program = (
        "import os; os.environ['KERAS_BACKEND'] = 'jax'; import jax, sys, numpy as np\n"
        "from tfadvseg.training.views import views\n"
        "batch = np.load(sys.argv[1] + '/batch.npz')\n"
        "found = jax.jit(lambda *batch: views(*batch, (24, 32)))(*(batch[f'arr_{i}'] for i in range(3)))\n"
        "np.savez(sys.argv[1] + '/found.npz', *map(np.asarray, found))\n"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=True)
    found = np.load(tmp_path / "found.npz")
    expected = views(*batch, (24, 32))
    np.testing.assert_allclose(found["arr_0"], expected[0], atol=1e-2)
    assert (found["arr_1"] != keras.ops.convert_to_numpy(expected[1])).mean() < 0.01


def draws(count=600, size=(40, 56), crop=(24, 32), **settings):
    """Draw of arrays [count]."""
    found = [draw(size, crop, np.random.default_rng(i), **settings) for i in range(count)]
    return Draw(*np.array(found).T)


def test_half_of_the_views_are_mirrored():
    flips = draws().flip
    assert set(flips) == {0.0, 1.0} and 0.42 < flips.mean() < 0.58


def test_the_scale_is_uniform_in_its_logarithm():
    logarithms = np.log(draws(scales=(0.25, 4.0)).scale) / np.log(4)
    assert -1 <= logarithms.min() < -0.95 and 0.95 < logarithms.max() <= 1
    counts, _ = np.histogram(logarithms, [-1, -0.5, 0, 0.5, 1])  # quarters: 150 each, +- 11
    assert counts.min() > 110 and counts.max() < 190


def test_colours_vary_by_the_strength_and_brightness_by_80_levels_of_it():
    found = draws(colour=0.5)
    for factors in (found.saturation, found.contrast, found.gain):
        assert 0.5 <= factors.min() < 0.52 and 1.48 < factors.max() <= 1.5 and abs(factors.mean() - 1) < 0.05
    assert -40 <= found.brightness.min() < -38 and 38 < found.brightness.max() <= 40
    together = np.corrcoef([found.scale, found.flip, found.saturation, found.contrast, found.gain, found.brightness])
    assert np.abs(together - np.eye(6)).max() < 0.15  # each is drawn by itself
    none = draws(5, colour=0.0)
    assert set(none.saturation) == set(none.contrast) == set(none.gain) == {1.0} and set(none.brightness) == {0.0}


PIXELS = np.array([[(110,) * 3, (130,) * 3, (140, 120, 100)]], np.uint8)
"""Two greys and a colour, of mean 120 in all."""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"saturation": 0.5}, [(110,) * 3, (130,) * 3, (130, 120, 110)]),
        ({"contrast": 1.5}, [(105,) * 3, (135,) * 3, (150, 120, 90)]),
        ({"gain": 1.5}, [(165,) * 3, (195,) * 3, (210, 180, 150)]),
        ({"brightness": -105.0}, [(5,) * 3, (25,) * 3, (35, 15, 0)]),
        ({"saturation": 2.0, "contrast": 0.5, "gain": 2.0}, [(230,) * 3, (250,) * 3, (255, 240, 200)]),
    ],
)
def test_colours_change_by_their_factors(change, expected):
    labels = np.array([[0, 1, 2]], np.uint8)
    found, nearest = shown(PIXELS, labels, plain(labels)._replace(**change), (1, 3))
    np.testing.assert_allclose(found[0], expected, atol=1e-3)
    np.testing.assert_array_equal(nearest, labels)


def test_contrast_is_about_the_mean_of_what_is_seen_of_the_photograph():
    """The grey that fills a view up does not count."""
    labels = np.array([[0, 1, 2]], np.uint8)
    found, _ = shown(PIXELS, labels, plain(labels)._replace(contrast=1.5), (4, 9))
    np.testing.assert_allclose(found[0, :3], [(105,) * 3, (135,) * 3, (150, 120, 90)], atol=1e-3)

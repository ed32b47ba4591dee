"""Random views: image and labels stay together, and the border is ignored."""

import numpy as np
import pytest

from tfadvseg.training.augment import augment


def photograph(height=40, width=56, block=8, seed=0):
    """Blocks whose grey level is 20 times their label."""
    blocks = np.random.default_rng(seed).integers(0, 11, (height // block, width // block))
    labels = np.kron(blocks, np.ones((block, block), int)).astype(np.uint8)
    return np.repeat(20 * labels[..., None], 3, 2), labels


def view(seed=0, crop=(24, 32), **settings):
    return augment(*photograph(), crop, np.random.default_rng(seed), **settings)


@pytest.mark.parametrize("seed", range(8))
def test_without_scaling_every_pixel_keeps_its_label(seed):
    image, labels = view(seed, scales=(1.0, 1.0), colour=0.0)
    np.testing.assert_allclose(image, 20.0 * np.repeat(labels[..., None], 3, 2), atol=1e-3)  # float32


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scale", [0.6, 0.75, 1.75])
def test_scaled_pixels_keep_their_label_within_a_block(seed, scale):
    """Away from the blocks' edges, where the image is interpolated and the labels are not."""
    photo = photograph(80, 112, block=16)
    image, labels = augment(*photo, (48, 64), np.random.default_rng(seed), (scale, scale), 0.0)
    padded = np.pad(labels.astype(int), 3, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, (7, 7)).reshape(*labels.shape, 49)
    interior = (around == labels[..., None]).all(-1) & (labels != 255)
    assert interior.sum() > 100
    np.testing.assert_allclose(image[interior], 20.0 * np.repeat(labels[interior][:, None], 3, 1), atol=1.0)


def test_half_of_the_views_are_mirrored():
    """A view as large as the photograph is either it or its mirror image."""
    image, labels = photograph()
    found = [
        augment(image, labels, labels.shape, np.random.default_rng(seed), (1.0, 1.0), 0.0)[1] for seed in range(40)
    ]
    kept = sum(np.array_equal(one, labels) for one in found)
    mirrored = sum(np.array_equal(one, labels[:, ::-1]) for one in found)
    assert kept + mirrored == 40 and 10 <= kept <= 30


@pytest.mark.parametrize("crop", [(24, 32), (7, 9), (40, 56), (64, 80)])
@pytest.mark.parametrize("scales", [(0.5, 0.5), (0.75, 1.75), (1.0, 1.0)])
def test_a_view_has_the_size_of_the_crop(crop, scales):
    image, labels = view(3, crop, scales=scales)
    assert image.shape == (*crop, 3) and image.dtype == np.float32
    assert labels.shape == crop and labels.dtype == np.uint8
    assert 0 <= image.min() and image.max() <= 255


def test_the_border_of_a_small_photograph_is_grey_and_ignored():
    """40 x 56 at half its size is 20 x 28 of 24 x 32."""
    image, labels = view(0, scales=(0.5, 0.5), colour=0.0)
    assert (labels[:20, :28] != 255).all()
    for border in (np.s_[20:], np.s_[:, 28:]):
        assert (labels[border] == 255).all()
        np.testing.assert_allclose(image[border], 128, atol=1e-3)


def test_ignored_labels_stay_ignored():
    image, labels = photograph()
    labels[:] = 255
    assert (augment(image, labels, (24, 32), np.random.default_rng(0))[1] == 255).all()


def test_a_view_is_decided_by_its_generator():
    for first, second in zip(view(5), view(5), strict=True):
        np.testing.assert_array_equal(first, second)
    assert (view(5)[0] != view(6)[0]).any()


def test_the_photograph_is_not_touched():
    image, labels = photograph()
    before = image.copy(), labels.copy()
    augment(image, labels, (24, 32), np.random.default_rng(0))
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_colours_vary_and_labels_do_not():
    plain, strong = (view(1, scales=(1.0, 1.0), colour=colour) for colour in (0.0, 0.25))
    np.testing.assert_array_equal(plain[1], strong[1])
    assert np.abs(plain[0] - strong[0]).mean() > 2


def spread(image):
    """Between the darkest and the brightest channel of a pixel, or between pixels."""
    return float(image.max() - image.min())


def jittered(strength=0.5, count=200):
    """Views [count, 3, 3]: a grey pixel of 110, one of 130 and one of colour (140, 120, 100), of mean 120 in all."""
    image = np.array([[(110,) * 3, (130,) * 3, (140, 120, 100)]], np.uint8)
    labels = np.array([[0, 1, 2]], np.uint8)
    views = [augment(image, labels, (1, 3), np.random.default_rng(i), (1.0, 1.0), strength) for i in range(count)]
    return np.stack([image[0, np.argsort(found[0])] for image, found in views])


def test_saturation_varies_by_the_strength():
    """What colour and grey pixels differ in is their saturation: contrast and gain scale both alike."""
    views = jittered()
    factors = np.array([spread(pixels[2]) / 40 / (spread(pixels[:2]) / 20) for pixels in views])
    assert 0.499 < factors.min() < 0.55 and 1.45 < factors.max() < 1.501
    assert abs(np.mean(factors) - 1) < 0.06  # uniform on 0.5..1.5: the mean of 200 strays by 0.02


def test_contrast_and_gain_vary_by_the_strength_each():
    """Two greys move apart by the product of both, which goes beyond 1.5 or below 0.5 only where both are drawn."""
    factors = np.array([spread(pixels[:2]) / 20 for pixels in jittered()])
    assert 0.25 < factors.min() < 0.4 and 1.8 < factors.max() < 2.251
    assert abs(np.mean(factors) - 1) < 0.1


def test_gain_varies_by_the_strength_and_brightness_by_80_levels_of_it():
    """The mean, which contrast leaves alone, is 120 * gain + brightness: 60 - 40 to 180 + 40 at strength 0.5."""
    means = jittered().mean((1, 2))
    assert 19.9 < means.min() < 35 and 205 < means.max() < 220.1


def test_brightness_moves_black_by_up_to_80_levels_of_the_strength():
    """Gain, contrast and saturation leave black alone; below 0 it stays black."""
    black, labels = np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint8)
    views = [augment(black, labels, (4, 4), np.random.default_rng(i), (1.0, 1.0), 0.5)[0] for i in range(200)]
    levels = np.array([view.mean() for view in views])
    assert 38 < levels.max() <= 40 and 70 < (levels == 0).sum() < 130
    assert all(spread(view) == 0 for view in views)


def test_the_scale_is_uniform_in_its_logarithm():
    """A ramp of one level a column is a ramp of 1 / scale levels in the view; half of 0.25..4 is enlarged."""
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (64, 256, 3))
    labels = np.zeros((64, 256), np.uint8)
    scales = []
    for seed in range(300):
        image, _ = augment(ramp, labels, (16, 48), np.random.default_rng(seed), (0.25, 4.0), 0.0)
        scales.append(32 / abs(image[8, 40, 0] - image[8, 8, 0]))
    logarithms = np.log(scales) / np.log(4)
    assert np.abs(logarithms).max() < 1.05
    counts, _ = np.histogram(logarithms, [-1.05, -0.5, 0, 0.5, 1.05])  # quarters: 75 each, +- 7.5
    assert counts.min() > 50 and counts.max() < 100

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

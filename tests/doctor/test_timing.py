"""Times are of the thing itself."""

import time

import tensorflow as tf

from tfadvseg.crf.filtering import bilateral_filter
from tfadvseg.doctor import timing


def test_forward_and_gradient_are_timed_with_the_medians_of_their_runs(monkeypatch):
    ticks = iter([0, 1, 10, 13, 20, 29, 30, 34, 40, 42, 50, 58])  # forward 1, 9, 2; gradient 3, 4, 8
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks))
    assert timing.forward_and_gradient(lambda images: 2.0 * images, (4, 6), repeats=3) == (2, 4)


def test_every_timed_run_computes(monkeypatch):
    calls = []

    def model(images):
        tf.py_function(lambda: calls.append(1), [], [])
        return images * 2.0

    forward, gradient = timing.forward_and_gradient(model, (4, 6), repeats=3)
    assert len(calls) == 8 and forward > 0 and gradient > 0


def test_the_timed_image_is_as_rich_in_colours_as_a_photograph():
    """A lattice of a photograph of CamVid has 0.2 to 0.7 vertices a pixel, one of white noise more than 5."""
    image = timing.tiled_image((120, 160))
    assert image.shape == (1, 120, 160, 3) and image.numpy().min() >= 0 and image.numpy().max() <= 255
    lattice = bilateral_filter(image, 160.0, 3.0).lattice
    assert 0.2 < int(lattice.splat.shape[1]) / (120 * 160) < 0.9

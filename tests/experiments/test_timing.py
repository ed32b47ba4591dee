"""Times are of the thing itself."""

import time

import tensorflow as tf

from tfadvseg.experiments import timing


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

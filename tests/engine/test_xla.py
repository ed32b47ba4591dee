"""When XLA compiles an attack."""

import types

import pytest
import tensorflow as tf

from tfadvseg.engine import xla
from tfadvseg.engine.xla import choose_xla, with_xla


def never(*_):
    raise AssertionError("must not be run")


def test_on_off_and_a_cpu_need_no_measurement():
    assert choose_xla("on", never) is True
    assert choose_xla("off", never) is False
    assert choose_xla("auto", never, gpu=False) is False


def test_auto_measures_on_a_gpu():
    calls = []

    def function(x):
        calls.append(tf.executing_eagerly())
        return x + 1

    assert isinstance(choose_xla("auto", function, tf.zeros(3), repeats=2, gpu=True), bool)
    assert calls == [False, False]  # traced once each way


@pytest.mark.parametrize(
    ("compiled", "plain", "expected"),
    [
        ((1.0, 1.0, 1.0), (1.1, 1.1, 1.1), True),
        ((1.1, 1.1, 1.1), (1.0, 1.0, 1.0), False),
        ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0), False),
        ((1.0, 1.0, 9.0), (2.0, 2.0, 2.0), True),
        ((2.0, 2.0, 2.0), (1.0, 1.0, 9.0), False),
        ((1.9, 1.9, 1.9), (0.1, 2.0, 2.0), True),
        ((0.1, 2.0, 2.0), (1.9, 1.9, 1.9), False),
    ],
)
def test_auto_takes_what_is_faster_by_the_median(monkeypatch, compiled, plain, expected):
    """By a clock that only the function moves; tracing, which takes a minute, does not count, nor does one slow or fast
    run."""
    clock = [0.0]
    seconds = {True: iter((60.0, *compiled)), False: iter((60.0, *plain))}

    def timed(function, jit_compile=False):
        def run(*arguments):
            clock[0] += next(seconds[jit_compile])
            return function(*arguments)

        return run

    monkeypatch.setattr(tf, "function", timed)
    monkeypatch.setattr(xla, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))
    assert choose_xla("auto", tf.square, tf.zeros(3), repeats=3, gpu=True) is expected
    assert next(seconds[True], None) is next(seconds[False], None) is None


def test_an_operation_that_xla_lacks_turns_it_off():
    def jpeg(image):
        return tf.io.decode_jpeg(tf.io.encode_jpeg(image))

    assert choose_xla("auto", jpeg, tf.zeros((8, 8, 3), tf.uint8), gpu=True) is False


def test_compiled_equals_plain():
    x = tf.linspace(-1.0, 1.0, 9)
    assert with_xla(tf.square, False) is tf.square
    tf.debugging.assert_equal(with_xla(tf.square, True)(x), tf.square(x))


def test_an_unknown_mode_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'fast'; choose one of: auto, on, off"):
        choose_xla("fast", never)

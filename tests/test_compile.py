"""When XLA compiles an attack."""

import pytest
import tensorflow as tf

from tfadvseg.attacks.compile import choose_xla, with_xla


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

"""What a look at a model finds, on functions made for it."""

import pytest
import tensorflow as tf

from tfadvseg.doctor.examination import least_multiple


def taking(multiple):
    """A network that fails but for sides that are multiples."""

    def network(images):
        if any(side % multiple for side in images.shape[1:3]):
            raise ValueError("sides")
        return images

    return network


@pytest.mark.parametrize("multiple", [2, 8, 32])
def test_the_least_multiple_is_not_found_by_chance(multiple):
    """191 x 255 filled up to multiples of 2 would be multiples of 64."""
    assert least_multiple(taking(multiple), tf.zeros((1, 191, 255, 3))) == multiple


def test_no_multiple_may_help():
    assert least_multiple(taking(1000), tf.zeros((1, 20, 20, 3))) is None

"""What the answers of a model show by themselves of how it is to be read."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.strangers import FREE, of
from tfadvseg.data.split import Example
from tfadvseg.doctor.suggestion import fitting
from tfadvseg.models import describe


def halved_and_back(net, images):
    """As a U-Net does: what was halved is doubled and joined to what it came from."""
    scores = net(images)
    small = tf.nn.avg_pool2d(scores, 2, 2, "SAME")
    return scores + tf.repeat(tf.repeat(small, 2, 1), 2, 2)


@pytest.mark.parametrize(("function", "multiple"), [(halved_and_back, 2), (lambda net, images: net(images), 1)])
def test_the_multiple_of_the_sides_is_found_on_photographs_that_have_it(tmp_path, function, multiple):
    of(function, FREE)(tmp_path / "net")
    photograph = Example("a", np.zeros((16, 24, 3), np.uint8), np.zeros((16, 24), np.uint8))
    assert fitting(describe(tmp_path / "net"), [photograph]).spec.reading.multiple == (multiple, multiple)

"""E-Net: counts of the public model, and the sizes that it cannot halve."""

import numpy as np
import pytest

from tfadvseg.models.zoo.enet import enet


def test_enet_has_the_parameters_of_the_public_model():
    """381,287 with four vectors a batch normalisation, 372,551 as Caffe's scale and shift."""
    network = enet(19, (512, 1024))
    moving = sum(int(np.prod(weight.shape)) for weight in network.weights if "moving" in weight.name)
    assert network.count_params() == 381_287
    assert network.count_params() - moving == 372_551
    assert network.output_shape == (None, 512, 1024, 19)


@pytest.mark.parametrize("size", [(30, 48), (32, 44), (16, 48)])
def test_enet_refuses_sizes_that_it_cannot_halve(size):
    with pytest.raises(ValueError, match=f"multiples of 8, 24 or more; got {size[0]}x{size[1]}"):
        enet(11, size)

"""SavedModels as people build them: read as a direct computation of the same network does, attacked as it is."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models.strangers import FORMS, IMAGES
from tfadvseg.attacks import ifgsm, ifgsm_ll
from tfadvseg.models import load


@pytest.fixture(scope="module", params=FORMS, ids=lambda name: name.replace(" ", "-"))
def form(request, tmp_path_factory):
    """(its description, the model)."""
    one = FORMS[request.param]
    folder = tmp_path_factory.mktemp("models") / "net"
    one.write(folder)
    return one, load(folder, **one.reading)


def without_a_constant(logits):
    """What a softmax sees of them."""
    return tf.nn.log_softmax(logits).numpy()


def test_its_logits_are_those_of_a_direct_computation(form):
    one, model = form
    found, expected = (without_a_constant(f(IMAGES)) for f in (model, one.logits))
    assert found.shape == expected.shape and model.classes == expected.shape[-1]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("attack", [ifgsm, ifgsm_ll])
def test_its_attack_is_that_of_a_direct_computation(form, attack):
    one, model = form
    if not one.differentiable:
        assert model.network.kind == "labels"
        return
    labels = tf.argmax(one.logits(IMAGES), -1, tf.int32)
    found, expected = (attack(4.0)(f, IMAGES, labels).numpy() for f in (model, one.logits))
    assert np.abs(expected).max() == 4 and (found != expected).mean() < 0.01


def test_a_tensor_that_says_something_else_than_the_labels_is_refused(tmp_path):
    FORMS["TensorFlow 1, filled up within"].write(tmp_path / "net")
    with pytest.raises(ValueError, match="the tensor 'ResizeBilinear_2' says something else than the labels of"):
        load(tmp_path / "net", tensor="ResizeBilinear_2")


def test_a_tensor_that_says_what_the_labels_say_is_taken(tmp_path):
    FORMS["TensorFlow 1"].write(tmp_path / "net")
    model = load(tmp_path / "net", tensor="ResizeBilinear_2")
    assert model.network.kind == "logits" and model.classes == 4
    with pytest.raises(ValueError, match="its graph has no tensor 'ResizeBilinear_3'; it has .*ResizeBilinear_2:0"):
        load(tmp_path / "net", tensor="ResizeBilinear_3")


def test_it_knows_whether_gradients_reach_its_input(form):
    one, model = form
    assert model.differentiable == one.differentiable

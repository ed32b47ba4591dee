"""Networks: parameter counts of the published models, shapes, refusals, and the same numbers under JAX."""

import importlib.util
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfadvseg.models import zoo
from tfadvseg.models.enet import enet
from tfadvseg.models.fcn8s import fcn8s

UNDER_JAX = """
import json, sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ModuleNotFoundError("this machine has no tensorflow")

sys.meta_path.insert(0, NoTensorFlow())

import keras
import numpy as np
from tfadvseg.data import arrays, named
from tfadvseg.models import zoo
from tfadvseg.training.fit import Recipe, fit

folder = sys.argv[1]
assert keras.backend.backend() == "jax"
images = np.load(folder + "/images.npy")
logits = {}
for name in zoo.MODELS:
    network = zoo.build(name, 5, (32, 48), width=0.1)
    network.load_weights(f"{folder}/{name}.weights.h5")
    logits[name] = keras.ops.convert_to_numpy(network.predict_on_batch(images))
np.savez(folder + "/jax.npz", **logits)

labels = (images.mean(-1) // 52).astype(np.uint8)
labels[:, :2] = 255
data = images.astype(np.uint8), labels
recipe = Recipe((24, 32), epochs=1, batch_size=2)
trained = fit(lambda size: zoo.build("enet", 5, size, 0.1), data, data, 5, recipe, folder + "/run")
finite = all(np.isfinite(weight).all() for weight in trained.get_weights())
print(json.dumps({"finite": finite, "tensorflow": "tensorflow" in sys.modules}))
"""


@pytest.fixture(scope="module")
def networks():
    """The zoo, thin, with random normalisation, so that no layer's numbers are trivial."""
    keras.utils.set_random_seed(0)
    found = {name: zoo.build(name, 5, (32, 48), width=0.1) for name in zoo.MODELS}
    for network in found.values():
        for layer in network.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.set_weights([np.random.default_rng(1).uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    return found


@pytest.fixture(scope="module")
def under_jax(networks, tmp_path_factory):
    """(folder with what a process with JAX and without TensorFlow wrote, what it printed)."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    folder = tmp_path_factory.mktemp("jax")
    np.save(folder / "images.npy", np.random.default_rng(2).integers(0, 256, (4, 32, 48, 3)).astype(np.float32))
    for name, network in networks.items():
        network.save_weights(folder / f"{name}.weights.h5")
    environment = os.environ | {
        "KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu", "XLA_FLAGS": "--xla_backend_optimization_level=0"
    }  # fmt: skip
    call = [sys.executable, "-c", UNDER_JAX, str(folder)]
    process = subprocess.run(call, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return folder, process.stdout.splitlines()


def test_enet_has_the_parameters_of_the_public_model():
    """381,287 with four vectors a batch normalisation, 372,551 as Caffe's scale and shift."""
    network = enet(19, (512, 1024))
    moving = sum(int(np.prod(weight.shape)) for weight in network.weights if "moving" in weight.name)
    assert network.count_params() == 381_287
    assert network.count_params() - moving == 372_551
    assert network.output_shape == (None, 512, 1024, 19)


def test_fcn8s_has_the_parameters_of_the_public_model():
    network = fcn8s(21, (513, 513))
    assert network.count_params() == 134_489_780
    assert network.output_shape == (None, 513, 513, 21)


@pytest.mark.parametrize("size", [(32, 48), (33, 47), (1, 1), (65, 34), (360, 481)])
def test_fcn8s_answers_at_the_size_of_its_images(size):
    assert fcn8s(3, size, width=0.02).output_shape == (None, *size, 3)


@pytest.mark.parametrize("path", ["score-fr", "score-pool4", "score-pool3"])
def test_fcn8s_answers_in_place_on_each_of_its_three_paths(path):
    """With the other two silent, a bright square moves the logits around its own centre; a wrong crop of the path
    would be off by 32, 16 or 8 pixels for each step."""
    keras.utils.set_random_seed(0)
    network = fcn8s(3, (96, 128), width=0.05)
    for name in {"score-fr", "score-pool4", "score-pool3"} - {path}:
        network.get_layer(name).set_weights([np.zeros_like(w) for w in network.get_layer(name).get_weights()])
    images = np.full((2, 96, 128, 3), 100, np.float32)
    images[1, 48:64, 64:80] = 200
    logits = keras.ops.convert_to_numpy(network(images, training=False))
    change = np.abs(logits[1] - logits[0]).sum(-1)
    row, column = (np.average(np.arange(n), weights=change.sum(1 - axis)) for axis, n in enumerate((96, 128)))
    allowed = {"score-fr": 16, "score-pool4": 8, "score-pool3": 4}[path]
    assert abs(row - 55.5) < allowed and abs(column - 71.5) < allowed, (row, column)


@pytest.mark.parametrize("size", [(30, 48), (32, 44), (16, 48)])
def test_enet_refuses_sizes_that_it_cannot_halve(size):
    with pytest.raises(ValueError, match=f"multiples of 8, 24 or more; got {size[0]}x{size[1]}"):
        enet(11, size)


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="Unknown model 'pspnet'; choose one of: enet, fcn8s_vgg"):
        zoo.build("pspnet", 11, (32, 48))


@pytest.mark.parametrize("name", sorted(zoo.MODELS))
def test_width_thins_a_network_and_leaves_the_names_of_its_weights(name):
    wide, thin = (zoo.build(name, 5, (32, 48), width) for width in (0.1, 0.05))
    assert thin.count_params() < wide.count_params()
    assert [weight.path for weight in thin.weights] == [weight.path for weight in wide.weights]
    assert thin.output_shape == wide.output_shape == (None, 32, 48, 5)


@pytest.mark.parametrize("name", sorted(zoo.MODELS))
def test_networks_see_red_and_blue_apart(networks, name):
    images = np.random.default_rng(3).uniform(0, 255, (1, 32, 48, 3)).astype(np.float32)
    logits, swapped = (keras.ops.convert_to_numpy(networks[name](x)) for x in (images, images[..., ::-1]))
    assert np.abs(logits - swapped).max() > 1e-3 * np.abs(logits).max()


@pytest.mark.parametrize("name", sorted(zoo.MODELS))
def test_a_network_gives_the_same_logits_under_jax(networks, under_jax, name):
    """To 1e-4 of the largest: float32 sums in another order."""
    folder, _ = under_jax
    expected = keras.ops.convert_to_numpy(networks[name](np.load(folder / "images.npy"), training=False))
    found = np.load(folder / "jax.npz")[name]
    assert np.abs(expected).max() > 0 and expected.std() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_a_network_trains_under_jax_without_tensorflow(under_jax):
    folder, printed = under_jax
    assert printed[-1] == '{"finite": true, "tensorflow": false}'
    assert printed[0].startswith("epoch 1/1  loss ")
    assert {"best.weights.h5", "history.csv", "state.json"} <= {path.name for path in (folder / "run").iterdir()}

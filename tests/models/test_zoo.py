"""What holds for every network of the table: shapes, refusals, training, and the same numbers under JAX."""

import importlib.util
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfadvseg.data.labels import voc_palette
from tfadvseg.layers.walk import leaf_layers
from tfadvseg.models import load, zoo
from tfadvseg.models.card import Card

WIDTH, CLASSES = 0.05, 5
SIZES = {"icnet": (130, 161), "icnet_merged": (130, 161)} | {
    name: (187, 196) for name in zoo.MODELS if name.startswith("dilated")
}
"""The least that a network takes where that is more than 64 x 96 pixels."""
QUICK = ("enet", "segnet", "fcn8s_vgg")
"""Those that the test without --run-slow takes to JAX, whose compiler needs half a minute for 101 layers."""

UNDER_JAX = """
import json, sys

class NoTensorFlow:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ModuleNotFoundError("this machine has no tensorflow")

sys.meta_path.insert(0, NoTensorFlow())

import keras
import numpy as np
from tfadvseg.training.fit import Recipe, fit
from tfadvseg.models import zoo

folder, names = sys.argv[1], json.loads(sys.argv[2])
assert keras.backend.backend() == "jax"
for name, (size, width, classes) in names.items():
    data = np.load(f"{folder}/{name}.npz")
    network = zoo.build(name, classes, size, width)
    network.load_weights(f"{folder}/{name}.weights.h5")
    logits = network.predict_on_batch(data["images"])
    network.compile(keras.optimizers.SGD(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
    loss = network.train_on_batch(data["images"], data["labels"])
    np.savez(f"{folder}/{name}_jax.npz", logits=logits, loss=loss, trained=network.predict_on_batch(data["images"]))

images = np.random.default_rng(2).integers(0, 256, (4, 32, 48, 3)).astype(np.float32)
labels = (images.mean(-1) // 52).astype(np.uint8)
labels[:, :2] = 255
data = [(str(i), *example) for i, example in enumerate(zip(images.astype(np.uint8), labels))]
fit(lambda size: zoo.build("enet", 5, size, 0.1), data, data, 5, Recipe((24, 32), 1, 2), folder + "/run")
print(json.dumps({"tensorflow": "tensorflow" in sys.modules}))
"""


def thin(name, width=WIDTH):
    return zoo.build(name, CLASSES, SIZES.get(name, (64, 96)), width)


@pytest.fixture(scope="module")
def networks():
    """name -> the network, thin, with random normalisation, so that no layer's numbers are trivial."""
    found = {}

    def build(name):
        if name not in found:
            keras.utils.set_random_seed(0)
            network = found[name] = thin(name)
            rng = np.random.default_rng(1)
            for layer in leaf_layers(network):
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.set_weights([rng.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
                elif name.startswith("dilated_context") and layer.name in ("final", "fc-final"):
                    layer.kernel.assign(8 * layer.kernel)  # scores that begin nearly equal
        return found[name]

    return build


def picture(network, seed=2):
    """One random image of the network's size."""
    return np.random.default_rng(seed).integers(0, 256, (1, *network.input_shape[1:])).astype(np.float32)


def take_to_jax(networks, names, folder):
    """Runs the networks in a process with JAX and without TensorFlow: what it printed; numbers lie in `folder`."""
    if importlib.util.find_spec("jax") is None:
        pytest.skip("jax is not installed")
    for name in names:
        network = networks(name)
        images = picture(network)
        labels = np.random.default_rng(4).integers(0, CLASSES, images.shape[:3]).astype(np.int32)
        np.savez(folder / f"{name}.npz", images=images, labels=labels)
        network.save_weights(folder / f"{name}.weights.h5")
    what = json.dumps({name: (networks(name).input_shape[1:3], WIDTH, CLASSES) for name in names})
    environment = os.environ | {
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "XLA_FLAGS": "--xla_backend_optimization_level=0",
    }
    call = [sys.executable, "-c", UNDER_JAX, str(folder), what]
    process = subprocess.run(call, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout.splitlines()


def check_against_jax(network, name, folder):
    """Logits to 1e-4 of the largest, also after a training step, and its loss: float32 sums in another order."""
    given, found = np.load(folder / f"{name}.npz"), np.load(folder / f"{name}_jax.npz")
    expected = keras.ops.convert_to_numpy(network(given["images"], training=False))
    assert expected.std() > 0, name
    np.testing.assert_allclose(found["logits"], expected, rtol=0, atol=1e-4 * np.abs(expected).max(), err_msg=name)
    trained = keras.models.clone_model(network)
    trained.set_weights(network.get_weights())
    for layer in trained.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
    trained.compile(keras.optimizers.SGD(1e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    loss = trained.train_on_batch(given["images"], given["labels"])
    assert found["loss"] == pytest.approx(float(loss), rel=1e-4), name
    after = trained.predict_on_batch(given["images"])
    np.testing.assert_allclose(found["trained"], after, rtol=0, atol=1e-4 * np.abs(after).max(), err_msg=name)
    assert np.abs(after - expected).max() > 1e-3 * np.abs(expected).max(), name


def test_networks_give_the_same_numbers_under_jax_and_train_there_without_tensorflow(networks, tmp_path):
    printed = take_to_jax(networks, QUICK, tmp_path)
    for name in QUICK:
        check_against_jax(networks(name), name, tmp_path)
    assert printed[-1] == '{"tensorflow": false}'
    assert printed[0].startswith("epoch 1/1  loss ")
    assert {"best.weights.h5", "history.csv", "state.json"} <= {path.name for path in (tmp_path / "run").iterdir()}


@pytest.mark.slow
def test_all_other_networks_give_the_same_numbers_under_jax(networks, tmp_path):
    others = sorted(name for name, network in zoo.MODELS.items() if name not in QUICK and not network.tensorflow_only)
    take_to_jax(networks, others, tmp_path)
    for name in others:
        check_against_jax(networks(name), name, tmp_path)


def test_an_unknown_network_is_refused_with_the_known_ones():
    with pytest.raises(
        ValueError, match="Unknown model 'pspnet'; choose one of: pspnet_voc, segnet, enet, .*fcn8s_resnet101"
    ):
        zoo.build("pspnet", 11, (32, 48))


EACH = [
    pytest.param(name, marks=pytest.mark.slow)
    if name in ("pspnet_voc", "fcn8s_resnet101", "icnet", "deeplab_v2_multiscale")
    else name
    for name in zoo.MODELS
]
"""All; without --run-slow those whose graph another one has, too."""


@pytest.mark.parametrize("name", EACH)
def test_width_thins_a_network_and_leaves_the_names_of_its_weights(name, networks):
    wide = networks(name)
    with keras.StatelessScope(initialize_variables=False):
        thinner = thin(name, 0.02)
    assert thinner.count_params() < wide.count_params()
    assert [weight.path for weight in thinner.weights] == [weight.path for weight in wide.weights]
    assert thinner.output_shape == wide.output_shape == (*wide.input_shape[:3], CLASSES)


def test_every_network_takes_photographs_as_it_was_published():
    """Classes, input, how photographs become inputs, and means (blue, green, red), by hand from the publications."""
    caffe, deeplab = (103.939, 116.779, 123.68), (104.008, 116.669, 122.675)
    voc, city, none = (102.93, 111.36, 116.52), (72.39, 82.91, 73.16), (0, 0, 0)
    expected = {
        "enet": (19, (512, 1024), "stretch", none),
        "segnet": (21, (224, 224), "stretch", none),
        "icnet": (19, (1025, 2049), "stretch", caffe),
        "icnet_merged": (19, (1025, 2049), "stretch", caffe),
        "pspnet_cityscapes": (19, (512, 1024), "pad", caffe),
        "pspnet_voc": (21, (473, 473), "pad", caffe),
        "dilated_frontend_cityscapes": (19, (512, 1024), "reflect", city),
        "dilated_context_cityscapes": (19, (512, 1024), "reflect", city),
        "dilated_frontend_voc": (21, (528, 528), "reflect", voc),
        "dilated_context_voc": (21, (528, 528), "reflect", voc),
        "fcn8s_vgg_cityscapes": (19, (512, 1024), "pad", (72.78044, 83.21195, 73.45286)),
        "deeplab_v2_vgg": (21, (513, 513), "pad", deeplab),
        "deeplab_v2_resnet101": (21, (513, 513), "pad", deeplab),
        "deeplab_v2_multiscale": (21, (513, 513), "pad", deeplab),
        "fcn8s_vgg": (21, (513, 513), "pad", caffe),
        "fcn8s_resnet101": (21, (513, 513), "pad", caffe),
        "crf_rnn": (21, (500, 500), "pad", caffe),
    }
    assert set(expected) == set(zoo.MODELS)
    for name, network in zoo.MODELS.items():
        found = network.classes, network.input_size, network.fit, tuple(network.mean)
        assert found == expected[name], name
        assert network.pad_colour == found[-1][::-1], name


@pytest.mark.parametrize("name", EACH)
def test_networks_see_red_and_blue_apart(networks, name):
    images = picture(networks(name), seed=3)
    logits, swapped = (keras.ops.convert_to_numpy(networks(name)(x)) for x in (images, images[..., ::-1]))
    assert np.abs(logits - swapped).max() > 1e-3 * np.abs(logits).max()


@pytest.mark.parametrize("name", [name for name in EACH if "deeplab_v2_multiscale" not in str(name)])
def test_the_colour_that_fills_up_is_nothing_to_the_network(name, networks):
    """After its normalisation the first convolution sees zeros."""
    network = networks(name)
    images = np.zeros((1, *network.input_shape[1:]), np.float32) + np.float32(zoo.MODELS[name].pad_colour)
    first = next(layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    seen = keras.Model(network.input, first.input)(images)
    assert np.abs(keras.ops.convert_to_numpy(seen)).max() < 1e-4


def image_gradient(model, images):
    """Gradient of the cross-entropy with class 0, at the images."""
    import tensorflow as tf

    from tfadvseg.attacks.gradients import plain_gradient
    from tfadvseg.attacks.objectives import away_from_labels
    from tfadvseg.seeds import no_seeds

    images = tf.constant(images)
    labels = tf.zeros(images.shape[:3], tf.int32)
    return plain_gradient(model, away_from_labels, images, labels, no_seeds(images)).gradient.numpy()


@pytest.mark.parametrize("name", EACH)
def test_each_network_has_a_finite_gradient_that_reaches_the_image(networks, name):
    network = networks(name)
    gradient = image_gradient(lambda x: network(x, training=False), picture(network))
    assert np.isfinite(gradient).all()
    assert (gradient != 0).any(-1).mean() > 0.9  # elsewhere all of four units are off, or another pixel won its window


@pytest.fixture(
    scope="module", params=[pytest.param("deeplab_v2_resnet101", marks=pytest.mark.slow), "dilated_context_voc"]
)
def exported(request, networks, tmp_path_factory):
    """(network, the same from its SavedModel with a card that says what the zoo says)."""
    from tfadvseg.serving.export import export

    name, network = request.param, networks(request.param)
    published, names = zoo.MODELS[name], tuple(f"class_{i}" for i in range(CLASSES))
    card = Card(
        name,
        name,
        names,
        voc_palette(CLASSES),
        network.input_shape[1:3],
        published.pad_colour,
        network.count_params(),
        {},
        {},
        published.fit,
    )
    return network, load(export(network, card, tmp_path_factory.mktemp("saved_models")))


def test_the_saved_model_of_a_network_gives_its_logits_and_its_gradient(exported):
    """To float32 rounding: the two graphs are optimised apart from each other, and some maxima are nearly equal."""
    network, model = exported
    images = picture(network)
    expected = keras.ops.convert_to_numpy(network(images, training=False))
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    expected = image_gradient(lambda x: network(x, training=False), images)
    found = image_gradient(model, images)
    assert np.isfinite(found).all() and np.abs(expected).max() > 0
    assert np.isclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max()).mean() > 0.999


def test_a_smaller_photograph_is_filled_up_as_its_network_wants_it(exported):
    network, model = exported
    photograph = picture(network, seed=5)[0, :-9, :-14]
    margins = [(0, 9), (0, 14), (0, 0)]
    if model.frame.fit == "reflect":
        filled = np.pad(photograph, margins, mode="reflect")
    else:
        filled = np.pad(photograph - np.float32(model.frame.colour), margins) + np.float32(model.frame.colour)
    expected = keras.ops.convert_to_numpy(network(filled[None], training=False))[0, :-9, :-14].argmax(-1)
    found = model.segment(photograph).numpy()
    assert found.shape == photograph.shape[:2] and (found == expected).mean() > 0.999


TRAINED = [name for name in zoo.MODELS if name not in ("icnet_merged", "pspnet_voc")]
"""Each graph once."""
TRAINED_QUICKLY = ("segnet", "deeplab_v2_vgg")


@pytest.mark.parametrize(
    "name", [name if name in TRAINED_QUICKLY else pytest.param(name, marks=pytest.mark.slow) for name in TRAINED]
)
def test_a_network_learns_two_images(name):
    """Over 95 % of the pixels, in inference mode, so the statistics of batch normalisation were learnt, too."""
    keras.utils.set_random_seed(0)
    network = thin(name, 0.25 if name in ("enet", "segnet") else 0.12)
    rows, columns = network.input_shape[1:3]
    labels = np.zeros((2, rows, columns), np.int32)
    labels[0, :, columns // 2 :], labels[1, rows // 2 :] = 1, 2
    colours = np.array([[200, 60, 60], [60, 200, 60], [60, 60, 200]], np.float32)
    images = colours[labels] + np.random.default_rng(0).normal(0, 10, (2, rows, columns, 3)).astype(np.float32)
    for layer in network.layers:
        if isinstance(layer, keras.layers.Dropout):
            layer.rate = 0
    normalised = any(isinstance(layer, keras.layers.BatchNormalization) for layer in leaf_layers(network))
    rate = 3e-3 if normalised else 1e-3  # features of hundreds of grey levels make large steps
    network.compile(keras.optimizers.Adam(rate), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    accuracy = 0.0
    for _ in range(25):
        network.fit(images, labels, epochs=10, batch_size=2, verbose=0)
        accuracy = (network.predict_on_batch(images).argmax(-1) == labels).mean()
        if accuracy > 0.95:
            break
    assert accuracy > 0.95

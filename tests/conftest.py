"""What many tests share: a linear network with a closed form, and two small networks as finished SavedModels."""

import os
import pathlib
import sys
import tempfile

import numpy as np
import pytest

sys.path.append(str(pathlib.Path(__file__).parent))  # for counting, and six_images, which is also a program
from long_tests import function_of, long_tests, seconds_of_this_process

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TFADVSEG_CACHE", tempfile.mkdtemp(prefix="tfadvseg-tests-"))

SIZE = (32, 48)
LONGEST = ("pipelines", "models", "parity", "serving")
"""Folders whose files take longest; they start first, so that two workers end together."""

LEFT_OUT = {
    "slow": "takes minutes; run by --run-slow",
    "serve": "needs servers in an environment of their own; run by make serve-test",
    "browser": "needs a browser and its driver; run by make browser-test",
}
"""Markers of tests that run only where they are asked for, and what is said where they are not."""


def pytest_addoption(parser):
    parser.addoption("--run-slow", action="store_true", help="Run the tests that take minutes, too.")
    parser.addoption("--run-serve", action="store_true", help="Run the tests that need `make serve-test`, too.")
    parser.addoption("--run-browser", action="store_true", help="Run the tests that need `make browser-test`, too.")
    parser.addoption("--quick", action="store_true", help="Leave out the functions of tests/long_tests.txt.")
    parser.addoption("--long", action="store_true", help="Run the functions of tests/long_tests.txt alone.")
    parser.addoption("--costs", help="File to which each test's seconds of a processor are added.")


def pytest_sessionstart(session):
    """Pipelines run in the tests' process, too, and want their number of threads before anything is computed."""
    from tfadvseg.engine.arithmetic import THREADS, set_threads

    set_threads(THREADS)


def pytest_configure(config):
    # Keras reads a TensorFlow variable by NumPy, whose older protocol it still speaks.
    config.addinivalue_line("filterwarnings", "ignore:__array__ implementation doesn't accept:DeprecationWarning")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--quick") or config.getoption("--long"):
        choose(config, items, long=config.getoption("--long"))
    items.sort(key=lambda item: [folder not in item.path.parts for folder in LONGEST])
    for marker, reason in LEFT_OUT.items():
        if not config.getoption(f"--run-{marker}"):
            for item in items:
                if item.get_closest_marker(marker):
                    item.add_marker(pytest.mark.skip(reason=reason))


def choose(config, items, long):
    """Leaves the long tests, or all others."""
    table, kept = long_tests(), {True: [], False: []}
    for item in items:
        kept[function_of(item.nodeid) in table].append(item)
    items[:] = kept[long]
    config.hook.pytest_deselected(items=kept[not long])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    before = seconds_of_this_process()
    done = yield
    if file := item.config.getoption("--costs"):
        with pathlib.Path(file).open("a") as lines:
            lines.write(f"{seconds_of_this_process() - before:.2f}\t{item.nodeid}\n")
    return done


@pytest.fixture(scope="session")
def linear_model():
    """Three classes, logits linear in the pixels.

    Class 0 does not depend on the pixels and wins; the weights of the others have the signs (+, -, +), so all attacks
    on it move every pixel to that corner.
    """
    import tensorflow as tf

    weights = tf.constant([[0.0, 0.001, 0.002], [0.0, -0.002, -0.001], [0.0, 0.003, 0.001]])
    return lambda images: tf.einsum("nhwi,ic->nhwc", images, weights) + tf.constant([4.0, 0.0, -1.0])


@pytest.fixture(scope="session")
def smooth_model():
    """Four classes from two small convolutions with a sine between: curved, without ties, quick to trace."""
    import tensorflow as tf

    rng = np.random.default_rng(1)
    first = tf.constant(rng.normal(0, 0.02, (3, 3, 3, 6)), tf.float32)
    second = tf.constant(rng.normal(0, 1, (3, 3, 6, 4)), tf.float32)

    def logits(images):
        features = tf.sin(tf.nn.conv2d(images, tf.cast(first, images.dtype), 1, "SAME"))
        return tf.nn.conv2d(features, tf.cast(second, images.dtype), 1, "SAME")

    return logits


@pytest.fixture(scope="session")
def images():
    """Two images of whole grey levels, float32 [2, 32, 48, 3]."""
    import tensorflow as tf

    return tf.constant(np.random.default_rng(2).integers(0, 256, (2, *SIZE, 3)), tf.float32)


@pytest.fixture(scope="session")
def make_card():
    """A card for a network with CamVid's classes."""
    from tfadvseg.data.labels import CAMVID
    from tfadvseg.models.card import Card

    def make(name, network, pad_colour=(0.0, 0.0, 0.0)):
        size, parameters = tuple(network.input_shape[1:3]), network.count_params()
        return Card(
            name,
            network.name,
            CAMVID.names,
            CAMVID.palette,
            size,
            pad_colour,
            parameters,
            {"mean IoU": 12.5},
            {"dataset": "none", "versions": {"keras": "3"}},
        )

    return make


@pytest.fixture(scope="session")
def enet_network():
    """A thin E-Net whose weights and normalisation were drawn at random, so that it predicts several classes."""
    import keras

    from tfadvseg.models.zoo.enet import enet

    keras.utils.set_random_seed(3)
    network = enet(11, SIZE, width=0.25)
    rng = np.random.default_rng(3)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights(
                [
                    rng.uniform(0.5, 1.5, gamma.shape),
                    rng.normal(0, 0.5, beta.shape),
                    rng.normal(0, 0.5, mean.shape),
                    rng.uniform(0.5, 2, variance.shape),
                ]
            )
    return network


@pytest.fixture(scope="session")
def enet_folder(enet_network, make_card, tmp_path_factory):
    """The thin E-Net as a SavedModel: saved_models/thin_enet/1."""
    from tfadvseg.serving.export import export

    return export(enet_network, make_card("thin_enet", enet_network), tmp_path_factory.mktemp("saved_models"))


@pytest.fixture(scope="session")
def enet_model(enet_folder):
    """The thin E-Net, loaded."""
    from tfadvseg.models import load

    return load(enet_folder)


@pytest.fixture(scope="session")
def conv_folder(make_card, tmp_path_factory):
    """A network that is quick to trace and knows CamVid's classes by their palette in pale: saved_models/conv/1.

    Its logits are a match with the colours plus two random convolutions; it pads with a colour.
    """
    import keras

    from tfadvseg.data.labels import CAMVID
    from tfadvseg.serving.export import export

    keras.utils.set_random_seed(4)
    images = keras.Input((*SIZE, 3))
    match = keras.layers.Conv2D(CAMVID.classes, 1)
    x = keras.layers.Rescaling(1 / 32, offset=-4)(images)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="silu")(x)
    x = keras.layers.Conv2D(CAMVID.classes, 3, padding="same")(x)
    network = keras.Model(images, match(images) + x, name="conv")
    colours = 100 + 0.2 * np.array(CAMVID.palette, np.float32)
    match.set_weights([colours.T[None, None] / 60, -(colours**2).sum(1) / 120])
    card = make_card("conv", network, pad_colour=(123.68, 116.779, 103.939))
    return export(network, card, tmp_path_factory.mktemp("saved_models"))


@pytest.fixture(scope="session")
def conv_model(conv_folder):
    """The network that knows colours, loaded."""
    from tfadvseg.models import load

    return load(conv_folder)


@pytest.fixture
def bucket(tmp_path, monkeypatch):
    """The URL of an empty bucket of `fake_store`, which processes that the test starts know, too."""
    import fake_store
    import fsspec

    fsspec.register_implementation("fake", fake_store.FakeStore, clobber=True)
    monkeypatch.syspath_prepend(fake_store.installed(tmp_path / "site"))
    monkeypatch.setattr("tfadvseg.runs.object_store.SETTLING", 0.0)
    return fake_store.made(tmp_path / "bucket")

"""Exported equals original: numbers, gradients, versions, card; and a fresh process needs neither Keras nor the zoo."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.data.labels import CAMVID
from tfadvseg.models import card, load
from tfadvseg.seeds import no_seeds
from tfadvseg.serving.export import _write, export, write_version

FRESH = """
import sys
sys.modules["keras"] = None  # TensorFlow would import it by itself; now nobody can
import numpy as np, tensorflow as tf
from tfadvseg.attacks.gradients import plain_gradient
from tfadvseg.attacks.objectives import away_from_labels
from tfadvseg.seeds import no_seeds
from tfadvseg.models import load
folder, images_file, result = sys.argv[1:]
model = load(folder)
images = tf.constant(np.load(images_file))
labels = tf.zeros(images.shape[:3], tf.int32)
gradient = plain_gradient(model, away_from_labels, images, labels, no_seeds(images)).gradient
np.savez(result, gradient=gradient, logits=model(images))
print(sorted(name for name in sys.modules if name.startswith("tfadvseg.models.")), sys.modules["keras"])
"""


@pytest.fixture(scope="module")
def fresh(enet_folder, images, tmp_path_factory):
    """({"gradient", "logits"} of the SavedModel, modules of interest) in a process that did not build the network."""
    folder = tmp_path_factory.mktemp("fresh")
    np.save(folder / "images.npy", images)
    call = [sys.executable, "-c", FRESH, str(enet_folder), str(folder / "images.npy"), str(folder / "result.npz")]
    output = subprocess.run(call, capture_output=True, text=True)
    assert output.returncode == 0, output.stderr
    return np.load(folder / "result.npz"), output.stdout


def test_a_fresh_process_needs_neither_keras_nor_the_zoo(fresh):
    assert fresh[1] == (
        "['tfadvseg.models.card', 'tfadvseg.models.conversion', 'tfadvseg.models.flattening', "
        "'tfadvseg.models.interface', 'tfadvseg.models.labelling', 'tfadvseg.models.loading', "
        "'tfadvseg.models.network', 'tfadvseg.models.packing', 'tfadvseg.models.reading', "
        "'tfadvseg.models.safety', 'tfadvseg.models.saved_model', 'tfadvseg.models.signatures', "
        "'tfadvseg.models.spec'] None\n"
    )


def test_logits_in_a_fresh_process_are_those_of_the_network(fresh, enet_network, images):
    """To float32 rounding through 80 layers: the two graphs are optimised apart from each other."""
    expected = np.asarray(enet_network(images, training=False))
    np.testing.assert_allclose(fresh[0]["logits"], expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_the_gradient_in_a_fresh_process_is_that_of_the_network(fresh, enet_network, images):
    """As above; a few values may differ more, where rounding chose the other one of two nearly equal maxima."""
    labels = tf.zeros(images.shape[:3], tf.int32)

    def network(x):
        return enet_network(x, training=False)

    expected = plain_gradient(network, away_from_labels, images, labels, no_seeds(images)).gradient.numpy()
    close = np.isclose(fresh[0]["gradient"], expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())
    assert np.abs(expected).max() > 0 and close.mean() > 0.999


def test_a_loaded_model_says_what_it_is(enet_model, enet_folder):
    assert enet_model.name == "thin_enet" and enet_model.path == enet_folder
    assert enet_model.input_size == (32, 48) and enet_model.classes == 11
    assert len(enet_model.digest) == 16 and load(enet_folder.parent).digest == enet_model.digest


def test_it_takes_any_number_of_images(conv_model, images):
    for count in (1, 2, 5):
        batch = tf.repeat(images[:1], count, 0)
        np.testing.assert_allclose(conv_model(batch), tf.repeat(conv_model(images[:1]), count, 0), atol=1e-5)


def test_the_card_comes_back_as_it_was_written(enet_model, make_card, enet_network):
    assert enet_model.card == make_card("thin_enet", enet_network)
    assert enet_model.card.palette[0] == (128, 128, 128) and enet_model.card.scores == {"mean IoU": 12.5}


def test_the_card_decides_the_padding(conv_model):
    assert conv_model.frame.colour == (123.68, 116.779, 103.939)


def test_versions_grow_and_the_newest_is_loaded(conv_folder, make_card, tmp_path):
    import keras

    images = keras.Input((8, 8, 3))
    for version in (1, 2, 10, 11):
        if version == 10:
            (tmp_path / "tiny" / "9").mkdir()
        network = keras.Model(images, keras.layers.Rescaling(version)(images), name="tiny")
        assert export(network, make_card("tiny", network), tmp_path) == tmp_path / "tiny" / str(version)
    x = tf.ones((1, 8, 8, 3))
    for path, factor in (("tiny", 11), ("tiny/2", 2)):
        model = load(tmp_path / path)
        assert model.name == "tiny" and model.path.name == str(factor)
        np.testing.assert_array_equal(model(x), factor * x)
    assert sorted(p.name for p in (tmp_path / "tiny").iterdir()) == ["1", "10", "11", "2", "9"]


def test_two_exports_at_once_are_two_versions(make_card, tmp_path):
    """The second begins and ends while the first is being written."""
    import keras

    images = keras.Input((8, 8, 3))
    first, second = (keras.Model(images, keras.layers.Rescaling(f)(images), name="tiny") for f in (1, 2))
    made = []

    def write(folder):
        made.append(export(second, make_card("tiny", second), tmp_path))
        _write({"logits": first}, make_card("tiny", first), folder)

    made.append(write_version(make_card("tiny", first), tmp_path, write))
    assert made == [tmp_path / "tiny" / "1", tmp_path / "tiny" / "2"]
    x = tf.ones((1, 8, 8, 3))
    assert [float(load(path)(x)[0, 0, 0, 0]) for path in made] == [2.0, 1.0]
    assert sorted(p.name for p in (tmp_path / "tiny").iterdir()) == ["1", "2"]


def test_a_failed_export_leaves_nothing(make_card, tmp_path, monkeypatch):
    import keras

    def fail(*_):
        raise OSError("disk full")

    images = keras.Input((8, 8, 3))
    network = keras.Model(images, keras.layers.Rescaling(2)(images), name="tiny")
    monkeypatch.setattr(card.Card, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        export(network, make_card("tiny", network), tmp_path)
    assert list((tmp_path / "tiny").iterdir()) == []


@pytest.mark.parametrize("name", ["../tiny", "/tiny", "a/../../tiny"])
def test_a_name_that_leads_out_of_the_folder_of_models_is_refused(make_card, tmp_path, name):
    import keras

    images = keras.Input((8, 8, 3))
    network = keras.Model(images, keras.layers.Rescaling(2)(images), name="tiny")
    with pytest.raises(ValueError, match=f"The card names '{name}', which is outside of .*models"):
        export(network, make_card(name, network), tmp_path / "models")
    assert list(tmp_path.iterdir()) == []


def test_cards_are_json_and_optional(tmp_path, make_card, enet_network):
    assert card.read(tmp_path) is None
    written = make_card("thin_enet", enet_network)
    written.write(tmp_path)
    assert json.loads((tmp_path / "assets.extra" / "card.json").read_text())["names"][0] == "sky"
    assert card.read(tmp_path) == written


@pytest.mark.parametrize("text", ["", "{", "[]", '{"names": 3}', '{"names": ["sky"], "palette": [], "colour": 1}'])
def test_a_damaged_card_is_refused(tmp_path, text):
    (tmp_path / "assets.extra").mkdir()
    (tmp_path / "assets.extra" / "card.json").write_text(text)
    with pytest.raises(ValueError, match="card.json is damaged .* delete the card"):
        card.read(tmp_path)


def test_a_card_with_a_field_missing_is_refused(tmp_path, make_card, enet_network):
    make_card("thin_enet", enet_network).write(tmp_path)
    path = tmp_path / "assets.extra" / "card.json"
    fields = json.loads(path.read_text())
    del fields["parameters"]
    path.write_text(json.dumps(fields))
    with pytest.raises(ValueError, match="is damaged .*parameters"):
        card.read(tmp_path)


def test_a_photograph_of_the_inputs_size_gets_the_labels_of_its_logits(conv_model, images):
    expected = tf.argmax(conv_model.logits(images), -1, tf.int32)
    for photograph, labels in zip(images, expected, strict=True):
        np.testing.assert_array_equal(conv_model.segment(photograph), labels)


@pytest.mark.parametrize("fit", ["pad", "reflect", "stretch"])
@pytest.mark.parametrize("size", [(20, 30), (45, 100), (130, 60)])
def test_a_photograph_of_any_size_gets_labels_of_its_size(conv_model, fit, size):
    """Two halves in the colours of two classes: away from their border, the labels are where the colours are."""
    model = dataclasses.replace(conv_model, card=dataclasses.replace(conv_model.card, fit=fit))
    pale = (100 + 0.2 * np.array(CAMVID.palette)).astype(np.uint8)
    truth = np.where(np.arange(size[1]) < size[1] // 2, 3, 8) + np.zeros((size[0], 1), int)
    labels = model.segment(tf.constant(pale[truth])).numpy()
    assert labels.shape == size and labels.dtype == np.int32
    assert (labels == truth).mean() > 0.8

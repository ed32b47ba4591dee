"""Training: it learns, it resumes bit by bit, it keeps the best weights, and it stops on a loss that is no number."""

import csv
import dataclasses
import json
import shutil

import keras
import numpy as np
import pytest

from tfadvseg.layers.walk import leaf_layers
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.training.fit import Recipe, fit
from tfadvseg.training.statistics import estimate_again
from tfadvseg.training.validation import validation_counts

CLASSES = 3
RECIPE = Recipe(crop=(16, 16), epochs=3, batch_size=2, learning_rate=0.02, colour=0.1)


def photographs(count, seed):
    """Photographs whose colour tells the class, a tenth of it ignored."""
    rng = np.random.default_rng(seed)
    labels = np.kron(rng.integers(0, CLASSES, (count, 4, 6)), np.ones((4, 4), int)).astype(np.uint8)
    images = np.clip(np.eye(3)[labels] * 150 + 40 + rng.normal(0, 20, (*labels.shape, 3)), 0, 255).astype(np.uint8)
    labels[rng.random(labels.shape) < 0.1] = 255
    return [(f"image_{i}", *example) for i, example in enumerate(zip(images, labels, strict=True))]


TRAIN, VALIDATION = photographs(6, 0), photographs(3, 1)


def build(input_size, dropout=0.0):
    """Two convolutions and a normalisation; dropout on demand."""
    images = keras.Input((*input_size, 3))
    x = keras.layers.Conv2D(6, 3, padding="same")(keras.layers.Rescaling(1 / 64, offset=-2)(images))
    x = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.8)(x))
    x = keras.layers.SpatialDropout2D(dropout)(x)
    return keras.Model(images, keras.layers.Conv2D(CLASSES, 1)(x))


def train(folder, recipe=RECIPE, build=build, **settings):
    arguments = {"train": TRAIN, "validation": VALIDATION, **settings}
    return fit(build, classes=CLASSES, recipe=recipe, folder=str(folder), **arguments)


def history(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


def scores(network):
    return float(mean_iou(validation_counts(network, VALIDATION, CLASSES).total()))


def build_with_dropout(input_size):
    return build(input_size, dropout=0.3)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """(folder, weights of the network that came back)."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, train(folder).get_weights()


def last_weights(folder):
    """The weights and the optimizer's state after the last epoch."""
    import h5py

    found = {}
    with h5py.File(folder / json.loads((folder / "state.json").read_text())["weights"]) as file:
        file.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def test_it_learns_to_tell_colours(tmp_path):
    recipe = Recipe(crop=(16, 24), epochs=12, batch_size=2, learning_rate=0.05, scales=(1.0, 1.2))
    assert scores(train(tmp_path, recipe)) > 70


def test_the_returned_network_has_the_size_of_the_validation_images(undisturbed, tmp_path):
    assert build((16, 24)).count_params() == sum(weight.size for weight in undisturbed[1])
    assert train(undisturbed[0]).input_shape == (None, 16, 24, 3)


class Stop(keras.callbacks.Callback):
    """Interrupts after an epoch, or in the middle of one."""

    def __init__(self, epoch, batch=None):
        super().__init__()
        self.epoch_to_stop, self.batch_to_stop, self.now = epoch, batch, 0

    def on_epoch_begin(self, epoch, logs=None):
        self.now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if (self.now, batch) == (self.epoch_to_stop, self.batch_to_stop):
            raise KeyboardInterrupt

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch_to_stop and self.batch_to_stop is None:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [(0, None), (1, None), (1, 1), (2, 0)])
def test_an_interrupted_training_ends_with_the_same_weights(undisturbed, tmp_path, stop):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, callbacks=(Stop(*stop),))
    keras.utils.set_random_seed(99)  # another process is in another state
    found = train(tmp_path).get_weights()
    for one, other in zip(found, undisturbed[1], strict=True):
        np.testing.assert_array_equal(one, other)
    expected = last_weights(undisturbed[0])
    resumed = last_weights(tmp_path)
    assert resumed.keys() == expected.keys() and len(expected) > 20
    for name, values in expected.items():
        np.testing.assert_array_equal(resumed[name], values, err_msg=name)
    keep = ("epoch", "loss", "val_iou", "val_pixel_accuracy")
    assert [[row[key] for key in keep] for row in history(tmp_path)] == [
        [row[key] for key in keep] for row in history(undisturbed[0])
    ]


def test_a_finished_training_is_only_loaded(undisturbed):
    before = {path.name: path.read_bytes() for path in undisturbed[0].iterdir()}
    found = train(undisturbed[0]).get_weights()
    for one, other in zip(found, undisturbed[1], strict=True):
        np.testing.assert_array_equal(one, other)
    assert {path.name: path.read_bytes() for path in undisturbed[0].iterdir()} == before


def test_an_interrupted_training_with_dropout_ends_with_the_same_weights(tmp_path):
    recipe = Recipe(crop=(16, 16), epochs=2, batch_size=2, learning_rate=0.02)
    expected = train(tmp_path / "whole", recipe, build_with_dropout).get_weights()
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "stopped", recipe, build_with_dropout, callbacks=(Stop(0),))
    for one, other in zip(train(tmp_path / "stopped", recipe, build_with_dropout).get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


class Spoil(keras.callbacks.Callback):
    """Makes the last epoch start from a network that answers nothing."""

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == RECIPE.epochs - 1:
            self.model.set_weights([np.zeros_like(weight) for weight in self.model.get_weights()])


def test_the_weights_are_those_of_the_best_epoch(tmp_path):
    network = train(tmp_path, callbacks=(Spoil(),))
    ious = [float(row["val_iou"]) for row in history(tmp_path)]
    assert ious[-1] < max(ious)
    assert scores(network) == pytest.approx(max(ious))


def test_history_holds_a_row_an_epoch(undisturbed):
    rows = history(undisturbed[0])
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert all(np.isfinite(float(row["loss"])) and 0 <= float(row["val_iou"]) <= 100 for row in rows)


def test_validation_may_be_rarer_but_ends_every_training(tmp_path):
    train(tmp_path, Recipe(crop=(16, 16), epochs=3, batch_size=2, validate_every=2))
    assert [bool(row["val_iou"]) for row in history(tmp_path)] == [False, True, True]


def test_training_starts_from_the_weights_that_are_built(undisturbed, tmp_path):
    """With a learning rate of next to nothing it ends there, too; normalisation moves."""

    def built(size):
        network = build(size)
        network.load_weights(undisturbed[0] / "best.weights.h5")
        return network

    recipe = Recipe(crop=(16, 16), epochs=1, batch_size=2, learning_rate=1e-12, weight_decay=0.0)
    network = train(tmp_path, recipe, built)
    for variable, value in zip(network.weights, undisturbed[1], strict=True):
        if variable.trainable:
            np.testing.assert_allclose(keras.ops.convert_to_numpy(variable), value, atol=1e-6)


def test_dropout_is_scaled_however_deep_it_lies(tmp_path):
    made = []

    def remember(size):
        images = keras.Input((*size, 3))
        inner = keras.Model(images, keras.layers.Dropout(0.4)(images), name="inner")
        made.append(keras.Model(images, build_with_dropout(size)(inner(images))))
        return made[-1]

    train(tmp_path, Recipe(crop=(16, 16), epochs=1, batch_size=2, dropout=0.5), remember)
    rates = [sorted(layer.rate for layer in leaf_layers(network) if hasattr(layer, "rate")) for network in made]
    assert rates == [[pytest.approx(0.15), pytest.approx(0.2)], [pytest.approx(0.3), pytest.approx(0.4)]]


def test_a_state_that_leads_out_of_its_folder_is_refused(undisturbed, tmp_path):
    folder, _ = undisturbed
    shutil.copytree(folder, tmp_path / "run")
    record = tmp_path / "run" / "state.json"
    state = json.loads(record.read_text())
    (tmp_path / "run" / state["weights"]).rename(tmp_path / state["weights"])
    record.write_text(json.dumps(state | {"weights": f"../{state['weights']}"}))
    with pytest.raises(ValueError, match=r"state.json names '../state_\d.weights.h5', which is outside of "):
        train(tmp_path / "run")


def test_a_loss_that_is_no_number_stops_the_training(tmp_path):
    def broken(size):
        images = keras.Input((*size, 3))
        return keras.Model(images, keras.layers.Conv2D(CLASSES, 1)(keras.layers.Rescaling(float("nan"))(images)))

    with pytest.raises(FloatingPointError, match="The loss became nan in epoch 1; lower the learning rate"):
        train(tmp_path, build=broken)
    assert not (tmp_path / "state.json").exists()


def test_fewer_photographs_than_a_batch_are_refused(tmp_path):
    with pytest.raises(ValueError, match="batch"):
        train(tmp_path, Recipe(crop=(16, 16), epochs=1, batch_size=7))


def test_a_training_without_validation_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no photograph to validate on; give one or more"):
        train(tmp_path, validation=[])


def test_photographs_may_differ_in_size(tmp_path):
    """The network is validated at the size that is asked for; what it is larger than the photographs counts nowhere."""
    smaller = [(name, image[:12, :20], labels[:12, :20]) for name, image, labels in TRAIN[:3]]
    mixed = [*VALIDATION, *smaller]
    recipe = Recipe(crop=(16, 16), epochs=1, batch_size=2)
    network = train(tmp_path, recipe, train=[*smaller, *TRAIN[3:]], validation=mixed, input_size=(18, 25))
    assert network.input_shape == (None, 18, 25, 3)
    counts = validation_counts(network, mixed, CLASSES)
    np.testing.assert_array_equal(counts.labelled.sum(-1), [(labels != 255).sum() for _, _, labels in mixed])


def test_a_validation_photograph_that_is_larger_than_the_network_is_refused(tmp_path):
    with pytest.raises(ValueError, match="image_0 is 24x16, .* input of 20x16; give an input_size that holds every"):
        train(tmp_path, input_size=(16, 20))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_a_training_of_lower_precision_ends_in_float32_with_statistics_of_float32(precision, tmp_path):
    policies = []

    def remember(size):
        policies.append(keras.config.dtype_policy().name)
        return build(size)

    recipe = Recipe(crop=(16, 24), epochs=4, batch_size=2, learning_rate=0.05, scales=(1.0, 1.2), precision=precision)
    network = train(tmp_path, recipe, remember)
    assert policies == [f"mixed_{precision}", "float32"] and keras.config.dtype_policy().name == "float32"
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    assert {weight.dtype for weight in network.weights} == {"float32"}
    best = max(float(row["val_iou"]) for row in history(tmp_path))
    assert scores(network) == best, "epochs are compared by what comes out"
    other = build((16, 24))
    other.load_weights(tmp_path / "best.weights.h5")
    for one, value in zip(other.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, value)
    (norm,) = (layer for layer in other.layers if isinstance(layer, keras.layers.BatchNormalization))
    norm.moving_mean.assign(norm.moving_mean + 1)
    assert estimate_again(other, TRAIN) == 1
    for one, value in zip(other.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, value)
    assert float(history(tmp_path)[-1]["loss"]) < float(history(tmp_path)[0]["loss"])


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_an_interrupted_training_of_lower_precision_ends_with_the_same_weights(precision, tmp_path):
    recipe = Recipe(crop=(16, 16), epochs=2, batch_size=2, learning_rate=0.02, precision=precision, select="last")
    expected = train(tmp_path / "whole", recipe).get_weights()
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "stopped", recipe, callbacks=(Stop(0),))
    for one, other in zip(train(tmp_path / "stopped", recipe).get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_last_weights_may_be_asked_for(tmp_path):
    """Those of an epoch that is worse than another."""
    recipe = dataclasses.replace(RECIPE, select="last", learning_rate=1e-6)
    network = train(tmp_path, recipe, callbacks=(Spoil(),))
    ious = [float(row["val_iou"]) for row in history(tmp_path)]
    assert ious[-1] != max(ious) and scores(network) == pytest.approx(ious[-1])
    loaded = build((16, 24))
    loaded.load_weights(tmp_path / "last.weights.h5")
    for one, other in zip(loaded.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    best = train(tmp_path, dataclasses.replace(recipe, select="best"))
    assert scores(best) == pytest.approx(max(ious))


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"precision": "float8"}, "Unknown precision 'float8'"), ({"select": "first"}, "Unknown selection 'first'")],
)
def test_a_recipe_takes_known_words_alone(setting, message):
    with pytest.raises(ValueError, match=message):
        Recipe(crop=(16, 16), epochs=1, **setting)

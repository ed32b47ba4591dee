"""Training with Keras' own loop: best weights by validation mean IoU, and a run that goes on after a kill."""

import csv
import dataclasses
import functools
import json
import math
import os
import pathlib
import time
from collections.abc import Callable

import keras
import numpy as np

from tfadvseg.data.split import Examples
from tfadvseg.layers.walk import leaf_layers
from tfadvseg.metrics.scores import mean_iou, pixel_accuracy
from tfadvseg.training.augment import augment
from tfadvseg.training.batches import RandomViews, class_weights
from tfadvseg.training.optimizer import optimizer
from tfadvseg.training.validation import validation_counts


@dataclasses.dataclass(frozen=True)
class Recipe:
    """crop: (height, width) of the training views. learning_rate: the peak, after 2 % of warm-up, before cosine decay.

    scales, colour: the range of the views' scale and the strength of their colour jitter. dropout: multiplies the
    network's dropout rates; a short training underfits with the published ones.
    """

    crop: tuple[int, int]
    epochs: int
    batch_size: int = 8
    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    scales: tuple[float, float] = (0.75, 1.75)
    colour: float = 0.25
    dropout: float = 1.0
    validate_every: int = 1
    seed: int = 0


def fit(
    build: Callable[[tuple[int, int]], keras.Model],
    train: Examples,
    validation: Examples,
    classes: int,
    recipe: Recipe,
    folder: str,
    callbacks: tuple = (),
    input_size: tuple[int, int] | None = None,
) -> keras.Model:
    """Trains `build(recipe.crop)` on random views and returns `build(input_size)` with the best weights.

    The examples may differ in size. input_size: of the network that is validated, by default the size of the first
    validation photograph; smaller photographs are filled up with ignored labels, larger ones refused
    (`validation_counts`). `folder` holds best.weights.h5, history.csv and the state from which an interrupted run goes
    on; a finished one is only loaded.
    """
    if len(train) < recipe.batch_size:
        raise ValueError(
            f"A batch takes {recipe.batch_size} photographs, but only {len(train)} are there to train on; lower the "
            "batch size."
        )
    if not len(validation):
        raise ValueError("There is no photograph to validate on; give one or more.")
    keras.utils.set_random_seed(recipe.seed)
    path = pathlib.Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    weights = class_weights(train, classes)
    height, width = input_size or validation[0][2].shape
    network, full_size = build(recipe.crop), build((height, width))
    _scale_dropout(network, recipe.dropout)
    steps = recipe.epochs * (len(train) // recipe.batch_size)
    network.compile(
        optimizer(recipe.learning_rate, recipe.weight_decay, steps),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="mean_with_sample_weight"),
    )
    network.optimizer.build(network.trainable_variables)
    state = _State(network, path)
    first_epoch = state.restore()
    view = functools.partial(augment, crop=recipe.crop, scales=recipe.scales, colour=recipe.colour)
    views = RandomViews(train, weights, view, recipe.batch_size, recipe.seed, first_epoch)
    validate = _Validate(full_size, validation, classes, state, recipe)
    network.fit(
        views, epochs=recipe.epochs, initial_epoch=first_epoch, shuffle=False, verbose=0,
        callbacks=[validate, *callbacks],
    )  # fmt: skip
    full_size.load_weights(path / "best.weights.h5")
    return full_size


def _scale_dropout(network: keras.Model, factor: float) -> None:
    for layer in leaf_layers(network):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate *= factor


class _State:
    """Weights, optimizer and epoch on disk; the JSON file is renamed last and never points at half a file."""

    def __init__(self, network: keras.Model, folder: pathlib.Path):
        self.network, self.folder = network, folder
        self.best, self.seconds = -1.0, 0.0

    def restore(self) -> int:
        """Loads the last finished epoch; returns the first one still to run."""
        record = self.folder / "state.json"
        if not record.exists():
            return 0
        state = json.loads(record.read_text())
        self.network.load_weights(self.folder / state["weights"])
        self.best, self.seconds = state["best"], state["seconds"]
        return state["epochs"]

    def save(self, epochs: int):
        name = f"state_{epochs % 2}.weights.h5"
        self.network.save_weights(self.folder / name)
        text = json.dumps({"epochs": epochs, "weights": name, "best": self.best, "seconds": self.seconds})
        (self.folder / "state.json.tmp").write_text(text)
        os.replace(self.folder / "state.json.tmp", self.folder / "state.json")


class _Validate(keras.callbacks.Callback):
    """After each epoch: validation scores, best weights, history, resumable state and a line of progress."""

    def __init__(self, full_size, validation, classes, state, recipe):
        super().__init__()
        self.full_size, self.validation, self.classes = full_size, validation, classes
        self.state, self.recipe = state, recipe

    def on_epoch_begin(self, epoch, logs=None):
        self.started = time.perf_counter()
        # Keras keeps the random streams of dropout in no weights file; drawn anew, a resumed epoch repeats them.
        streams = [variable for variable in self.model.variables if variable.path.endswith("seed_generator_state")]
        for number, stream in enumerate(streams):
            stream.assign(np.random.SeedSequence((self.recipe.seed, epoch, number)).generate_state(2))

    def on_epoch_end(self, epoch, logs=None):
        if not math.isfinite(logs["loss"]):
            raise FloatingPointError(f"The loss became {logs['loss']} in epoch {epoch + 1}; lower the learning rate.")
        due = (epoch + 1) % self.recipe.validate_every == 0 or epoch + 1 == self.recipe.epochs
        if due:
            self._score(logs)
        self.state.seconds += time.perf_counter() - self.started
        self._record(epoch, logs)
        self.state.save(epoch + 1)
        left = self.state.seconds / (epoch + 1) * (self.recipe.epochs - epoch - 1)
        score = f"  validation mIoU {logs['val_iou']:.2f} %  best {self.state.best:.2f} %" if due else ""
        print(
            f"epoch {epoch + 1}/{self.recipe.epochs}  loss {logs['loss']:.4f}{score}  left {left / 60:.0f} min",
            flush=True,
        )

    def _score(self, logs):
        self.full_size.set_weights(self.model.get_weights())
        counts = validation_counts(self.full_size, self.validation, self.classes).total()
        logs["val_iou"], logs["val_pixel_accuracy"] = float(mean_iou(counts)), float(pixel_accuracy(counts))
        if logs["val_iou"] > self.state.best:
            self.state.best = logs["val_iou"]
            temporary = self.state.folder / "new.weights.h5"
            self.full_size.save_weights(temporary)
            os.replace(temporary, self.state.folder / "best.weights.h5")

    def _record(self, epoch, logs):
        path = self.state.folder / "history.csv"
        rows = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
        rows = [row for row in rows if int(row["epoch"]) <= epoch]
        scores = {key: logs.get(key, "") for key in ("loss", "val_iou", "val_pixel_accuracy")}
        rows.append({"epoch": epoch + 1, **scores, "seconds": round(self.state.seconds, 1)})
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[-1])
            writer.writeheader()
            writer.writerows(rows)

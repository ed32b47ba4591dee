"""Training with Keras' own loop, in any precision, and a run that goes on after a kill."""

import contextlib
import csv
import dataclasses
import io
import json
import math
import os
import pathlib
import time
from collections.abc import Callable, Iterator, Sequence

import keras
import numpy as np

from tfadvseg.atomic import write_atomically
from tfadvseg.confined import confined
from tfadvseg.data.split import Examples
from tfadvseg.layers.walk import leaf_layers
from tfadvseg.metrics.scores import mean_iou, pixel_accuracy
from tfadvseg.registry import choose
from tfadvseg.training.batches import RandomViews, survey
from tfadvseg.training.on_views import OnViews
from tfadvseg.training.optimizer import optimizer
from tfadvseg.training.statistics import estimate_again
from tfadvseg.training.validation import validation_counts

PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16", "float16": "mixed_float16"}
"""What layers compute in, and Keras' name for that with weights in float32."""
SELECTIONS = {"best": "best epoch by validation mean IoU", "last": "last epoch"}
"""Whose weights come out of a training."""


@dataclasses.dataclass(frozen=True)
class Recipe:
    """crop: (height, width) of the training views. learning_rate: the peak, after 2 % of warm-up, before cosine decay.

    scales, colour: the range of the views' scale and the strength of their colour jitter. dropout: multiplies the
    network's dropout rates; a short training underfits with the published ones. precision: of PRECISIONS; select: of
    SELECTIONS.
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
    precision: str = "float32"
    select: str = "best"

    def __post_init__(self) -> None:
        choose(PRECISIONS, self.precision, "precision")
        choose(SELECTIONS, self.select, "selection")


def fit(
    build: Callable[[tuple[int, int]], keras.Model],
    train: Examples,
    validation: Examples,
    classes: int,
    recipe: Recipe,
    folder: str,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    input_size: tuple[int, int] | None = None,
) -> keras.Model:
    """Trains `build(recipe.crop)` on random views and returns `build(input_size)` with the weights of the
    selected epoch, in float32 whatever was computed in; after lower precision its batch normalisations get statistics
    that are estimated again, before each validation, too, so that epochs are compared by what would come out.

    The examples may differ in size. input_size: of the network that is validated, by default the size of the first
    validation photograph; smaller photographs are filled up with ignored labels, larger ones refused
    (`validation_counts`). `folder` holds best.weights.h5 (or last.weights.h5), history.csv and the state from which an
    interrupted run goes on; a finished one is only loaded.
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
    weights, largest = survey(train, classes)
    height, width = input_size or validation[0][2].shape
    with _precision(recipe.precision):
        network = build(recipe.crop)
    full_size = build((height, width))
    answer = _Answer(network, full_size, train if recipe.precision != "float32" else None)
    _scale_dropout(network, recipe.dropout)
    steps = recipe.epochs * (len(train) // recipe.batch_size)
    trained = OnViews(network, recipe.crop, weights)
    trained.compile(_optimizer(recipe, steps), jit_compile=_compiled())
    trained.optimizer.build(trained.trainable_variables)
    state = _State(trained, path)
    first_epoch = state.restore()
    views = RandomViews(
        train, largest, recipe.crop, recipe.batch_size, recipe.scales, recipe.colour, recipe.seed, first_epoch
    )
    validate = _Validate(answer, validation, classes, state, recipe)
    trained.fit(
        views,
        epochs=recipe.epochs,
        initial_epoch=first_epoch,
        shuffle=False,
        verbose=0,
        callbacks=[validate, *callbacks],
    )
    if recipe.select == "best":
        full_size.load_weights(path / "best.weights.h5")
    else:
        _save(answer.now(), path / "last.weights.h5")
    return full_size


@dataclasses.dataclass(frozen=True)
class _Answer:
    """What a training would give if it ended now. photographs: of which statistics are estimated; None where those of
    the training will do."""

    trained: keras.Model
    full_size: keras.Model
    photographs: Examples | None

    def now(self) -> keras.Model:
        """The network of full size, with the weights of now."""
        self.full_size.set_weights(self.trained.get_weights())
        if self.photographs is not None:
            estimate_again(self.full_size, self.photographs)
        return self.full_size


@contextlib.contextmanager
def _precision(name: str) -> Iterator[None]:
    """Layers that are made within compute in this precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(PRECISIONS[name])
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    """float16 has no small numbers, so there the loss is enlarged and the gradient made smaller again."""
    made = optimizer(recipe.learning_rate, recipe.weight_decay, steps)
    return keras.optimizers.LossScaleOptimizer(made) if recipe.precision == "float16" else made


def _compiled() -> bool:
    """Whether XLA compiles the step: always under JAX; under TensorFlow it takes longer on a CPU, step by step, too."""
    return keras.backend.backend() != "tensorflow" or bool(keras.distribution.list_devices("gpu"))


def _save(network: keras.Model, path: pathlib.Path) -> None:
    """The weights, so that the file is there whole or not at all."""
    temporary = path.with_name("new.weights.h5")
    network.save_weights(temporary)
    os.replace(temporary, path)


def _scale_dropout(network: keras.Model, factor: float) -> None:
    for layer in leaf_layers(network):
        if isinstance(layer, keras.layers.Dropout):
            layer.rate *= factor


class _State:
    """Weights, optimizer and epoch on disk; the JSON file is renamed last and never points at half a file."""

    def __init__(self, network: keras.Model, folder: pathlib.Path) -> None:
        self.network, self.folder = network, folder
        self.best, self.seconds = -1.0, 0.0

    def restore(self) -> int:
        """Loads the last finished epoch; returns the first one still to run."""
        record = self.folder / "state.json"
        if not record.exists():
            return 0
        state = json.loads(record.read_text())
        self.network.load_weights(confined(self.folder, state["weights"], record))
        self.best, self.seconds = state["best"], state["seconds"]
        return state["epochs"]

    def save(self, epochs: int) -> None:
        name = f"state_{epochs % 2}.weights.h5"
        self.network.save_weights(self.folder / name)
        text = json.dumps({"epochs": epochs, "weights": name, "best": self.best, "seconds": self.seconds})
        (self.folder / "state.json.tmp").write_text(text)
        os.replace(self.folder / "state.json.tmp", self.folder / "state.json")


class _Validate(keras.callbacks.Callback):
    """After each epoch: validation scores, best weights, history, resumable state and a line of progress."""

    def __init__(self, answer: _Answer, validation: Examples, classes: int, state: _State, recipe: Recipe) -> None:
        super().__init__()
        self.answer, self.validation, self.classes = answer, validation, classes
        self.state, self.recipe = state, recipe

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.started = time.perf_counter()
        # Keras keeps the random streams of dropout in no weights file; drawn anew, a resumed epoch repeats them.
        streams = [variable for variable in self.model.variables if variable.path.endswith("seed_generator_state")]
        for number, stream in enumerate(streams):
            stream.assign(np.random.SeedSequence((self.recipe.seed, epoch, number)).generate_state(2))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
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

    def _score(self, logs: dict[str, float]) -> None:
        network = self.answer.now()
        counts = validation_counts(network, self.validation, self.classes).total()
        logs["val_iou"], logs["val_pixel_accuracy"] = float(mean_iou(counts)), float(pixel_accuracy(counts))
        if logs["val_iou"] > self.state.best:
            self.state.best = logs["val_iou"]
            _save(network, self.state.folder / "best.weights.h5")

    def _record(self, epoch: int, logs: dict[str, float]) -> None:
        path = self.state.folder / "history.csv"
        rows = list(csv.DictReader(path.read_text().splitlines())) if path.exists() else []
        rows = [row for row in rows if int(row["epoch"]) <= epoch]
        scores = {key: logs.get(key, "") for key in ("loss", "val_iou", "val_pixel_accuracy")}
        rows.append({"epoch": epoch + 1, **scores, "seconds": round(self.state.seconds, 1)})
        table = io.StringIO(newline="")
        writer = csv.DictWriter(table, rows[-1])
        writer.writeheader()
        writer.writerows(rows)
        write_atomically(path, lambda file: file.write(table.getvalue().encode()))

"""Trains a network, evaluates it on the validation split and exports it as a SavedModel.

    python -m pipelines.train --flagfile=pipelines/recipes/pspnet_cityscapes.cfg \\
        --data_dir=/data/camvid --output=runs/train/pspnet_camvid
    python -m pipelines.train --flagfile=pipelines/recipes/deeplab_v2_vgg.cfg \\
        --data_dir=/data/camvid --initial_weights=runs/train/fcn8s_vgg_camvid/last.weights.h5
    python -m pipelines.train --model=enet --dataset=camvid --data_dir=/data/camvid \\
        --crop=184x240 --scales=0.5,0.55 --epochs=30 --output=runs/train/enet_camvid_small

A recipe is a file of flags; those behind it on the command line count instead of its own. Killed, a training goes on
where it stopped when it is started again with the same --output. That folder has report.html in the end (report.md,
figures/, history.csv): loss and IoU from epoch to epoch, the chosen weights, and the command that attacks them. With
KERAS_BACKEND=jax it trains without TensorFlow and leaves best.weights.h5 (or last.weights.h5); the same command under
TensorFlow then only evaluates and exports.
"""

import functools
import json
import pathlib
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence

import keras
from absl import flags as absl_flags

from tfadvseg import data
from tfadvseg.atomic import write_atomically
from tfadvseg.command import command
from tfadvseg.confined import refuse_endless
from tfadvseg.data.digest import digest
from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.split import Examples, Split
from tfadvseg.layers.walk import leaf_layers
from tfadvseg.metrics.scores import iou_per_class, mean_iou, pixel_accuracy
from tfadvseg.models import zoo
from tfadvseg.models.backbones import load_backbone
from tfadvseg.models.card import Card
from tfadvseg.models.initial import Start, start_from
from tfadvseg.reports.trained import Training, write_training
from tfadvseg.runs.folder import recipe_of, refuse_another, reserved
from tfadvseg.runs.provenance import git_revision, versions
from tfadvseg.training.fit import PRECISIONS, SELECTIONS, Recipe, fit
from tfadvseg.training.memory import in_memory
from tfadvseg.training.validation import validation_counts

from .common import flags, main, objects
from .common.flags import DATASET_OPTIONS

FLAGS = absl_flags.FLAGS
AFTER_TRAINING = ("models_folder", "name", "storage")
"""Flags that decide no weight."""
STARTS = ("backbone_weights", "initial_weights")
"""Flags that name weights, which are the same wherever they lie."""

flags.define_data(split="train")
flags.define_output()
absl_flags.DEFINE_enum("model", "enet", sorted(zoo.MODELS), "Network to train.")
absl_flags.DEFINE_float(
    "width", 1.0, "Multiplies the network's channels; 1 is the published network.", lower_bound=1e-3
)
absl_flags.DEFINE_string("crop", None, "Height x width of the training views, e.g. 184x240; by default whole images.")
absl_flags.DEFINE_list("scales", ["0.75", "1.75"], "Smallest and largest scale of the views.")
absl_flags.DEFINE_float("colour", 0.1, "Strength of the colour jitter.", lower_bound=0, upper_bound=1)
absl_flags.DEFINE_float(
    "dropout", 1.0, "Multiplies the network's dropout rates; less suits a short training.", lower_bound=0
)
absl_flags.DEFINE_integer("epochs", 60, "Passes over the training images.", lower_bound=1)
absl_flags.DEFINE_integer("batch_size", 4, "Views in a step.", lower_bound=1)
absl_flags.DEFINE_float(
    "learning_rate", 3e-3, "Peak learning rate of AdamW, after a warm-up and before a cosine decay."
)
absl_flags.DEFINE_float("weight_decay", 1e-4, "Weight decay of AdamW.", lower_bound=0)
absl_flags.DEFINE_integer("validate_every", 2, "Epochs between validations.", lower_bound=1)
absl_flags.DEFINE_string(
    "backbone_weights", None, "imagenet, or a file of keras.applications' VGG16 or ResNet101, for the network's trunk."
)
absl_flags.DEFINE_string(
    "initial_weights", None, "What to start from: best.weights.h5 of another run, or a SavedModel's folder."
)
absl_flags.DEFINE_bool(
    "initial_weights_partly", False, "Take of them the layers of the same name and shapes, and leave the others."
)
absl_flags.DEFINE_enum(
    "precision",
    "float32",
    list(PRECISIONS),
    "What the training computes in; below float32 batch normalisation is estimated anew for each validation.",
)
absl_flags.DEFINE_enum("select", "best", list(SELECTIONS), "Weights of the best epoch on validation, or of the last.")
absl_flags.DEFINE_integer("seed", 0, "Seed of the initial weights and of all draws.", lower_bound=0)
absl_flags.DEFINE_string("models_folder", "saved_models", "Where the SavedModel goes, as <name>/<version>.")
absl_flags.DEFINE_string("name", None, "Name of the SavedModel; by default <model>_<dataset>.")
flags.group("Models", "model", "width", "backbone_weights", "initial_weights", "initial_weights_partly")
flags.group(
    "Training",
    "crop",
    "scales",
    "colour",
    "dropout",
    "epochs",
    "batch_size",
    "learning_rate",
    "weight_decay",
    "precision",
    "select",
    "validate_every",
)
absl_flags.DEFINE_enum(
    "storage",
    "float32",
    ["float32", "float16"],
    "Type of the kernels in the SavedModel; float16 halves it, and it computes in float32 all the same.",
)
flags.group("Output", "models_folder", "name", "storage")
flags.group("Repeatability", "seed")


def run() -> None:
    main.refuse_url(FLAGS["output"])
    dataset = objects.dataset()
    splits = [
        dataset.split(FLAGS.data_dir, name).chosen(FLAGS.every, FLAGS.limit) for name in (FLAGS.split, "validation")
    ]
    train, validation = (
        in_memory(split, f"{dataset.name} {name}")
        for split, name in zip(splits, (FLAGS.split, "validation"), strict=True)
    )
    height, width = validation[0][2].shape
    size = (height, width)
    recipe = Recipe(
        objects.size("crop") if FLAGS.crop else size,
        FLAGS.epochs,
        FLAGS.batch_size,
        FLAGS.learning_rate,
        FLAGS.weight_decay,
        scales(),
        FLAGS.colour,
        FLAGS.dropout,
        FLAGS.validate_every,
        FLAGS.seed,
        FLAGS.precision,
        FLAGS.select,
    )
    with reserved(objects.output_folder("train")) as folder:
        begin(folder, splits)
        train_in(folder, dataset, train, validation, recipe, size)


def begin(folder: pathlib.Path, splits: Sequence[Split]) -> None:
    """Writes recipe.json, or compares it with that of the training that goes on here; ValueError where it is another's.

    splits: what is trained and validated on."""
    settings = flags.recipe(sys.argv[0], AFTER_TRAINING) | {name: content(FLAGS[name].value) for name in STARTS}
    data, validation = (split.fingerprint() for split in splits)
    now = json.loads(json.dumps({"training": settings, "data": data, "validation": validation}))
    if (folder / "state.json").exists():
        refuse_another(folder, recipe_of(folder), now)
        return
    text = json.dumps({"recipe": now, "notes": {"command": sys.argv}}, indent=1).encode()
    write_atomically(folder / "recipe.json", lambda file: file.write(text))


def content(weights: str | None) -> str | None:
    """A digest of a file or folder of weights; a word, such as imagenet, as it is."""
    path = pathlib.Path(weights or "")
    if weights is None or not path.exists():
        return weights
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for file in files:
        refuse_endless(file)
    return digest(files)


def train_in(
    folder: pathlib.Path,
    dataset: data.Dataset,
    train: Examples,
    validation: Examples,
    recipe: Recipe,
    size: tuple[int, int],
) -> None:
    """Trains, evaluates and exports. train, validation: lists of photographs; size: of the validation photographs."""

    def build(input_size: tuple[int, int]) -> keras.Model:
        network = zoo.build(FLAGS.model, dataset.label_space.classes, input_size, FLAGS.width)
        if FLAGS.backbone_weights:
            report_backbone(network, load_backbone(network, FLAGS.backbone_weights))
        if FLAGS.initial_weights:
            report_start(start_from(network, FLAGS.initial_weights, FLAGS.initial_weights_partly))
        return network

    network = fit(build, train, validation, dataset.label_space.classes, recipe, str(folder), log_to(folder), size)
    scores = evaluate(network, validation, dataset.label_space)
    for name, value in scores.items():
        print(f"{name:14} {value:6.2f} %")
    made = str(export(network, dataset, size, scores)) if keras.backend.backend() == "tensorflow" else ""
    weights = f"{recipe.select}.weights.h5"
    print(
        f"SavedModel: {made}" if made else f"Weights: {folder / weights}; start again under TensorFlow to export them."
    )
    write_training(
        folder,
        Training(
            name=exported_name(dataset),
            network=FLAGS.model,
            dataset=dataset.name,
            split=FLAGS.split,
            photographs=len(train),
            validated=len(validation),
            parameters=network.count_params(),
            select=recipe.select,
            scores=scores,
            settings=flags.recipe(sys.argv[0]),
            weights=weights,
            model=made,
            following=following(folder, dataset, made),
            made_of=made_of(),
        ),
    )
    print(f"Results: {folder}/report.html, report.md, history.csv, figures/")


def following(folder: pathlib.Path, dataset: data.Dataset, made: str) -> list[tuple[str, str]]:
    """What to do next, and how. made: the SavedModel, "" where none could be written."""
    if not made:
        output = [] if FLAGS["output"].present else [f"--output={folder}"]
        again = shlex.join([*sys.argv[1:], *output])
        return [("Export it under TensorFlow:", f"KERAS_BACKEND=tensorflow {command('train')} {again}")]
    names = [name for name in ("data_dir", *DATASET_OPTIONS) if FLAGS[name].value is not None]
    photographs = [f"--dataset={dataset.name}", *(FLAGS[name].serialize() for name in names)]
    words = shlex.join([f"--models={pathlib.Path(made).parent}", *photographs, "--limit=8"])
    return [("Attack it on eight photographs:", f"{command('robustness')} {words}")]


def made_of() -> list[str]:
    """Revision, versions, backend and command."""
    libraries = ", ".join(f"{name} {version}" for name, version in versions().items())
    return [
        f"Revision: {git_revision()}.",
        f"Versions: {libraries}.",
        f"Backend of Keras: {keras.backend.backend()}.",
        f"Command: {command('train')} {shlex.join(sys.argv[1:])}",
    ]


def report_backbone(network: keras.Model, filled: Collection[str]) -> None:
    """Says on stderr which layers got weights, and which of VGG-16's classifier did not."""
    names = [layer.name for layer in leaf_layers(network)]
    without = [name for name in names if name in ("fc6", "fc7") and name not in filled]
    lacks = f"; it has none for {' and '.join(without)}" if without else ""
    say(f"{len(filled)} layers start from {FLAGS.backbone_weights}{lacks}")


def report_start(start: Start) -> None:
    """Says on stderr which layers got no weights, and which of the source's were left out."""
    if start.lacking:
        say(f"{FLAGS.initial_weights} has none for {', '.join(start.lacking)}, which keep their initial values")
    if start.left_out:
        say(f"{len(start.taken)} layers start from {FLAGS.initial_weights}; left out: {', '.join(start.left_out)}")


@functools.cache
def say(line: str) -> None:
    """Each line once, on stderr: a network is built for its views and again for whole images."""
    print(line, file=sys.stderr)


def scales() -> tuple[float, float]:
    """Smallest and largest scale of the views."""
    values = objects.numbers("scales")
    if len(values) != 2 or not 0 < values[0] <= values[1]:
        raise ValueError(f"--scales takes the smallest and the largest scale, e.g. 0.75,1.75; got {FLAGS.scales}.")
    return values[0], values[1]


def log_to(folder: pathlib.Path) -> tuple[keras.callbacks.Callback, ...]:
    """TensorBoard's curves, which only the TensorFlow backend can write; history.csv holds the same numbers."""
    if keras.backend.backend() != "tensorflow":
        return ()
    return (keras.callbacks.TensorBoard(str(folder / "tensorboard"), write_graph=False),)


def evaluate(network: keras.Model, validation: Examples, labels: LabelSpace) -> dict[str, float]:
    """Validation scores in per cent: mean IoU, pixel accuracy and each class's IoU."""
    counts = validation_counts(network, validation, labels.classes).total()
    scores = {"mean IoU": float(mean_iou(counts)), "pixel accuracy": float(pixel_accuracy(counts))}
    return scores | {name: float(iou) for name, iou in zip(labels.names, iou_per_class(counts), strict=True)}


def exported_name(dataset: data.Dataset) -> str:
    """Of the SavedModel."""
    return FLAGS.name or f"{FLAGS.model.removesuffix('_vgg')}_{dataset.name}"


def export(
    network: keras.Model, dataset: data.Dataset, size: tuple[int, int], scores: Mapping[str, float]
) -> pathlib.Path:
    """Writes the SavedModel with its card."""
    from tfadvseg.serving.export import export as write

    name = exported_name(dataset)
    provenance = {
        "dataset": dataset.name,
        "training images": FLAGS.split,
        "scored on": "validation",
        "weights": SELECTIONS[FLAGS.select],
        "training": flags.recipe(sys.argv[0]),
        "revision": git_revision(),
        "versions": versions(),
    }
    published = zoo.MODELS[FLAGS.model]
    card = Card(
        name,
        FLAGS.model,
        dataset.label_space.names,
        dataset.label_space.palette,
        size,
        published.pad_colour,
        network.count_params(),
        {key: round(value, 2) for key, value in scores.items()},
        provenance,
        published.fit,
        FLAGS.width,
    )
    return write(network, card, FLAGS.models_folder, half=FLAGS.storage == "float16")


if __name__ == "__main__":
    main.start(run)

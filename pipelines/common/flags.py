"""What all pipelines share: the flags that mean the same everywhere, what they stand for, and how a pipeline ends."""

import dataclasses
import datetime
import os
import pathlib
import re
import shlex
import signal
import sys
from collections.abc import Callable
from typing import Any

from absl import app, flags, logging

from tfadvseg import data
from tfadvseg.registry import choose

FLAGS = flags.FLAGS
INTERRUPTED = 130
SAVED_MODELS = pathlib.Path(__file__).parent.parent / "saved_models"


def define_data(split: str = "validation") -> None:
    """--dataset, --data_dir, --split, --every and --limit."""
    flags.DEFINE_enum("dataset", "scenes", sorted(data.DATASETS), "Dataset; scenes is rendered and needs no files.")
    flags.DEFINE_string("data_dir", None, "Folder with the dataset's files, where it needs any.")
    flags.DEFINE_string("split", split, "Part of the dataset; val is short for validation.")
    flags.DEFINE_integer("every", 1, "Every n-th image only: neighbouring frames of a video are alike.", lower_bound=1)
    flags.DEFINE_integer("limit", 0, "First n of these images only; 0 for all.", lower_bound=0)


def define_models(default: str = "enet_scenes,fcn8s_scenes") -> None:
    """--models, and how a SavedModel of another origin is read."""
    flags.DEFINE_list(
        "models", default,
        "Comma-separated SavedModel folders (saved_models/enet_camvid or .../1) or names in saved_models/.",
    )  # fmt: skip
    flags.DEFINE_string("signature", "logits", "Signature from images to scores, for SavedModels of another origin.")
    flags.DEFINE_list("intensity_range", "0,255", "What the model wants for the intensities 0 and 255, e.g. -1,1.")
    flags.DEFINE_enum("channel_order", "rgb", ["rgb", "bgr"], "Order of the model's input channels.")
    flags.DEFINE_enum("model_output", "logits", ["logits", "probabilities"], "What the signature returns.")


def define_attacks(attacks: dict, epsilons: tuple[float, ...], default: tuple[str, ...] = ()) -> None:
    """--attacks (all unless `default` says which), --epsilons, --labels and the settings of the attacks."""
    flags.DEFINE_list("attacks", list(default or attacks), f"Attacks, of {', '.join(attacks)}.")
    flags.DEFINE_list("epsilons", [f"{e:g}" for e in epsilons], "Bounds of the perturbation in grey levels.")
    flags.DEFINE_enum("labels", "prediction", ["prediction", "ground_truth"], "What untargeted attacks lead away from.")
    flags.DEFINE_float("alpha", 1.0, "Step size of the iterative attacks in grey levels.", lower_bound=1e-6)
    flags.DEFINE_integer("steps", 0, "Iterations; 0: min(epsilon + 4, ceil(1.25 epsilon)).", lower_bound=0)
    flags.DEFINE_bool("in_range", False, "Keep adversarial images within 0..255.")
    flags.DEFINE_bool("whole_levels", False, "End on whole grey levels; with --in_range the attack survives a PNG.")
    flags.DEFINE_bool("attack_padding", True, "Perturb the pixels that fill up an image, as the paper's code does.")
    flags.DEFINE_bool("loss_on_padding", True, "Count them in the loss, as the paper's code does.")


def define_transforms(transforms: dict) -> None:
    """--transforms, --trials, --samples and --memory."""
    names = [name for name in transforms if name != "none"]
    flags.DEFINE_list("transforms", ["jpeg", "blur", "hsv", "grayscale"], f"Input transforms, of {', '.join(names)}.")
    flags.DEFINE_integer("trials", 9, "Draws of each transform before the network.", lower_bound=1)
    flags.DEFINE_integer("samples", 10, "Draws whose gradients an attack that knows it averages.", lower_bound=1)
    flags.DEFINE_bool("sign_agreement", False, "Only print how many samples the gradient's signs need, and end.")
    flags.DEFINE_integer("memory", 2048, "MiB that a batch of such draws may take; part of the recipe.", lower_bound=1)


def define_crf(default: str | None = "crf_rnn") -> None:
    """--crf, and what differs from it."""
    from tfadvseg.crf.parameters import NORMALISATIONS, PARAMETERS

    flags.DEFINE_enum("crf", default, sorted(PARAMETERS), "Parameters of the dense CRF, but for those given here:")
    for name, what in (
        ("theta_alpha", "reach of the bilateral kernel in pixels"),
        ("theta_beta", "reach of the bilateral kernel in grey levels"),
        ("theta_gamma", "reach of the spatial kernel in pixels"), ("bilateral_weight", "bilateral kernel's weight"),
        ("spatial_weight", "spatial kernel's weight"),
    ):  # fmt: skip
        flags.DEFINE_float(name, None, f"The {what}; by default that of --crf.")
    flags.DEFINE_integer("iterations", None, "Mean-field iterations; by default those of --crf.")
    flags.DEFINE_enum("normalisation", None, sorted(NORMALISATIONS), "How kernels are normalised; by default as --crf.")


def crf_parameters():
    """The CrfParameters of the flags."""
    from tfadvseg.crf.parameters import PARAMETERS

    names = [field.name for field in dataclasses.fields(PARAMETERS[FLAGS.crf])]
    given = {name: FLAGS[name].value for name in names if FLAGS[name].value is not None}
    return dataclasses.replace(PARAMETERS[FLAGS.crf], **given)


def define_run() -> None:
    """--batch_size, --seed and --xla."""
    flags.DEFINE_integer(
        "batch_size", 0, "Images in a batch; part of the recipe. 0: 4 for inputs below 100,000 pixels, else 1.",
        lower_bound=0,
    )  # fmt: skip
    flags.DEFINE_integer("seed", 0, "Seed of every random draw.", lower_bound=0)
    flags.DEFINE_enum("xla", "auto", ["auto", "on", "off"], "XLA; auto: off on a CPU, measured on a GPU.")


def define_output() -> None:
    """--output."""
    flags.DEFINE_string("output", None, "Run folder, continued where it is one; by default runs/<pipeline>/<time>.")


def models(any_classes: bool = False, flag: str = "models") -> list:
    """The loaded models of --models or another flag, each with the classes of --dataset unless any will do."""
    from tfadvseg.models import load

    labels = None
    if not any_classes:
        dataset = data.named(FLAGS.dataset)
        data.split_name(dataset, FLAGS.split)  # refuses an unknown one before anything is loaded
        labels = dataset.labels
    loaded = []
    names: list[str] = FLAGS[flag].value or []
    for name in names:
        path = pathlib.Path(name)
        if not path.exists() and len(path.parts) == 1:
            path = SAVED_MODELS / name
            choose({folder.name: folder for folder in SAVED_MODELS.glob("*/")}, name, "model")
        model = load(
            path, signature=FLAGS.signature, intensity_range=tuple(numbers("intensity_range")),
            channel_order=FLAGS.channel_order, output=FLAGS.model_output,
        )  # fmt: skip
        if labels and model.classes != labels.classes:
            raise ValueError(
                f"{path} knows {model.classes} classes, but the dataset {FLAGS.dataset} has {labels.classes}; "
                f"choose another --{flag} or --dataset."
            )
        loaded.append(model)
    return loaded


def attacks(table: dict, **settings) -> tuple[tuple[str, Any], ...]:
    """(name, attack) for each of --attacks at each of --epsilons."""
    shared = {"in_range": FLAGS.in_range, "whole_levels": FLAGS.whole_levels, **settings}
    iterative = {"alpha": FLAGS.alpha, "steps": FLAGS.steps or None}
    found = []
    for name in FLAGS.attacks:
        make = choose(table, name, "attack")
        own = iterative if name.startswith("i") else {}
        found += [(name, make(epsilon, **own, **shared)) for epsilon in sorted(numbers("epsilons"))]
    return tuple(found)


def protocol(table: dict, **settings):
    """The Protocol of the flags; `settings` are further ones of all attacks."""
    from tfadvseg.experiments.encounter import Protocol

    made = attacks(table, **settings)
    return Protocol(made, FLAGS.labels, FLAGS.loss_on_padding, FLAGS.attack_padding, FLAGS.seed)


def transforms(table: dict) -> list[str]:
    """The names of --transforms."""
    for name in FLAGS.transforms:
        choose({key: value for key, value in table.items() if key != "none"}, name, "transform")
    if not FLAGS.transforms:
        raise ValueError("There is no transform to try; name at least one in --transforms.")
    return list(dict.fromkeys(FLAGS.transforms))


def numbers(flag: str) -> list[float]:
    """The values of a comma-separated flag as numbers."""
    values: list[str] = list(FLAGS[flag].value or [])
    try:
        return [float(value) for value in values]
    except ValueError as error:
        raise ValueError(f"--{flag} takes numbers separated by commas; got {','.join(values)}.") from error


def size(flag: str) -> tuple[int, int]:
    """(height, width) from a flag like 184x240."""
    text = str(FLAGS[flag].value)
    height, _, width = text.partition("x")
    if not (height.isdigit() and width.isdigit() and int(height) and int(width)):
        raise ValueError(f"--{flag} takes height x width, e.g. 184x240; got {text}.")
    return int(height), int(width)


def output_folder(pipeline: str) -> pathlib.Path:
    """--output, from now on also where none was given: then a new folder named after the pipeline and the time."""
    folder: str = FLAGS.output or f"runs/{pipeline}/{datetime.datetime.now():%Y-%m-%d_%H-%M-%S}"
    FLAGS["output"].value = folder
    print(f"Run folder: {folder}", file=sys.stderr)
    return pathlib.Path(folder)


def _how_to_go_on() -> str:
    """The command that continues this run."""
    others = [argument for argument in sys.argv[1:] if not argument.lstrip("-").startswith("output")]
    again = shlex.join([*others, f"--output={FLAGS.output}"])
    return f"Go on with: python -m pipelines.{pathlib.Path(sys.argv[0]).stem} {again}"


def settings() -> dict:
    """The flags of this package with their values, less those that decide no number."""
    by_module = FLAGS.flags_by_module_dict()
    own = {flag.name: flag.value for name in (__name__, sys.argv[0], "__main__") for flag in by_module.get(name, [])}
    return {
        name: value
        for name, value in sorted(own.items())
        if name not in ("output", "data_dir", "models", "crf_models", "models_folder")
    }


def start(main: Callable[[], None]) -> None:
    """Runs a pipeline: exit code 0, 1 with one sentence on stderr, or 130 where it was interrupted."""

    def guarded(argv):
        if len(argv) > 1:
            fail(f"Unknown argument {argv[1]!r}; every setting is a flag, see --help.")
        logging.set_verbosity(logging.ERROR)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            main()
        except KeyboardInterrupt:
            print(f"\nInterrupted; nothing finished is lost. {_how_to_go_on()}", file=sys.stderr, flush=True)
            os._exit(INTERRUPTED)  # without waiting for TensorFlow's threads
        except (ValueError, OSError, FloatingPointError, MemoryError, *_errors_of_graphs()) as error:
            fail(_sentence(error))

    for flag in FLAGS.get_flags_for_module(__name__):
        FLAGS.register_key_flag_for_module(sys.argv[0], flag)  # or --help would leave them out
    app.run(guarded)


def _errors_of_graphs() -> tuple[type[Exception], ...]:
    """What TensorFlow raises where a graph's own check fails or memory ends; none where it is not loaded."""
    tensorflow = sys.modules.get("tensorflow")
    return (tensorflow.errors.InvalidArgumentError, tensorflow.errors.ResourceExhaustedError) if tensorflow else ()


def _sentence(error: Exception) -> str:
    """An error's text on one line; of a graph's failed check what it says, without the names of its nodes."""
    text = " ".join(str(error).split()) or type(error).__name__
    check = re.search(r"(?:assertion failed: |Summarized data: )(.*?)(?: \[\[\{\{node|$)", text)
    return re.sub(r"b'|['\[\]]", "", check[1]) if check else text


def fail(message: str) -> None:
    """Ends the program with exit code 1 and one sentence."""
    print(f"Error: {message}", file=sys.stderr, flush=True)
    sys.exit(1)

"""Makes a SavedModel that is served: of a network as it is, with a dense CRF, behind a transform, or over scales.

    python -m pipelines.export --models=enet_scenes --output=served
    python -m pipelines.export --models=enet_scenes --crf=deeplab_vgg --theta_alpha=20
    python -m pipelines.export --models=enet_scenes --transform=jpeg
    python -m pipelines.export --models=fcn8s_scenes --scales=0.5,0.75,1 --fusion=max
    python -m pipelines.export --models=enet_scenes --defense=jpeg,blur --attack=ifgsm_ll

Writes <output>/<name>/<version>, which TensorFlow Serving and Triton load and any pipeline here attacks like any other.
--crf, --transform and --scales say what the network is, its signature `logits`: behind a transform it draws anew in
each call, and `logits_of_seeds` also takes seeds int32 [N, 2], so that a test can repeat it; over scales it is of all
together, and `logits_50` of 50 per cent; --models=fcn8s_scenes_multiscale@50 names that one.

Around that are served `serving_default`, from photographs of any size to labels in their own size, with the confidence
and the entropy of each; and `encoded`, the same of JPEG and PNG files. With --defense, `defended` is the mean over
--trials draws of random transforms, others in each call; with --attack, `attacked` takes an epsilon for each photograph
and attacks the network inside of the server. docs/serving/export.md says how to run one.
"""

import contextlib
import dataclasses
import pathlib
import sys
import tempfile
from collections.abc import Iterator
from typing import Any

from absl import flags as absl_flags

from tfadvseg.attacks import ATTACKS
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.models import describe
from tfadvseg.models.classes import with_classes
from tfadvseg.models.spec import ModelSpec
from tfadvseg.registry import choose
from tfadvseg.runs.provenance import git_revision, versions
from tfadvseg.serving.attacked import ServedAttack
from tfadvseg.serving.defended import randomised
from tfadvseg.serving.encoded import MAX_PIXELS
from tfadvseg.serving.multiscale import FUSIONS, export_multiscale
from tfadvseg.serving.servable import Servable, of_file, postprocessed
from tfadvseg.serving.served import Served, export_served
from tfadvseg.serving.server_files import write_server_files
from tfadvseg.serving.stock import check_stock
from tfadvseg.transforms import DEFENSES, named

from .common import attacking, flags, main, objects

FLAGS = absl_flags.FLAGS

flags.define_models(default="enet_scenes")
absl_flags.DEFINE_alias("model", "models")
flags.define_crf(default=None)
absl_flags.DEFINE_string(
    "transform",
    None,
    f"Input transform, of {', '.join(DEFENSES)}, or several with +.",
)
absl_flags.DEFINE_list(
    "scales", None, "Scales of the image's sides that a network sees with one set of weights, e.g. 0.5,0.75,1."
)
absl_flags.DEFINE_enum("fusion", "max", list(FUSIONS), "What becomes of the scores of --scales at each pixel.")
absl_flags.DEFINE_list(
    "defense", None, f"Random transforms, of {', '.join(DEFENSES)}, one after the other, that `defended` is behind."
)
absl_flags.DEFINE_integer("trials", 9, "Draws of --defense whose probabilities are averaged.", lower_bound=1)
absl_flags.DEFINE_enum(
    "attack", None, sorted(ATTACKS), "Attack that `attacked` runs; a gradient ascent in a ball, such as ifgsm_ll."
)
flags.define_steps()
absl_flags.DEFINE_bool("in_range", None, "Keep adversarial images within 0..255; by default as --protocol.")
absl_flags.DEFINE_bool(
    "whole_levels", False, "End on whole grey levels; with --in_range `attacked` answers with whole bytes."
)
absl_flags.DEFINE_integer("seed", 0, "Seed of the random starts of --attack.", lower_bound=0)
absl_flags.DEFINE_integer(
    "max_pixels", MAX_PIXELS, "Pixels that a file sent to `encoded` may announce; more are refused before decoding."
)
absl_flags.DEFINE_string(
    "name",
    None,
    "Name of the new SavedModel; by default <model>_<transform>, <model>_crf, <model>_multiscale or, of an average, "
    "<model>_average, else <model>_served.",
)
absl_flags.DEFINE_string("output", "saved_models", "Where the SavedModel goes, as <name>/<version>.")
absl_flags.DEFINE_alias("models_folder", "output")
flags.group("Models", "model")
flags.group("Defense", "transform", "scales", "fusion", "defense", "trials")
flags.group("Attacks", "attack", "in_range", "whole_levels")
flags.group("Repeatability", "seed")
flags.group("Output", "name", "output", "models_folder")


def run() -> None:
    if [FLAGS.transform, FLAGS.crf, FLAGS.scales].count(None) < 2:
        raise ValueError("--transform, --crf and --scales say what the network is; give one of the three, or none.")
    if FLAGS.name and len(FLAGS.models) > 1:
        raise ValueError(f"--name={FLAGS.name} can name one SavedModel; got {len(FLAGS.models)} --models.")
    if FLAGS.attack is None:
        flags.refuse_given("Attacks", because="there is no --attack to be served")
    if FLAGS.defense is None and FLAGS["trials"].present:
        raise ValueError("--trials means nothing here: there is no --defense to be served; leave it out.")
    flags.refuse_given("", "class_map", "void_class", "joined", because="an export keeps the network's own classes")
    for model in objects.models(any_classes=True):
        served = Served(defense(), FLAGS.trials, attack(model), FLAGS.max_pixels)
        with network(model) as (servable, kind, added):
            name = FLAGS.name or f"{model.name}_{kind}"
            folder = export_served(servable, served, name, added, FLAGS.output, made_by())
            print(f"SavedModel: {folder}")
            warn_of_what_servers_lack(folder)
    for sentence in write_server_files(FLAGS.output):
        print(sentence, file=sys.stderr)


def made_by() -> dict[str, Any]:
    """Revision and versions, for cards and serving.json."""
    return {"revision": git_revision(), "versions": versions()}


def warn_of_what_servers_lack(folder: pathlib.Path) -> None:
    """In a sentence, where not every server can run an export: it is fine here, and at a server that has it."""
    try:
        check_stock(folder)
    except ValueError as error:
        print(f"Warning: {error}", file=sys.stderr)


def defense() -> str | None:
    """--defense, its commas as much as its + one transform after the other."""
    parts = [part for word in FLAGS.defense or [] for part in word.split("+")]
    for part in parts:
        choose(dict.fromkeys(DEFENSES), part, "defense")
    return "+".join(parts) or None


def attack(model: ModelSpec) -> ServedAttack | None:
    """--attack on a model, at whatever radius it is then asked for."""
    if FLAGS.attack is None:
        return None
    return attacking.served(FLAGS.attack, with_classes(model)[1].names)


@contextlib.contextmanager
def network(model: ModelSpec) -> Iterator[tuple[Servable, str, dict[str, Any]]]:
    """(what the network is, a word for that, what was added to its file)."""
    if FLAGS.transform:
        yield randomised(model.open(), named(FLAGS.transform)), FLAGS.transform, {"transform": FLAGS.transform}
    elif FLAGS.crf:
        parameters = objects.crf_parameters()
        opened = dataclasses.replace(model, refinement=DenseCrfRefinement(parameters)).open()
        yield postprocessed(opened), "crf", {"crf": dataclasses.asdict(parameters)}
    elif FLAGS.scales is not None:
        with tempfile.TemporaryDirectory() as scratch:
            folder = export_multiscale(
                model, model.name, objects.numbers("scales"), FLAGS.fusion, pathlib.Path(scratch)
            )
            kind = "average" if FLAGS.fusion == "average" else "multiscale"
            yield of_file(describe(folder, trusted=model.trusted).open()), kind, {}
    else:
        yield of_file(model.open()), "served", {}


if __name__ == "__main__":
    main.start(run)

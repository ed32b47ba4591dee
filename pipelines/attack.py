"""Attacks your own photographs, of any size and without labels, and saves what still fools once it is a file.

    python -m pipelines.attack --models=enet_camvid --images='photos/*.jpg' --epsilon=8 --output=out

Writes for each model and photograph a folder out/<model>/<photograph>: attacked.png in the photograph's own size,
perturbation.npz (exact, int16) and perturbation.png (amplified), labels_before.png and labels_after.png (class
numbers with colours), sheet.png; and of all of them report.html, attacked.md and attacked.csv. Each attacked.png is
read back before anything is said of it: no value is farther than epsilon from the photograph, and shares of changed
labels are of that file as the model sees it. Attacks lead away from the model's own prediction or toward other
classes, stay within 0..255, and end on whole grey levels, since a PNG holds no others. They are made on the model's
input and lifted to the photograph; tfadvseg/engine/photograph.py says what survives that, and the table has the shares
before and after. Interrupted, it goes on where it stopped when it is started again with the same --output.
"""

import sys
from collections.abc import Mapping, Sequence, Sized

from absl import flags as absl_flags

from tfadvseg.attacks import ATTACKS, Trait
from tfadvseg.data import DATASETS, named
from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.photographs import split
from tfadvseg.engine.attack_run import attack_photographs, attacked_rows
from tfadvseg.engine.checks import saving_warnings
from tfadvseg.engine.preflight import found
from tfadvseg.engine.scenario import Protocol, Scenario, white_box
from tfadvseg.models.classes import with_classes
from tfadvseg.reports.photographs import document, save_pictures, write_tables
from tfadvseg.reports.terminal import terminal
from tfadvseg.runs.folder import RunFolder, reserved
from tfadvseg.runs.store import store_of

from .common import attacking, flags, main, objects
from .common.experiment import open_folder

FLAGS = absl_flags.FLAGS
SPACES = {name: named(name).label_space for name in DATASETS if name != "folder"}  # whose classes are in a file

absl_flags.DEFINE_multi_string(
    "images",
    [],
    "Photographs: files, folders and patterns in quotation marks, with commas between them; also words "
    "that are no flags",
)
flags.decides_no_number("images")  # each finished photograph keeps the digest of its own file
flags.define_models("enet_scenes")
absl_flags.DEFINE_enum(
    "classes_of", None, sorted(SPACES), "Dataset that names and colours the classes of models that do not say them."
)
absl_flags.DEFINE_enum("attack", "ifgsm_ll", sorted(ATTACKS), "Attack.")
absl_flags.DEFINE_float("epsilon", 8.0, "Bound of the perturbation in grey levels.")
flags.group("Data", "images")
flags.group("Models", "classes_of")
flags.group("Attacks", "attack", "epsilon")
flags.define_steps()
flags.define_arithmetic()
flags.define_output()


def run(words: list[str]) -> None:
    main.refuse_url(FLAGS["output"])
    if not FLAGS.epsilon >= 1:
        raise ValueError(f"A PNG holds whole grey levels, so `epsilon` is 1 or more; got {FLAGS.epsilon:g}.")
    default = SPACES[FLAGS.classes_of] if FLAGS.classes_of else None
    if FLAGS.hide is not None and not ATTACKS[FLAGS.attack].has(Trait.HIDES):
        raise ValueError(f"--hide is for --attack=hide; got --attack={FLAGS.attack}, so leave out one of the two.")
    if not attacking.bounded(FLAGS.attack):
        raise ValueError(
            f"`attack` {FLAGS.attack} finds its own norm, while photographs are changed by at most `epsilon`; choose "
            "an attack that takes one, or measure this one by pipelines.robustness."
        )
    models = [with_classes(one, default, FLAGS.classes_of) for one in objects.models(any_classes=True, random=False)]
    scenarios = [white_box(spec, protocol(space)) for spec, space in models]
    photographs = split([*FLAGS.images, *words], leave_out=FLAGS.output)
    with reserved(objects.output_folder("attack")) as path:
        folder = open_folder(store_of(path), [spec for spec, _ in models])
        spaces = {spec.name: space for spec, space in models}
        left_out = attack_photographs(scenarios, photographs, spaces, folder, FLAGS.xla, save_pictures)
        _tell(scenarios, photographs, folder, left_out)


def _tell(scenarios: Sequence[Scenario], photographs: Sized, folder: RunFolder, left_out: Mapping[str, str]) -> None:
    """The tables of all photographs, and what to know of them."""
    rows = attacked_rows(scenarios, folder)
    if not rows:
        raise ValueError(f"No photograph could be attacked: {'; '.join(left_out.values())}")
    notes = [sentence for scenario in scenarios for sentence in found(scenario.attacked, folder)]
    notes += saving_warnings(rows) + [f"Left out: {reason}" for reason in left_out.values()]
    write_tables(folder.path, rows, notes)
    print(terminal(document(rows, notes)))
    if left_out:
        told = f"{len(left_out)} of {len(photographs)} photographs left out: {', '.join(left_out)}"
        print(told, file=sys.stderr)
    print(f"Results: {folder.path}/report.html, attacked.md, attacked.csv; of each photograph <model>/<name>/ there")


def protocol(space: LabelSpace) -> Protocol:
    """The one attack. What fills an input up is no part of a photograph, so it neither counts nor changes."""
    attack = attacking.attack(FLAGS.attack, FLAGS.epsilon, space.names, in_range=True)
    return Protocol(((FLAGS.attack, attack),), loss_on_padding=False, attack_padding=False, seed=FLAGS.seed)


if __name__ == "__main__":
    main.start(run, takes_arguments=True)

"""The attacks that the flags stand for, by --protocol and what differs from it."""

import dataclasses
import functools
import pathlib
import sys
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from absl import flags

from tfadvseg.data import Split
from tfadvseg.data.inspection import inspect
from tfadvseg.registry import choose

from .objects import dataset, epsilons

if TYPE_CHECKING:
    from tfadvseg.attacks import NamedAttack, Trait
    from tfadvseg.attacks.base import Attack
    from tfadvseg.attacks.protocols import Defaults
    from tfadvseg.engine.region import Region
    from tfadvseg.engine.scenario import Protocol
    from tfadvseg.serving.attacked import ServedAttack

FLAGS = flags.FLAGS


def attacks(**settings: Any) -> "tuple[tuple[str, Attack], ...]":
    """(name, attack) for each of --attacks at each of --epsilons, or once where it finds its own norm; `settings` are
    further ones of all of them."""
    from tfadvseg.attacks.balls import BALLS

    within = defaults().in_range if FLAGS.in_range is None else FLAGS.in_range
    shared = {"in_range": within, "whole_levels": FLAGS.whole_levels, "ball": BALLS[FLAGS.norm], **settings}
    names, sizes = dataset().label_space.names, epsilons()
    return tuple(
        (name, attack(name, epsilon, names, **shared))
        for name in attack_names()
        for epsilon in (sizes if bounded(name) else (None,))
    )


def refuse(names: "Collection[str]", why: str) -> None:
    """ValueError where --attacks has one of these; why: the sentence goes on."""
    if given := [name for name in attack_names() if split_name(name)[0] in names]:
        raise ValueError(f"{given[0]} {why}; leave it out of `attacks`.")


def with_any(traits: "Trait") -> set[str]:
    """Names of the attacks that have one of these traits."""
    from tfadvseg.attacks import ATTACKS

    return {name for name, one in ATTACKS.items() if one.has(traits)}


def bounded(name: str) -> bool:
    """Whether an attack is made at an epsilon, in place of finding its own norm."""
    from tfadvseg.attacks import ATTACKS, Trait

    return not choose(ATTACKS, split_name(name)[0], "attack").has(Trait.OWN_NORM)


def attack_names() -> list[str]:
    """Those of --attacks, each once, as name or name@steps; in place of an ensemble the attacks that it is made of."""
    from tfadvseg.attacks import ATTACKS, ENSEMBLES

    known, found = {name: (name,) for name in ATTACKS} | ENSEMBLES, []
    for given in FLAGS.attacks:
        name, steps = split_name(given)
        found += [f"{part}@{steps}" if steps else part for part in choose(known, name, "attack")]
    return list(dict.fromkeys(found))


def split_name(name: str) -> tuple[str, int | None]:
    """("sea_mce", 60) of "sea_mce@60", an attack by its name with steps of its own; None where it has none."""
    name, given, steps = name.partition("@")
    if given and not (steps.isascii() and steps.isdigit() and int(steps) > 0):
        raise ValueError(f"Behind {name}@ stands its number of steps, as in {name}@50; got {steps or 'nothing'}.")
    return name, int(steps) if given else None


def attack(name: str, epsilon: float | None, classes: Sequence[str], **settings: Any) -> "Attack":
    """An attack by its name, with what flags and protocol say of it where it takes that. classes: their names."""
    from tfadvseg.attacks import ATTACKS, Trait

    name, steps = split_name(name)
    named = choose(ATTACKS, name, "attack")
    has_steps = named.has(Trait.STEPPING)
    if steps and not has_steps:
        raise ValueError(f"{name} has no steps to choose; got {name}@{steps}.")
    own = pace(named, epsilon, steps) if has_steps else {}
    if has_steps and not named.has(Trait.BOUNDLESS):
        own |= {"start": FLAGS.start or defaults().start, "restarts": FLAGS.restarts}
        own |= {"keep": FLAGS.keep} if FLAGS.keep else {}
    own |= {"target": target_class(name, classes)} if named.has(Trait.TO_A_CLASS) else {}
    own |= {"class_weights": class_weights(name)} if named.has(Trait.BY_CLASS) else {}
    own |= {"queries": FLAGS.queries} if named.has(Trait.QUERIES) else {}
    own |= hiding(classes) if named.has(Trait.HIDES) else {}
    if named.has(Trait.BLIND):
        settings.pop("gradient", None)
    return named(epsilon, **own, **settings)


def pace(named: "NamedAttack", epsilon: float | None, steps: int | None = None) -> dict[str, Any]:
    """`alpha` and `steps` where an attack takes them: those given, with its name before all, else of the protocol,
    unless it brings its own. Where it finds its own norm they are those of the first radius that it tries."""
    from tfadvseg.attacks import Trait
    from tfadvseg.attacks.minimal import FIRST

    radius = FIRST if epsilon is None else epsilon
    usual = {} if named.has(Trait.PACED) else {"alpha": defaults().alpha, "steps": defaults().steps_at(radius)}
    given = {"alpha": FLAGS.alpha if named.has(Trait.ITERATIVE) else None, "steps": steps or FLAGS.steps or None}
    return usual | {name: value for name, value in given.items() if value is not None}


def served(name: str, classes: Sequence[str]) -> "ServedAttack":
    """An attack by its name, as a server runs it: with the radius of each request, and away from the network's own
    prediction, since a request has no ground truth. classes: their names."""
    from tfadvseg.attacks import ATTACKS, Trait
    from tfadvseg.attacks.pace import single_step, steps_of
    from tfadvseg.serving.attacked import ServedAttack, unserved

    named = choose(ATTACKS, name, "attack")
    if named.has(Trait.OWN_NORM | Trait.BLIND | Trait.HIDES):
        raise unserved(name)
    within = defaults().in_range if FLAGS.in_range is None else FLAGS.in_range
    made: Any = attack(name, 1.0, classes, in_range=within, whole_levels=FLAGS.whole_levels)
    paced = named.has(Trait.PACED)
    steps = FLAGS.steps or (made.steps if paced else defaults().steps)
    pace = steps_of(made.alpha, steps) if named.has(Trait.ITERATIVE) else None if paced else single_step
    served_attack = ServedAttack(name, made, pace, FLAGS.seed)  # which refuses what it cannot run
    return dataclasses.replace(served_attack, protocol=served_text(named, made, steps))


def served_text(named: "NamedAttack", made: Any, steps: int | None) -> str:
    """How such an attack is run, in a sentence."""
    from tfadvseg.attacks import Trait

    if named.has(Trait.ITERATIVE):
        many = "min(epsilon + 4, ceil(1.25 epsilon))" if steps is None else steps
        moves = f"{many} steps of {made.alpha:g} grey level{'' if made.alpha == 1 else 's'}"
    else:
        moves = f"{steps} steps of sizes that it chooses itself" if named.has(Trait.PACED) else "1 step of epsilon"
    parts = [
        f"{moves} {'away from the prediction' if made.objective.sign > 0 else 'toward other classes'} of the network",
        "from the photograph itself" if made.start == "zero" else f"from noise of the seed {FLAGS.seed}, alike for all",
        f"{made.restarts} run{'' if made.restarts == 1 else 's'}",
        "the last iterate" if made.keep == "last" else f"the best iterate by its {made.keep}",
        f"photographs {'' if made.in_range else 'not '}kept within 0..255",
        f"{'' if made.whole_levels else 'not '}ended on whole levels",
        "padding neither counts nor changes",
    ]
    return f"Protocol {FLAGS.protocol}: {', '.join(parts)}."


def defaults() -> "Defaults":
    """What --protocol says where a flag is not given."""
    from tfadvseg.attacks.protocols import PROTOCOLS

    return PROTOCOLS[FLAGS.protocol]


def protocol_text() -> str:
    """The protocol in a sentence, and the flags that differ from it, for the report."""
    from tfadvseg.attacks import Trait
    from tfadvseg.attacks.hiding import CONFIDENCE

    usual = dataclasses.asdict(defaults()) | {
        "restarts": 1,
        "queries": 50,
        "keep": None,
        "norm": "linf",
        "whole_levels": False,
        "attack_padding": True,
        "loss_on_padding": True,
        "target_class": None,
        "hide": None,
        "hide_weight": None,
        "hide_confidence": CONFIDENCE,
    }
    given = {name: FLAGS[name].value for name in usual} | {"steps": FLAGS.steps or None}
    changed = [_written(name, value) for name, value in given.items() if value is not None and value != usual[name]]
    changed += [_written(name, FLAGS[name].value) for name in ("inside", "samples") if inside()]
    if inside() and (blind := [name for name in attack_names() if split_name(name)[0] in with_any(Trait.BLIND)]):
        changed.append(f"but {', '.join(blind)} without what is inside")
    limited = f" Nothing may change but {where.text}." if (where := region()) else ""
    return f"Protocol {FLAGS.protocol}: {defaults()}. Other than it: {', '.join(changed) or 'nothing'}.{limited}"


def _written(name: str, value: Any) -> str:
    """A flag as it is typed."""
    if isinstance(value, bool):
        return f"--{'' if value else 'no'}{name}"
    return f"--{name}={value:g}" if isinstance(value, float) else f"--{name}={value}"


def class_weights(name: str) -> tuple[float, ...]:
    """Of the classes of --dataset, for the attack of this name."""
    from tfadvseg.attacks.losses import balanced

    if "dataset" not in FLAGS:
        raise ValueError(
            f"{name} weighs classes by the labels of a dataset, which photographs do not have; take "
            f"{name.removesuffix('_bal')}."
        )
    return balanced(class_pixels().pixels)


class ClassPixels(NamedTuple):
    """Labelled pixels of each class, and the split in which they were counted."""

    split: str
    pixels: tuple[int, ...]


def class_pixels() -> ClassPixels:
    """Of the training photographs of --dataset, or of the attacked split where there are none."""
    source = dataset()
    try:
        counted = source.split(FLAGS.data_dir, "train")
    except ValueError:  # the dataset has no such split, or its folder does not
        counted = source.split(FLAGS.data_dir, FLAGS.split)
    return ClassPixels(counted.name, _counted(counted, source.label_space.classes))


@functools.cache
def _counted(split: Split, classes: int) -> tuple[int, ...]:
    images = f"the {len(split)} images of {split.dataset} {split.name}"
    print(f"Class weights: counting the pixels of each class in {images}", file=sys.stderr, flush=True)
    return tuple(inspect(split, classes, range(len(split))).pixels.tolist())


def deciding_attacks() -> dict[str, Any]:
    """For the recipe, what decides attacks beside the flags: the protocol's meaning, and counts of classes."""
    from tfadvseg.attacks import Trait

    weighed = with_any(Trait.BY_CLASS) & {split_name(name)[0] for name in attack_names()}
    found = {"attacked_as": protocol_text()} | ({"class_pixels": class_pixels()._asdict()} if weighed else {})
    return found | limits()


def limits() -> dict[str, Any]:
    """For the recipe, the region that may change and the class that is hidden, where there are any."""
    from tfadvseg.engine.region import ClassRegion, MaskRegion

    found, names = dict[str, Any](), dataset().label_space.names if "dataset" in FLAGS else ()
    if isinstance(where := region(), ClassRegion):
        found["region"] = {"class": where.name}
    elif isinstance(where, MaskRegion):
        found["region"] = {"mask": where.digest}
    if FLAGS.hide is not None:
        found["hidden"] = names[hidden_class(names)]
    return found


def region() -> "Region | None":
    """--region: a class of --dataset, or else a picture."""
    from tfadvseg.engine.region import ClassRegion, MaskRegion

    given = FLAGS.region if "region" in FLAGS else None
    if given is None:
        return None
    names = dataset().label_space.names
    if given in names:
        return ClassRegion(names.index(given), given)
    if not pathlib.Path(given).is_file():
        raise ValueError(f"--region is a class, one of {', '.join(names)}, or a picture; got {given}.")
    return MaskRegion(pathlib.Path(given))


def refuse_class_region() -> None:
    """ValueError for a region that is another one on each network that is attacked, where their rows are compared."""
    from tfadvseg.engine.region import ClassRegion

    if isinstance(region(), ClassRegion):
        raise ValueError(
            f"--region={FLAGS.region} is what each attacked network predicts so, another region on each, and here "
            "networks are compared across them; give a picture that marks the pixels."
        )


def hiding(classes: Sequence[str]) -> dict[str, Any]:
    """Settings of an attack that hides a class."""
    weight = {} if FLAGS.hide_weight is None else {"weight": FLAGS.hide_weight}
    return {"hidden": hidden_class(classes), "confidence": FLAGS.hide_confidence, **weight}


def hidden_class(names: Sequence[str]) -> int:
    """--hide as a number, of classes with these names."""
    return _numbered(FLAGS.hide, names, "To hide a class, --hide")


def target_class(attack: str, names: Sequence[str]) -> int:
    """--target_class as a number, of classes with these names."""
    return _numbered(FLAGS.target_class, names, f"{attack} leads to one class: --target_class")


def _numbered(given: str | None, names: Sequence[str], subject: str) -> int:
    """A class by its name or number as its number. subject: of the sentence where there is no such class."""
    if given in names:
        return names.index(given)
    if given is None or not given.isdigit() or int(given) >= len(names):
        raise ValueError(f"{subject} is one of {', '.join(names)}, or its number; got {given}.")
    return int(given)


def inside() -> str | None:
    """--inside, where a pipeline has it."""
    return FLAGS.inside if "inside" in FLAGS else None


def protocol(**settings: Any) -> "Protocol":
    """How the attacks of the flags meet images. settings: further ones of all of them."""
    from tfadvseg.attacks import Trait
    from tfadvseg.attacks.expectation import ExpectedGradient
    from tfadvseg.engine.scenario import Protocol
    from tfadvseg.transforms import named

    if name := inside():
        if "gradient" in settings:
            raise ValueError(
                f"--inside={name} is for networks that draw nothing themselves, and one of these draws at random; "
                "leave out one of the two."
            )
        settings["gradient"] = ExpectedGradient(named(name), FLAGS.samples)
        refuse(with_any(Trait.OWN_NORM), f"judges whole images, of which --inside={name} may hide a part")
    if region():
        refuse(with_any(Trait.OWN_NORM), "wants nearly all pixels of an image, which no --region may reach")
    labels = FLAGS.labels or defaults().labels
    hidden = None if FLAGS.hide is None else hidden_class(dataset().label_space.names)
    return Protocol(
        attacks(**settings), labels, FLAGS.loss_on_padding, FLAGS.attack_padding, FLAGS.seed, region(), hidden
    )

"""Does one perturbation fool a network on all photographs? One tile, repeated (Metzen et al. 2017).

    python -m pipelines.universal --models=enet_scenes --fit_limit=50 --limit=16
    python -m pipelines.universal --models=enet_scenes --fit_limit=50 --limit=16 --hide=pedestrian
    python -m pipelines.universal --models=fcn8s_scenes --tile=RUN/tiles/enet_scenes/tile.npz

A tile is fitted on each network to photographs of --fit_split, repeated over the image, and scored on those of
--split: by default it leads away from the network's prediction, with --hide it hides a class, with --target_image it
shows one and the same map on every photograph. The third command shows a tile of another run, as it is, to a network
that it was not made on. What fills inputs up neither counts nor changes.

Ends as pipelines.robustness does; the run folder also has tiles/<network>/tile.npz and tile.png. Interrupted, it goes
on with the next pass when it is started again with the same --output.
"""

import dataclasses
import functools
import pathlib
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from absl import flags as absl_flags

from tfadvseg.attacks.hiding import WEIGHT_OF_ALL, hiding, toward_map
from tfadvseg.attacks.objectives import Objective, away_from_labels
from tfadvseg.attacks.universal import FixedTile, Universal
from tfadvseg.data import Split, photographs
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.preflight import preflight
from tfadvseg.engine.scenario import Protocol, Scenario
from tfadvseg.engine.universal import fit, prediction_on
from tfadvseg.models.spec import ModelSpec
from tfadvseg.registry import choose
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.perturbations import photograph_digest
from tfadvseg.runs.progress import Progress
from tfadvseg.runs.tiles import Tile, load_tile
from tfadvseg.studies.robustness.design import design, scenarios

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment

FLAGS = absl_flags.FLAGS
FIRST = "first"

flags.define_data()
flags.define_models("enet_scenes")
absl_flags.DEFINE_float("epsilon", 10.0, "Bound of the tile in grey levels.", 1e-6, 255)
absl_flags.DEFINE_float("alpha", 1.0, "Step of each pass in grey levels.", 1e-6, 255)
absl_flags.DEFINE_integer("passes", 60, "Passes over the photographs that a tile is fitted to.", lower_bound=1)
absl_flags.DEFINE_string("tile_size", "512x512", "Height x width of the tile, cut to the network's input.")
absl_flags.DEFINE_string("fit_split", "train", "Part of the dataset that the tile is fitted to.")
absl_flags.DEFINE_integer("fit_limit", 100, "This many of its images, spread over them; 0 for all.", lower_bound=0)
absl_flags.DEFINE_string(
    "target_image",
    None,
    "The map to show everywhere is the network's prediction of this photograph: a name of "
    f"--fit_split, a file, or {FIRST} for the first one of --fit_split.",
)
absl_flags.DEFINE_list("tile", None, "tile.npz of other runs: show these, and fit none.")
absl_flags.DEFINE_bool("in_range", False, "Keep images under the tile within 0..255.")
flags.define_hiding()
flags.group(
    "Attacks", "epsilon", "alpha", "passes", "tile_size", "fit_split", "fit_limit", "target_image", "tile", "in_range"
)
flags.decides_no_number("tile")  # the recipe holds what is in the files
flags.define_run()
flags.define_output()
FITTING = (
    "epsilon",
    "alpha",
    "passes",
    "tile_size",
    "fit_split",
    "fit_limit",
    "target_image",
    "hide_weight",
    "hide_confidence",
)
"""What means nothing for a tile that was fitted before."""


def run() -> None:
    main.refuse_url(FLAGS["output"])
    models = objects.models(random=False)
    if FLAGS.tile:
        show(models, {path: load_tile(path) for path in dict.fromkeys(FLAGS.tile)})
    else:
        fit_and_show(models, dataset_to_fit())


def show(models: Sequence[ModelSpec], tiles: dict[str, Tile]) -> None:
    """Tiles of other runs, as they are."""
    for flag in FITTING:
        if FLAGS[flag].present:
            raise ValueError(f"--{flag} means nothing here: --tile was fitted before; leave it out.")
    attacks = tuple((f"universal_of_{tile.model}", fixed(tile)) for tile in tiles.values())
    if len({(name, attack.epsilon) for name, attack in attacks}) < len(attacks):
        raise ValueError("Two tiles in --tile are of one network and one epsilon; show one of them at a time.")
    told = [
        f"{name} (epsilon {tile.epsilon:g}): {tile.about}"
        for (name, _), tile in zip(attacks, tiles.values(), strict=True)
    ]
    attacked = {
        "attacked_as": f"Universal perturbations that were fitted before, one tile repeated: {'; '.join(told)}.",
        "tiles": {
            f"{name} at {tile.epsilon:g}": photograph_digest(tile.values)
            for (name, _), tile in zip(attacks, tiles.values(), strict=True)
        },
    }
    made = scenarios(models, lambda **settings: protocol(attacks))
    run_experiment(
        "universal", "robustness", made, design(models), unused=FITTING, attacked=attacked | attacking.limits()
    )


def fit_and_show(models: Sequence[ModelSpec], to_fit: Split) -> None:
    """A tile for each network."""
    unfitted = Universal(FLAGS.epsilon, FLAGS.alpha, FLAGS.passes, objects.size("tile_size"), in_range=FLAGS.in_range)
    objective, about = aim(to_fit)
    rule = dataclasses.replace(unfitted, objective=objective)
    nothing = FixedTile.of(np.zeros((1, 1, 3), np.float32), rule.epsilon, in_range=rule.in_range)
    reach = rule.alpha * rule.passes
    short = f", which reach {reach:g} at most" if reach < rule.epsilon else ""
    seen = " It was fitted to the part that it is scored on." if to_fit.name == objects.split().name else ""
    attacked = {
        "attacked_as": f"One universal perturbation for all images, {about}: a tile within {rule.epsilon:g} grey "
        f"levels, repeated, fitted to {len(to_fit)} images of {to_fit.dataset} {to_fit.name} in {rule.passes} steps of "
        f"{rule.alpha:g}{short}.{seen}",
        "fit_data": to_fit.fingerprint(),
    }
    if FLAGS.target_image is not None:
        attacked["target"] = target_photograph(to_fit).fingerprint()
    run_experiment(
        "universal",
        "robustness",
        scenarios(models, lambda **settings: protocol((("universal", nothing),))),
        design(models),
        prepare=functools.partial(prepared, rule, about, to_fit),
        attacked=attacked | attacking.limits(),
    )


def prepared(
    rule: Universal, about: str, to_fit: Split, made: Sequence[Scenario], folder: RunFolder, models: OpenModels
) -> list[Scenario]:
    """The scenarios with the tiles of their networks, fitted now or by an earlier start."""
    preflight(made, objects.split(), folder, models, FLAGS.strict)
    shards, progress = Shards(to_fit, FLAGS.batch_size, FLAGS.strict), Progress(len(to_fit) * rule.passes * len(made))
    found = []
    try:
        for scenario in made:
            spec = scenario.attacked
            models.keep([spec])
            own = dataclasses.replace(rule, size=cut(rule.size, spec))
            place = folder.path / "tiles" / spec.name
            target = one_map(spec, models, to_fit)
            tile = fit(own, spec, models[spec], shards, place, about, progress, target)
            tell(tile, place)
            attacks = (("universal", fixed(tile)),)
            found.append(
                dataclasses.replace(scenario, protocol=dataclasses.replace(scenario.protocol, attacks=attacks))
            )
    finally:
        progress.close()
    print(f"{len(to_fit) * rule.passes * len(made):,} image gradients for the tiles", file=sys.stderr)
    return found


def protocol(attacks: Any) -> Protocol:
    """How tiles meet images."""
    names = objects.dataset().label_space.names
    hidden = None if FLAGS.hide is None else attacking.hidden_class(names)
    return Protocol(attacks, loss_on_padding=False, attack_padding=False, seed=FLAGS.seed, hidden=hidden)


def fixed(tile: Tile) -> FixedTile:
    """The attack that applies it."""
    return FixedTile.of(tile.values, tile.epsilon, in_range=FLAGS.in_range)


def aim(to_fit: Split) -> tuple[Objective, str]:
    """What tiles are fitted for, and the same in words."""
    if FLAGS.hide is not None and FLAGS.target_image is not None:
        raise ValueError("A tile hides a class or leads to one map, so give --hide or --target_image, not both.")
    if FLAGS.hide is not None:
        names = objects.dataset().label_space.names
        settings = {"weight": WEIGHT_OF_ALL} | attacking.hiding(names)
        return hiding(**settings), f"hiding {names[settings['hidden']]}"
    if FLAGS.target_image is not None:
        (name,) = target_photograph(to_fit).ids
        return toward_map(FLAGS.hide_confidence), f"toward the prediction on {name}"
    return away_from_labels, "away from the prediction"


def dataset_to_fit() -> Split:
    """The photographs of --fit_split and --fit_limit."""
    return objects.dataset().split(FLAGS.data_dir, FLAGS.fit_split).chosen(1, FLAGS.fit_limit)


def target_photograph(to_fit: Split) -> Split:
    """The one of --target_image: of --fit_split, or a file beside the dataset."""
    known = {name: index for index, name in enumerate(to_fit.ids)} | {FIRST: 0}
    if FLAGS.target_image not in known and pathlib.Path(FLAGS.target_image).is_file():
        return photographs.split([FLAGS.target_image])
    return to_fit.only(choose(known, FLAGS.target_image, "target image"))


def one_map(spec: ModelSpec, models: OpenModels, to_fit: Split) -> np.ndarray | None:
    """The map of --target_image, labels of the network's input; None without one."""
    if FLAGS.target_image is None:
        return None
    return prediction_on(spec, models[spec], target_photograph(to_fit)[0].image)


def cut(size: tuple[int, int], spec: ModelSpec) -> tuple[int, int]:
    """The size of a tile, no larger than the network's input."""
    if spec.frame.size is None:
        return size
    return min(size[0], spec.frame.size[0]), min(size[1], spec.frame.size[1])


def tell(tile: Tile, place: pathlib.Path) -> None:
    """How the objective has risen, per pixel."""
    first, last = tile.scores[0], tile.scores[-1]
    print(
        f"{tile.model}, {tile.about}: objective {first:.4g} a pixel before the first step, {last:.4g} before the last; "
        f"{place}/tile.png shows the tile",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main.start(run)

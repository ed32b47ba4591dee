"""Reads the finished units of an experiment back: its results, warnings and examples."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from tfadvseg.attacks.plan import costs_alone
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Split
from tfadvseg.engine.checks import certainty_warnings, frame_warning, scale_warnings, unlabelled_warning, warnings
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.kept import Findings, KeptSource
from tfadvseg.engine.left_out import left_out, measured, none_readable
from tfadvseg.engine.preflight import found
from tfadvseg.engine.scenario import Scenario
from tfadvseg.engine.unit import BESIDE, PER_IMAGE, Unit
from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs.examples import Attacked, Example
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import NAMED, NONE, Results, counts_of, hiding_of, inside_of

NORMS = ("linf", "l2")
PER_CELL = ("gradients", "forwards", "queries", "seconds")


@dataclasses.dataclass(frozen=True, eq=False)
class Collected:
    """warnings: what makes the numbers mean less, a sentence each. examples: of each target on clean and attacked
    images. of_sources: by their names, what is to be known of attacks on each model that this run attacked."""

    results: Results
    warnings: list[str]
    examples: list[Example]
    of_sources: dict[str, Findings]


def collect(
    scenarios: Sequence[Scenario],
    shards: Shards,
    folder: RunFolder,
    dataset: str,
    split: str,
    classes: Sequence[str] = (),
) -> Collected:
    """Everything that the finished units of the scenarios hold, of the images that all of them have; ValueError where
    there is none. classes: their names."""
    cells, parts, lacking, suspicions, examples = [], [], list[dict[str, str]](), [], []
    of_sources = dict[str, Findings]()
    for scenario in scenarios:
        whole = [folder.load(name) for name in shards.units(scenario.name, scenario.source)]
        units = measured(whole)
        if not units:
            raise none_readable(shards.split)
        own = scenario.cells(dataset, split)
        part = _joined(units, scenario)
        cells += own
        parts.append(part)
        lacking.append(left_out(whole))
        about_attacks = _warnings(scenario, part, units) + _empty_regions(
            scenario, part, _without(shards.split.ids, lacking[-1])
        )
        suspicions += about_attacks
        if not isinstance(scenario.source, KeptSource):
            about_all = scale_warnings(scenario.protocol.attacks) + found(scenario.source, folder)
            of_sources[scenario.source.name] = Findings((*about_attacks, *about_all), tuple(lacking[-1].items()))
        examples += _examples(scenario, units[0])
    suspicions += frame_warning(foreign_frames(scenarios, shards.split))
    suspicions += scale_warnings([attack for scenario in scenarios for attack in scenario.protocol.attacks])
    for model in dict.fromkeys(model for scenario in scenarios for model in scenario.models):
        suspicions += found(model, folder)
    kept, sentences = _kept(shards.split, lacking)
    parts = [_of_images(part, kept, _without(shards.split.ids, own)) for part, own in zip(parts, lacking, strict=True)]
    arrays = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    counts, inside, hiding = counts_of(arrays), inside_of(arrays), hiding_of(arrays)
    group_of = dict(zip(shards.split.ids, shards.split.groups, strict=True))
    results = Results(
        tuple(cells),
        tuple(kept),
        tuple(group_of[name] for name in kept),
        counts,
        **arrays,
        classes=tuple(classes),
        left_out=tuple(sentences),
        inside=inside,
        hiding=hiding,
    )
    first = [results.left_out_text()] if sentences else []
    first += unlabelled_warning(results.counts.labelled.sum(0), classes)
    return Collected(results, first + suspicions + _certainty(results), examples, of_sources)


def foreign_frames(scenarios: Sequence[Scenario], split: Split) -> dict[str, Frame]:
    """{name: frame} of the networks of all scenarios that show anything in another frame than its source's; none where
    each photograph just fills the input of all, so that nothing is lost on the way."""
    found = dict[str, Frame]()
    for scenario in scenarios:
        own = [scenario.source, *(target.model for target in scenario.targets)]
        if len({one.frame for one in own}) > 1:
            found |= {one.name: one.frame for one in own}
    sizes = {frame.size for frame in found.values()}
    fill = len(sizes) == 1 and all({image.shape[:2]} == sizes for _, image, _ in split.readable())
    return {} if fill else found


def _kept(split: Split, lacking: Sequence[Mapping[str, str]]) -> tuple[list[str], list[str]]:
    """The names of the images that every scenario has, and "name: why" of the others; lacking: of each scenario."""
    damage = {name: sentence for own in lacking for name, sentence in own.items()}
    kept = _without(split.ids, damage)
    if not kept:
        raise none_readable(split)
    return kept, [f"{name}: {damage[name]}" for name in split.ids if name in damage]


def _without(names: Sequence[str], others: Collection[str]) -> list[str]:
    return [name for name in names if name not in others]


def _of_images(part: dict[str, np.ndarray], kept: Sequence[str], own: Sequence[str]) -> dict[str, np.ndarray]:
    """Of a part of the images `own` that of those kept."""
    if len(kept) == len(own):
        return part
    rows = np.isin(own, kept)
    return {key: value[:, rows] if key in (*PER_IMAGE, *BESIDE) else value for key, value in part.items()}


def _certainty(results: Results) -> list[str]:
    """Of every cell."""
    found = []
    for k, cell in enumerate(results.cells):
        pixels, classes = results.pixels[k].sum(), results.counts.hits.shape[-1]
        confidence, entropy = results.confidence[k].sum() / pixels, results.entropy[k].sum() / pixels
        place = f"{cell.model}, {cell.attack}" + ("" if cell.epsilon is None else f" at {cell.epsilon:g}")
        found += certainty_warnings(place, confidence, entropy, classes)
    return found


def _joined(units: Sequence[Unit], scenario: Scenario) -> dict[str, np.ndarray]:
    """The arrays of all units, images behind each other; norms repeated for each cell that they belong to."""
    per_image = [key for key in (*PER_IMAGE, *BESIDE) if key not in NORMS and key in units[0]]
    found = {key: np.concatenate([unit[key] for unit in units], 1) for key in per_image}
    found |= {key: np.sum([unit[key] for unit in units], 0) for key in PER_CELL}
    for key in NORMS:
        norms = np.concatenate([unit[key] for unit in units], 1)
        clean = np.zeros_like(norms[:1])
        shown = [
            [clean, norms] if target.clean else [norms] for target in scenario.targets for _ in range(target.trials)
        ]
        found[key] = np.concatenate([part for parts in shown for part in parts])
    return found | {"alone": _alone(scenario)}


def _alone(scenario: Scenario) -> np.ndarray:
    """What the result of each cell takes for one image by itself [K, 3]; NaN where it was made by an earlier run."""
    attacks = [attack for _, attack in scenario.protocol.attacks]
    unknown = isinstance(scenario.source, KeptSource)
    costs = [(np.nan,) * 3 for _ in attacks] if unknown else [tuple(cost) for cost in costs_alone(attacks)]
    shown = [
        [(0.0,) * 3, *costs] if target.clean else costs for target in scenario.targets for _ in range(target.trials)
    ]
    return np.array([cost for part in shown for cost in part], float)


def _warnings(scenario: Scenario, part: dict[str, np.ndarray], units: Sequence[Unit]) -> list[str]:
    """About the first target, which in every study so far is the source itself or what defends it; of attacks that
    were made earlier what was found then."""
    if isinstance(scenario.source, KeptSource):
        return [f"Of the perturbations that were kept: {sentence}" for sentence in scenario.source.findings.warnings]
    movable = bool(part["region"].any()) if "region" in part else True
    with_clean = scenario.targets[0].clean
    count = len(scenario.protocol.attacks) + with_clean
    counts = Counts(*(part[key][:count].sum(1) for key in Counts._fields))
    ious = list(mean_iou(counts))
    clean = float(ious.pop(0)) if with_clean else None
    linf = np.concatenate([unit["linf"] for unit in units], 1)
    zero_share = np.mean([unit["zero_share"] for unit in units], 0)
    about = clean if movable else None  # where nothing can change the IoU cannot fall
    return warnings(scenario.source, scenario.protocol.attacks, ious, about, linf, zero_share)


def _empty_regions(scenario: Scenario, part: dict[str, np.ndarray], names: Sequence[str]) -> list[str]:
    """About the images, of these names, in which nothing could change."""
    region = scenario.protocol.region
    if region is None:
        return []
    still = [name for name, pixels in zip(names, part["region"][0], strict=True) if not pixels]
    if not still:
        return []
    more = f" and {len(still) - NAMED} more" if len(still) > NAMED else ""
    return [
        f"{scenario.source.name}: nothing could change in {len(still)} of {len(names)} images, where "
        f"{region.absent}: {', '.join(still[:NAMED])}{more}."
    ]


def _examples(scenario: Scenario, unit: Unit) -> list[Example]:
    """What the network of each target that is shown clean images was given of the first one."""
    found = []
    for v, target in enumerate(scenario.targets if "example_id" in unit else ()):
        if not target.clean:
            continue
        image, truth, changes, predictions = (
            unit[f"example_{v}_{key}"] for key in ("images", "labels", "perturbations", "predictions")
        )
        clean, *after = predictions
        attacked = zip(scenario.protocol.attacks, changes, after, strict=True)
        found.append(
            Example(
                target.model.name,
                str(unit["example_id"]),
                image,
                truth,
                clean,
                tuple(Attacked(name, attack.epsilon, change, seen) for (name, attack), change, seen in attacked),
                "" if target.transform == NONE else target.transform,
            )
        )
    return found

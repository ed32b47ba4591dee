"""What is drawn and told of input transforms as defenses: Figures 6 to 8 and Table 2 of the paper."""

import functools
import math
import pathlib
from collections.abc import Sequence

from tfadvseg.metrics.intervals import level_of_each
from tfadvseg.reports.cells import headline_epsilon, subject
from tfadvseg.reports.document import Block, Document, Heading, Paragraph, Table
from tfadvseg.reports.drawing import pictures, save_drawings
from tfadvseg.reports.numbers import number
from tfadvseg.reports.tables import own_norm_part
from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.runs.results import CLEAN, NONE, images_text
from tfadvseg.studies.answer import listed
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, claims_part, warnings_part
from tfadvseg.studies.transforms.beside import ATTACK, beside_part
from tfadvseg.studies.transforms.figures import ADAPTIVE, BEFORE, OBLIVIOUS, attacks, drawings
from tfadvseg.studies.transforms.names import TransformsDesign
from tfadvseg.studies.transforms.tensorboard import events
from tfadvseg.studies.transforms.trials import Trials

ATTACKERS = (
    "An oblivious attack does not know the transform before the network. An adaptive attack (EOT) does: its gradients "
    "are an expectation over the random draws of that transform."
)
CLIPPED = (
    "Attacked images may leave 0..255, which no file can. JPEG and HSV jitter bring them back beside what they are "
    "tried for, so gains are counted from the network behind a clip to 0..255."
)
SPREAD = (
    "IoU in per cent: the mean over the trials +- two standard deviations over them, where there are three or more."
)


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """The figures of all networks and attacks."""
    return [path for trials, attack in _each(run) for path in save_drawings(drawings(run, trials, attack), folder)]


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """A sentence for each network and attack, then tables and figures of each, then the claims."""
    epsilon = headline_epsilon(run.table)
    blocks: list[Block] = [Paragraph(headline(trials, attack, epsilon)) for trials, attack in _each(run)]
    blocks += [*warnings_part(run), Heading("How to read the tables"), *how_to_read(run)]
    for trials, attack in _each(run):
        blocks += tables(run, trials, attack, epsilon)
        blocks += pictures(drawings(run, trials, attack), shown)
    blocks += beside_part(run, [trials for trials, attack in _each(run) if attack == ATTACK])
    title = f"Input transforms as defenses, {subject(run.table)}"
    return Document(title, [*blocks, *own_norm_part(run.table), *claims_part(judgements)])


def summary(run: FinishedRun) -> Document:
    """The tables."""
    epsilon = headline_epsilon(run.table)
    blocks = [block for trials, attack in _each(run) for block in tables(run, trials, attack, epsilon)]
    title = f"Input transforms as defenses, {subject(run.table)}"
    return Document(title, [*how_to_read(run), *blocks, *own_norm_part(run.table)])


def how_to_read(run: FinishedRun) -> list[Block]:
    """What the words and the columns mean."""
    clipped = [CLIPPED] if run.designed(TransformsDesign).baseline != NONE else []
    return [Paragraph(text) for text in (ATTACKERS, *clipped, SPREAD)]


def headline(trials: Trials, attack: str, epsilon: float) -> str:
    """What the best defense brings, against the oblivious and against the adaptive attack, and how sure that is.

    The best is looked for, so differences are as sure as comparing any two of the transforms and none asks for.
    """
    level = level_of(trials)
    told = [taken(trials, attack, epsilon), *_best_defense(trials, attack, epsilon, level)]
    if level > 95 and trials.evidence.units > 1:
        told.append(
            f"Intervals of differences are of {level:.4g} %, since any two of the transforms and none might have been "
            "compared."
        )
    return " ".join(told)


def answer(run: FinishedRun) -> list[str]:
    """The same of one network and attack, without the level; of several the first sentence about the best defense of
    each."""
    epsilon, each = headline_epsilon(run.table), _each(run)
    best = [_best_defense(trials, attack, epsilon, level_of(trials)) for trials, attack in each]
    if len(each) == 1:
        return [taken(*each[0], epsilon), *best[0]]
    found = [
        f"{trials.model} under {attack_title(attack)} at epsilon {epsilon:g}: {told[0]}"
        for (trials, attack), told in zip(each, best, strict=True)
    ]
    return listed(found, "pairs of a network and an attack")


def level_of(trials: Trials) -> float:
    """At which a difference of any two of the transforms and none is decided."""
    ends = len(trials.transforms) + 1
    return level_of_each(ends * (ends - 1))


def taken(trials: Trials, attack: str, epsilon: float) -> str:
    """What the attack takes where there is no defense."""
    evidence = trials.evidence
    clean, plain = (
        evidence.format(score, least=0.0)
        for score in (trials.iou(CLEAN, 0.0, NONE, trials.baseline), trials.iou(attack, epsilon, NONE, trials.baseline))
    )
    return (
        f"{attack_title(attack)} at epsilon {epsilon:g} takes {trials.model} from {clean} to {plain} % IoU, on "
        f"{images_text(evidence.images, evidence.units)}."
    )


def tables(run: FinishedRun, trials: Trials, attack: str, epsilon: float) -> list[Block]:
    """About one network and attack."""
    heading = Heading(f"{trials.model}, {attack_title(attack)}, epsilon {epsilon:g}")
    transfer = [transfer_table(trials, attack, epsilon)] if run.designed(TransformsDesign).cross else []
    return [heading, defense_table(trials, attack, epsilon), *transfer]


def defense_table(trials: Trials, attack: str, epsilon: float) -> Table:
    """IoU at one epsilon, a row a transform: clean, under the oblivious attack, under the adaptive one."""
    rows = [
        [
            transform_title(name),
            _told(trials, CLEAN, 0.0, NONE, name),
            _told(trials, attack, epsilon, NONE, name),
            _told(trials, attack, epsilon, name, name) if name != NONE else "-",
        ]
        for name in trials.ends
    ]
    return Table([BEFORE, "Clean", OBLIVIOUS, ADAPTIVE], rows)


def transfer_table(trials: Trials, attack: str, epsilon: float) -> Table:
    """IoU at one epsilon: a row a transform before the network, a column what the attack is adapted to (Table 2)."""
    names = [*trials.transforms, NONE]
    rows = [
        [transform_title(seen), *(_told(trials, attack, epsilon, expected, seen) for expected in names)]
        for seen in names
    ]
    expected = [*map(transform_title, trials.transforms), "none (oblivious)"]
    return Table([f"{BEFORE} \\ adapted to", *expected], rows)


REPORT = Report(draw, document, summary, answer, events)


def _best_defense(trials: Trials, attack: str, epsilon: float, level: float) -> list[str]:
    """Sentences about the transform that helps most, with intervals of differences at that level."""
    scored = functools.partial(trials.evidence.format, least=0.0)
    points = functools.partial(trials.evidence.format, form="+.1f", level=level)

    def surely_more(difference: Score) -> bool:
        low, _ = trials.evidence.interval(difference, level)
        return bool(low > 0)  # of one group of images there is none

    plain = trials.iou(attack, epsilon, NONE, trials.baseline)
    behind = {name: trials.iou(attack, epsilon, NONE, name) for name in trials.transforms}
    best, *others = sorted(behind, key=lambda name: -behind[name][0])
    gain, title = behind[best] - plain, transform_title(best)
    adaptive = trials.iou(attack, epsilon, best, best) if trials.has(attack, epsilon, best, best) else None
    if not surely_more(gain):
        also = "" if adaptive is None else f", and {points(adaptive - plain)} against the adaptive one"
        return [
            f"No transform surely helps against the oblivious attack: the largest gain, of {title}, is {points(gain)} "
            f"points{also}."
        ]
    told = f"The transform that helps most is {title}: {scored(behind[best])} % against the oblivious attack "
    told += f"({points(gain)} points)"
    if adaptive is not None:
        told += f", {scored(adaptive)} % against the adaptive one ({points(adaptive - plain)})"
    if not others:
        return [f"{told}."]
    lead, second = behind[best] - behind[others[0]], transform_title(others[0])
    if surely_more(lead):
        return [f"{told}.", f"It helps more than {second}: {points(lead)} points."]
    return [f"{told}.", f"It cannot be told apart from {second} on these images: {points(lead)} points."]


def _each(run: FinishedRun) -> list[tuple[Trials, str]]:
    """Every network and attack."""
    return [
        (trials, attack)
        for trials in (Trials.of(run, m) for m in run.designed(TransformsDesign).models)
        for attack in attacks(run)
    ]


def _told(trials: Trials, attack: str, epsilon: float, expected: str, seen: str) -> str:
    """As 12.3 +- 0.4, without a spread where there are too few trials to know it."""
    mean, spread = trials.at(attack, epsilon, expected, seen)
    return number(mean) if math.isnan(spread) else f"{number(mean)} +- {number(spread)}"

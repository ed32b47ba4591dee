"""What the paper claims about transfer between the scales of one network (section 6, appendix D).

Scales are called by their per cents; the ensemble is the network that pools them all. X(s -> t) is the IoU ratio in per
cent of t on examples made on s.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.studies.beside import printed_forms
from tfadvseg.studies.claims import Cell, Claim, Judgement, judge
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transfer.matrix import Matrix
from tfadvseg.studies.transfer.names import ScaleGroup, TransferDesign

LL, FCN8S = "ifgsm_ll", "fcn8s_vgg_multiscale"
MOST = 50.0
"""Per cent of the cells: more than half of them."""
CLOSE, FAR, NOTHING = 5.0, 40.0, 1.0
"""Points that the paper's words are read as: its own tables have at most 2.5 where a source comes close to white-box
strength, 47.7 and more where one stays far from it, and 0.1 for next to nothing."""


@dataclasses.dataclass(frozen=True, eq=False)
class Scaled:
    """One attack on the forms of one network, shown to them and to others."""

    matrix: Matrix
    group: ScaleGroup

    def x(self, source: str, row: str) -> Score:
        """X(source -> row)."""
        return self.matrix.ratio(source, row)

    def foreign(self, row: str, but: str = "") -> list[str]:
        """The network's forms that are neither the row nor `but`."""
        return [source for source in self.group.sources if source not in (row, but)]

    @property
    def others(self) -> list[str]:
        """The rows that are no form of the network."""
        return [row for row in self.matrix.rows if row not in (*self.group.sources, self.group.average)]

    def at(self, epsilon: float) -> "Scaled":
        """The same at another epsilon."""
        return dataclasses.replace(self, matrix=self.matrix.at(epsilon))


@dataclasses.dataclass(frozen=True, eq=False)
class AllAttacks:
    """The same under each attack. epsilons: of the run. form: what the paper's tables call the ensemble, "" for
    nothing."""

    by_attack: Mapping[str, Scaled]
    epsilons: tuple[float, ...]
    form: str = ""

    @property
    def any(self) -> Scaled:
        """One of them, for what they have in common."""
        return next(iter(self.by_attack.values()))


Scores = dict[str, Score]
ScoresByEpsilon = dict[str, dict[float, Score]]


def own_lead(scaled: Scaled) -> Scores:
    """By how much the best foreign form leaves each form more than its white-box attack does."""
    return {
        row: np.min([scaled.x(source, row) for source in scaled.foreign(row)], 0) - scaled.x(row, row)
        for row in scaled.group.sources
    }


def smallest_lags(scaled: Scaled) -> Scores:
    """By how much examples of the smallest scale leave each other row more than those of any other foreign form; and
    the smallest scale itself the more, the larger the scale of the examples."""
    smallest, found = scaled.group.smallest, {}
    for row in scaled.matrix.rows:
        others = scaled.foreign(row, but=smallest)
        if row != smallest and others:
            found[f"on {row}"] = scaled.x(smallest, row) - np.max([scaled.x(source, row) for source in others], 0)
    return found | _rising(scaled, list(scaled.group.single.values())[1:], smallest)


def _rising(scaled: Scaled, sources: Sequence[str], row: str) -> Scores:
    scores = [scaled.x(source, row) for source in sources]
    return {f"on {row}": np.min(np.diff(scores, axis=0), 0)} if len(scores) > 1 else {}


def others_order(scaled: Scaled) -> Scores:
    """The least step of the order smallest scale, next, ..., largest, ensemble, on networks of the whole image."""
    columns = [*scaled.group.single.values(), scaled.group.ensemble]
    return {row: np.min(-np.diff([scaled.x(source, row) for source in columns], axis=0), 0) for row in scaled.others}


def ensemble_keeps_more(scaled: Scaled) -> Scores:
    """White-box, beyond the best single scale."""
    singles = [scaled.x(name, name) for name in scaled.group.single.values()]
    return {"": scaled.x(scaled.group.ensemble, scaled.group.ensemble) - np.max(singles, 0)}


def ensemble_shown(scaled: Scaled) -> Scores:
    """Mean over examples of single scales, beyond the best single scale: with its own among them, and without."""
    names, ensemble = list(scaled.group.single.values()), scaled.group.ensemble
    own = np.mean([scaled.x(source, ensemble) for source in names], 0)
    means = [[scaled.x(source, row) for source in names] for row in names]
    foreign = [[scaled.x(source, row) for source in names if source != row] for row in names]
    return {
        "with their own examples": own - np.max(np.mean(means, 1), 0),
        "without these": own - np.max(np.mean(foreign, 1), 0),
    }


def ensemble_transfers(scaled: Scaled, ensemble: str = "") -> Scores:
    """By how much its examples leave each row less than those of any single scale that is foreign to it."""
    source, names = ensemble or scaled.group.ensemble, scaled.group.single.values()
    rows = [row for row in scaled.matrix.rows if row not in (scaled.group.ensemble, scaled.group.average)]
    return {
        row: np.min([scaled.x(name, row) for name in names if name != row], 0) - scaled.x(source, row) for row in rows
    }


def close_to_white_box(scaled: Scaled) -> Scores:
    """How far the ensemble's examples are beyond CLOSE of each scale's own, and all others within it."""
    found: Scores = {}
    for name in scaled.group.single.values():
        own = scaled.x(name, name)
        found[f"ensemble on {name}"] = scaled.x(scaled.group.ensemble, name) - own - CLOSE
        others = [scaled.x(source, name) - own for source in scaled.foreign(name, but=scaled.group.ensemble)]
        found[f"others on {name}"] = CLOSE - np.min(others, 0)
    return found


def _close_in_words(scaled: Scaled) -> str:
    points, told = functools.partial(scaled.matrix.evidence.format, form="+.1f"), []
    for name in scaled.group.single.values():
        own = scaled.x(name, name)
        others = [scaled.x(source, name) - own for source in scaled.foreign(name, but=scaled.group.ensemble)]
        ensemble = points(scaled.x(scaled.group.ensemble, name) - own)
        told.append(f"on {name} the ensemble {ensemble}, the best of the others {points(np.min(others, 0))}")
    return f"points behind white-box: {'; '.join(told)}"


def far_from_white_box(scaled: Scaled) -> Scores:
    """On other networks: how far the ensemble's examples are beyond FAR of white-box, and ahead of single scales'."""
    found: Scores = {}
    for row in scaled.others:
        ensemble = scaled.x(scaled.group.ensemble, row)
        if row in scaled.matrix.columns:
            found[f"far on {row}"] = ensemble - scaled.x(row, row) - FAR
        singles = [scaled.x(name, row) for name in scaled.group.single.values()]
        found[f"better on {row}"] = np.min(singles, 0) - ensemble
    return found


def average_on_scales(scaled: Scaled) -> Scores:
    """By how much examples of the averaging ensemble leave each scale less than its own."""
    names = scaled.group.single.values()
    return {name: scaled.x(name, name) - scaled.x(scaled.group.average, name) for name in names}


def clean_steps(found: AllAttacks) -> Scores:
    """IoU on clean images from one scale to the next, and on to the ensemble."""
    scaled = found.any
    forms = {f"{percent} %": name for percent, name in scaled.group.single.items()} | {
        "ensemble": scaled.group.ensemble
    }
    labels, ious = list(forms), [scaled.matrix.clean(name) for name in forms.values()]
    steps = zip(labels, labels[1:], np.diff(ious, axis=0), strict=False)
    return {f"{before} to {after}": step for before, after, step in steps}


def averaging_is_alike(found: AllAttacks) -> Scores:
    """Of the averaging ensemble: white-box beyond the largest scale, and its lead as a source."""
    scores: Scores = {}
    for attack, scaled in found.by_attack.items():
        group = scaled.group
        own = scaled.x(group.average, group.average) - scaled.x(group.largest, group.largest)
        scores[f"{attack} as target"] = own
        scores[f"{attack} as source"] = np.min(list(ensemble_transfers(scaled, group.average).values()), 0)
    return scores


def beyond_one_scale(found: AllAttacks) -> ScoresByEpsilon:
    """White-box IoU ratio of the ensembles beyond the largest scale's."""
    scores: ScoresByEpsilon = {}
    for attack, scaled in found.by_attack.items():
        group = scaled.group
        for name, ensemble in (("", group.ensemble), (" averaging", group.average)):
            if ensemble:
                scores[f"{attack}{name}"] = {
                    e: scaled.at(e).x(ensemble, ensemble) - scaled.at(e).x(group.largest, group.largest)
                    for e in found.epsilons
                }
    return scores


def average_on_clean(found: AllAttacks) -> Scores:
    """The size of what averaging does to the clean IoU of the largest scale."""
    scaled = found.any
    return {"": np.abs(scaled.matrix.clean(scaled.group.average) - scaled.matrix.clean(scaled.group.largest))}


def at_every_epsilon(found: AllAttacks) -> ScoresByEpsilon:
    """The least margins of C40, C42 and C46 under FGSM."""
    margins = {"C40": own_lead, "C42": smallest_lags, "C46": ensemble_transfers}
    return {
        number: {e: np.min(list(margin(found.by_attack["fgsm"].at(e)).values()), 0) for e in found.epsilons}
        for number, margin in margins.items()
    }


def in_each_cell(found: AllAttacks) -> dict[str, dict[Cell, Score]]:
    """The least margins of C42, C44 and C46 at each attack and epsilon."""
    margins = {"C42": smallest_lags, "C44": ensemble_keeps_more, "C46": ensemble_transfers}
    return {
        number: {
            (attack, e): np.min(list(margin(scaled.at(e)).values()), 0)
            for attack, scaled in found.by_attack.items()
            for e in found.epsilons
        }
        for number, margin in margins.items()
    }


def changed_by_scale(found: AllAttacks) -> Scores:
    """The least share of the labelled pixels of clean images, in per cent, that are predicted differently at the
    smallest scale and at the largest: where one of them has so many more pixels of a class right, so many are right at
    it alone."""
    matrix, group = found.any.matrix, found.any.group
    smallest, largest = (matrix.class_hits(name) for name in (group.smallest, group.largest))
    return {"": np.abs(smallest - largest).sum(0)}


def _under_ll(of: Callable[[Scaled], Any]) -> Callable[[AllAttacks], Any]:
    """What is said of Iterative FGSM ll alone."""
    return lambda found: of(found.by_attack[LL])


def _others(scaled: Scaled) -> str:
    return "" if scaled.others else "needs a network of the whole image beside those of the scales"


def _iterative_ll(found: AllAttacks) -> str:
    return "" if LL in found.by_attack else f"needs {LL}"


def _iterative_ll_on_others(found: AllAttacks) -> str:
    return _iterative_ll(found) or _others(found.any)


def _average(found: AllAttacks) -> str:
    return "" if found.any.group.average else "needs an ensemble that averages"


def _average_under_ll(found: AllAttacks) -> str:
    return _iterative_ll(found) or _average(found)


def _fgsm(found: AllAttacks) -> str:
    return "" if "fgsm" in found.by_attack else "needs fgsm"


def _fcn8s(found: AllAttacks) -> str:
    return "" if found.form == FCN8S else "needs the maximum of FCN8s with VGG-16 at 50, 75 and 100 % of the image"


OF_ONE_ATTACK = (
    Claim("C42", "Examples of the smallest scale transfer worst, and others to it the worse the larger their scale "
          "(points of IoU ratio behind)", smallest_lags, above=0.0),
    Claim("C43", "Networks of the whole image are hurt by the ensemble most, then by the larger scales (least step)",
          others_order, above=0.0, needs=_others),
    Claim("C44", "White-box attacks harm the ensemble less than any single scale (points of IoU ratio)",
          ensemble_keeps_more, above=0.0),
    Claim("C45", "Examples of single scales harm the ensemble less than any single scale, on average over them",
          ensemble_shown, above=0.0),
    Claim("C46", "Of foreign examples those of the ensemble are the strongest (points before those of any scale)",
          ensemble_transfers, above=0.0),
)  # fmt: skip
"""About a `Scaled`."""


OF_ALL_ATTACKS = (
    Claim("C39", "A larger scale has the larger clean IoU, and the ensemble the largest (points of IoU)", clean_steps,
          above=0.0),
    Claim("C47", "Under Iterative FGSM ll the ensemble's examples come within 5 points of white-box strength on each "
          "scale, and no others do", _under_ll(close_to_white_box), at_most=0.0, needs=_iterative_ll,
          told=_under_ll(_close_in_words)),
    Claim("C48", "Under Iterative FGSM ll they stay more than 40 points from it on other networks, and are better than "
          "those of any scale", _under_ll(far_from_white_box), above=0.0, needs=_iterative_ll_on_others),
    Claim("C49", "FCN8s, pooled over scales without being trained so, does what Deeplab v2 does: C42, C44 and C46 hold "
          "in all their parts (in most cells)", in_each_cell, above=0.0, share=MOST, needs=_fcn8s),
    Claim("C50", "Averaging the scales does what their maximum does: more robust than the largest scale, and the best "
          "source (points of IoU ratio)", averaging_is_alike, above=0.0, needs=_average),
    Claim("C51", "The ensemble keeps more than the largest scale at every epsilon (points of IoU ratio, white-box)",
          beyond_one_scale, above=0.0, each=True),
    Claim("C52", "Under Iterative FGSM ll the averaging ensemble's examples are stronger on a scale than its own",
          _under_ll(average_on_scales), above=0.0, needs=_average_under_ll),
    Claim("C53", "Averaging changes the clean IoU by at most 1 point (size of the change)", average_on_clean,
          at_most=NOTHING, needs=_average, form=".1f", least=0.0),
    Claim("C54", "C40, C42 and C46 hold of FGSM at every epsilon (least points of IoU ratio)", at_every_epsilon,
          above=0.0, needs=_fgsm, each=True),
    Claim("C56", "What a network predicts depends on the scale: some pixels of clean images have another label at the "
          "smallest scale than at the largest (per cent of them, at least, by the right ones of each class)",
          changed_by_scale, above=0.0, form=".1f", least=0.0),
)  # fmt: skip
"""About `AllAttacks`."""


def judged_scales(run: FinishedRun, matrices: Sequence[Matrix], name: Callable[[Matrix], str]) -> list[Judgement]:
    """Every claim on every network of scales that was attacked at all of them. name: of a matrix, in a subject.

    The other rows are networks of the whole image; the reduced scales of others are none."""
    found: list[Judgement] = []
    images = run.evidence.images, run.evidence.units
    design = run.designed(TransferDesign)
    for group in design.scales:
        reduced = set(design.reduced) - set(group.sources)
        by_attack = {
            one.attack: Scaled(one.without_rows(reduced), group)
            for one in matrices
            if {*group.sources, *filter(None, [group.average])} <= set(one.columns)
        }
        for scaled in by_attack.values():
            found += judge(OF_ONE_ATTACK, scaled, f"{group.ensemble}, {name(scaled.matrix)}", *images)
        if by_attack:
            every = AllAttacks(by_attack, tuple(run.epsilons), printed_forms(run).get(group.ensemble, ""))
            found += judge(OF_ALL_ATTACKS, every, f"{group.ensemble}, all attacks", *images)
    return found

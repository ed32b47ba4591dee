"""Whether tests notice when a verdict is loosened: small wrong changes of the package, each of which must fail a test.

    python tests/studies/mutants.py [part of a file's name]

A mutant is a text of the package that is replaced by another in a copy; then one test file is run on the copy. Prints
what became of each, and exits with 1 where one survives, or its text is not in the file exactly once. It takes some
minutes; pytest does not collect it.
"""

import importlib
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]

INTERVALS, CLAIMS, EVIDENCE = "metrics/intervals.py", "studies/claims.py", "studies/evidence.py"
BY_CLASS, BY_CLASS_TESTS = "studies/robustness/by_class.py", "studies/test_by_class.py"
INTERVAL_TESTS = "metrics/test_intervals.py"
COMPARISON, MASKING, SIGNS = "studies/robustness/comparison.py", "studies/crf/masking.py", "studies/signs.py"
VERDICT, VERDICT_TESTS = "studies/masking/verdict.py", "studies/test_masking_verdict.py"
SHARES, SHARE_TESTS = "studies/shares.py", "studies/test_shares.py"
NETWORKS, ARCHITECTURES, NEEDS, FACTS, OVERVIEW = (
    f"studies/robustness/{name}.py" for name in ("networks", "architectures", "needs", "facts", "overview")
)
NETWORK_TESTS, OVERVIEW_TESTS = "studies/test_networks.py", "studies/test_overview.py"
ROBUSTNESS, TRANSFORMS, CRF = (f"studies/{name}/claims.py" for name in ("robustness", "transforms", "crf"))
ALIKE = "studies/crf/alike.py"
JUDGE, BOUNDS, EVIDENCE_TESTS, FEW_TESTS, COMPARISON_TESTS, MASKING_TESTS = (
    f"studies/test_{name}.py"
    for name in ("claims_judge", "claims_bounds", "evidence", "few_images", "comparison", "masking")
)
ROBUSTNESS_TESTS, TRANSFORM_TESTS, CRF_TESTS, TRANSFER_TESTS = (
    f"studies/test_claims_{name}.py" for name in ("robustness", "transforms", "crf", "transfer")
)
MATRIX, TRANSFER, SCALES = (f"studies/transfer/{name}.py" for name in ("matrix", "claims", "scales"))


class Mutant(NamedTuple):
    """file: of the package. old, new: texts, whatever white space stands between their words. test: a file of the
    tests. claim: runs the tests of that claim alone."""

    file: str
    old: str
    new: str
    test: str
    claim: str

    def of(self, text: str) -> str:
        """The text of the file, changed; ValueError where what it changes is not there exactly once."""
        pattern = r"\s+".join(map(re.escape, self.old.split()))
        changed, count = re.subn(pattern, lambda match: self.new, text)
        if count != 1:
            raise ValueError(f"TEXT FOUND {count} TIMES")
        return changed


def about(file: str, test: str, changes: Sequence[tuple[str, str]], claim: str = "") -> list[Mutant]:
    """Mutants of one file for one test file."""
    return [Mutant(file, old, new, test, claim) for old, new in changes]


MUTANTS = [
    *about(
        INTERVALS, EVIDENCE_TESTS,
        [
            ("2 * score[0] - middle + widening", "middle + widening"),
            ("2 * score[0] - middle + widening", "score[0] + widening"),
            ("widening(units, level) * (score[1:] - middle)", "(score[1:] - middle)"),
            ("np.sqrt(units / (units - 1)) *", ""), ("np.sqrt(units / (units - 1)) *", "(units / (units - 1)) *"),
            ("t.ppf(tail, units - 1)", "t.ppf(tail, units)"), ("t.ppf(tail, units - 1)", "norm.ppf(tail)"),
            ("if units < 2:", "if units < 3:"),
            ("if units < 2:", "if False:"), ("tail = (100 + level) / 200", "tail = 0.95"),
            ("middle = np.nanmean(score[1:])", "middle = np.mean(score[1:])"),
            ("middle = np.nanmean(score[1:])", "middle = np.nanmean(score)"),
            ("if np.isfinite(score[1:]).any() else np.nan", ""), ("len(set(groups))", "len(groups)"),
            ("values[~np.isnan(values)]", "values"), ("[(100 - level) / 2, (100 + level) / 2]", "[0, 100]"),
        ],
    ),
    *about(
        INTERVALS, "metrics/test_intervals.py",
        [
            ("tail = (100 + level) / 200", "tail = 0.975"), ("tail = (100 + level) / 200", "tail = level / 100"),
            ("widening(units, level) * (score[1:] - middle)", "widening(units) * (score[1:] - middle)"),
            ("level <= RESAMPLED", "level < RESAMPLED"), ("level <= RESAMPLED", "True"),
            ("float(centre - half)", "float(centre + half)"),
            ("2 * score[0] - np.nanmean(score[1:])", "score[0]"), ("np.nanstd(score[1:])", "np.std(score[1:])"),
            ("calibrated(score, units, level), level)", "calibrated(score, units), level)"),
            ("calibrated(score, units, level), level)", "calibrated(score, units, level))"),
            ("100 - 10 / max(tests, 2)", "100 - 5 / max(tests, 2)"),
            ("100 - 10 / max(tests, 2)", "100 - 10 / max(tests, 1)"),
            ("100 - 10 / max(tests, 2)", "95.0"), ("100 - 10 / max(tests, 2)", "100 - 10 / max(tests, 3)"),
        ],
    ),
    *about(
        INTERVALS, JUDGE,
        [
            ("2 * score[0] - middle + widening", "middle + widening"),
            ("2 * score[0] - middle + widening", "score[0] + widening"),
            ("widening(units, level) * (score[1:] - middle)", "(score[1:] - middle)"),
            ("np.sqrt(units / (units - 1)) *", ""), ("np.sqrt(units / (units - 1)) *", "(units / (units - 1)) *"),
            ("t.ppf(tail, units - 1)", "t.ppf(tail, units)"), ("t.ppf(tail, units - 1)", "norm.ppf(tail)"),
            ("if units < 2:", "if units < 3:"),
            ("middle = np.nanmean(score[1:])", "middle = np.mean(score[1:])"),
            ("middle = np.nanmean(score[1:])", "middle = np.nanmean(score)"),
            ("if np.isfinite(score[1:]).any() else np.nan", ""),
        ],
    ),
    *about(
        INTERVALS, FEW_TESTS,
        [
            ("return_inverse=True)", "return_inverse=True)\n    member = np.arange(len(groups)) % len(names)"),
            ("len(set(groups))", "len(groups)"),
            ("widening(units, level) * (score[1:] - middle)", "(score[1:] - middle)"),
            ("np.sqrt(units / (units - 1)) *", ""), ("if units < 2:", "if units < 3:"),
        ],
    ),
    *about(
        INTERVALS, INTERVAL_TESTS,
        [
            ("names[pixels > 0]", "names[pixels >= 0]"),
            ("interval(score, int(n), level)", "interval(score, units_of(groups), level)"),
            ("for score, n in zip(scores.T,", "for score, n in zip(scores[:, ::-1].T,"),
        ],
    ),
    *about(
        BY_CLASS, BY_CLASS_TESTS,
        [
            ("np.min([iou_ratio", "np.max([iou_ratio"),
            ("np.isnan(one.kept[0]), one.kept[0])", "np.isnan(one.kept[0]), -one.kept[0])"),
            ("(np.isnan(one.clean), np.isnan(one.kept[0]),", "(np.isnan(one.kept[0]),"),
            ("one.kept[0] < 100", "one.kept[0] <= 100"), ("one.kept[0] < 100", "True"),
            ("intervals.interval(one.kept, one.units)", "intervals.interval(one.kept, 16)"),
        ],
    ),
    *about(
        CLAIMS, JUDGE,
        [
            ("score > self.above", "score >= self.above"), ("score > self.above", "score < self.above"),
            ("score <= self.at_most", "score < self.at_most"), ("score <= self.at_most", "score >= self.at_most"),
            ("np.min(scores, 0) if self.above is not None else np.max(scores, 0)", "np.min(scores, 0)"),
            ("np.min(scores, 0) if self.above is not None else np.max(scores, 0)", "np.max(scores, 0)"),
            ("np.min(scores, 0) if self.above is not None", "np.mean(scores, 0) if self.above is not None"),
            ("(self.above is None) == (self.at_most is None)", "self.above is None and self.at_most is None"),
            ("(self.above is None) == (self.at_most is None)", "self.above is not None and self.at_most is not None"),
            ("min(shares) >= enough", "min(shares) > enough"),
            ("(100 + level) / 200, (100", "0.95, (100"),
            ("min(shares) >= enough", "True"), ("min(shares) >=", "max(shares) >="), ("min(shares) >=", "shares[0] >="),
            ("(100 + level) / 200, (100", "0.975, (100"), ("(100 - level) / 200", "0.025"),
            ("calibrated(score, units, level)", "calibrated(score, units)"),
            ("max(shares) <= few", "max(shares) < few"), ("max(shares) <= few", "max(shares) <= 2 * few"),
            ("max(shares) <= few", "True"), ("max(shares) <=", "min(shares) <="), ("max(shares) <=", "shares[0] <="),
            ("np.mean(test(values))", "np.mean(test(score))"),
            ("HOLDS if measured and min", "HOLDS if min"), ("FAILS if not measured and max", "FAILS if max"),
            ("bool(test(score[:1])[0])", "bool(test(score[1:2])[0])"),
            ("[score[1:]] if ranks else _resamples(score, units, level)", "[score[1:]]"),
            ("[score[1:]] if ranks else _resamples(score, units, level)", "_resamples(score, units, level)"),
            ("[score[1:]] if ranks else", "[score] if ranks else"),
            ("if level <= RESAMPLED else", "if True else"), ("if level <= RESAMPLED else", "if level < RESAMPLED else"),
            ("np.array(interval(score, units, level))", "np.array(interval(score, units, 96.0))"),
            ("values + 2 * bias", "values + bias"), ("values + 2 * bias", "values - 2 * bias"),
            ("calibrated(score, units, level)", "calibrated(score, 10**9, level)"),
            ("if not known[0].size: return UNDECIDED", "if not known[0].size: return HOLDS"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 1, 16"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 3, 16"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 2, 15"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 2, 17"),
            ("FEWEST_OF_RANKS if ranks else FEWEST)", "FEWEST)"),
            ("FEWEST_OF_RANKS if ranks else FEWEST)", "FEWEST_OF_RANKS)"),
            ("units < (FEWEST", "units <= (FEWEST"), ("return TOO_FEW resamples", "return UNDECIDED\n    resamples"),
            ("images if units is None else units", "images"),
            ("measured, images, units))", "measured, images, images))"),
            ("claim.agrees, units, claim.ranks, claim.level)", "claim.agrees, units, False, claim.level)"),
            ("claim.agrees, units, claim.ranks, claim.level)", "claim.agrees, units, claim.ranks)"),
            ("format_score(score, units, claim.form,", "format_score(score, 10**9, claim.form,"),
            ("missing = claim.needs(subject)", 'missing = ""'),
            ("(UNMEASURED, missing) if missing else", "(HOLDS, missing) if missing else"),
            ('return UNMEASURED, "no such cells"', 'return HOLDS, "no such cells"'),
            ("bool(np.isfinite(score[0])) for", "True for"),
            ("if known[name] else UNMEASURED for", "if known[name] else UNDECIDED for"),
            ("if claim.told is not None:", "if False:"), ("len(kinds) > 1", "len(kinds) > 2"),
            ("else kinds[0]", "else HOLDS"), ("if v == kind)", "if v <= kind)"),
            ("if claim.each else mean_known(list(part.values()))", ""),
            ("claim.worst(list(part.values())) if claim.each else mean_known", "mean_known"),
            ("else mean_known(list(part.values()))", "else list(part.values())[0]"),
            ("claim.agrees(score)[0] != claim", "claim.agrees(score)[0] == claim"),
            ("if np.isfinite(score[0]) and", "if"),
        ],
    ),
    *about(
        CLAIMS, FEW_TESTS,
        [
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 1, 16"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 3, 16"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 2, 15"),
            ("FEWEST, FEWEST_OF_RANKS = 2, 16", "FEWEST, FEWEST_OF_RANKS = 2, 17"),
            ("[score[1:]] if ranks else _resamples(score, units, level)", "[score[1:]]"),
            ("format_score(score, units, claim.form,", "format_score(score, 10**9, claim.form,"),
        ],
    ),
    *about(
        EVIDENCE, FEW_TESTS,
        [
            ("units_of(results.groups)", "len(results.ids)"),
            ("resample_weights(results.groups", "resample_weights(results.ids"),
        ],
    ),
    *about(
        EVIDENCE, EVIDENCE_TESTS,
        [
            ("units_of(results.groups)", "units_of(results.ids)"),
            ("resample_weights(results.groups", "resample_weights(results.ids"),
            ("intervals.interval(score, self.units, level)", "intervals.interval(score, self.images, level)"),
            ("intervals.interval(score, self.units, level)", "intervals.interval(score, self.units)"),
            ("format_score(score, self.units, form,", "format_score(score, self.images, form,"),
            ("format_score(score, self.units, form,", 'format_score(score, self.units, ".1f",'),
            ("np.maximum(intervals.interval(score, units, level)",
             "np.maximum(intervals.interval(score, 10**9, level)"),
            ("np.maximum(intervals.interval(score, units, level)", "np.maximum(intervals.interval(score, units)"),
            ("form, least, level=level)", "form, least)"),
            ("percentile_interval(score[1:], level)", "percentile_interval(score[1:])"),
            ("if np.isnan(low) else", "if False else"),
            ("np.mean([self._iou(k) for k in self._one_cell(where)], 0)", "self._iou(self._one_cell(where)[0])"),
            ("np.mean([self._iou(k) for k", "np.max([self._iou(k) for k"),
            ('"inference_transform": cell.inference_transform, "attack"', '"inference_transform": "none", "attack"'),
            ('"model": cell.model, "inference_transform": cell', '"inference_transform": cell'),
            ("self.iou(**clean)", "self.iou(**where)"),
            ("100 * self._pixel_mean(self.results.confidence", "self._pixel_mean(self.results.confidence"),
            ("self._pixel_mean(self.results.entropy", "self._pixel_mean(self.results.confidence"),
            ("100 * self._pixel_mean(self.results.boundaries", "self._pixel_mean(self.results.boundaries"),
            ("2 * trials.std(0)", "trials.std(0)"), ("2 * trials.std(0)", "2 * trials.std(0, ddof=1)"),
            ("len(trials) > 2", "len(trials) > 1"), ("len(trials) > 2", "len(trials) > 3"),
            ("values @ self.weights.T", "values @ self.weights[::-1].T"), ("len(kinds) != 1", "len(kinds) == 0"),
            ("len(kinds) != 1", "len(kinds) > 1"),
            ("dataclasses.replace(self.results.cells[k], trial=0)", "self.results.cells[k]"),
            ("resampled_iou(self.results.of(k)", "resampled_iou(self.results.of(0)"),
            ("(self.weights @ self.results.pixels[k])", "(self.weights @ self.results.pixels[0])"),
            ("self.weights @ sums[k] /", "self.weights @ sums[0] /"),
            ("resamples, seed)", "resamples, seed + 1)"), ("resamples, seed)", "1000, seed)"),
            ("np.isfinite(stacked).sum(0)", "np.isfinite(stacked).any(0) * len(stacked)"),
            ("np.round(scores, 9)", "scores"), ("np.round(scores, 9)", "np.round(scores)"),
            ("np.round(scores, 9), axis=0", "np.round(scores, 9), axis=None"),
            ("scipy.stats.rankdata(np.round(scores, 9), axis=0)", "np.round(scores, 9)"),
        ],
    ),
    *about(
        ROBUSTNESS, BOUNDS,
        [
            ("np.abs(network.iou(one, e) - network.iou(other, e))", "network.iou(one, e) - network.iou(other, e)"),
            ("np.abs(network.iou(one, e) - network.iou(other, e))", "network.iou(other, e) - network.iou(one, e)"),
            ("[e for e in network.epsilons if e < 1]", "network.epsilons"),
            ("[e for e in network.epsilons if e < 1]", "[e for e in network.epsilons if e < 0.5]"),
            ('("fgsm_ll", "ifgsm_ll")}', '("fgsm_ll", "fgsm_ll")}'),
            ("at_most=0.0, needs=_both_below_one", "at_most=5.0, needs=_both_below_one"),
            ('"" if pairs and small else', '"" if pairs else'), ('"" if pairs and small else', '"" if small else'),
            ("any(e < 1 for e in network.epsilons)", "any(e <= 1 for e in network.epsilons)"),
        ],
        "C3",
    ),
    *about(
        ROBUSTNESS, BOUNDS,
        [
            ("network.iou(attack, 0) - network.iou(attack, 0.25)",
             "network.iou(attack, 0.25) - network.iou(attack, 0)"),
            ("network.iou(attack, 0) - network.iou(attack, 0.25)",
             "network.iou(attack, 0) - network.iou(attack, 1.0)"),
            ("_small_losses, above=0.0", "_small_losses, above=-99.0"),
            ("_small_losses, above=0.0", "_small_losses, above=0.005"),
            ('"" if 0.25 in network.epsilons else', '"" if True else'),
        ],
        "C4",
    ),
    *about(
        ROBUSTNESS, BOUNDS,
        [
            ("zip((0.0, *network.epsilons), network.epsilons", "zip(network.epsilons, network.epsilons[1:]"),
            ("network.iou(a, before) - network.iou(a, e) for", "network.iou(a, 0) - network.iou(a, e) for"),
            ("network.iou(a, before) - network.iou(a, e) for", "network.iou(a, e) - network.iou(a, before) for"),
            ("_falls, above=0.0", "_falls, above=-0.5"),
            ("_falls, above=0.0", "_falls, above=0.005"), ("_falls, above=0.0, each=True", "_falls, above=0.0"),
        ],
        "C5",
    ),
    *about(
        ROBUSTNESS, BOUNDS,
        [
            ("[e for e in network.epsilons if e >= 4]", "[e for e in network.epsilons if e > 4]"),
            ("[e for e in network.epsilons if e >= 4]", "network.epsilons"),
            ('network.iou("fgsm", e) - network.iou("ifgsm_ll", e)',
             'network.iou("ifgsm_ll", e) - network.iou("fgsm", e)'),
            ("_least_likely_against_fgsm, above=0.0", "_least_likely_against_fgsm, above=-1.0"),
            ("_least_likely_against_fgsm, above=0.0", "_least_likely_against_fgsm, above=0.005"),
            ("needs=_fgsm_and_least_likely, each=True", "needs=_fgsm_and_least_likely"),
            ('{"fgsm", "ifgsm_ll"} <= set', '{"fgsm"} <= set'), ('{"fgsm", "ifgsm_ll"} <= set', '{"ifgsm_ll"} <= set'),
            ("and any(e >= 4 for e in network.epsilons)", ""),
        ],
        "C10",
    ),
    *about(
        ROBUSTNESS, BOUNDS,
        [
            ("at_most=91.0", "at_most=91.1"), ("at_most=91.0", "at_most=90.9"), ("at_most=91.0", "at_most=95.0"),
            ("network.ratio(a, 0.25) for a", "network.iou(a, 0.25) for a"),
            ("network.ratio(a, 0.25) for a", "network.ratio(a, 1.0) for a"),
            ("self.iou(attack, 0)", "self.iou(attack, epsilon)"),
        ],
        "C35",
    ),
    *about(
        ROBUSTNESS, ROBUSTNESS_TESTS,
        [
            ("run.evidence.images, run.evidence.units)", "run.evidence.images)"),
            ("and all(run.evidence.has", "and any(run.evidence.has"),
            ("source_model=self.name, attack=attack, epsilon", "attack=attack, epsilon"),
            ("and any(e >= 4 for e in network.epsilons)", "and any(e > 4 for e in network.epsilons)"),
            ("needs=_both_below_one, each=True", "needs=_both_below_one"),
            ("if set(pair) <= set(network.attacks)}", "}"),
        ],
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("self.j(name, NONE, epsilon) - self.plain(epsilon)", "self.j(name, name, epsilon) - self.plain(epsilon)"),
            ("self.j(name, NONE, epsilon) - self.plain(epsilon)", "self.plain(epsilon) - self.j(name, NONE, epsilon)"),
            ("lambda d: d.each(d.gain), above=0.0", "lambda d: d.each(d.gain), above=-5.0"),
            ("lambda d: d.each(d.gain), above=0.0", "lambda d: d.each(d.gain), above=0.005"),
            ("lambda d: d.each(d.gain), above=0.0, each=True", "lambda d: d.each(d.gain), above=0.0"),
        ],
        "C58",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ('np.minimum(gains["jpeg"], gains["blur"])', 'np.maximum(gains["jpeg"], gains["blur"])'),
            ('np.minimum(gains["jpeg"], gains["blur"])', 'gains["jpeg"]'),
            ('[most - gains["hsv"], gains["hsv"]', '[gains["hsv"]'),
            ('gains["hsv"] - gains["grayscale"], gains["grayscale"]]', 'gains["grayscale"]]'),
            ('gains["hsv"] - gains["grayscale"], gains["grayscale"]]', 'gains["hsv"] - gains["grayscale"]]'),
            ("np.min([most", "np.max([most"), ("np.min([most", "np.mean([most"),
            ("_order, above=0.0", "_order, above=-1.0"),
            ("_order, above=0.0", "_order, above=0.005"), ("needs=_papers_four, each=True", "needs=_papers_four"),
        ],
        "C59",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("np.abs(defended.gain(name, e)) - defended.spread(name, e)",
             "defended.gain(name, e) - defended.spread(name, e)"),
            ("np.abs(defended.gain(name, e)) - defended.spread(name, e)", "np.abs(defended.gain(name, e))"),
            ("- defended.spread(name, e)", "- defended.spread(name, e) / 2"),
            ("self.evidence.spread(**self._cell(name, NONE", "self.evidence.spread(**self._cell(name, name"),
            ("_steadiness, above=0.0", "_steadiness, above=-2.0"),
            ("_steadiness, above=0.0", "_steadiness, above=0.005"),
            ("needs=_three_trials, each=True", "needs=_three_trials"),
            ('"" if np.isfinite(spread) else', '"" if True else'),
        ],
        "C60",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("at_most=2.0", "at_most=2.1"), ("at_most=2.0", "at_most=1.9"), ("at_most=2.0", "at_most=20.0"),
            ("np.abs(d.change(name))", "d.change(name)"), ("np.abs(d.change(name))", "-d.change(name)"),
            ("self.clean(name) - self.clean(self.baseline)", "self.clean(name) - self.clean(name)"),
        ],
        "C61",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("np.abs(defended.gain(name, e)) - np.abs(defended", "defended.gain(name, e) - np.abs(defended"),
            ("- np.abs(defended.change(name))", "- defended.change(name)"), ("- np.abs(defended.change(name))", ""),
            ("_reaction, above=0.0", "_reaction, above=-3.0"),
            ("_reaction, above=0.0", "_reaction, above=0.005"),
            ("_reaction, above=0.0, each=True", "_reaction, above=0.0"),
        ],
        "C62",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 5.1, 1.0"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 500.0, 1.0"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 4.9, 1.0"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 5.0, 1.1"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 5.0, 0.9"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 5.0, 0.0"),
            ("defended.left(name, e) - LITTLE", "defended.left(name, e)"),
            ("defended.left(name, e) - NOTHING", "defended.left(name, e)"),
            ("defended.left(name, e) - NOTHING", "defended.left(name, e) - LITTLE"),
            ("defended.left(name, e) - LITTLE", "defended.left(name, e) - NOTHING"),
            ("self.j(name, name, epsilon) - self.plain(epsilon)", "self.j(name, NONE, epsilon) - self.plain(epsilon)"),
            ('- NOTHING, ("hsv", "grayscale"))', '- NOTHING, ("hsv",))'), ("{**little, **nothing}", "little"),
            ("_marginal, at_most=0.0", "_marginal, at_most=5.0"),
            ("_marginal, at_most=0.0, each=True", "_marginal, at_most=0.0"),
        ],
        "C64",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("defended.gain(name, epsilon) / 2", "defended.gain(name, epsilon) / 3"),
            ("defended.gain(name, epsilon) / 2", "defended.gain(name, epsilon)"),
            ("- defended.gain(name, epsilon) / 2", ""),
            ("defended.j(name, NONE, epsilon) - defended.j(name, name",
             "defended.plain(epsilon) - defended.j(name, name"),
            ("_restored, above=0.0", "_restored, above=-5.0"),
            ("_restored, above=0.0", "_restored, above=0.005"),
        ],
        "C65",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("above=LITTLE", "above=0.0"), ("above=LITTLE", "above=-500.0"), ("above=LITTLE", "above=5.1"),
            ("defended.j(inference, expected, epsilon) - defended.j(inference, inference, epsilon)",
             "defended.j(inference, expected, epsilon) - defended.plain(epsilon)"),
            ("defended.j(inference, expected, epsilon) - defended.j(inference, inference, epsilon)",
             "defended.j(inference, expected, epsilon) - defended.j(expected, expected, epsilon)"),
            ('for k in ("jpeg", "blur") for i in ("hsv", "grayscale") if',
             'for k in ("jpeg",) for i in ("hsv", "grayscale") if'),
            ('for k in ("jpeg", "blur") for i in ("hsv", "grayscale") if',
             'for k in ("jpeg", "blur") for i in ("hsv",) if'),
            ("needs=_crossed_to_colour, each=True", "needs=_crossed_to_colour"),
            ('"" if _behind(defended) else', '"" if True else'),
        ],
        "C66",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("np.mean([defended.j(name, expected", "np.max([defended.j(name, expected"),
            ("np.mean([defended.j(name, expected", "np.min([defended.j(name, expected"),
            ("for name in defended.transforms if name != expected]", "for name in defended.transforms]"),
            ("others = [name for name in defended.transforms if name != expected]", "others = [NONE]"),
            ("np.min([_abroad(defended", "np.max([_abroad(defended"),
            ("np.min([_abroad(defended", "np.mean([_abroad(defended"),
            ("_best_transfer, above=0.0", "_best_transfer, above=-1.0"),
            ("_best_transfer, above=0.0", "_best_transfer, above=0.005"),
            ("needs=_crossed_with_grayscale, each=True", "needs=_crossed_with_grayscale"),
            ('_crossed(defended) or ("" if "grayscale" in', '_crossed(defended) or ("" if "" in'),
        ],
        "C67",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("defended.j(NONE, NONE, e) - defended.j(NONE, k, e)",
             "defended.j(NONE, k, e) - defended.j(NONE, NONE, e)"),
            ("defended.j(NONE, k, e) - defended.j(NONE, NONE, e)",
             "defended.j(NONE, NONE, e) - defended.j(NONE, k, e)"),
            ("defended.j(NONE, NONE, e) - defended.j(NONE, k, e)",
             "defended.j(NONE, NONE, e) - defended.j(k, NONE, e)"),
            ('("jpeg", "blur", "hsv")) weaker', '("jpeg", "blur"))\n    weaker'), ("{**stronger, **{", "{**{"),
            ("for name, scores in weaker.items()", "for name, scores in ()"),
            ("_stronger_without, above=0.0", "_stronger_without, above=-1.0"),
            ("_stronger_without, above=0.0", "_stronger_without, above=0.005"),
            ("needs=_crossed, each=True", "needs=_crossed"), ("and len(defended.transforms) > 1", ""),
            ("known = all(defended.met", "known = any(defended.met"),
        ],
        "C68",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ('return defended.each(defended.gain, ("jpeg",))', 'return defended.each(defended.left, ("jpeg",))'),
            ('return defended.each(defended.gain, ("jpeg",))', 'return defended.each(defended.gain)'),
            ("_relief, above=0.0", "_relief, above=-5.0"), ("_relief, above=0.0", "_relief, above=0.005"),
            ("needs=_jpeg, each=True", "needs=_jpeg"),
        ],
        "C36",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("ALIKE = 0.75", "ALIKE = 0.7"), ("ALIKE = 0.75", "ALIKE = 0.8"), ("ALIKE = 0.75", "ALIKE = 0.0"),
            ("np.max(gains, 0)", "np.min(gains, 0)"), ("np.max(gains, 0)", "np.mean(gains, 0)"),
            ("for name in PAPERS[1:] if", "for name in PAPERS if"),
            ("for name in PAPERS[1:] if name in defended.transforms]", "for name in defended.transforms[1:]]"),
            ("needs=_jpeg_that_gains, each=True", "needs=_jpeg_that_gains"),
        ],
        "C63",
    ),
    *about(
        TRANSFORMS, TRANSFORM_TESTS,
        [
            ('if defended.gain("jpeg", epsilon)[0] > 0]', "]"),
            ('"blur": "hsv", "hsv"', '"blur": "grayscale", "hsv"'), ("TABLED = 8.0", "TABLED = 4.0"),
            ("for e in epsilons if e <= 1)", "for e in epsilons if e < 1)"),
            ("for e in epsilons if e <= 1)", "for e in epsilons if e <= 1.1)"),
            ("(UP_TO_1, tuple(e for e in epsilons if e <= 1), TOO_LARGE)",
             "(UP_TO_1, tuple(e for e in epsilons if e <= 1), TOO_SMALL)"),
        ],
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ("if k not in (row, STRONGEST[row])]", "if k != STRONGEST[row]]"),
            ("if k not in (row, STRONGEST[row])]", "if k not in (row, NONE)]"),
            ("least = np.min([defended.j(row, k, TABLED)", "least = np.max([defended.j(row, k, TABLED)"),
            ("least - defended.j(row, STRONGEST[row], TABLED)", "least - defended.j(row, row, TABLED)"),
            ("_strongest_foreign, above=0.0", "_strongest_foreign, above=-5.0"),
            ("if TABLED in defended.epsilons else", "if True else"),
        ],
        "C69",
    ),
    *about(
        TRANSFORMS, BOUNDS,
        [
            ('"C66": (_behind, LITTLE)', '"C66": (_behind, 0.0)'),
            ('"C67": (_best_transfer, 0.0)', '"C67": (_behind, 0.0)'),
            ("np.min([part[epsilon] for part in", "np.max([part[epsilon] for part in"),
            ("np.min([part[epsilon] for part in", "np.mean([part[epsilon] for part in"),
            ("_pattern, above=0.0", "_pattern, above=-5.0"),
            ("needs=_crossed_over_epsilons, each=True", "needs=_crossed_over_epsilons"),
            ("if len(defended.epsilons) > 1 else", "if True else"),
        ],
        "C70",
    ),
    *about(
        TRANSFORMS, TRANSFORM_TESTS,
        [
            ("for e in epsilons if e >= 1)", "for e in epsilons if e > 1)"),
            ("for e in epsilons if e >= 1)", "for e in epsilons if e >= 0.5)"),
            ("for e in epsilons if e >= 1)", "for e in epsilons)"),
            ("return claims if about else", "return claims if True else"),
            ("epsilon=e) for e in epsilons)", "epsilon=e) for e in [])"),
            ("return self.j(self.baseline, NONE, epsilon)", "return self.j(NONE, NONE, epsilon)"),
            ("return self.j(self.baseline, NONE, epsilon)", "return self.j(self.baseline, self.baseline, epsilon)"),
            ("- self.clean(self.baseline)", "- self.clean(NONE)"),
            ("defended.j(NONE, NONE, e) - defended.j(NONE, k, e)", "defended.plain(e) - defended.j(NONE, k, e)"),
            ("defended.j(NONE, k, e) - defended.j(NONE, NONE, e)", "defended.j(NONE, k, e) - defended.plain(e)"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 5.0, 1.02"),
            ("LITTLE, NOTHING = 5.0, 1.0", "LITTLE, NOTHING = 5.0, 0.98"),
            ("run.evidence.images, run.evidence.units)", "run.evidence.images)"),
            ("if any(defended.gain(name, e)[0] > 0", "if all(defended.gain(name, e)[0] > 0"),
            ("if any(defended.gain(name, e)[0] > 0", "if any(defended.gain(name, e)[0] >= 0"),
            ("if any(defended.gain(name, e)[0] > 0", "if any(defended.gain(name, e)[0] > -99"),
            ("key=lambda name: -gains[name][0]", "key=lambda name: gains[name][0]"),
        ],
    ),
    *about(
        CRF, BOUNDS,
        [
            ("self.ratio(self.crf, attack, epsilon=epsilon) - self",
             "-self.ratio(self.crf, attack, epsilon=epsilon) + self"),
            ("self.ratio(self.crf, attack, epsilon=epsilon) - self",
             "self.ratio(self.crf, attack, self.network, epsilon) - self"),
            ("apparent_robustness, above=0.0", "apparent_robustness, above=-1.0"),
            ("apparent_robustness, above=0.0", "apparent_robustness, above=0.005"),
            ("apparent_robustness, above=0.0, needs=_untargeted",
             "apparent_robustness, above=0.0, needs=_untargeted, each=True"),
            ("apparent_robustness, above=0.0, needs=_untargeted", "apparent_robustness, above=0.0"),
            ("functools.partial(pair.gain, attack)) for attack in pair.among(UNTARGETED)",
             "functools.partial(pair.gain, attack)) for attack in pair.attacks"),
            ("self.evidence.ratio(**of, epsilon=size)", "self.evidence.iou(**of, epsilon=size)"),
        ],
        "C72",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("evidence.confidence(model=crf, **clean) - evidence.confidence(model=network, **clean)",
             "evidence.confidence(model=network, **clean) - evidence.confidence(model=crf, **clean)"),
            ("100 * (evidence.entropy(model=network, **clean) - evidence.entropy(model=crf, **clean))",
             "evidence.entropy(model=network, **clean) - evidence.entropy(model=crf, **clean)"),
            ("(evidence.entropy(model=network, **clean) - evidence.entropy(model=crf, **clean))",
             "(evidence.entropy(model=crf, **clean) - evidence.entropy(model=network, **clean))"),
            ("_surer, above=0.0", "_surer, above=-1.0"),
            ("_surer, above=0.0", "_surer, above=0.005"),
        ],
        "C77",
    ),
    *about(
        CRF, BOUNDS,
        [
            ('"loss": loss - loss_crf', '"loss": loss_crf - loss'),
            ('"gradient": norm - norm_crf', '"gradient": norm_crf - norm'),
            ('"no gradient": zeros_crf - zeros', '"no gradient": zeros - zeros_crf'),
            ('"gradient": norm - norm_crf', '"gradient": loss - loss_crf'),
            ('pair.start(model, "away") for model in (pair.network, pair.crf) ) return {"loss": loss',
             'pair.start(model, "toward") for model in (pair.network, pair.crf)\n    )\n    return {"loss": loss'),
            ("_falls, above=0.0", "_falls, above=-0.1"), ("_falls, above=0.0", "_falls, above=0.005"),
        ],
        "C81",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("return own - transferred", "return transferred - own"),
            ("for source in (pair.crf, pair.network))", "for source in (pair.crf, pair.crf))"),
            ("black_box, above=0.0", "black_box, above=-1.0"),
            ("black_box, above=0.0", "black_box, above=0.005"),
            ("black_box, above=0.0, needs=_untargeted", "black_box, above=0.0"),
            ("black_box, above=0.0, needs=_untargeted", "black_box, above=0.0, needs=_untargeted, each=True"),
            ("functools.partial(more, attack)) for attack in pair.among(UNTARGETED)",
             "functools.partial(more, attack)) for attack in pair.attacks"),
        ],
        "C82",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("np.abs(pair.gain(a, e)) for a", "pair.gain(a, e) for a"),
            ("np.mean([np.abs(pair", "np.max([np.abs(pair"), ("np.mean([np.abs(pair", "np.min([np.abs(pair"),
            ("pair.among(attacks) for e in pair.epsilons]", "pair.among(attacks) for e in pair.epsilons[:1]]"),
            ("_size(pair, UNTARGETED) - _size(pair, TARGETED)", "_size(pair, TARGETED) - _size(pair, UNTARGETED)"),
            ("_size(pair, UNTARGETED) - _size(pair, TARGETED)", "_size(pair, UNTARGETED)"),
            ("smaller_effect(pair)}, above=0.0", "smaller_effect(pair)}, above=-1.0"),
            ("smaller_effect(pair)}, above=0.0", "smaller_effect(pair)}, above=0.005"),
            ("above=0.0, needs=both_kinds", "above=0.0, needs=_untargeted"),
            ('_untargeted(pair) or ("" if pair.among(TARGETED)', '("" if pair.among(TARGETED)'),
        ],
        "C83",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("10 * away[0]", "0 * away[0]"), ("10 * away[0]", "9 * away[0]"), ("10 * away[0]", "11 * away[0]"),
            ("2 * away[1]", "0 * away[1]"), ("2 * away[1]", "away[1]"), ("2 * away[1]", "3 * away[1]"),
            ("toward[1] - 2", "toward[0] - 2"), ("_targeted_start, above=0.0", "_targeted_start, above=-9.0"),
            ("_targeted_start, above=0.0", "_targeted_start, above=0.005"),
            ("away, toward = (pair.start(pair.crf, kind) for", "away, toward = (pair.start(pair.network, kind) for"),
        ],
        "C84",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("_clean_gain, above=0.0", "_clean_gain, above=-99.0"),
            ("_clean_gain, above=0.0", "_clean_gain, above=0.005"),
            ("_clean_gain, above=0.0", "_clean_gain, above=1.0"),
            ("pair.evidence.iou(model=pair.crf, **clean) - pair.evidence.iou(model=pair.network, **clean)",
             "pair.evidence.iou(model=pair.network, **clean) - pair.evidence.iou(model=pair.crf, **clean)"),
        ],
        "C87",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("{name: _correlation(pair, name) for name", "{name: _correlation(pair, name, -1) for name"),
            ('("theta_alpha", "theta_beta", "theta_gamma")}', '("theta_alpha", "theta_beta")}'),
            ('_smoothing, at_most=0.0, needs=_swept, form="+.2f", ranks=True',
             '_smoothing, at_most=0.0, needs=_swept, form="+.2f"'),
            ("_smoothing, at_most=0.0", "_smoothing, at_most=1.0"),
            ("_smoothing, at_most=0.0", "_smoothing, at_most=-0.5"),
            ("_smoothing, at_most=0.0, needs=_swept", "_smoothing, at_most=0.0, needs=_swept, each=True"),
            ("rank_correlation(values, np.stack([pair.fgsm(m, e)",
             "rank_correlation(values, np.stack([pair.fgsm(m, 1.0)"),
            ('"" if pair.pair.variants else', '"" if True else'),
        ],
        "C73",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("told=_near_one_in_words, ranks=True", "told=_near_one_in_words"),
            ("NEAR_ONE = 5.0", "NEAR_ONE = 99.0"), ("NEAR_ONE = 5.0", "NEAR_ONE = 1.0"), ("above=50.0", "above=-50.0"),
            ("above=50.0", "above=49.9"), ("above=50.0", "above=75.0"), ("np.argmax(", "np.argmin("),
            ("100 * np.mean([best", "100 * np.max([best"), ("100 * np.mean([best", "100 * np.min([best"),
            ("len(values) > 3", "len(values) > 2"), ("<= NEAR_ONE < max", "<= max"),
            ("NEAR_ONE < max(", "NEAR_ONE <= max("),
            ("min(values, default=0) <= NEAR_ONE < max(values, default=0)", "NEAR_ONE < max(values, default=0)"),
        ],
        "C74",
    ),
    *about(
        CRF, BOUNDS,
        [
            ('_correlation(pair, "theta_gamma", -1)', '_correlation(pair, "theta_gamma", 1)'),
            ('_correlation(pair, "spatial_weight"),', '_correlation(pair, "spatial_weight", -1),'),
            ('"-theta_gamma": theta}', '"-theta_gamma": weight}'), ('{"spatial_weight": weight, "-theta', '{"-theta'),
            ('_grid, above=0.0, needs=_swept, form="+.2f", ranks=True', '_grid, above=0.0, needs=_swept, form="+.2f"'),
            ("_grid, above=0.0", "_grid, above=-9.0"),
            ("_grid, above=0.0", "_grid, above=0.005"), ("_grid, above=0.0", "_grid, each=True, above=0.0"),
        ],
        "C75",
    ),
    *about(
        CRF, BOUNDS,
        [
            ('{"theta_alpha": -rank_correlation', '{"theta_alpha": rank_correlation'),
            ('_smoothness, above=0.0, needs=_swept, form="+.2f", ranks=True',
             '_smoothness, above=0.0, needs=_swept, form="+.2f"'),
            ("_smoothness, above=0.0", "_smoothness, above=-9.0"),
            ("_smoothness, above=0.0", "_smoothness, above=0.005"),
            ("_smoothness, above=0.0", "_smoothness, above=0.5"),
            ("pair.evidence.boundaries(model=model, attack=CLEAN)", "pair.evidence.iou(model=model, attack=CLEAN)"),
        ],
        "C76",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("return np.min( [ sign", "return np.max( [ sign"), ("return np.min( [ sign", "return np.mean( [ sign"),
            ("always = pair.evidence, (0.0, *pair.epsilons)", "always = pair.evidence, pair.epsilons"),
            ("always = pair.evidence, (0.0, *pair.epsilons)", "always = pair.evidence, (0.0,)"),
            ("lead(evidence.confidence, 1)", "lead(evidence.confidence, -1)"),
            ("lead(evidence.entropy, -1)", "lead(evidence.entropy, 1)"),
            ("for model in pair.pair.variants for e in always",
             "for model in list(pair.pair.variants)[:1] for e in always"),
            ("- pair.certainty(measure, pair.network, e)", "- pair.certainty(measure, pair.network, 0)"),
            ("_least_certain, above=0.0", "_least_certain, above=-1.0"),
            ("_least_certain, above=0.0", "_least_certain, above=0.005"),
        ],
        "C78",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("correlations(pair.evidence.confidence, 1)", "correlations(pair.evidence.confidence, -1)"),
            ("correlations(pair.evidence.entropy, -1)", "correlations(pair.evidence.entropy, 1)"),
            ("correlations(pair.evidence.entropy, -1)", "correlations(pair.evidence.confidence, 1)"),
            ('_together, above=0.0, needs=_swept, form="+.2f", ranks=True',
             '_together, above=0.0, needs=_swept, form="+.2f"'),
            ("_together, above=0.0", "_together, above=-9.0"),
            ("_together, above=0.0", "_together, above=0.005"),
            ("_together, above=0.0", "_together, above=0.0, each=True"),
            ("sign * np.stack([pair.certainty(measure, m, e)", "sign * np.stack([pair.certainty(measure, m, 1.0)"),
        ],
        "C79",
    ),
    *about(
        CRF, BOUNDS,
        [
            ("np.min([pair.certainty(pair.evidence.confidence", "np.max([pair.certainty(pair.evidence.confidence"),
            ("np.min([pair.certainty(pair.evidence.confidence", "np.mean([pair.certainty(pair.evidence.confidence"),
            ("(*pair.pair.variants, pair.network), (0.0", "(*pair.pair.variants,), (0.0"),
            ("(*pair.pair.variants, pair.network), (0.0", "(pair.network,), (0.0"),
            ("pair.network), (0.0, *pair.epsilons)", "pair.network), pair.epsilons"), ("above=90.0", "above=0.0"),
            ("above=90.0", "above=89.9"), ("above=90.0", "above=91.0"),
            ("if epsilon == 0: return measure(model=model, attack=CLEAN)", ""),
        ],
        "C80",
    ),
    *about(
        ALIKE, BOUNDS,
        [
            ('pair.form not in DEEPLABS or', ""), ("or pair.pair.trained is not False", ""),
            ('"C72": apparent_robustness(pair), "C82": black_box(pair)', '"C72": apparent_robustness(pair), "C82": {}'),
            ('"C83": smaller_effect(pair)}', '"C83": -smaller_effect(pair)}'),
            ("mean_known(list(scores.values()))", "list(scores.values())[0]"),
            ("effects, above=0.0,", "effects, above=-5.0,"), ("effects, above=0.0,", "effects, above=0.005,"),
        ],
        "C85",
    ),
    *about(
        ALIKE, BOUNDS,
        [
            ("np.minimum(np.abs(first), np.abs(second))", "np.maximum(np.abs(first), np.abs(second))"),
            ("* np.sign(first) * np.sign(second)", ""), ("* np.sign(first) * np.sign(second)", "* np.sign(second)"),
            ("_agreements, above=0.0", "_agreements, above=-5.0"),
            ("not kinds.trained or not kinds.added:", "not kinds.trained:"),
            ("not kinds.trained or not kinds.added:", "not kinds.added:"),
            ("if len(pairs) > 1:", "if len(pairs) > 2:"),
        ],
        "C86",
    ),
    *about(
        ALIKE, CRF_TESTS,
        [
            ("if pair.pair.trained is kind]", "if pair.pair.trained is not kind]"),
            ("if pair.pair.trained is kind]", "]"),
        ],
    ),
    *about(
        CRF, CRF_TESTS,
        [
            ("NEAR_ONE = 5.0", "NEAR_ONE = 4.995"), ("best <= NEAR_ONE for", "best < NEAR_ONE for"),
            ("above=50.0", "above=49.9"), ("len(values) > 3", "len(values) > 4"),
            ("<= NEAR_ONE < max", "< NEAR_ONE < max"),
            ("sorted(changed, key=changed.__getitem__)", "list(changed)"),
            ("models = pair.distinct()", "models = list(pair.pair.variants)"),
            ("scores = [self.fgsm(model, e) for e in self.epsilons]",
             "scores = [self.fgsm(model, e) for e in self.epsilons[:1]]"),
            ("scores = [self.fgsm(model, e) for e in self.epsilons]", "scores = []"),
            ("scores += [self.certainty(self.evidence.entropy, model, e) for e in self.epsilons]", ""),
            ("self.evidence.entropy, model, e) for e in self.epsilons]",
             "self.evidence.entropy, model, e) for e in self.epsilons[:1]]"),
            ("self.evidence.entropy, model, e) for e in self.epsilons]",
             "self.evidence.entropy, model, e) for e in self.epsilons[1:]]"),
            ("run.evidence.images, run.evidence.units)", "run.evidence.images)"),
            ("reversed(list(self.pair.variants))", "list(self.pair.variants)"),
            ("for attack, name in design.scaled.items() if name in run.attacks",
             "for attack, name in design.scaled.items()"),
            ("if name not in scaled.values())", ")"), ("source or model", "model"),
            ("chosen = self.epsilons if epsilon is None else [epsilon]", "chosen = self.epsilons"),
            ("form(100 * zeros)", "form(zeros)"), ("form(100 * zeros_crf)", "form(zeros_crf)"),
            ("ranks=True, level=98.0)", "ranks=True)"), ("ranks=True, level=98.0)", "ranks=True, level=97.5)"),
            ("np.mean(values[1:] == values[0])", "np.mean(values == values[0])"),
            ("np.mean(values[1:] == values[0])", "np.mean(values[1:] >= values[0])"),
            ("if pair.evidence.units > 1 else", "if True else"),
        ],
    ),
    *about(
        SHARES, SHARE_TESTS,
        [
            ("(centre - reach > 0) &", "(centre > 0) &"), ("& (measured > 0)", ""), ("& (measured <= 0)", ""),
            ("(centre - reach > 0) & (measured > 0)", "measured > 0"),
            ("(centre + reach <= 0) & (measured <= 0)", "measured <= 0"),
            ("centre + reach <= 0", "centre + reach < 0"), ("2 * measured - middle, measured", "measured, measured"),
            ("2 * measured - middle, measured", "middle, measured"),
            ("np.nanmax(strayed, 0)", "np.nanmean(strayed, 0)"), ("np.nanmax(strayed, 0)", "strayed[0]"),
            ("np.abs(resampled[loose]", "(resampled[loose]"), ("/ spread[loose, None]", "/ spread[loose].mean()"),
            ("* widening(units, float(sure))", ""), ("widening(units, float(sure))", "widening(units)"),
            ("deviations * widening", "1.96 * widening"), ("np.nanstd(resampled, 1)", "np.std(resampled, 1)"),
            ("np.nanmean(resampled, 1)", "np.mean(resampled, 1)"), ("spread > 1e-9", "spread > -1"),
        ],
    ),
    *about(
        CLAIMS, SHARE_TESTS,
        [
            ("score - claim.above for cell", "score for cell"),
            ("if np.isfinite(score[0])} agreeing", "}\n        agreeing"),
            ("HOLDS if least > enough", "HOLDS if least >= enough"),
            ("FAILS if most <= enough", "FAILS if most < enough"),
            ("HOLDS if least > enough", "HOLDS if most > enough"),
            ("FAILS if most <= enough", "FAILS if least <= enough"),
            ("share / 100 * len(margins) least", "share / 100\n    least"),
            ("if units < FEWEST: return TOO_FEW, \"\"", ""),
            ("(cell in agreeing) != most", "(cell in agreeing) == most"),
            ("if self.share is not None and self.above is None", "if False"),
        ],
    ),
    *about(
        NETWORKS, NETWORK_TESTS,
        [
            ("if cell.model == cell.source_model and cell.epsilon", "if cell.model == cell.source_model"),
            ("if not own.crf", ""), ("if architecture in seen", "if False"), ("if architecture:", "if True:"),
            ("has(**one, epsilon=e) for one in of for e in epsilons)", "has(**one) for one in of for e in epsilons)"),
            ("scores[place] - scores[others].max(0)", "scores[place] - scores[others].min(0)"),
            ("if k != place]", "]"), ("argmax(0)", "argmin(0)"),
            ("for other in by:", "for other in by[:1]:"),
        ],
    ),
    *about(
        NETWORKS, BOUNDS,
        [
            ("iou_ratio(self.iou(attack, epsilon), self.clean)", "self.iou(attack, epsilon)"),
            ("if epsilon >= at_least", "if epsilon > at_least"), ("if epsilon >= at_least", ""),
            ("if among(*cell)", ""),
        ],
    ),
    *about(
        FACTS, NETWORK_TESTS,
        [
            ("facts.residual is False", "not facts.residual"), ('facts.backbone not in ("", "resnet101")', "True"),
            ('facts.backbone not in ("", "resnet101")', 'facts.backbone != "resnet101"'),
            ('facts.backbone == "vgg"', 'facts.backbone != "resnet101"'),
        ],
    ),
    *about(
        "studies/robustness/design.py", NETWORK_TESTS,
        [("if found is None: return Facts()", ""), ("known.crf or crf, found.parameters", "known.crf or crf"),
         ("known.crf or crf", "known.crf"), ("Facts(crf=crf, parameters", "Facts(parameters")],
    ),
    *about(
        NEEDS, BOUNDS,
        [
            ("epsilon >= LARGE", "epsilon > LARGE"), ("attack in SINGLE_STEP and", ""), ("LARGE = 4.0", "LARGE = 8.0"),
            ("len(networks.facts) >= count", "True"), ("if absent :=", "if False and"),
            ("if len(networks.facts) < len(names) + others", "if False"),
            ("return networks.twice(lambda facts: facts.architecture in names)", 'return ""'),
            ("return networks.twice(lambda facts: one(facts) or other(facts))", 'return ""'),
            ("not networks.where(one) or not networks.where(other)", "not networks.where(one)"),
            ("not networks.where(one) or not networks.where(other)", "not networks.where(other)"),
            ("set(names) <= set(networks.attacks)", "True"), ("epsilon >= at_least for", "epsilon > at_least for"),
            ("epsilon >= at_least for", "True for"), ("8.0 in networks.epsilons", "True"),
            ('"fgsm" in networks.attacks and', ""), ("if not facts.parameters]", "if False]"),
            ("{True, False} <= set(cells)", "True"),
        ],
    ),
    *(
        mutant
        for claim, changes in {
            "C6": [("ALIKE = 0.5", "ALIKE = 0.0"), ("ALIKE = 0.5", "ALIKE = 0.65"),
                   ("rank_correlation(networks.ratio(a, e), networks.iou(a, e))",
                    "rank_correlation(networks.iou(a, e), networks.iou(a, e))"),
                   ("needs=every(several(4), _ANY), form=\"+.2f\", ranks=True", "needs=several(4)")],
            "C7": [("clean[one] - clean[other] for", "clean[other] - clean[one] for"),
                   ("gap(networks, clean, resnet, vgg)", "gap(networks, clean, vgg, resnet)"),
                   ("if head in with_vgg", "if head"), ("if kind(facts) and facts.head", "if kind(facts)"),
                   ("_clean_families, above=0.0", "_clean_families, above=0.005")],
            "C8": [("networks.ratio(a, e)[one] - networks.ratio(a, e)[other]",
                    "networks.iou(a, e)[one] - networks.iou(a, e)[other]"),
                   ("_same_head, above=0.0, share=MOST", "_same_head, above=0.0, share=0.0"),
                   ("_same_head, above=0.0", "_same_head, above=0.02"), ("MOST = 50.0", "MOST = 30.0"),
                   ("MOST = 50.0", "MOST = 70.0")],
            "C9": [('between("fgsm", e) - between("ifgsm_ll", e)', 'between("ifgsm_ll", e) - between("fgsm", e)'),
                   ("for attack in networks.attacks], 0)), \"FGSM", "for attack in networks.attacks[:1]], 0)), \"FGSM"),
                   ("networks.ratio(attack, epsilon), resnet, vgg", "networks.ratio(attack, epsilon), resnet, another"),
                   ("mean over the epsilons)\", _families, above=0.0",
                    "mean over the epsilons)\", _families, above=0.02")],
            "C11": [("np.ptp(networks.ratio(attack", "np.ptp(networks.iou(attack"),
                    ('spread("fgsm", e) - spread("ifgsm_ll", e)',
                    'spread("ifgsm_ll", e) - spread("fgsm", e)'), ("_closer, above=0.0", "_closer, above=0.02")],
            "C12": [('networks.ratio("ifgsm_ll", e).max(0), 8)', 'networks.ratio("ifgsm_ll", e).max(0))'),
                    ('networks.ratio("ifgsm_ll", e).max(0)', 'networks.ratio("ifgsm_ll", e).mean(0)'),
                    ("at_most=30.0", "at_most=31.0"), ("at_most=30.0", "at_most=29.99"),
                    ("at_most=30.0, each=True", "at_most=30.0")],
            "C13": [("rank_correlation(networks.clean, networks.ratio(a, e)))", "-rank_correlation(networks.clean, "
                     "networks.ratio(a, e)))"), ("_accuracy, above=0.0", "_accuracy, above=0.2")],
            "C14": [("clean[pspnet] - clean[multiscale]", "clean[multiscale] - clean[pspnet]"),
                    ("networks.iou(a, e)[multiscale] - networks.iou(a, e)[pspnet]",
                     "networks.iou(a, e)[pspnet] - networks.iou(a, e)[multiscale]")],
            "C15": [('_order_of(networks, "ifgsm", "ifgsm_ll")', '_order_of(networks, "ifgsm", "ifgsm")'),
                    ("rank_correlation(networks.ratio(one, e), networks.ratio(other, e)), at_least",
                     "rank_correlation(networks.ratio(one, e), networks.ratio(one, e)), at_least")],
            "C16": [("lead(networks.ratio(a, e), place))}", "-lead(networks.ratio(a, e), place))}"),
                    ("lead(networks.ratio(a, e), place))}", "lead(networks.iou(a, e), place))}")],
            "C17": [('_mean_difference(networks, "fgsm_ll", "ifgsm")',
                     '_mean_difference(networks, "ifgsm", "fgsm_ll")'),
                    ("(networks.ratio(more, e) - networks.ratio(less, e)).mean(0)",
                     "(networks.ratio(more, e) - networks.ratio(less, e))[0]")],
            "C18": [("lead_over(networks.iou(a, e), networks.clean)", 
                     "lead_over(networks.iou(a, e), networks.iou(a, e))"),
                    ("lead_over(networks.iou(a, e), networks.clean)", 
                     "lead_over(networks.ratio(a, e), networks.clean)")],
            "C19": [("networks.iou(a, e)[with_it].max(0)", "networks.iou(a, e)[with_it].mean(0)"),
                    ("networks.where(resnet), networks.where(another)",
                     "networks.where(resnet), networks.where(residual)")],
            "C20": [("lead(networks.iou(a, e), place), lambda a, e: e >= 8", "lead(networks.iou(a, e), place)"),
                    ("_vgg_in_ruins, above=0.0, share=0.0", "_vgg_in_ruins, above=0.0, share=40.0")],
            "C21": [("np.abs(ratio[dilated] - ratio[light])", "ratio[dilated] - ratio[light]"),
                    ("at_most=10.0", "at_most=10.1"), ("at_most=10.0", "at_most=9.9"),
                    ("for attack in networks.attacks] return",
                     "for attack in networks.attacks[:1]]\n            return")],
            "C22": [("lead(networks.ratio(attack, epsilon), dilated, light)",
                     "lead(networks.ratio(attack, epsilon), dilated, light[1:])"),
                    ("lambda a, e: -ahead(a, e)", "lambda a, e: ahead(a, e)"),
                    ("not single_step_and_large(a, e)", "single_step_and_large(a, e)")],
            "C23": [("_context_costs_everywhere, above=0.0, each=True", "_context_costs_everywhere, above=0.0"),
                    ("[_context_costs(networks, a, e) for a in networks.attacks]",
                     "[_context_costs(networks, a, e) for a in networks.attacks[:1]]")],
            "C24": [("ratio[networks.of(FRONTEND)] - ratio[networks.of(CONTEXT)]",
                     "ratio[networks.of(CONTEXT)] - ratio[networks.of(FRONTEND)]")],
            "C25": [("networks.clean[networks.of(CONTEXT)] - networks.clean[networks.of(FRONTEND)]",
                     "networks.clean[networks.of(FRONTEND)] - networks.clean[networks.of(CONTEXT)]")],
            "C26": [("networks.clean, sizes)", "networks.clean)"), ("networks.clean, sizes)", "sizes)"),
                    ("lead_over(networks.ratio(a, e), networks.clean, sizes", 
                     "lead_over(networks.iou(a, e), networks.clean, sizes")],
            "C28": [("lead(networks.ratio(a, e), pspnet, chains)", "lead(networks.ratio(a, e), pspnet)"),
                    ("lead(networks.ratio(a, e), pspnet, rest)", "lead(networks.ratio(a, e), pspnet)"),
                    ("if place not in (pspnet, *chains)", "if place != pspnet")],
            "C29": [("networks.ratio(a, e), residual, plain)", "networks.ratio(a, e), plain, residual)"),
                    ("networks.ratio(a, e), residual, plain)", "networks.iou(a, e), residual, plain)")],
            "C31": [("(networks.iou(other, e) - networks.iou(one, e)).mean(0), 8)",
                     "(networks.iou(other, e) - networks.iou(one, e)).mean(0))"),
                    ("(networks.iou(other, e) - networks.iou(one, e)).mean(0), 8)",
                     "(networks.iou(one, e) - networks.iou(other, e)).mean(0), 8)")],
            "C37": [('networks.ratio("fgsm", 8.0))}', 'networks.ratio("ifgsm", 8.0))}'),
                    ("_accuracy_at_8, above=0.0", "_accuracy_at_8, above=0.2")],
            "C38": [("iou[others] > iou[segnet]", "iou[others] < iou[segnet]"), ("if place != segnet]", "]"),
                    ("_order_at_8, above=0.9", "_order_at_8, above=0.7")],
            "C92": [("networks.iou(one, e)[place] - networks.iou(other, e)[place], 2)",
                     "networks.iou(one, e)[place] - networks.iou(other, e)[place])"),
                    ("networks.iou(one, e)[place] - networks.iou(other, e)[place], 2)",
                     "networks.iou(other, e)[place] - networks.iou(one, e)[place], 2)")],
            "C93": [('lead(networks.ratio("ifgsm_ll", e), pspnet, [other])',
                     'lead(networks.ratio("fgsm", e), pspnet, [other])'),
                    ("_pspnet_against, above=0.0, each=True", "_pspnet_against, above=0.0")],
            "C96": [("for e in networks.epsilons], 0) return", "for e in networks.epsilons[:1]], 0)\n    return"),
                    ("lead(means, networks.of(MULTISCALE))", "-lead(means, networks.of(MULTISCALE))")],
            "C98": [('_mean_difference(networks, attack, "ifgsm_ll", LARGE)',
                     '_mean_difference(networks, attack, "ifgsm_ll")'),
                    ('_mean_difference(networks, attack, "ifgsm_ll", LARGE)',
                     '_mean_difference(networks, "ifgsm_ll", attack, LARGE)')],
        }.items()
        for mutant in about(ARCHITECTURES, BOUNDS, changes, claim)
    ),
    *about(
        OVERVIEW, OVERVIEW_TESTS,
        [
            ("gap(networks, mean, residual, plain)", "gap(networks, mean, plain, residual)"),
            ("mean[one] - mean[other]", "mean[other] - mean[one]"), ("if len(mean) >= FEWEST", "if True"),
            ("if len(known) >= FEWEST", "if True"), ("for epsilon in networks.epsilons], 0)",
             "for epsilon in networks.epsilons[:1]], 0)"),
            ("_more(networks, [one], [other])", "_more(networks, [other], [one])"),
            ("_more(networks, untargeted, targeted)", "_more(networks, targeted, untargeted)"),
            ("if len(run) == len(PAIRS)", "if run"), ("rank_correlation(sizes[known], mean[known])",
             "rank_correlation(-sizes[known], mean[known])"),
            ("len(networks.facts) < 2 or not networks.attacks", "not networks.attacks"),
            ("len(networks.facts) < 2 or not networks.attacks", "len(networks.facts) < 2"),
        ],
    ),
    *about(
        COMPARISON, COMPARISON_TESTS,
        [
            ("np.min(list(ratios.values()), 0)", "np.max(list(ratios.values()), 0)"),
            ("np.min(list(ratios.values()), 0)", "np.mean(list(ratios.values()), 0)"),
            ("np.min(list(ratios.values()), 0)", "ratios[worst]"), ("worst = min(ratios", "worst = max(ratios"),
            ("bool(low > 0)", "True"),
            ("bool(low > 0)", "bool(low >= 0)"),
            ("bool(low > 0)", "bool(difference[0] > 0)"),
            ("bool(low > 0)", "bool(low > -0.02)"), ("bool(low > 0)", "bool(low > 0.02)"),
            ("low, _ = evidence.interval", "_, low = evidence.interval"),
            ("kept[-1].score - less.score", "less.score - kept[-1].score"), ('"source_model": source, ', ""),
            (', "epsilon": epsilon}', "}"), ("evidence.ratio(**where", "evidence.iou(**where"),
            ("for a in attacks if evidence.has(**where, attack=a)}", "for a in attacks}"),
            ("if not ratios or not", "if not"),
            ("if c.model != c.source_model", "if True"),
            ("_least(evidence, model, source, attacks", "_least(evidence, model, model, attacks"),
            ("return sorted(found, key=lambda kept: float(kept.score[0]))", "return found"),
            ("key=lambda kept: float", "key=lambda kept: -float"), ("for less in kept[:-1]:", "for less in kept[1:]:"),
            ("Lead(kept[-1].model, less.model", "Lead(less.model, kept[-1].model"),
            ("for less in kept[:-1]:", "for less in kept[-2:-1]:"), ("kept[-1].score - less", "kept[-2].score - less"),
            ("level_of_each(len(kept) * (len(kept) - 1))", "95.0"), ("level_of_each(len(kept) *", "level_of_each(2 *"),
            ("level_of_each(len(kept) * (len(kept) - 1))", "level_of_each(len(kept))"),
            ("evidence.interval(difference, level)", "evidence.interval(difference)"),
        ],
    ),
    *about(
        SIGNS, MASKING_TESTS,
        [
            ("evidence.units, level=level) == HOLDS", "evidence.units) == HOLDS"),
            ("lambda values: values > 0", "lambda values: values >= 0"),
            ("lambda values: values > 0", "lambda values: values > 1"),
            ("evidence.units, level=level) == HOLDS", "10**9, level=level) == HOLDS"),
            ("evidence.units, level=level) == HOLDS", "evidence.images, level=level) == HOLDS"),
            ("surely(evidence, self.score - self.above, level)", "surely(evidence, self.score - self.above)"),
            ("surely(evidence, self.score - self.above, level)", "self.score[0] > self.above"),
            ("surely(evidence, self.score - self.above, level)",
             "not surely(evidence, self.score - self.above, level)"),
            ("MARGIN = 2.0", "MARGIN = 3.0"), ("MARGIN = 2.0", "MARGIN = 0.0"),
            ("if all(sign.clears", "if any(sign.clears"), ("if any(sign.shows", "if all(sign.shows"),
            ("surely_below(evidence, self.score, self.below)", "True"),
            ("surely_below(evidence, self.score, self.below)", "False"),
            ("most < bound", "most < bound - 0.02"), ("most < bound", "most < bound + 0.02"),
            ("_, most = evidence.interval(score, level)", "most = score[0]"), ("_, most = ev", "most, _ = ev"),
            ("_, most = evidence.interval(score, level)", "_, most = evidence.interval(score)"),
            ("if evidence.units < FEWEST:", "if False:"),
            ("if evidence.units < FEWEST:", "if evidence.images < FEWEST:"),
            ("if evidence.units < FEWEST:", "if evidence.units <= FEWEST:"),
            ("images_text(evidence.images, evidence.units)", "images_text(evidence.images, evidence.images)"),
        ],
    ),
    *about(
        MASKING, MASKING_TESTS,
        [
            ("sign.shows(evidence, masks) for", "sign.shows(evidence, 95.0) for"),
            ("sign.shows(evidence, masks) for", "sign.score[0] > 0 for"),
            ("around.shows(pair.evidence, masks)", "around.score[0] > 0"),
            ("around.shows(pair.evidence, masks)", "not around.shows(pair.evidence, masks)"),
            ("masks, left = level_of_each(len(every))", "masks, left = 95.0"),
            ("level_of_each(2 * len(every))", "95.0"), ("level_of_each(2 * len(every))", "level_of_each(len(every))"),
            ("found(evidence, every, masks)", "found(evidence, every, 95.0)"),
            ("found(evidence, every, masks)", "found(evidence, every[:1], masks)"),
            ("surely(evidence, rest, level)", "surely(evidence, rest)"),
            ("-rest - MARGIN, level)", "-rest, level)"),
            ("surely(evidence, -rest - MARGIN, level)", "-rest[0] > MARGIN"),
            ("if surely(evidence, -rest - MARGIN, level):", "if False:"),
            ("surely_below(evidence, rest, MARGIN, level)", "surely_below(evidence, rest, MARGIN)"),
            ("surely_below(evidence, gain, MARGIN, level)", "surely_below(evidence, gain, MARGIN)"),
            ("_fate(pair, gain, rest, left)", "_fate(pair, gain, rest, masks)"),
            ("if left > 95 and", "if masks > 95 and"), ("if left > 95 and evidence.units > 1:", "if left > 95:"),
            ("{masks:.4g} % shows", "{left:.4g} % shows"), ("{left:.4g} % does", "{masks:.4g} % does"),
            ("Sign(with_crf[THROUGH] - with_crf[AROUND])", "Sign(with_crf[AROUND] - with_crf[THROUGH])"),
            ("gain, rest = with_crf[THROUGH] - without[AROUND]", "gain, rest = without[AROUND] - with_crf[THROUGH]"),
            ("gain, rest = with_crf[THROUGH] - without[AROUND]", "gain, rest = with_crf[THROUGH] - without[THROUGH]"),
            ("Sign(helps - helps_without)", "Sign(helps)"),
            ("signs.append(Sign(helps - helps_without))", ""),
            ("signs.append(Sign(helps - helps_without))", "signs = [Sign(helps - helps_without)]"),
            ("with_crf[THROUGH] - with_crf[THROUGH_SCALED]", "with_crf[THROUGH] - with_crf[AROUND_SCALED]"),
            ("without[AROUND] - without[AROUND_SCALED]", "with_crf[THROUGH] - without[AROUND_SCALED]"),
            ("without[AROUND] - without[AROUND_SCALED]", "without[AROUND] - without[THROUGH_SCALED]"),
            ("_least(with_crf) - _least(without)", "with_crf[THROUGH] - _least(without)"),
            ("_least(with_crf) - _least(without)", "_least(with_crf) - without[AROUND]"),
            ("return np.min(list(scores.values()), 0)", "return np.max(list(scores.values()), 0)"),
            ("return np.min(list(scores.values()), 0)",
             "return min(scores.values(), key=lambda score: float(score[0]))"),
            ("if surely(evidence, rest, level):", "if rest[0] > 0:"),
            ("if surely(evidence, rest, level):", "if surely(evidence, gain, level):"),
            ("if surely_below(evidence, gain, MARGIN, level):", "if True:"),
            ("if surely_below(evidence, gain, MARGIN, level):", "if False:"),
            ("if not surely_below(evidence, rest, MARGIN, level):", "if False:"),
            ("0 < len(masked) < len(untargeted)", "0 < len(masked)"), ("if not untargeted:", "if False:"),
            ("0 < len(masked) < len(untargeted)", "False"),
            ("pair.evidence, pair.among(UNTARGETED)", "pair.evidence, list(pair.attacks)"),
            ("{THROUGH: pair.ratio(model, attack, pair.crf)", "{THROUGH: pair.ratio(model, attack)"),
            ("AROUND: pair.ratio(model, attack, pair.network)}", "AROUND: pair.ratio(model, attack)}"),
            ("THROUGH_SCALED: pair.ratio(model, scaled, pair.crf)", "THROUGH_SCALED: pair.ratio(model, scaled)"),
            ("THROUGH_SCALED: pair.ratio(model, scaled, pair.crf)",
             "THROUGH_SCALED: pair.ratio(model, attack, pair.crf)"),
            ("AROUND_SCALED: pair.ratio(model, scaled, pair.network)", "AROUND_SCALED: pair.ratio(model, scaled)"),
            ("AROUND_SCALED: pair.ratio(model, scaled, pair.network)",
             "AROUND_SCALED: pair.ratio(model, attack, pair.network)"),
            ('pair.start(pair.crf, "scaled")[2, 0]', 'pair.start(pair.crf, "scaled")[1, 0]'),
            ('pair.start(pair.crf, "scaled")', 'pair.start(pair.network, "scaled")'),
        ],
    ),
    *about(
        "studies/robustness/envelope.py", "studies/test_envelope.py",
        [
            ("<= epsilon + ROUNDING", "<= epsilon + 1"),
            ("& (self.size", "| (self.size"),
            (" and cell.inference_transform == inference_transform:", ":"),
            ("part[trials[cell]].mean(0)", "part[trials[cell]].min(0)"),
            ("(np.minimum.accumulate(end) for end in (low, high))", "(end for end in (high, low))"),
        ],
    ),
    *about(
        "metrics/significance.py", "metrics/test_significance.py",
        [
            ("np.arange(len(order), 0, -1)", "len(order)"),
            ("np.maximum.accumulate(p[order]", "(p[order]"),
            ("np.sqrt(units / (units - 1))", "1.0"),
            ("widening(middle, level) * of_one", "of_one"),
        ],
    ),
    *about(
        VERDICT, VERDICT_TESTS,
        [
            ("[clue.mask for clue in clues], level)", "[clue.weak or clue.mask for clue in clues], level)"),
            ("[clue.mask for clue in clues], level)", "[clue.mask for clue in clues], 95.0)"),
            ("FAR = 30.0", "FAR = 29.9"), ("FAR = 30.0", "FAR = 30.1"),
            ("level_of_each(len(clues))", "95.0"), ("STILL, FLOORED = 5.0, 1.0", "STILL, FLOORED = 6.0, 1.0"),
            ("STILL, FLOORED = 5.0, 1.0", "STILL, FLOORED = 5.0, 2.0"), ("LEFT = 5.0", "LEFT = 4.0"),
            ("LEFT = 5.0", "LEFT = 6.0"), ("weak=Sign(gain, MARGIN, MARGIN))", "weak=None)"),
            ("Sign(gain, MARGIN, MARGIN)", "Sign(gain, 0.0, MARGIN)"),
            ("Sign(gain), told, f", "Sign(-gain), told, f"),
            ("mask=Sign(_gain(suspect, one)), weak=None", "weak=None"),
            ("mask=Sign(_gain(suspect, one)), weak=None", "mask=Sign(_gain(suspect, one))"),
            ("np.minimum(-lead, noise - LEFT)", "-lead"),
            ("np.minimum(-lead, noise - LEFT)", "np.minimum(MARGIN - lead, noise - LEFT)"),
            ("lead = noise - suspect.plain", "lead = suspect.plain - noise"),
            ('of(suspect.starts, suspect.name, "away"))[2]', 'of(suspect.starts, suspect.name, "away"))[1]'),
            ("c.model == self.name != c.source_model", "c.model == self.name"),
            ("if level > 95 and evidence.units > 1:", "if evidence.units > 1:"),
        ],
    ),
    *about(
        "runs/results.py", "runs/test_results.py",
        [
            ("if groups < images else", "if groups <= images else"),
            ("if groups == 1 else 's'} of", "if images == 1 else 's'} of"),
            ("if images == 1 else 's'}{", "if False else 's'}{"),
        ],
    ),
    *about(
        "engine/collect.py", "engine/test_collect.py",
        [
            ("suspicions + _certainty(results)", "suspicions"),
            ("suspicions + _certainty(results)", "_certainty(results) + suspicions"),
            ("suspicions += found(model, folder)", "found(model, folder)"),
            ("results.entropy[k].sum() / pixels", "results.entropy[0].sum() / pixels"),
            ("results.confidence[k].sum() / pixels", "results.confidence[0].sum() / pixels"),
            ("counts.hits.shape[-1]", "counts.hits.shape[-1] + 1"),
        ],
    ),
    *about(
        "engine/xla.py", "engine/test_xla.py",
        [
            ("return compiled < _median", "return compiled > _median"),
            ("return compiled < _median", "return compiled <= _median"),
            ("statistics.median(seconds)", "max(seconds)"), ("statistics.median(seconds)", "min(seconds)"),
            ("function(*arguments) # traces and warms up", ""),
        ],
    ),
    *about(
        "runs/progress.py", "runs/test_progress.py",
        [
            ("self.waited += received - started", "self.waited += 100 * (received - started)"),
            ("self.worked += time.perf_counter() - received", "self.worked += time.perf_counter() - started"),
            ("100 * self.waited / total", "100 * self.worked / total"),
            ("total = self.waited + self.worked", "total = self.worked"),
        ],
    ),
    *about(
        "training/views.py", "training/test_views.py",
        [
            ("rng.uniform(-80, 80)", "rng.uniform(-8, 8)"),
            ("mean + (planes - mean) * contrast", "planes"),
            ("grey + (planes - grey) * saturation", "planes"),
            ("np.exp(rng.uniform(*np.log(scales)))", "rng.uniform(*scales)"),
            ("ops.maximum(1.0, 1 / scale)", "ops.ones_like(scale)"),
            ("return math.ceil(max(1.0, 1 / scale))", "return 0"),
            ("ops.sum(grey * inside", "ops.sum(grey"),
        ],
    ),
    *about(
        "training/statistics.py", "training/test_statistics.py",
        [
            ("and layer.trainable]", "]"),
            ("setattr(layer, name, 0.0)", "pass"),
            ("1 / (2 - norm.momentum)", "0.0"),
            ("[value / count for value in total]", "values"),
        ],
    ),
    *about(
        "training/optimizer.py", "training/test_optimizer.py",
        [
            ("made.exclude_from_weight_decay(var_names=list(NOT_DECAYED))", ""),
            ("warmup = max(1, steps // 50)", "warmup = max(1, steps - 1)"),
            ("global_clipnorm=1.0", "clipnorm=1e9"),
        ],
    ),
    *about(
        MATRIX, "studies/test_transfer_matrix.py",
        [
            ("if source != row]", "]"), ("min(known, key=", "max(known, key="),
            ("if source not in (first, second)]", "if source != first]"),
            ("if source not in (first, second)]", "if source != second]"),
            ("if source not in (first, second)] or matrix.columns", "if source not in (first, second)]"),
            ("level_of_each(len(matrix.rows) * (len(matrix.rows) - 1))", "95.0"),
            ("level_of_each(len(foreign) * (len(foreign) - 1))", "95.0"),
            ("bool(low > 0 or high < 0)", "bool(low > 0)"), ("bool(low > 0 or high < 0)", "bool(high < 0)"),
            ("bool(low > 0 or high < 0)", "True"), ("COMPARED_AT if COMPARED_AT in epsilons else max(", "max("),
        ],
    ),
    *about(
        TRANSFER, BOUNDS,
        [
            ("row: np.min([matrix.ratio(source, row) for source in matrix.foreign(row)], 0)",
             "row: np.max([matrix.ratio(source, row) for source in matrix.foreign(row)], 0)"),
            ("row: np.min([matrix.ratio(source, row) for source in matrix.foreign(row)], 0)",
             "row: np.min([matrix.ratio(source, row) for source in matrix.columns], 0)"),
        ],
        "C40",
    ),
    *about(
        TRANSFER, BOUNDS,
        [
            ("for row in matrix.rows for source in matrix.foreign(row)], 0)",
             "for row in matrix.rows for source in matrix.columns], 0)"),
            ("foreign_mean(found[iterative]) - foreign_mean(found[single])",
             "foreign_mean(found[single]) - foreign_mean(found[iterative])"),
        ],
        "C41",
    ),
    *about(
        SCALES, BOUNDS,
        [
            ("np.max([scaled.x(source, row) for source in others], 0)",
             "np.min([scaled.x(source, row) for source in others], 0)"),
            ("list(scaled.group.single.values())[1:]", "list(scaled.group.single.values())"),
        ],
        "C42",
    ),
    *about(SCALES, BOUNDS, [("- np.max(singles, 0)", "- np.mean(singles, 0)")], "C44"),
    *about(
        SCALES, BOUNDS,
        [
            ("for source in names if source != row]", "for source in names]"),
            ("own - np.max(np.mean(foreign, 1), 0)", "own - np.max(np.mean(means, 1), 0)"),
        ],
        "C45",
    ),
    *about(SCALES, BOUNDS, [("for name in names if name != row], 0)", "for name in names], 0)")], "C46"),
    *about(
        SCALES, BOUNDS,
        [("- own - CLOSE", "- own"), ("CLOSE, FAR, NOTHING = 5.0", "CLOSE, FAR, NOTHING = 5.1")], "C47",
    ),
    *about(
        SCALES, BOUNDS,
        [("- FAR", ""), ("np.min(singles, 0) - ensemble", "np.max(singles, 0) - ensemble")], "C48",
    ),
    *about(SCALES, BOUNDS, [("FAR, NOTHING = 5.0, 40.0, 1.0", "FAR, NOTHING = 5.0, 40.0, 1.1")], "C53"),
    *about(
        SCALES, BOUNDS,
        [
            ('"C44": ensemble_keeps_more, "C46"', '"C44": ensemble_transfers, "C46"'),
            ("np.min(list(margin(scaled.at(e)).values()), 0)", "np.max(list(margin(scaled.at(e)).values()), 0)"),
            ("np.min(list(margin(scaled.at(e)).values()), 0)", "np.min(list(margin(scaled).values()), 0)"),
            ("in_each_cell, above=0.0, share=MOST", "in_each_cell, above=-5.0, share=MOST"),
            ("in_each_cell, above=0.0, share=MOST", "in_each_cell, above=0.0, share=0.0"),
            ('return "" if found.form == FCN8S else', 'return "" if found.form else'),
        ],
        "C49",
    ),
    *about(
        SCALES, BOUNDS,
        [
            ("np.abs(smallest - largest).sum(0)", "(smallest - largest).sum(0)"),
            ("np.abs(smallest - largest).sum(0)", "(largest - smallest).sum(0)"),
            ("for name in (group.smallest, group.largest))", "for name in (group.smallest, group.smallest))"),
            ("changed_by_scale, above=0.0", "changed_by_scale, above=-1.0"),
            ("changed_by_scale, above=0.0", "changed_by_scale, above=0.02"),
        ],
        "C56",
    ),
    *about(
        SCALES, TRANSFER_TESTS,
        [
            ("np.abs(smallest - largest).sum(0)", "np.abs((smallest - largest).sum(0))"),
            ('printed_forms(run).get(group.ensemble, "")', 'printed_forms(run.design).get(group.smallest, "")'),
        ],
    ),
    *about(
        EVIDENCE, TRANSFER_TESTS, [("own.labelled.sum(-1, keepdims=True)", "own.labelled")],
    ),
    *about(
        ARCHITECTURES, BOUNDS,
        [
            ("WIDE = 20.0", "WIDE = 19.9"), ("WIDE = 20.0", "WIDE = 20.1"),
            ('np.ptp(networks.ratio("ifgsm_ll", LARGE), 0)', 'np.ptp(networks.iou("ifgsm_ll", LARGE), 0)'),
            ('np.ptp(networks.ratio("ifgsm_ll", LARGE), 0)', 'np.ptp(networks.ratio("ifgsm", LARGE), 0)'),
            ('np.ptp(networks.ratio("ifgsm_ll", LARGE), 0)', 'np.ptp(networks.ratio("ifgsm_ll", 8.0), 0)'),
            ("every(several(3), least_likely_at_4)", "least_likely_at_4"),
        ],
        "C90",
    ),
    *about(
        SCALES, BOUNDS,
        [('"C40": own_lead, "C42": smallest_lags', '"C40": own_lead, "C42": own_lead'),
         ("_fgsm, each=True", "_fgsm")], "C54",
    ),
    *about(
        SCALES, TRANSFER_TESTS,
        [
            ("if row != smallest and others:", "if others:"),
            ("not in (*self.group.sources, self.group.average)]", "not in self.group.sources]"),
            ("not in (scaled.group.ensemble, scaled.group.average)]", "!= scaled.group.ensemble]"),
            ("one.without_rows(reduced)", "one"), (" - set(group.sources)", ""),
        ],
    ),
]  # fmt: skip
"""Small wrong changes, a few for every claim."""


def run_tests(folder: pathlib.Path, test: str, claim: str = "") -> int:
    """pytest's exit code for a test file on the package in `folder`.

    In a fork, which has the libraries already. Without conftest.py, which imports TensorFlow; these files need nothing
    of it but a filter of warnings.
    """
    child = os.fork()
    if not child:
        _alone(folder)
        options = ["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--noconftest"]
        options += ["-W", "ignore:__array__ implementation doesn't accept:DeprecationWarning"]  # as in conftest.py
        options += ["-c", str(ROOT / "pyproject.toml"), *(["-k", claim] if claim else [])]
        os._exit(int(pytest.main([*options, str(ROOT / "tests" / test)])))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def sees(folder: pathlib.Path) -> bool:
    """Whether tests import the package in `folder`."""
    child = os.fork()
    if not child:
        _alone(folder)
        import tfadvseg

        os._exit(not str(tfadvseg.__file__).startswith(str(folder)))
    return not os.waitpid(child, 0)[1]


def _alone(folder: pathlib.Path) -> None:
    """Makes a process of this one that imports from `folder` first, leaves nothing behind and says nothing."""
    sys.dont_write_bytecode = True  # two mutants of one second and one length would share a .pyc
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def outcome(mutant: Mutant, folder: pathlib.Path) -> str:
    """What became of it; the package in `folder` is as before afterwards."""
    path = folder / "tfadvseg" / mutant.file
    text = path.read_text(encoding="utf-8")
    try:
        changed = mutant.of(text)
    except ValueError as error:
        return str(error)
    try:
        path.write_text(changed, encoding="utf-8")
        code = run_tests(folder, mutant.test, mutant.claim)
    finally:
        path.write_text(text, encoding="utf-8")
    return {0: "SURVIVED", 1: "killed"}.get(code, f"PYTEST EXITED WITH {code}")


def unsound(folder: pathlib.Path, mutants: list[Mutant]) -> Iterator[str]:
    """What makes the tests say nothing of mutants: that they fail on the package as it is, or see another one."""
    if not sees(folder):
        yield f"The tests do not see the copy in {folder}; run this with the Python that runs the tests."
    for test in dict.fromkeys(mutant.test for mutant in mutants):
        if run_tests(folder, test):
            yield f"tests/{test} fails on the package as it is; mend that first."


def main() -> int:
    """The exit code."""
    chosen = [mutant for mutant in MUTANTS if all(part in mutant.file for part in sys.argv[1:])]
    bad, started = 0, time.monotonic()
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # threads do not come along into a fork
    for library in ("numpy", "scipy.stats", "pandas"):
        importlib.import_module(library)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch).resolve()
        shutil.copytree(ROOT / "tfadvseg", folder / "tfadvseg", ignore=shutil.ignore_patterns("__pycache__"))
        for sentence in unsound(folder, chosen):
            print(sentence)
            bad += 1
        for mutant in chosen if not bad else []:
            found = outcome(mutant, folder)
            bad += found != "killed"
            print(f"{found}  {mutant.file} {mutant.claim}  {mutant.old!r} -> {mutant.new!r}", flush=True)
    print(f"{len(chosen)} mutants, {bad} wrong, {time.monotonic() - started:.0f} s")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())

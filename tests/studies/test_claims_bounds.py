"""Every claim of every study from both sides of its bound, on results made for it."""

import architecture_cases
import crf_cases
import pytest
import robustness_cases
import transfer_cases
import transforms_cases
from claim_case import judged, verdicts

from tfadvseg import paper
from tfadvseg.studies.claims import FAILS, HOLDS, TOO_FEW, UNDECIDED, UNMEASURED, always
from tfadvseg.studies.crf.alike import CLAIMS as ALIKE_CLAIMS
from tfadvseg.studies.crf.claims import CLAIMS as CRF_CLAIMS
from tfadvseg.studies.robustness.architectures import CLAIMS as ARCHITECTURE_CLAIMS
from tfadvseg.studies.robustness.claims import CLAIMS as ROBUSTNESS_CLAIMS
from tfadvseg.studies.transfer.claims import CLAIMS as TRANSFER_CLAIMS
from tfadvseg.studies.transforms.claims import CLAIMS as TRANSFORM_CLAIMS

CLAIMS = [*ROBUSTNESS_CLAIMS, *ARCHITECTURE_CLAIMS, *TRANSFORM_CLAIMS, *CRF_CLAIMS, *ALIKE_CLAIMS, *TRANSFER_CLAIMS]
MODULES = (robustness_cases, architecture_cases, transforms_cases, crf_cases, transfer_cases)
CASES = {number: cases for module in MODULES for number, cases in module.CASES.items()}
MISSING = {number: missing for module in MODULES for number, missing in module.MISSING.items()}

every_claim = pytest.mark.parametrize("claim", CLAIMS, ids=[claim.number for claim in CLAIMS])
every_case = pytest.mark.parametrize(
    ("claim", "case"),
    [
        pytest.param(claim, case, id=" ".join(filter(None, (claim.number, case.name))))
        for claim in CLAIMS
        for case in CASES.get(claim.number, [])
    ],
)


@every_claim
def test_no_claim_is_forgotten(claim):
    assert CASES.get(claim.number), f"{claim.number} has no case; write one that brings it to its bound."
    assert claim.number in paper.claims() and claim.section == paper.claims()[claim.number].section


def test_no_case_is_left_over_and_no_claim_is_in_two_studies():
    numbers = [claim.number for claim in CLAIMS]
    assert len(set(numbers)) == len(numbers) and set(numbers) == set(CASES) >= set(MISSING)


@every_case
def test_just_inside_its_bound_it_holds(claim, case):
    assert verdicts(claim, case, case.everywhere(case.small)) == dict.fromkeys(case.parts, HOLDS)


@every_case
def test_just_outside_its_bound_it_does_not_hold(claim, case):
    assert verdicts(claim, case, case.everywhere(-case.small)) == dict.fromkeys(case.parts, FAILS)


@every_case
def test_where_resamples_disagree_it_is_undecided(claim, case):
    """Whatever was measured."""
    for divided, agrees in zip(case.divided, (True, False), strict=True):
        subject = case.everywhere(divided)
        assert verdicts(claim, case, subject) == dict.fromkeys(case.parts, UNDECIDED)
        for part in claim.scores(subject).values():
            scores = list(part.values()) if isinstance(part, dict) else [part]
            assert {bool(claim.agrees(score)[0]) for score in scores} == {agrees}


@every_case
def test_scores_lie_where_they_were_put(claim, case):
    """By the same points, per cent or nats beyond the bound, so that no factor is lost."""
    for margin in (case.small, -case.small, case.large, -case.large):
        beyond = margin if claim.at_most is None else -margin
        expected = (
            case.score(margin) if case.score else (claim.above if claim.at_most is None else claim.at_most) + beyond
        )
        for part in claim.scores(case.everywhere(margin)).values():
            for score in part.values() if isinstance(part, dict) else [part]:
                assert score == pytest.approx(expected, abs=1e-9)


@every_case
def test_each_quantity_alone_turns_its_part_and_no_other(claim, case):
    for alone, own in case.quantities.items():
        subject = case.build(lambda name, e, alone=alone: -case.small if name == alone else case.large)
        expected = dict.fromkeys(case.parts, HOLDS) | {own: FAILS}
        assert verdicts(claim, case, subject) == expected, alone


@every_case
def test_each_part_holds_by_itself(claim, case):
    for own in case.parts:
        subject = case.build(lambda name, e, own=own: case.small if case.quantities[name] == own else -case.large)
        assert verdicts(claim, case, subject) == dict.fromkeys(case.parts, FAILS) | {own: HOLDS}


ABOUT_EVERY_EPSILON = {
    "C3", "C5", "C10", "C51", "C54", "C58", "C59", "C60", "C62", "C64", "C65", "C66", "C67", "C68", "C78", "C80",
}  # fmt: skip
ABOUT_EVERY_EPSILON |= {"C12", "C23", "C36", "C63", "C70", "C93"}
ABOUT_THE_MEAN = {"C72", "C73", "C75", "C79", "C82", "C83"}
ABOUT_THE_MEAN |= {"C6", "C9", "C11", "C13", "C15", "C17", "C21", "C29", "C31", "C33", "C92", "C98"}
ABOUT_MOST_CELLS = {"C8", "C14", "C16", "C18", "C19", "C22", "C24", "C26", "C28", "C49"}
ABOUT_ANY_CELL = {"C20"}


def test_what_a_claim_says_of_epsilons_is_written_down():
    by_epsilon = {number for number, cases in CASES.items() if cases[0].epsilons}
    kinds = (ABOUT_EVERY_EPSILON, ABOUT_THE_MEAN, ABOUT_MOST_CELLS, ABOUT_ANY_CELL)
    assert by_epsilon == set().union(*kinds) and len(by_epsilon) == sum(map(len, kinds))
    shares = {claim.number: claim.share for claim in CLAIMS if claim.share is not None}
    assert shares == dict.fromkeys(ABOUT_MOST_CELLS, 50.0) | dict.fromkeys(ABOUT_ANY_CELL, 0.0)


@every_case
def test_an_epsilon_alone_decides_or_is_outweighed(claim, case):
    """A claim about every epsilon falls with one of them; one about their mean or most of them does not, but the
    epsilon is named."""
    for alone in case.epsilons:
        subject = case.build(lambda name, e, alone=alone: -case.small if e == alone else case.large)
        found, told = verdicts(claim, case, subject), judged(claim, subject).measured
        if claim.number in ABOUT_EVERY_EPSILON:
            assert found == dict.fromkeys(case.parts, FAILS)
        else:
            assert found == dict.fromkeys(case.parts, HOLDS)
            for part, scores in claim.scores(subject).items():
                if claim.share is None:
                    assert (f"{part} at epsilon {alone:g}".strip() in told) == isinstance(scores, dict)
                else:
                    contrary = [f"{attack} {alone:g}" for attack, e in scores if e == alone]
                    assert (f"{part} at {', '.join(contrary)}".strip() in told) or not contrary


@every_case
def test_most_cells_are_more_than_half_of_them_and_any_is_one(claim, case):
    """Of the epsilons those before the last that is needed agree, then that one, too. The parts of C22 have no epsilon
    in common at which all attacks count."""
    if claim.share is not None and claim.number != "C22":
        needed = len(case.epsilons) // 2 if claim.number in ABOUT_MOST_CELLS else 0
        for agreeing, verdict in ((needed, FAILS), (needed + 1, HOLDS)):
            chosen = case.epsilons[len(case.epsilons) - agreeing :] if agreeing else ()
            subject = case.build(lambda name, e, c=chosen: case.small if e in c or not e else -case.small)
            found = verdicts(claim, case, subject)
            assert {found[part] for part in found if part != "clean"} == {verdict}


@every_case
def test_a_mean_over_epsilons_weighs_them(claim, case):
    if claim.number in ABOUT_THE_MEAN:
        for last, verdict in zip(case.beyond, (FAILS, HOLDS), strict=True):
            subject = case.build(lambda name, e, last=last: last if e == case.epsilons[-1] else case.large)
            assert verdicts(claim, case, subject) == dict.fromkeys(case.parts, verdict)


OF_RANKS = {"C73", "C74", "C75", "C76", "C79", "C6", "C13", "C15", "C33", "C37", "C38"}


def test_which_claims_are_about_an_order_of_things_is_written_down():
    assert {claim.number for claim in CLAIMS if claim.ranks} == OF_RANKS


@every_case
def test_it_is_decided_from_as_many_groups_of_images_as_it_needs(claim, case):
    """16 where it is about an order of things, 2 where it is about sizes, which images that agree do not widen."""
    fewest = 16 if claim.number in OF_RANKS else 2
    for margin, expected in ((case.small, HOLDS), (-case.small, FAILS)):
        subject = case.everywhere(margin)
        assert verdicts(claim, case, subject, fewest) == dict.fromkeys(case.parts, expected)
        assert verdicts(claim, case, subject, fewest - 1) == dict.fromkeys(case.parts, TOO_FEW)


@every_claim
def test_what_is_missing_is_named(claim):
    assert (claim.needs is not always) == (claim.number in MISSING)
    for what, (subject, reason) in MISSING.get(claim.number, {}).items():
        found = judged(claim, subject)
        assert (found.verdict, found.measured) == (UNMEASURED, reason), what

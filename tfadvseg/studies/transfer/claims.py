"""What the paper claims about transfer between networks of any kind (section 6.2)."""

from collections.abc import Mapping, Sequence

import numpy as np

from tfadvseg.studies.claims import Claim, Judgement, judge
from tfadvseg.studies.evidence import Score
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transfer import scales
from tfadvseg.studies.transfer.matrix import Matrix, matrices

PAIRS = (("fgsm", "ifgsm_ll"), ("fgsm_ll", "ifgsm"))
"""Single-step attacks and the iterative ones that the paper sets against them."""

ByAttack = Mapping[str, Matrix]


def own_lead(matrix: Matrix) -> dict[str, Score]:
    """By how much the best foreign column leaves each row more than its white-box attack does."""
    return {
        row: np.min([matrix.ratio(source, row) for source in matrix.foreign(row)], 0) - matrix.ratio(row, row)
        for row in matrix.white_box
        if matrix.foreign(row)
    }


def foreign_mean(matrix: Matrix) -> Score:
    """The mean over all cells whose column is not their row."""
    return np.mean([matrix.ratio(source, row) for row in matrix.rows for source in matrix.foreign(row)], 0)


def _single_against_iterative(found: ByAttack) -> dict[str, Score]:
    return {
        f"{iterative} - {single}": foreign_mean(found[iterative]) - foreign_mean(found[single])
        for single, iterative in PAIRS
        if {single, iterative} <= set(found)
    }


def _any_white_box(matrix: Matrix) -> str:
    return "" if own_lead(matrix) else "needs a network that is attacked and shown what was made on another"


def _any_pair(found: ByAttack) -> str:
    run = any({single, iterative} <= set(found) for single, iterative in PAIRS)
    foreign = any(matrix.foreign(row) for matrix in found.values() for row in matrix.rows)
    return "" if run and foreign else "needs two networks, and fgsm and ifgsm_ll, or fgsm_ll and ifgsm"


OF_ONE_ATTACK = (
    Claim(
        "C40",
        "White-box attacks are the strongest ones (points that the best foreign source leaves beyond)",
        own_lead,
        above=0.0,
        needs=_any_white_box,
    ),
)
"""About a `Matrix`."""

OF_ALL_ATTACKS = (
    Claim(
        "C41",
        "Examples of single-step attacks transfer better than those of iterative ones (mean IoU ratio on "
        "networks they were not made on)",
        _single_against_iterative,
        above=0.0,
        needs=_any_pair,
    ),
)
"""About {attack: matrix}."""

CLAIMS = (*OF_ONE_ATTACK, *OF_ALL_ATTACKS, *scales.OF_ONE_ATTACK, *scales.OF_ALL_ATTACKS)


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim, attack by attack and then across them; last those about scales."""
    found, images = matrices(run), (run.evidence.images, run.evidence.units)
    judgements: list[Judgement] = []
    for matrix in found:
        judgements += judge(OF_ONE_ATTACK, matrix, about(matrix), *images)
    if found:
        judgements += judge(OF_ALL_ATTACKS, _by_attack(found), f"attacks at epsilon {found[0].epsilon:g}", *images)
    return judgements + scales.judged_scales(run, found, about)


def about(matrix: Matrix) -> str:
    """The subject of a matrix's claims."""
    return f"{matrix.attack} at epsilon {matrix.epsilon:g}"


def _by_attack(found: Sequence[Matrix]) -> dict[str, Matrix]:
    return {matrix.attack: matrix for matrix in found}

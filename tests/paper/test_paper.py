import math
import pathlib
import re
import subprocess
import sys

import printed
import pytest

from tfadvseg import paper


def test_every_claim_is_there_once_and_in_order():
    expected = [f"C{i}" for i in range(1, 99)] + [f"D{i}" for i in range(1, 14)]
    assert list(paper.claims()) == expected
    assert [claim.number for claim in paper.claims().values()] == expected
    lines = (pathlib.Path(paper.__file__).parent / "claims.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == expected  # a repeated number would vanish from the dictionary
    assert paper.claims() is paper.claims()


def test_kinds_are_known_and_derived_ones_are_those_with_a_d():
    claims = paper.claims().values()
    assert {claim.kind for claim in claims} == set(paper.KINDS)
    assert all((claim.kind == "derived") == claim.number.startswith("D") for claim in claims)


@pytest.mark.parametrize("claim", paper.claims().values(), ids=lambda claim: claim.number)
def test_a_claim_is_said_in_sentences_and_points_to_what_exists(claim):
    for sentence in (claim.statement, claim.test):
        assert re.fullmatch(r"\S.*[\w%)]\.", sentence)
        assert not re.search(r"[.!?] [A-Z]", re.sub(r"(Figs?|Eqs?)\. ", "", sentence)), "one sentence"
    assert not claim.paper.endswith(".") and claim.paper == claim.paper.strip()
    assert re.fullmatch(r"([1-9]|[A-E])(\.\d){0,2}(; ([1-9]|[A-E])(\.\d){0,2})*", claim.section)
    limits = {"Fig": 23, "Table": 20, "Eq": 8}
    for text in (claim.where, claim.statement, claim.test, claim.paper):
        for kind, first, others in re.findall(r"(Fig|Table|Eq)s?\.? (\d+)((?:(?:,| to| and) \d+)*)", text):
            assert all(1 <= int(n) <= limits[kind] for n in (first, *re.findall(r"\d+", others)))
        assert set(re.findall(r"\b[CD]\d+\b", text)) <= set(paper.claims()) - {claim.number}
    cited = r"(Figs?\.|Tables?|Eqs?\.) \d+((,| to| and) \d+)*"
    assert re.fullmatch(rf"({cited}(; {cited})*)?", claim.where)


def test_statements_differ():
    assert len({claim.statement for claim in paper.claims().values()}) == 111


def test_the_protocol_has_the_equations_and_the_number_of_iterations():
    text = paper.protocol()
    assert len(text.splitlines()) <= 90
    assert all(f"Eq. {number} " in text for number in range(3, 9))
    epsilons, iterations = (
        [float(cell) for cell in re.search(rf"^\| {row}.*?\|(.*)\|$", text, re.MULTILINE)[1].split("|")]
        for row in ("epsilon, grey levels", "iterations of Eq")
    )
    assert epsilons == printed.EPSILONS
    assert iterations == [1, 1, 2, 3, 5, 10, 20, 36]
    assert iterations == [max(1, math.ceil(min(epsilon + 4, 1.25 * epsilon))) for epsilon in printed.EPSILONS]
    assert set(re.findall(r"\bC\d+\b", text)) <= set(paper.claims())


def test_bounds_of_entropy_and_noise():
    """D9 and C91, as printed in claims.csv."""
    assert paper.claims()["D9"].paper == f"ln 21 = {math.log(21):.3f} and ln 19 = {math.log(19):.3f} nats"
    noise = {epsilon: f"{20 * math.log10(255 / epsilon):.1f} dB at {epsilon}" for epsilon in (0.25, 8, 32)}
    assert paper.claims()["C91"].paper == ", ".join(noise.values())


def test_claims_need_no_pandas():
    code = "import sys; from tfadvseg import paper; paper.claims(); paper.tables(); print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"

"""Verdicts of several runs on one claim."""

import csv
import io

import pandas as pd

from tfadvseg.paper import KINDS, claims
from tfadvseg.reports.document import ClaimTable, Heading
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.terminal import terminal
from tfadvseg.studies.chapter import Chapter
from tfadvseg.studies.claims import FAILS, HOLDS, UNDECIDED, UNMEASURED, Judgement
from tfadvseg.studies.overall import COLUMNS, NO_JOB, NO_RUN, UNJUDGED, Told, answers, counted, index, rows


def told(job, number, about, verdict, measured="+1.0 [0.5, 1.5]"):
    return Told(job, Judgement(number, about, "tested so", verdict, measured, 8, 5))


def of(found, number):
    return {one.claim.number: one for one in found}[number]


def test_every_claim_has_one_answer_in_the_papers_order():
    found = answers([], {})
    assert [one.claim.number for one in found] == list(claims()) and len(found) == 111
    assert {one.verdict for one in found} == {UNJUDGED, NO_RUN, NO_JOB}
    assert of(found, "C97").verdict == of(found, "C30").verdict == UNJUDGED
    assert of(found, "C30").measured == "compares two data sets, and a run has one"
    assert of(found, "C36").verdict == of(found, "C76").verdict == NO_JOB
    assert of(found, "C1").verdict == of(found, "C55").verdict == of(found, "D7").verdict == NO_RUN
    assert of(found, "C91").verdict == NO_RUN and of(found, "C91").measured.startswith(
        "takes people who look at a screen"
    )
    assert of(found, "C97").measured == KINDS["number"] and of(found, "D7").measured == KINDS["derived"]


def test_what_all_say_is_said_once_with_every_number():
    found = answers([told("a", "C5", "net", HOLDS, "+2.0"), told("b", "C5", "other", HOLDS, "+3.0")], {})
    assert of(found, "C5").verdict == HOLDS and of(found, "C5").jobs == ("a", "b")
    assert of(found, "C5").measured == "a: net: +2.0; b: other: +3.0"


def test_where_two_runs_differ_both_are_told():
    found = answers([told("a", "C5", "net", HOLDS), told("a", "C5", "other", HOLDS), told("b", "C5", "net", FAILS)], {})
    assert of(found, "C5").verdict == "holds (a: net, other) | does not hold (b: net)"


def test_what_was_measured_counts_before_what_was_not():
    needs = told("a", "C5", "net", UNMEASURED, "needs epsilon 0.25")
    assert of(answers([needs, told("b", "C5", "net", UNDECIDED)], {}), "C5").verdict == UNDECIDED
    alone = of(answers([needs, needs], {}), "C5")
    assert (alone.verdict, alone.measured, alone.jobs) == (UNMEASURED, "needs epsilon 0.25", ("a",))


def test_a_job_without_results_is_waited_for_where_nobody_else_has_measured():
    waiting = {"robustness": ("C5",), "transfer": ("C40",)}
    found = answers([told("a", "C40", "net", HOLDS)], waiting)
    assert of(found, "C5").measured == "its run is not finished: robustness" and of(found, "C40").verdict == HOLDS


def test_a_verdict_says_who_else_was_to_judge_and_has_not():
    found = answers([told("crf", "C72", "net", HOLDS, "+2.0")], {"crf_added": ("C72",), "transfer": ("C40",)})
    assert of(found, "C72").measured == "crf: net: +2.0; not finished: crf_added"
    assert (of(found, "C72").verdict, of(found, "C72").jobs) == (HOLDS, ("crf",))
    both = answers([told("crf", "C72", "net", HOLDS, "+2.0")], {"a": ("C72",), "b": ("C72",)})
    assert of(both, "C72").measured == "crf: net: +2.0; not finished: a, b"


def test_claims_are_counted_by_verdict():
    found = answers([told("a", "C5", "net", HOLDS), told("a", "C3", "n", "holds: x; undecided: y")], {})
    assert counted(found) == (
        "23 not decided by runs, 1 other from run to run or part to part, 80 judged by no job here, 1 holds, "
        "6 needs data or weights that are not here"
    )


def test_the_document_has_links_and_all_claims(tmp_path):
    found = answers([told("robustness", "C5", "net", HOLDS)], {})
    chapters = [
        Chapter(
            "robustness", "How easily?", "386 gradients.", "robustness/results.md", answers=("a keeps more.", "b.")
        ),
        Chapter("crf", "And a CRF?", "Left out: it needs crf_rnn, which is not here."),
    ]
    page = index("The paper on camvid", "Two networks.", chapters, found)
    text = markdown(page)
    assert text.startswith("# The paper on camvid\n\nTwo networks.\n")
    assert "[Results of robustness](robustness/results.md)" in text and text.count("](") == 1
    assert "How easily? 386 gradients.\n\n- a keeps more.\n- b.\n\n[Results" in text and text.count("\n- ") == 2 + 43
    assert f"| C5 | {claims()['C5'].statement} | holds | robustness: net: +1.0 [0.5, 1.5] |" in text
    (table,) = [block for block in page.blocks if isinstance(block, ClaimTable)]
    assert len(table.rows) == 111
    assert "Results of robustness: robustness/results.md" in terminal(page)


def test_the_answers_stand_first_and_the_account_last():
    text = markdown(
        index("The paper", "Two networks.", [], answers([], {}), ["Deploy a.", "It breaks at 2."], [Heading("Costs")])
    )
    assert text.startswith("# The paper\n\nTwo networks.\n\n## In short\n\n- Deploy a.\n- It breaks at 2.\n\n## Jobs")
    assert text.rstrip().endswith("## Costs")


def test_the_table_has_a_row_for_each_who_judged():
    own = [told("a", "C5", "net", HOLDS), told("b", "C5", "net", FAILS, "-1.0, so no")]
    written = io.StringIO()
    pd.DataFrame(rows(answers(own, {}), own)).to_csv(written, index=False)
    found = list(csv.DictReader(io.StringIO(written.getvalue())))
    assert tuple(found[0]) == COLUMNS and len(found) == 112
    both = [row for row in found if row["number"] == "C5"]
    assert [row["job"] for row in both] == ["a", "b"] and both[1]["measured"] == "-1.0, so no"
    assert [row["own_verdict"] for row in both] == [HOLDS, FAILS] and both[0]["images"] == "8"
    assert {row["verdict"] for row in both} == {"holds (a: net) | does not hold (b: net)"}

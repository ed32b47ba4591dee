"""What is told of networks under white-box attacks."""

import dataclasses

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, cell

from tfadvseg.reports.document import Bullets, ClaimTable, Heading, Paragraph, Picture, Table
from tfadvseg.reports.tables import headline_table
from tfadvseg.studies.robustness import report
from tfadvseg.studies.robustness.claims import judged
from tfadvseg.studies.robustness.report import cells_of, document, draw, summary

FGSM = Heading("FGSM", 3)


def test_two_networks_of_which_one_is_called_like_a_crf_are_two_networks(robustness):
    assert summary(robustness()).blocks[0] == Table(
        ["model", "attack", "clean", "1", "8"],
        [
            ["a", "FGSM", "50.0", "80.0", "40.0"],
            ["a", "Iterative FGSM ll", "50.0", "60.0", "20.0"],
            ["a+crf", "FGSM", "50.0", "90.0", "50.0"],
            ["a+crf", "Iterative FGSM ll", "50.0", "70.0", "30.0"],
        ],
        labels=2,
    )


def test_the_document_shows_one_picture_and_a_table_an_attack(robustness):
    run = robustness()
    shown = ["figures/worst_case.png", "figures/iou_ratio.png", "figures/clean_against_ratio.png"]
    told = document(run, [], shown)
    assert told.title == "Robustness on made_up validation, 16 images"
    assert told.blocks[0].text == (
        "At epsilon 8 the worst of these 2 attacks on each network leaves of the clean IoU, on 16 images: a 20.0 "
        "[20.0, 20.0] % (Iterative FGSM ll); a+crf 30.0 [30.0, 30.0] % (Iterative FGSM ll). A stronger attack, or "
        "one chosen for each image (below), may leave less, so networks keep at most this."
    )
    assert told.blocks[1] == Bullets(["a+crf keeps more than a: +10.0 [+10.0, +10.0] points."])
    assert told.blocks[2] == Heading("Worst case")
    assert [block.path for block in told.blocks if isinstance(block, Picture)] == shown[:2]
    assert [block.text for block in told.blocks if isinstance(block, Heading) and block.level == 3] == [
        "FGSM",
        "Iterative FGSM ll",
        "a",
        "a+crf",
    ]
    assert not any(isinstance(block, ClaimTable) for block in told.blocks)
    assert sum(isinstance(block, Bullets) for block in told.blocks) == 3, (
        "who keeps more, what the architectures say, and what the entropy gives away"
    )
    assert [block.text for block in told.blocks if isinstance(block, Heading) and block.level == 2] == [
        "Worst case",
        "Which networks differ",
        "What the architectures say",
        "IoU ratio at epsilon 8",
        "Mean over images at epsilon 8",
        "IoU",
        "IoU by class",
        "Worst case at each epsilon",
        "All pairs of networks",
        "Is an attack seen?",
        "Attacks that find their own norm",
    ]
    iou = next(table for heading, table in zip(told.blocks, told.blocks[1:], strict=False) if heading == FGSM)
    assert iou.rows == [["a", "50.0", "40.0", "20.0"], ["a+crf", "50.0", "45.0", "25.0"]]


@pytest.fixture
def randomised(finish):
    """A network that draws at random, in two trials: what one loses on every other image, the other loses on the rest,
    so their mean is 20 on each image; clean 60 and 40."""
    answers = {}
    for trial, (clean, aside) in enumerate(((60.0, 5 * OPPOSITE), (40.0, -5 * OPPOSITE))):
        answers[cell("a", trial=trial)] = Answer(clean)
        answers[cell("a", "fgsm", 8.0, trial=trial)] = Answer(20 + aside)
        answers[cell("a", "smallest", None, trial=trial)] = Answer(10 + aside)
    return finish("robustness", answers, {})


def test_of_several_trials_the_table_has_the_interval_of_their_mean_as_the_sentence_has(randomised):
    """Each trial's own is 18 to 22."""
    assert randomised.table["iou_low"].iloc[1] < 18
    fgsm = cells_of(randomised).set_index("attack").loc["fgsm"]
    assert fgsm[["iou", "iou_low", "iou_high"]].tolist() == pytest.approx([20, 20, 20])
    assert fgsm[["iou_ratio", "iou_ratio_low", "iou_ratio_high"]].tolist() == pytest.approx([40, 40, 40])
    told = document(randomised, [], [])
    assert "a 40.0 [40.0, 40.0] % (FGSM)" in told.blocks[0].text
    own = next(block for block in told.blocks if isinstance(block, Table) and "Mean length" in block.header)
    headline = next(block for block in told.blocks if isinstance(block, Table) and block.header[1] == "Clean IoU")
    assert headline.rows == [["a", "50.0 [50.0, 50.0]", "40.0 [40.0, 40.0]"]]
    assert own.rows[0][2:4] == ["10.0 [10.0, 10.0]", "20.0 [20.0, 20.0]"]
    assert summary(randomised).blocks[0].rows == [["a", "FGSM", "50.0", "40.0"]]


def test_of_one_trial_the_table_has_what_results_csv_has(robustness):
    run = robustness()
    found, written = cells_of(run), run.table
    for column in ("iou", "iou_low", "iou_high", "iou_ratio", "iou_ratio_low", "iou_ratio_high"):
        np.testing.assert_allclose(found[column], written[column], rtol=1e-12)
    assert headline_table(found) == headline_table(written)


def test_intervals_stay_within_what_a_score_can_be(finish):
    """One drive of four is not wholly right on clean images, and alone not wholly wrong under attack."""
    one = np.arange(IMAGES) % 4 == 0
    answers = {cell("a"): Answer(np.where(one, 60.0, 100.0)), cell("a", "fgsm", 8.0): Answer(np.where(one, 40.0, 0.0))}
    run = finish("robustness", answers, {})
    drives = dataclasses.replace(run, results=dataclasses.replace(run.results, groups=tuple("abcd" * 4)))
    clean, fgsm = cells_of(drives).to_dict("records")
    assert clean["iou_high"] == 100 and clean["iou_low"] < 80
    assert fgsm["iou_low"] == fgsm["iou_ratio_low"] == 0 and fgsm["iou_ratio_high"] > 20


def test_figures_have_the_intervals_of_the_table(randomised, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(report.figures, "drawings", lambda cells, sizes: seen.append(cells) or [])
    monkeypatch.setattr(report, "own_drawings", lambda run, cells: [])
    assert draw(randomised, tmp_path) == []
    assert seen[0].equals(cells_of(randomised))


def test_headings_say_how_many_groups_of_alike_images_there_are(robustness):
    run = robustness()
    alike = dataclasses.replace(run, results=dataclasses.replace(run.results, groups=("a", "b") * 8))
    for told in (document(alike, [], []), summary(alike)):
        assert told.title.endswith("on made_up validation, 16 images in 2 groups of alike ones") or told.title.endswith(
            "white-box, made_up validation, 16 images in 2 groups of alike ones"
        )


def test_attacks_that_found_their_own_norm_are_told_by_what_they_did(robustness):
    for told in (summary(robustness()), document(robustness(name="again"), [], [])):
        (table,) = (one for one in told.blocks if isinstance(one, Table) and "Mean length" in one.header)
        assert table.rows[0] == [
            "a",
            "smallest",
            "5.0 [5.0, 5.0]",
            "10.0 [10.0, 10.0]",
            "0.0",
            "3.25",
            "3.25",
            "32.5",
            "0",
            "0",
        ]


def test_a_run_of_nothing_but_own_norms_is_told_and_judges_no_claim(finish, tmp_path):
    run = finish("robustness", {cell("a"): Answer(50.0), cell("a", "dag", None): Answer(5.0)}, {})
    assert {one.verdict for one in judged(run)} == {"not measured"} and draw(run, tmp_path) == []
    assert summary(run).blocks[3].text.startswith("These attacks are given no epsilon")


def test_a_run_without_attacks_has_nothing_to_draw(finish, tmp_path):
    run = finish("robustness", {cell("a"): Answer(50.0)}, {})
    assert draw(run, tmp_path) == []
    assert document(run, [], []).blocks == [Paragraph("No network was attacked within a given epsilon.")]
    assert summary(run).blocks[0].rows == [["a", "-", "50.0"]]


def test_many_networks_have_tables_and_no_long_sentences(finish):
    """Each keeps 10 points more than the one before it."""
    answers = {}
    for place, name in enumerate("abcd"):
        answers[cell(name)] = Answer(50.0 + place)
        for attack in ("fgsm", "ifgsm"):
            answers[cell(name, attack, 8.0)] = Answer((50.0 + place) * (10 + 10 * place) / 100)
    told = summary(finish("robustness", answers, {}))
    assert told.blocks[:4] == [
        Heading("FGSM", 3),
        Table(["model", "clean", "8"], [[n, f"{50 + k}.0", f"{10 + 10 * k}.0"] for k, n in enumerate("abcd")]),
        Heading("Iterative FGSM", 3),
        Table(["model", "clean", "8"], [[n, f"{50 + k}.0", f"{10 + 10 * k}.0"] for k, n in enumerate("abcd")]),
    ]
    opening, kept = told.blocks[4:6]
    assert "16 images: from a 10.0 [10.0, 10.0] % (FGSM) to d 40.0 [40.0, 40.0] % (FGSM). A" in opening.text
    assert "99.17 %, since any two of the 4 networks" in opening.text
    assert kept.header == ["Network", "Worst attack", "Kept (%)", "d keeps more", "Told apart"]
    assert kept.rows[0] == ["a", "FGSM", "10.0 [10.0, 10.0]", "+30.0 [+30.0, +30.0]", "yes"]
    assert kept.rows[-1] == ["d", "FGSM", "40.0 [40.0, 40.0]", "-", "-"]
    assert told.blocks[6] == Heading("Worst case")
    assert Heading("What the architectures say") in told.blocks


def test_networks_that_images_do_not_tell_apart_are_named_so(finish):
    answers = {cell(name): Answer(50.0) for name in "abcd"}
    answers |= {cell(name, "fgsm", 8.0): Answer(20 + (OPPOSITE if name == "d" else 0.0)) for name in "abcd"}
    answers[cell("d", "fgsm", 8.0)] = Answer(20.1 + OPPOSITE)
    kept = summary(finish("robustness", answers, {})).blocks[3]
    assert {row[-1] for row in kept.rows[:-1]} == {"no"}

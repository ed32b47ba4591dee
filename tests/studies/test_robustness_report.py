"""What is told of networks under white-box attacks."""

from made_up import Answer, cell

from tfadvseg.reports.document import Bullets, ClaimTable, Heading, Paragraph, Picture, Table
from tfadvseg.studies.robustness.report import document, draw, summary


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
    shown = ["figures/iou_ratio.png", "figures/clean_against_ratio.png"]
    told = document(run, [], shown)
    assert told.title == "Robustness on made_up validation, 16 images"
    assert told.blocks[0].text == (
        "At epsilon 8 the worst of these 2 attacks on each network leaves of the clean IoU, on 16 images: a 20.0 "
        "[20.0, 20.0] % (Iterative FGSM ll); a+crf 30.0 [30.0, 30.0] % (Iterative FGSM ll). A stronger attack may "
        "leave less, so networks keep at most this."
    )
    assert told.blocks[1] == Bullets(["a+crf keeps more than a: +10.0 [+10.0, +10.0] points."])
    assert [block.path for block in told.blocks if isinstance(block, Picture)] == shown[:1]
    assert [block.text for block in told.blocks if isinstance(block, Heading) and block.level == 3] == [
        "FGSM", "Iterative FGSM ll",
    ]  # fmt: skip
    assert not any(isinstance(block, Bullets | ClaimTable) for block in told.blocks[2:])
    iou = [block for block in told.blocks if isinstance(block, Table)][1]
    assert iou.rows == [["a", "50.0", "40.0", "20.0"], ["a+crf", "50.0", "45.0", "25.0"]]


def test_attacks_that_found_their_own_norm_are_told_by_what_they_did(robustness):
    for told in (summary(robustness()), document(robustness(name="again"), [], [])):
        (table,) = (one for one in told.blocks if isinstance(one, Table) and "Mean length" in one.header)
        assert table.rows[0] == ["a", "smallest", "5.0 [5.0, 5.0]", "10.0 [10.0, 10.0]", "3.2", "32.5", "0", "0"]


def test_a_run_without_attacks_has_nothing_to_draw(finish, tmp_path):
    run = finish("robustness", {cell("a"): Answer(50.0)}, {})
    assert draw(run, tmp_path) == []
    assert document(run, [], []).blocks == [Paragraph("No network was attacked within a given epsilon.")]
    assert summary(run).blocks[0].rows == [["a", "-", "50.0"]]

"""Documents as Markdown, character by character."""

import pytest

from tfadvseg.reports.document import (
    Bullets,
    ClaimRow,
    ClaimTable,
    Document,
    Heading,
    Link,
    Paragraph,
    Picture,
    Pointer,
    Pointers,
    Table,
)
from tfadvseg.reports.markdown import markdown, plain


def test_every_block():
    document = Document(
        "Robustness on camvid test",
        [
            Paragraph("Two sentences. In one\nparagraph."),
            Bullets(["Something is odd.", "Much is."], heading="Warnings"),
            Heading("IoU ratio"),
            Table(
                ["Network \\ epsilon", "0", "0.25"], [["enet", "50.0", "48.0 [47.0, 49.0]"], ["pspnet", "75.0", "-"]]
            ),
            Picture("figures/iou_ratio.png", "IoU ratio against epsilon"),
            Heading("FGSM", 3),
            Bullets(["one"]),
            ClaimTable("enet", "4 images", [ClaimRow("C4", "It falls", "holds", "fgsm +0.6 [+0.3, +0.9]")]),
        ],
    )
    assert markdown(document) == (
        "# Robustness on camvid test\n"
        "\n"
        "Two sentences. In one paragraph.\n"
        "\n"
        "## Warnings\n"
        "\n"
        "- Something is odd.\n"
        "- Much is.\n"
        "\n"
        "## IoU ratio\n"
        "\n"
        "| Network \\ epsilon |    0 |              0.25 |\n"
        "| :---------------- | ---: | ----------------: |\n"
        "| enet              | 50.0 | 48.0 [47.0, 49.0] |\n"
        "| pspnet            | 75.0 |                 - |\n"
        "\n"
        "![IoU ratio against epsilon](figures/iou_ratio.png)\n"
        "\n"
        "### FGSM\n"
        "\n"
        "- one\n"
        "\n"
        "## Claims of the paper: enet\n"
        "\n"
        "Judged on 4 images; in brackets the 95 % interval of a bootstrap over images.\n"
        "\n"
        "| Claim | Statement | Here | Measured |\n"
        "| :-- | :-- | :-- | :-- |\n"
        "| C4 | It falls | holds | fgsm +0.6 [+0.3, +0.9] |\n"
    )


def test_a_link_leads_to_another_file():
    page = Document("T", [Link("Results of [a]", "a b/results.md")])
    assert markdown(page) == "# T\n\n[Results of [a]](a%20b/results.md)\n"


def test_a_list_may_point_at_parts_of_other_files():
    links = [Link("a", "a b/results.md", "IoU ratio at epsilon 8, all"), Link("b", "b.md")]
    page = Document("T", [Pointers([Pointer("Table_1:", links), Pointer("Table 2: none.")])])
    assert markdown(page).splitlines()[2:] == [
        "- Table_1: [a](a%20b/results.md#iou-ratio-at-epsilon-8-all); [b](b.md)",
        "- Table 2: none.",
    ]


def test_two_columns_may_name_a_row():
    table = Table(["model", "attack", "8"], [["enet", "FGSM", "1.0"]], labels=2)
    assert markdown(Document("T", [table])).splitlines()[2:] == [
        "| model | attack |   8 |",
        "| :---- | :----- | --: |",
        "| enet  | FGSM   | 1.0 |",
    ]


@pytest.mark.parametrize(
    "text, written",
    [
        ("enet_scenes+crf,theta_alpha=1", "enet_scenes+crf,theta_alpha=1"),
        ("100 x -entropy", "100 x -entropy"),
        ("2 * 3 * 4", "2 \\* 3 \\* 4"),
        ("a `b` <c>", "a \\`b\\` \\<c>"),
        ("_slanted_", "\\_slanted\\_"),
        ("[1](2)", "[1]\\(2)"),
        ("- not a list", "\\- not a list"),
        ("+0.6", "+0.6"),
        ("# not a title", "\\# not a title"),
        ("12. not a list", "12\\. not a list"),
        ("12.5 points", "12.5 points"),
        ("a \\ b \\* c", "a \\ b \\\\\\* c"),
    ],
)
def test_nothing_that_people_write_is_taken_for_markdown(text, written):
    assert markdown(Document("T", [Paragraph(text)])) == f"# T\n\n{written}\n"
    assert plain(written) == text


def test_cells_may_hold_bars_and_paths_spaces():
    assert "| a\\|b |" in markdown(Document("T", [Table(["name"], [["a|b"]])]))
    assert "(figures/my%20net+crf,a=1.png)" in markdown(Document("T", [Picture("figures/my net+crf,a=1.png", "x")]))


def test_one_image_is_one_image():
    assert "Judged on 1 image;" in markdown(Document("T", [ClaimTable("enet", "1 image", [])]))


def test_rows_are_as_wide_as_their_table():
    with pytest.raises(ValueError, match=r"with 2 columns has 3: \['a', 'b', 'c'\]"):
        Table(["x", "y"], [["1", "2"], ["a", "b", "c"]])

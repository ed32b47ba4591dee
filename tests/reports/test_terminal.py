"""Documents as plain text, character by character."""

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
from tfadvseg.reports.terminal import LABEL, terminal


def test_every_block():
    document = Document(
        "IoU ratio",
        [
            Table(
                ["model", "attack", "clean", "0.25"], [["enet", "FGSM", "50.0", "-"], ["a", "b", "5", "1"]], labels=2
            ),
            Heading("enet", 3),
            Paragraph("It goes on and on."),
            Bullets(["The first of two.", "The second."], heading="Warnings"),
            Picture("figures/a.png", "a"),
            ClaimTable("enet", "4 images", [ClaimRow("C4", "It falls", "holds", "+0.6")]),
        ],
    )
    assert terminal(document, width=30) == (
        "IoU ratio\n"
        "\n"
        "model  attack  clean  0.25\n"
        "enet   FGSM     50.0     -\n"
        "a      b           5     1\n"
        "\n"
        "enet\n"
        "\n"
        "It goes on and on.\n"
        "\n"
        "Warnings\n"
        "\n"
        "- The first of two.\n"
        "- The second.\n"
    )


def test_long_lines_are_wrapped_between_words():
    document = Document("T", [Paragraph("one two-three four"), Bullets(["one two three"])])
    assert terminal(document, width=10) == "T\n\none\ntwo-three\nfour\n\n- one two\n  three\n"


def test_what_a_list_points_at_is_told_by_its_path():
    items = [Pointer("Table 1:", [Link("a", "a/b.md", "IoU"), Link("c", "c.md")]), Pointer("Table 2: none.")]
    assert terminal(Document("T", [Pointers(items)])) == "T\n\n- Table 1: (a/b.md) (c.md)\n- Table 2: none.\n"


def test_columns_that_do_not_fit_follow_below_with_the_labels_of_their_rows():
    table = Table(["net", "1", "2", "3"], [["enet", "10.0", "20.0", "30.0"]])
    assert (
        terminal(Document("T", [table]), width=16)
        == "T\n\nnet      1     2\nenet  10.0  20.0\n\nnet      3\nenet  30.0\n"
    )
    assert terminal(Document("T", [table]), width=3).count("enet") == 3


@pytest.mark.parametrize("columns", [1, 8, 20, 60])
def test_every_column_is_shown_once_within_the_width(columns):
    header = ["a name that is much too long for any column", *(f"{0.25 * n:g}" for n in range(columns))]
    text = terminal(Document("T", [Table(header, [header])]), width=60)
    assert max(map(len, text.splitlines())) <= 60
    tops = [line for block in text.split("\n\n")[1:] for line in block.splitlines()[:1]]
    assert all(line.startswith("a name that is much too long ...") for line in tops)
    assert [value for line in tops for value in line[LABEL:].split()] == header[1:]


def test_a_table_of_labels_alone_is_shown():
    assert terminal(Document("T", [Table(["a", "b"], [["1", "2"]], labels=2)])) == "T\n\na  b\n1  2\n"

"""No cell of a CSV is a formula, and every text comes back."""

import csv
import io

import pandas as pd
import pytest

from tfadvseg.runs.csv_text import csv_text, original, quoted

FORMULAS = (
    "=1+1",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    '=HYPERLINK("http://x")',
    "-",
    "'=1",
    "''@x",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_and_comes_back(text):
    written = quoted(text)
    assert str(written)[0] not in "=+@\t\r" and (written[0] != "-" or written == "-")
    assert original(written) == text


@pytest.mark.parametrize(
    "text",
    [
        "enet",
        "a=b",
        "'tis",
        "'",
        "",
        "+0.6 [0.1, 1.2]",
        "-12.5 points",
        "-3 %",
        "1-2",
        4.5,
        None,
        "-5e-04",
        "-inf",
        "+1.2 [+0.3, +2.0]; otherwise: at fgsm 8",
    ],
)
def test_all_else_stays_as_it_is(text):
    assert quoted(text) == text and original(text) == text


def test_a_table_of_hostile_names_comes_back():
    table = pd.DataFrame({"model": FORMULAS, "=class": [f'{text}, "a"\nb' for text in FORMULAS], "iou": range(-3, 7)})
    text = csv_text(table)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["model", "'=class", "iou"]
    assert [original(row[0]) for row in rows[1:]] == list(FORMULAS)
    assert [original(row[1]) for row in rows[1:]] == table["=class"].tolist()
    assert [row[2] for row in rows[1:]] == [str(value) for value in range(-3, 7)]


def test_a_harmless_table_is_as_pandas_writes_it():
    table = pd.DataFrame(
        {"model": ["enet", None], "epsilon": [0.25, None], "gradients": [1, 2], "broken": [True, False]}
    )
    assert csv_text(table) == table.to_csv(index=False)


def test_numbers_among_other_things_stay_as_they_are():
    assert csv_text(pd.DataFrame({"a": pd.Series([1, None, 2, "-x"], dtype=object)})).split() == [
        "a",
        "1",
        '""',
        "2",
        "'-x",
    ]

"""Tables as CSV that people open in spreadsheets, which take some texts for formulas and compute them."""

import csv
import re

import pandas as pd

FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""How a text begins that a spreadsheet computes, also behind apostrophes, so that none is lost on the way back."""
NUMBER = re.compile(
    r"[+-](?:\d[\d.,]*(?:e[+-]?\d+)?|inf|nan)?(?: %| points)?(?: \[[-+\d., ]*\])?(?:; otherwise: [\w .,;@+-]*)?"
)
"""A measured number with its interval, and where a claim holds otherwise: that is none."""


def csv_text(table: pd.DataFrame) -> str:
    """The CSV; before a text that would be a formula stands an apostrophe. Names of files, models and classes are
    anybody's."""
    words = {
        name: pd.Series([quoted(cell) for cell in table[name]], table.index, object)
        for name in table
        if not pd.api.types.is_numeric_dtype(table[name])
    }
    found = table.assign(**words).rename(columns=quoted)
    returns = any("\r" in str(cell) for column in words.values() for cell in column)  # which pandas forgets to quote
    return found.to_csv(index=False, quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL)


def quoted(cell: object) -> object:
    """A cell as the file has it."""
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


def original(cell: object) -> object:
    """What `quoted` was given."""
    return cell[1:] if isinstance(cell, str) and cell[:1] == "'" and FORMULA.match(cell) else cell

"""CSV files as spreadsheets save them: cells between commas, semicolons or tabs."""

import csv
import pathlib

from tfadvseg.data.listing import text_of

SIGNS = ",;\t"


def read_rows(path: pathlib.Path, holds: str) -> list[tuple[str, list[str]]]:
    """("Line 3 of <path>", its cells without the spaces around them) of each line with any text; the first is the head.

    holds: what the file should be, in words. The sign between cells is the most frequent one of the head. ValueError
    where a line has more or fewer cells than the head, or the file cannot be read.
    """
    lines = text_of(path, holds).splitlines()
    head = next((line for line in lines if line.strip()), "")
    reader = csv.reader(lines, delimiter=max(SIGNS, key=head.count))
    try:
        rows = [
            (f"Line {reader.line_num} of {path}", [cell.strip() for cell in row])
            for row in reader
            if any(map(str.strip, row))
        ]
    except csv.Error as error:  # a cell without an end has all that follows
        raise ValueError(
            f"Line {reader.line_num} of {path} cannot be read ({error}); save a file {holds} anew as CSV."
        ) from error
    for line, row in rows:
        if len(row) != len(rows[0][1]):
            raise ValueError(f"{line} has {len(row)} columns and its head {len(rows[0][1])}.")
    return rows

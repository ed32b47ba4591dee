"""CSV files as spreadsheets write them: whatever stands between the cells, they come back."""

import codecs
import csv
import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tfadvseg.data.spreadsheet import SIGNS, read_rows

cells = st.text(alphabet=string.ascii_letters + string.digits + " .;,'\"é-", max_size=8)
heads = st.lists(st.text(alphabet=string.ascii_lowercase, min_size=1, max_size=6), min_size=2, max_size=4)
marks = st.sampled_from([b"", codecs.BOM_UTF8])


@given(heads, st.data(), st.sampled_from(SIGNS), st.sampled_from(["\n", "\r\n"]), marks)
def test_cells_come_back_without_the_spaces_around_them(scratch, head, data, sign, end, mark):
    rows = data.draw(st.lists(st.lists(cells, min_size=len(head), max_size=len(head)), max_size=4))
    assume(all(any(cell.strip() for cell in row) for row in rows))
    path = scratch / "table.csv"
    with path.open("w", newline="", encoding="utf-8-sig" if mark else "utf-8") as file:
        csv.writer(file, delimiter=sign, lineterminator=end).writerows([head, *rows])
    found = read_rows(path, "a table")
    assert [row for _, row in found] == [head, *([cell.strip() for cell in row] for row in rows)]
    assert [line for line, _ in found] == [f"Line {k} of {path}" for k in range(1, len(rows) + 2)]


@given(heads, st.integers(1, 6), st.integers(0, 3))
def test_a_line_of_another_length_is_named(scratch, head, length, before):
    path = scratch / "ragged.csv"
    rows = [head, *([["x"] * len(head)] * before), ["x"] * length]
    path.write_text("\n".join(",".join(row) for row in rows))
    if length == len(head):
        assert len(read_rows(path, "a table")) == before + 2
    else:
        with pytest.raises(ValueError, match=f"^Line {before + 2} of .* has {length} columns and its head {len(head)}"):
            read_rows(path, "a table")

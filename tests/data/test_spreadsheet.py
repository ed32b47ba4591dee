"""CSV files in whichever way a spreadsheet saves them."""

import pytest

from tfadvseg.data.spreadsheet import read_rows


@pytest.mark.parametrize("sign", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_cells_come_without_what_stands_around_them(tmp_path, sign, encoding, end):
    path = tmp_path / "a b.csv"
    text = '\nname | says\nstraße|\n | \n"a| b" |2\n'.replace("|", sign).replace("\n", end)
    path.write_bytes(text.encode(encoding))
    assert read_rows(path, "a table") == [
        (f"Line 2 of {path}", ["name", "says"]),
        (f"Line 3 of {path}", ["straße", ""]),
        (f"Line 5 of {path}", [f"a{sign} b", "2"]),
    ]


@pytest.mark.parametrize(("line", "count"), [("a", 1), ("a,b,c", 3)])
def test_a_line_of_another_length_is_refused_by_its_number(tmp_path, line, count):
    path = tmp_path / "a.csv"
    path.write_text(f"x,y\n\n1,2\n{line}\n")
    with pytest.raises(ValueError, match=f"^Line 4 of .*a.csv has {count} columns and its head 2.$"):
        read_rows(path, "a table")


def test_an_empty_file_has_no_rows(tmp_path):
    (tmp_path / "a.csv").write_text("\n \n")
    assert read_rows(tmp_path / "a.csv", "a table") == []

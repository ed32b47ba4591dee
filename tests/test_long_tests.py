"""What is left to `make test-long` is chosen by cost, and exists."""

import ast
import pathlib

import long_tests
import pytest

ROOT = pathlib.Path(__file__).parents[1]
COSTS = [(0.5, "a.py::short"), (1.25, "a.py::two[x-1]"), (1.0, "a.py::two[y[0]]"), (2.0, "a.py::edge")]


def test_the_cases_of_a_function_count_together():
    assert long_tests.by_function(COSTS) == {"a.py::short": 0.5, "a.py::two": 2.25, "a.py::edge": 2.0}


@pytest.mark.parametrize(
    ("limit", "expected"), [(2.25, []), (2.24, ["two"]), (1.99, ["two", "edge"]), (0.1, ["two", "edge"])]
)
def test_what_takes_longer_than_the_limit_is_long_but_for_the_least_of_its_file(limit, expected):
    found = long_tests.too_long(long_tests.by_function(COSTS), limit)
    assert list(found) == [f"a.py::{name}" for name in expected]


def test_each_file_keeps_one():
    assert long_tests.too_long({"a.py::one": 9.0, "b.py::one": 8.0, "b.py::two": 7.0}, 1.0) == {"b.py::one": 8.0}


def test_a_table_is_read_as_it_was_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(long_tests, "TABLE", tmp_path / "long_tests.txt")
    costs = [(300.0, "a.py::one[1]"), (200.0, "a.py::one[2]"), (0.25, "a.py::two")]
    (tmp_path / "costs.tsv").write_text("".join(f"{seconds}\t{test}\n" for seconds, test in costs))
    long_tests.main(str(tmp_path / "costs.tsv"))
    assert long_tests.long_tests() == {"a.py::one": 500.0}
    assert capsys.readouterr().out == "1 of 2 functions are long; the others take 0 of 500 s.\n"


def test_every_long_test_exists():
    for function in long_tests.long_tests():
        file, *names = function.split("::")
        found = ast.parse((ROOT / file).read_text())
        for name in names:  # a class's, and its function's
            named = {one.name: one for one in found.body if isinstance(one, ast.ClassDef | ast.FunctionDef)}
            assert name in named, function
            found = named[name]

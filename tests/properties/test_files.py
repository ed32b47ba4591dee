"""Files that are there whole or not at all, names that stay in their folder, and values that come back from JSON."""

import json
import os
import pathlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfadvseg.atomic import TEMPORARY, remove_left_over, write_atomically, write_once
from tfadvseg.confined import confined
from tfadvseg.registry import choose, nearest_first
from tfadvseg.runs.values import as_json, of_json

names = st.text(alphabet=string.ascii_letters + string.digits + "._- é", min_size=1, max_size=12).filter(
    lambda name: name.strip(".") and not TEMPORARY.fullmatch(name)
)


@given(names, st.lists(st.binary(max_size=40), min_size=1, max_size=4), st.booleans())
def test_a_file_holds_what_was_written_last_or_once_what_was_first(scratch, name, contents, once):
    folder = scratch / ("once" if once else "atomically")
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.unlink(missing_ok=True)
    for content in contents:
        (write_once if once else write_atomically)(path, lambda file, content=content: file.write(content))
        assert path.read_bytes() == (contents[0] if once else content)
    path.unlink()
    assert not list(folder.iterdir())


@given(names, st.binary(max_size=40), st.binary(max_size=40))
def test_what_breaks_off_leaves_what_was_there_and_nothing_beside(scratch, name, before, half):
    folder = scratch / "broken"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(before)

    def broken(file):
        file.write(half)
        raise RuntimeError("half of it")

    for write in (write_atomically, write_once):
        with pytest.raises(RuntimeError, match="half of it"):
            write(path, broken)
    assert path.read_bytes() == before and list(folder.iterdir()) == [path]
    path.unlink()


@given(st.lists(names, unique_by=str.lower, max_size=5), st.lists(st.tuples(names, st.uuids()), max_size=3))
def test_left_over_files_go_and_others_stay(scratch, kept, left):
    folder = scratch / "left over"
    folder.mkdir(exist_ok=True)
    for name in (*kept, *(f".{name}.{uuid.hex}" for name, uuid in left)):
        (folder / name).write_text(name)
    remove_left_over(folder)
    assert {path.name for path in folder.iterdir()} == set(kept)
    for path in folder.iterdir():
        path.unlink()


@given(st.lists(st.sampled_from(["..", ".", "a", "b c", "é", "", "\0"]), min_size=1, max_size=5), st.booleans())
def test_a_name_leads_into_its_folder_or_nowhere(scratch, parts, absolute):
    """Also a name that would come back: what goes up is refused."""
    name = ("/" if absolute else "") + "/".join(parts)
    if os.path.isabs(name) or ".." in parts or "\0" in name:
        with pytest.raises(ValueError, match=r"list\.txt names .* which is outside of"):
            confined(scratch, name, "list.txt")
    else:
        found = confined(scratch, name, "list.txt")
        assert os.path.normpath(found) == os.path.normpath(f"{scratch}/{name}")
        assert pathlib.Path(os.path.normpath(found)).is_relative_to(scratch)


@given(st.dictionaries(names, st.integers(), min_size=1, max_size=8), names)
def test_a_known_name_is_found_and_another_one_is_told_all_that_there_are(table, name):
    for known, value in table.items():
        assert choose(table, known, "thing") == value
    assert sorted(nearest_first(name, table)) == sorted(table)
    if name not in table:
        with pytest.raises(ValueError) as error:
            choose(table, name, "thing")
        listed = str(error.value).split("choose one of: ")[1]
        assert listed == ", ".join(nearest_first(name, table)) + "."


plain = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9) | st.binary(max_size=9)
)
frozen = st.recursive(
    plain | names.map(pathlib.Path), lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=6
)
values = st.recursive(
    frozen, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(frozen, inner, max_size=3), max_leaves=8
)


@given(values)
@settings(max_examples=30)
def test_values_come_back_from_json(value):
    found = of_json(json.loads(json.dumps(as_json(value))))
    assert found == value and repr(found) == repr(value)

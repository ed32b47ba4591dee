"""Splits by index: what is chosen, what is read and when, and what decides their content."""

import os
import pickle

import numpy as np
import pytest

from tfadvseg.data.files import Unreachable, read_photograph
from tfadvseg.data.split import Damaged, Example, Split

READ = []


def draw(number):
    """An image of one grey level; READ holds what was asked for."""
    READ.append(number)
    return np.full((2, 3, 3), number, np.uint8), np.full((2, 3), number % 3, np.uint8)


def load(path):
    return draw(len(path.read_bytes()))


@pytest.fixture
def split():
    READ.clear()
    names = tuple(f"drive{i // 4}_{i}" for i in range(10))
    return Split("made", "train", names, tuple(name[:6] for name in names), tuple((i,) for i in range(10)), draw)


@pytest.fixture
def files(tmp_path):
    """A split of two files that changed long ago."""
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        path.write_text(path.name)
        os.utime(path, (1_500_000_000, 1_500_000_000))
    return Split("made", "train", ("a", "b"), ("a", "b"), tuple((path,) for path in paths), load)


def test_an_example_is_read_when_it_is_asked_for(split):
    assert len(split) == 10 and READ == []
    name, image, labels = example = split[np.int64(7)]
    assert isinstance(example, Example) and READ == [7]
    assert name == "drive1_7" and image.shape == (2, 3, 3) and (image == 7).all() and (labels == 1).all()


def test_an_index_beyond_the_end_is_refused(split):
    with pytest.raises(IndexError):
        split[10]


def test_iteration_goes_through_all_in_order(split):
    assert [name for name, _, _ in split] == list(split.ids) and READ == list(range(10))


@pytest.mark.parametrize(
    ("every", "limit", "expected"),
    [
        (1, 0, list(range(10))),
        (3, 0, [0, 3, 6, 9]),
        (3, 2, [0, 6]),
        (1, 4, [0, 2, 5, 7]),
        (4, 9, [0, 4, 8]),
        (1, 1, [0]),
    ],
)
def test_every_nth_and_some_spread_over_these(split, every, limit, expected):
    chosen = split.chosen(every, limit)
    assert [name for name, _, _ in chosen] == [split.ids[i] for i in expected] and READ == expected
    assert chosen.groups == tuple(split.groups[i] for i in expected)
    assert (chosen.dataset, chosen.name) == ("made", "train")


@pytest.mark.parametrize(("every", "limit"), [(0, 1), (1, -1)])
def test_what_cannot_be_chosen_is_refused(split, every, limit):
    with pytest.raises(ValueError, match=f"limit of 0 or more; got {every} and {limit}"):
        split.chosen(every, limit)


def test_a_split_survives_pickling(files):
    again = pickle.loads(pickle.dumps(files))
    assert again == files and again.fingerprint() == files.fingerprint()
    np.testing.assert_array_equal(again[1].image, files[1].image)


def test_a_split_shows_its_name_and_not_a_thousand_paths(files):
    assert repr(files) == "Split(dataset='made', name='train')"


def test_lists_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="got 2 ids, 1 groups and 2 origins"):
        Split("made", "train", ("a", "b"), ("a",), ((1,), (2,)), draw)


def test_the_fingerprint_is_of_exactly_these_photographs_in_their_order(split):
    parts = [split, split.chosen(2), split.chosen(limit=1), split.chosen(limit=2)]
    reverse = Split("made", "train", split.ids[::-1], split.groups[::-1], split.origins[::-1], draw)
    renamed = Split("made", "train", split.ids, split.groups, split.origins[::-1], draw)
    elsewhere = Split("other", "train", split.ids, split.groups, split.origins, draw)
    prints = {part.fingerprint() for part in (*parts, reverse, renamed, elsewhere)}
    assert len(prints) == 7 and READ == []
    assert split.chosen(2).fingerprint() in prints


def test_the_fingerprint_changes_with_a_file_of_the_same_size(files):
    before = files.fingerprint()
    assert files.fingerprint() == before
    files.origins[1][0].write_text("B.png")
    assert files.fingerprint() != before
    assert files.chosen(limit=1).fingerprint() != before


def test_the_second_fingerprint_opens_no_file(files, monkeypatch):
    before = files.fingerprint()
    monkeypatch.setattr("tfadvseg.data.digest._digest_of_bytes", None)
    assert files.fingerprint() == before


def test_the_code_that_draws_is_in_the_fingerprint(split, tmp_path):
    prints = set()
    for content in ("one", "two"):
        (tmp_path / "renderer.py").write_text(content)
        drawn = Split("made", "train", split.ids, split.groups, split.origins, draw, (tmp_path / "renderer.py",))
        prints.add(drawn.fingerprint())
    assert len(prints | {split.fingerprint()}) == 3


def test_a_photograph_is_damaged_by_what_its_file_holds_and_not_by_whether_it_can_be_had(tmp_path):
    """The first is so whenever it is read, the second may be mended by another look."""
    path = tmp_path / "a.png"
    one = Split("made", "train", ("street",), ("street",), ((path,),), lambda path: (read_photograph(path), None))
    path.write_bytes(b"no picture\n")
    with pytest.raises(Damaged, match="a.png cannot be read as an image") as error:
        one[0]
    assert error.value.id == "street" and [*one.readable()] == []
    path.unlink()
    with pytest.raises(Unreachable, match="a.png cannot be read .No such file or directory.") as error:
        one[0]
    assert not isinstance(error.value, Damaged)
    with pytest.raises(Unreachable):
        next(one.readable())


def test_a_damaged_photograph_is_passed_over_by_whoever_wants_what_can_be_read(split):
    def draw_but_one(number):
        if number == 2:
            raise ValueError("no\n2")
        return draw(number)

    damaged = Split("made", "train", split.ids, split.groups, split.origins, draw_but_one)
    names = [name for i, name in enumerate(split.ids) if split.origins[i] != (2,)]
    assert [one.id for one in damaged.readable()] == names and len(names) == len(split) - 1
    with pytest.raises(Damaged, match="^no 2$"):
        list(damaged)

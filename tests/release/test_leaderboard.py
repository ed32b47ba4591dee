"""Only like is ranked together, what is masked has no rank, and names are words in a page that loads nothing."""

import dataclasses

import pytest
from html_page import Page

from tfadvseg.release.leaderboard import TITLES, alike, entries_of, page, ranked
from tfadvseg.release.robustness import robustness

HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}\ud800'


@pytest.fixture
def entries(finish):
    def make(name, left, **settings):
        attacked = {(model, "fgsm", 8.0): iou for model, iou in left.items()}
        settings = {"data": "d1", "attacked_as": "Protocol x."} | settings
        run = finish(attacked, name, models={model: f"digest {model}" for model in left}, **settings)
        return entries_of(run.folder, robustness(run))

    return make


def test_models_of_many_runs_stand_in_order(entries):
    found = Page(page(entries("r1", {"a": 20.0, "b": 40.0}) + entries("r2", {"c": 30.0})))
    (table,) = found.tables
    assert tuple(table[0]) == TITLES and found.open == []
    assert [(row[0], row[1], row[8]) for row in table[1:]] == [("1", "b", "r1"), ("2", "c", "r2"), ("3", "a", "r1")]
    assert table[1][2:8] == [
        "50.0 [50.0, 50.0]",
        "fgsm",
        "40.0 [40.0, 40.0]",
        "40.0 [40.0, 40.0]",
        "80.0 [80.0, 80.0]",
        "not known",
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"data": "d2"},
        {"attacked_as": "Protocol y."},
        {"norm": "l2"},
        {"study": "transfer"},
        {"groups": ["g1", "g2"]},
        {"region": {"mask": "another"}},
        {"target_class": "car"},
        {"samples": 20},
        {"class_pixels": {"pixels": [1, 2]}},
    ],
)
def test_what_is_not_alike_has_boards_of_its_own(entries, other):
    tables = Page(page(entries("r1", {"a": 20.0}) + entries("r2", {"b": 40.0}, **other))).tables
    assert [[row[:2] for row in table[1:]] for table in tables] == [[["1", "a"]], [["1", "b"]]]


@pytest.mark.parametrize(("region", "boards"), [({"mask": "one digest"}, 1), ({"class": "car"}, 2)])
def test_a_mask_is_one_region_for_all_and_a_class_another_on_each_network(entries, region, boards):
    found = entries("r1", {"a": 20.0}, region=region) + entries("r2", {"b": 40.0}, region=region)
    assert len(Page(page(found)).tables) == boards


def test_other_attacks_are_not_alike_but_larger_epsilons_are(finish):
    def key(attacked, name):
        run = finish(attacked, name, data="d1", attacked_as="Protocol x.")
        return alike(entries_of(run.folder, robustness(run))[0])

    plain = key({("a", "fgsm", 8.0): 20.0}, "r1")
    assert plain == key({("b", "fgsm", 8.0): 30.0, ("b", "fgsm", 32.0): 1.0}, "r2")
    assert plain != key({("b", "fgsm", 8.0): 30.0, ("b", "fgsm", 1.0): 40.0}, "r3")
    assert plain != key({("b", "fgsm", 8.0): 30.0, ("b", "ifgsm", 8.0): 10.0}, "r4")
    ladder = {("a", "ladder_mce", 8.0): 20.0}
    assert key(ladder, "r5") != key(ladder | {("a", "ladder_mce", 16.0): 9.0}, "r6")


def test_runs_that_do_not_say_what_they_are_stand_alone(entries):
    found = entries("r1", {"a": 20.0}, data="") + entries("r2", {"b": 40.0}, data="")
    assert len(Page(page(found)).tables) == 2
    same = [one._replace(run="mine") for one in found]  # a/mine and b/mine
    assert len(Page(page(same)).tables) == 2


def test_a_masked_gradient_takes_the_rank(entries, masked):
    (own,) = robustness(masked(True, models={"a": "digest a"}))
    a, b = entries("r1", {"a": 40.0, "b": 20.0})
    a = a._replace(one=dataclasses.replace(a.one, masked=own.masked))
    assert [(rank, entry.one.name) for rank, entry in ranked([a, b])] == [(1, "b"), (None, "a")]
    (table,) = Page(page([a, b])).tables
    assert [row[:2] + row[7:8] for row in table[1:]] == [["1", "b", "not known"], ["-", "a", "masked"]]


def test_hostile_names_are_words_and_nothing_is_loaded(entries):
    (one,) = entries("r1", {"a": 20.0})
    text = page(
        [one._replace(run=HOSTILE, one=dataclasses.replace(one.one, name=HOSTILE, dataset=HOSTILE, data=HOSTILE))]
    )
    found = Page(text)
    shown = HOSTILE.replace("\ud800", "?")
    assert found.tables[0][1][1] == found.tables[0][1][8] == shown and found.open == []
    assert len(found.all("script")) == 1 and found.loaded == ["#content"] and "//" not in text.split("<script>")[0]
    names = {name for name, _ in found.attributes}
    assert not {"style", "onclick", "onerror"} & names
    (policy,) = (tag["content"] for tag in found.all("meta") if "http-equiv" in tag)
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_the_page_suits_a_phone_and_the_dark(entries):
    text = page(entries("r1", {"a": 20.0}))
    assert "width=device-width" in text and "color-scheme: light dark" in text and "overflow-x: auto" in text


def test_nothing_attacked_is_nothing_to_rank(entries):
    (one,) = entries("r1", {"a": 20.0})
    with pytest.raises(ValueError, match="nothing to rank"):
        page([one._replace(one=dataclasses.replace(one.one, lines=()))])

"""A document as one HTML file: every kind of block, nothing loaded, hostile names as text, no larger than allowed."""

import base64
import dataclasses
import io
import re

import numpy as np
import pytest
from html_page import Page
from PIL import Image

from tfadvseg.reports.document import (
    Bullets,
    ClaimRow,
    ClaimTable,
    Document,
    Heading,
    Link,
    Paragraph,
    Photographs,
    Picture,
    Pointer,
    Pointers,
    Table,
)
from tfadvseg.reports.embedded import Room, label_map, photograph, picture_file
from tfadvseg.reports.page import grid, page, sort_values

HOSTILE = '"><script>alert(1)</script>&amp;{{ 7 * 7 }}<b onclick=x>'
HEADINGS = ("h1", "h2", "h3", "h4")


@pytest.fixture
def folder(tmp_path):
    """A run folder with a picture in pixels and in vectors."""
    (tmp_path / "figures").mkdir()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)).save(
        tmp_path / "figures" / "curve.png"
    )
    (tmp_path / "figures" / "curve.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"></svg>')
    return tmp_path


@pytest.fixture
def every_block(make_example, label_space):
    return Document(
        "Robustness on camvid & co",
        [
            Bullets(["One keeps most.", "It is decided."], "In short"),
            Heading("IoU"),
            Paragraph("Two sentences. In one paragraph."),
            Heading("FGSM", 3),
            Table(
                ["Network", "Kept (%)"], [["enet", "9.5 [8.0, 11.0]"], ["pspnet", "75.0"]], marked=frozenset({(1, 1)})
            ),
            Picture("figures/curve.png", "IoU ratio against epsilon"),
            Bullets(["a note"]),
            Link("A job", "a job/report.html"),
            Photographs([make_example()], label_space),
            ClaimTable(
                "enet",
                "4 images",
                [
                    ClaimRow("C10", "It falls", "holds", "+0.6"),
                    ClaimRow("C9", "It rises", "holds: a; undecided: b", "-"),
                    ClaimRow("C2", "It stays", "holds", "+0.6"),
                ],
            ),
        ],
    )


LINKED = "a%20job/report.html"


def decoded(uri):
    kind, _, content = uri.partition(";base64,")
    return kind.removeprefix("data:"), base64.b64decode(content)


def titles(found, *tags):
    return [tag for tag, _ in found.tags if tag in tags]


def test_every_block(every_block, folder):
    found = Page(page(every_block, folder))
    assert found.open == []
    assert titles(found, *HEADINGS)[:5] == ["h1", "h2", "h2", "h2", "h3"]  # title, answer, contents, IoU, FGSM
    for said in (
        "Robustness on camvid & co",
        "In short One keeps most. It is decided.",
        "IoU Two sentences. In one paragraph. FGSM",
        "a note",
        "Attacked photographs",
        "enet, image 0001",
        "Iterative FGSM, epsilon 0.25",
        "Claims of the paper: enet Judged on 4 images; in brackets the 95 % interval of a bootstrap over images. "
        "Of 3: 2 holds, 1 with several verdicts.",
        "128 + 8 x perturbation",
        "Prediction, 73.3 % right, 25.0 % of pixels changed",
    ):
        assert said in found.text, said
    kept, claims = found.tables
    assert kept == [["Network", "Kept (%)"], ["enet", "9.5 [8.0, 11.0]"], ["pspnet", "75.0"]]
    assert [row[0] for row in claims] == ["Claim", "C10", "C9", "C2"]
    assert titles(found, "strong") == ["strong"]


def test_nothing_is_loaded(every_block, folder):
    text = page(every_block, folder)
    assert all(address.startswith(("data:image/", "#")) or address == LINKED for address in Page(text).loaded)
    assert f'<a href="{LINKED}">A job</a>' in text
    assert not re.search(r"https?://|//[a-z]|@import|@font-face", re.sub(r'"data:[^"]*"', "", text))
    assert "default-src 'none'; img-src data:;" in text
    targets = {attributes["id"] for _, pairs in Page(text).tags if "id" in (attributes := dict(pairs))}
    assert {address[1:] for address in Page(text).loaded if address[0] == "#"} <= targets


def test_sections_are_found_by_their_titles_and_each_by_its_own(tmp_path):
    """As links name them; a second one of a title, or one like a part of the page, is numbered."""
    pointer = Pointer("Table 1:", [Link("there", "a b.html", "IoU, at epsilon 8"), Link("here", "c.html")])
    headings = [Heading(title) for title in ("In short", "IoU, at epsilon 8", "IoU at epsilon 8", "Contents", "?")]
    text = page(Document("T", [*headings, Pointers([pointer])]), tmp_path)
    found = [attributes["id"] for attributes in Page(text).all("h2")]
    own = ["in-short", "contents", "iou-at-epsilon-8", "iou-at-epsilon-8-1", "contents-1", "-1"]
    assert found == own and len(set(own)) == len(own)
    assert '<li>Table 1: <a href="a%20b.html#iou-at-epsilon-8">there</a>; <a href="c.html">here</a></li>' in text
    assert {f'<a href="#{name}">' for name in own if name != "contents"} <= set(re.findall('<a href="#[^"]*">', text))


def test_hostile_names_are_text(make_example, label_space, tmp_path):
    names = (HOSTILE, *label_space.names[1:])
    example = dataclasses.replace(
        make_example(attacks=(HOSTILE, "fgsm")), model=HOSTILE, name=HOSTILE, transform="jpeg"
    )
    document = Document(
        HOSTILE,
        [
            Bullets([HOSTILE], HOSTILE),
            Heading(HOSTILE),
            Heading(HOSTILE, 3),
            Paragraph(HOSTILE),
            Table([HOSTILE, HOSTILE], [[HOSTILE, HOSTILE]]),
            Picture(f"figures/{HOSTILE}.png", HOSTILE),
            Link(HOSTILE, f"javascript:{HOSTILE}"),
            Pointers([Pointer(HOSTILE, [Link(HOSTILE, HOSTILE, HOSTILE)])]),
            Photographs([example], dataclasses.replace(label_space, names=names)),
            ClaimTable(HOSTILE, HOSTILE, [ClaimRow(HOSTILE, HOSTILE, HOSTILE, HOSTILE)]),
        ],
    )
    text = page(document, tmp_path)
    found = Page(text)
    harmless = Page(page(Document("a", [Heading("a")]), tmp_path))
    assert found.open == [] and len(found.all("script")) == len(harmless.all("script")) == 1
    assert "onclick" not in {name for name, _ in found.attributes} and not found.all("b")
    assert found.tables[0] == [[HOSTILE] * 2] * 2 and found.tables[1][1] == [HOSTILE] * 4
    assert found.text.count(" ".join(HOSTILE.split())) > 20
    assert not any(address.startswith("javascript:") for address in found.loaded)
    assert any(attributes["data-value"] == HOSTILE for attributes in found.all("td"))
    assert Page(page(Document("a\ud800", []), tmp_path)).text.startswith("a?")


@pytest.mark.parametrize(
    "cells, values",
    [
        (["72.1 [69.2, 75.2]", "9.5", "-"], ["72.1", "9.5", ""]),
        (["+10.0 [9.0, 11.0]", "-78.8", "(20.0 [1.0, 2.0])"], ["10.0", "-78.8", "20.0"]),
        (["1,200", "below 0.25", "above 8", ""], ["1200", "0.249999999", "8.000000001", ""]),
        (["12.3 +- 0.4", "20.0 to 30.0"], ["12.3", "20.0"]),
        (["yes", "no", "-"], ["yes", "no", ""]),
        (["3 of 4", "none"], ["3 of 4", "none"]),
        ([], []),
    ],
)
def test_columns_are_ordered_by_their_first_numbers(cells, values):
    assert sort_values(cells) == values


def test_names_that_begin_with_a_number_are_names():
    assert sort_values(["3net", "20net"], strict=True) == ["3net", "20net"]
    assert sort_values(["16", "4"], strict=True) == ["16", "4"]
    made = grid(Table(["Network", "Sigma", "IoU"], [["3net", "16", "3 [1, 5]"], ["20net", "4", "20"]], labels=2), "c")
    assert [[cell.sort for cell in row] for row in made.rows] == [["3net", "16", "3"], ["20net", "4", "20"]]


def test_tables_are_sorted_by_buttons_in_their_headings(every_block, folder):
    text = page(every_block, folder)
    found = Page(text)
    heads = [place for place, (tag, pairs) in enumerate(found.tags) if ("scope", "col") in pairs]
    assert len(heads) == 6 and all(found.tags[place + 1] == ("button", [("type", "button")]) for place in heads)
    assert 'setAttribute("aria-sort"' in text and "aria-sort" not in {name for name, _ in found.attributes}
    rows = [attributes for attributes in found.all("th") if attributes.get("scope") == "row"]
    assert [row["data-value"] for row in rows] == ["enet", "pspnet", "C0010", "C0009", "C0002"]
    regions = [attributes for attributes in found.all("div") if attributes.get("role") == "region"]
    assert [one["aria-label"] for one in regions] == ["Table: IoU: FGSM", "Table: Claims of the paper: enet"]
    assert all(one["tabindex"] == "0" and one["class"] == "wide" for one in regions)
    assert len(found.all("caption")) == len(found.tables)


def test_a_screen_reader_finds_its_way(every_block, folder):
    found = Page(page(every_block, folder))
    assert [found.all(tag)[0].get("lang") for tag in ("html",)] == ["en"]
    assert [len(found.all(tag)) for tag in ("h1", "main", "nav", "header", "footer")] == [1] * 5
    assert found.all("a")[0] == {"class": "skip", "href": "#content"} and found.all("main")[0]["id"] == "content"
    assert all(image["alt"] for image in found.all("img"))
    assert len(found.all("figcaption")) == len(found.all("img"))
    levels = [int(tag[1]) for tag in titles(found, *HEADINGS)]
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    named = {attributes["id"] for _, pairs in found.tags if "id" in (attributes := dict(pairs))}
    assert {section["aria-labelledby"] for section in found.all("section")} <= named
    places = [place for place, (tag, _) in enumerate(found.tags) if tag in ("select", "input")]
    assert len(places) == 3 and all(found.tags[place - 1][0] == "label" for place in places)


def test_a_page_suits_phones_paper_and_the_dark(every_block, folder):
    text = page(every_block, folder)
    for said in (
        "width=device-width",
        "color-scheme: light dark",
        "overflow-x: auto",
        "@media print",
        "scripting: none",
    ):
        assert said in text


def test_without_scripts_all_pictures_are_there_and_what_needs_one_is_hidden(every_block, folder):
    found = Page(page(every_block, folder))
    (controls,) = (one for one in found.all("div") if one.get("class") == "controls")
    assert "hidden" in controls
    assert len([one for one in found.all("div") if one.get("class") == "attacked"]) == 4  # attacks x epsilons
    assert len(found.all("img")) == 1 + 3 + 4 * 3 and ("open", None) in found.attributes
    assert not any("hidden" in one for one in found.all("div") if one.get("class") != "controls")


def test_of_one_epsilon_there_is_no_slider(make_example, label_space, tmp_path):
    def sliders(**settings):
        text = page(Document("a", [Photographs([make_example(**settings)], label_space)]), tmp_path)
        return [one["max"] for one in Page(text).all("input")]

    assert sliders(epsilons=(8.0,)) == []
    assert sliders(epsilons=(8.0, 1.0)) == ["1"] and sliders(epsilons=(8.0, 1.0, 4.0)) == ["2"]


def test_pictures_of_an_attack_stand_by_ascending_epsilon(make_example, label_space, tmp_path):
    example = make_example(attacks=("dag",))
    free = dataclasses.replace(
        example, attacked=(example.attacked[0], dataclasses.replace(example.attacked[1], epsilon=None))
    )
    for one, rows in ((example, ["epsilon 0.25", "epsilon 8"]), (free, ["own norm", "epsilon 8"])):
        found = Page(page(Document("a", [Photographs([one], label_space)]), tmp_path))
        assert [row["data-title"] for row in found.all("div") if "data-title" in row] == rows


def test_what_was_not_attacked_is_not_shown(make_example, label_space, tmp_path):
    text = page(Document("a", [Photographs([make_example(attacks=())], label_space)]), tmp_path)
    assert not Page(text).all("img")


def test_label_maps_keep_every_colour_and_photographs_look_the_same(make_example, label_space):
    example = make_example()
    kind, content = decoded(label_map(example.truth, label_space))
    shown = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))
    assert kind == "image/png" and np.array_equal(shown, label_space.colours(example.truth))
    smooth = np.repeat(np.linspace(-20, 300, 64)[:, None, None], 48, 1).repeat(3, 2)
    kind, content = decoded(photograph(smooth))
    shown = np.asarray(Image.open(io.BytesIO(content)), float)
    assert kind == "image/jpeg" and np.abs(shown - np.clip(smooth, 0, 255)).max() < 12


def test_vectors_are_preferred_and_pixels_taken_where_there_are_none(folder):
    path = folder / "figures" / "curve.png"
    assert decoded(picture_file(path, Room(10**6))) == ("image/svg+xml", path.with_suffix(".svg").read_bytes())
    path.with_suffix(".svg").unlink()
    assert decoded(picture_file(path, Room(10**6))) == ("image/png", path.read_bytes())
    assert picture_file(folder / "figures" / "none.png", Room(10**6)) == ""


def test_there_is_room_for_what_fits_and_not_for_a_character_more(folder):
    path = folder / "figures" / "curve.png"
    size = len(picture_file(path, Room(10**6)))
    room = Room(size)
    assert picture_file(path, room) and (room.left, room.used) == (0, size)
    room = Room(size - 1)
    assert picture_file(path, room) == "" and (room.left, room.used) == (size - 1, 0)


def test_a_page_is_never_larger_than_allowed_and_says_what_it_left_out(every_block, folder):
    whole = page(every_block, folder)
    most = len(whole.encode())
    assert page(every_block, folder, most) == whole
    less = page(every_block, folder, most - 1)
    assert len(less.encode()) < most and "Left out to keep this page small; they are in examples.npz" in less
    assert "IoU ratio against epsilon" in less and len(Page(less).all("img")) == 1
    bare = page(every_block, folder, 1)
    assert not Page(bare).all("img")
    assert "Left out to keep this page small: IoU ratio against epsilon, figures/curve.png." in bare


def test_large_photographs_are_thinned_and_the_page_says_so(make_example, label_space, tmp_path):
    small = make_example()
    large = dataclasses.replace(
        small,
        **{
            name: np.repeat(np.repeat(getattr(small, name), 100, 0), 100, 1)
            for name in ("image", "truth", "prediction")
        },
        attacked=tuple(
            dataclasses.replace(
                one,
                perturbation=np.repeat(np.repeat(one.perturbation, 100, 0), 100, 1),
                prediction=np.repeat(np.repeat(one.prediction, 100, 0), 100, 1),
            )
            for one in small.attacked[:1]
        ),
    )
    document = Document("a", [Photographs([large], label_space)])
    text = page(document, tmp_path)
    assert "one pixel of 3 is shown in each direction" in text  # 1200 x 1600 pixels
    sizes = {Image.open(io.BytesIO(decoded(image["src"])[1])).size for image in Page(text).all("img")}
    assert sizes == {(534, 400)}
    smaller = page(document, tmp_path, len(text.encode()) - 1)
    assert "one pixel of 4 is shown in each direction" in smaller and len(smaller) < len(text)


def test_the_same_document_gives_the_same_bytes(every_block, folder):
    assert page(every_block, folder) == page(every_block, folder)


def test_a_long_name_in_a_table_may_be_broken_at_its_underscores(tmp_path):
    table = Table(["net", "deeplab_v2_resnet101_camvid"], [["<b>_of_a_very_long_name", "1.0"], ["enet_camvid", "2.0"]])
    text = page(Document("t", [table]), tmp_path)
    assert ">deeplab_<wbr>v2_<wbr>resnet101_<wbr>camvid</button>" in text
    assert "&lt;b&gt;_<wbr>of_<wbr>a_<wbr>very_<wbr>long_<wbr>name</th>" in text and ">enet_camvid</th>" in text

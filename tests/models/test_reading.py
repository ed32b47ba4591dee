"""reading.json: what it may say, that it is found and written, and refusals in a sentence."""

import dataclasses
import json

import pytest

from tfadvseg.models import reading
from tfadvseg.models.reading import PLAIN, PRESETS, Reading

WHOLE = Reading(
    signature="serve",
    input_name="x",
    output_name="y",
    tensor="deep",
    layout="NCHW",
    channel_order="bgr",
    intensity_range=(0.0, 1.0),
    mean=(0.1, 0.2, 0.3),
    std=(0.4, 0.5, 0.6),
    output="sigmoid",
    size=(32, 48),
    multiple=(8, 8),
    fit="reflect",
    colour=(1.0, 2.0, 3.0),
    classes=("a", "b"),
    palette=((0, 0, 0), (1, 2, 3)),
    class_map=("road", "sky"),
    joined="after",
    features="mixed_7",
)


def test_a_reading_survives_its_file(tmp_path):
    assert all(getattr(WHOLE, f.name) != f.default for f in dataclasses.fields(Reading))
    path = reading.write(WHOLE, tmp_path)
    assert path == tmp_path / "reading.json" and reading.read(path) == WHOLE
    assert reading.read(reading.write(PLAIN, tmp_path)) == PLAIN and json.loads(path.read_text()) == {}


def test_a_preset_holds_where_nothing_else_is_said():
    found = reading.of({"preset": "imagenet", "std": [1, 1, 1]})
    assert (found.intensity_range, found.mean, found.std) == ((0, 1), (0.485, 0.456, 0.406), (1, 1, 1))
    assert all(reading.of({"preset": name}) == reading.preset(name) for name in PRESETS)


def test_it_is_found_in_the_version_in_its_extra_assets_and_above(tmp_path):
    version = tmp_path / "net" / "3"
    (version / "assets.extra").mkdir(parents=True)
    assert reading.beside(version) is None
    for k, folder in enumerate((version.parent, version / "assets.extra", version), start=1):
        (folder / "reading.json").write_text(json.dumps({"mean": [k, 0, 0]}))
        assert reading.beside(version) == Reading(mean=(k, 0, 0))
    assert reading.beside(version.parent / "of" / "others") is None


def test_above_a_folder_that_is_no_version_nothing_is_looked_for(tmp_path):
    (tmp_path / "net").mkdir()
    (tmp_path / "reading.json").write_text("{}")
    assert reading.beside(tmp_path / "net") is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read as a reading"),
        ("[1]", r"is an object of named fields; got \[1\]"),
        ('{"men": [1, 2, 3]}', "Unknown field 'men'; choose from: preset, signature"),
        ('{"mean": 3}', "mean is a list; got 3"),
        ('{"mean": [1, 2]}', r"mean is a list of 3; got \[1, 2\]"),
        ('{"mean": ["a", 2, 3]}', "mean is of type float; got 'a'"),
        ('{"mean": [true, 2, 3]}', "mean is of type float; got True"),
        ('{"std": [1, 0, 1]}', "std above 0"),
        ('{"intensity_range": [1, 0]}', "from its low to its high end"),
        ('{"intensity_range": [0, 1e999]}', "from its low to its high end"),
        ('{"size": [32]}', "size is a list of 2"),
        ('{"size": [32, 0]}', "1 pixel or more"),
        ('{"size": [32.5, 1]}', "size is of type int; got 32.5"),
        ('{"layout": "NWHC"}', "Unknown layout 'NWHC'; choose one of: .*NCHW"),
        ('{"fit": "crop"}', "Unknown fit 'crop'; choose one of: .*tiles"),
        ('{"preset": "torch"}', "Unknown preset 'torch'; choose one of: .*caffe_bgr"),
        ('{"classes": ["a"], "palette": [[1, 2, 3], [1, 2, 3]]}', "a colour a class; got 2 for 1"),
    ],
)
def test_what_is_no_reading_is_refused_by_the_files_name(tmp_path, text, message):
    path = tmp_path / "reading.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        reading.read(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_link_that_leads_elsewhere_is_not_written_through(tmp_path):
    folder, elsewhere = tmp_path / "net", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.write_text("mine")
    (folder / "reading.json").symlink_to(elsewhere)
    with pytest.raises(ValueError, match="names 'reading.json', which is outside of .*net"):
        reading.write(reading.PLAIN, folder)
    assert elsewhere.read_text() == "mine"


def test_a_byte_order_mark_is_no_part_of_it(tmp_path):
    path = tmp_path / "reading.json"
    path.write_bytes(b"\xef\xbb\xbf" + b'{"output": "labels"}')
    assert reading.read(path).output == "labels"


def test_a_reading_in_words():
    assert PLAIN.text() == "as it is"
    assert Reading(mean=(0.5, 0.25, 1.0), channel_order="bgr").text() == "channel order bgr, mean (0.5, 0.25, 1)"

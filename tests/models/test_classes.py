"""Who names the classes of a model, and colours them."""

import dataclasses
import shutil

import pytest

from tfadvseg.data.labels import CAMVID, CITYSCAPES, PUBLISHED
from tfadvseg.models import describe
from tfadvseg.models.card import FILE
from tfadvseg.models.classes import numbered, with_classes
from tfadvseg.models.reading import Reading


@pytest.fixture
def stranger(conv_folder, tmp_path):
    """The network without its card, read in a given way."""
    shutil.copytree(conv_folder, tmp_path / "stranger")
    (tmp_path / "stranger" / FILE).unlink()
    return lambda **reading: describe(tmp_path / "stranger", Reading(**reading))


def test_the_card_comes_first(conv_folder):
    spec = describe(conv_folder)
    assert with_classes(spec) == (spec, CAMVID) == with_classes(spec, CITYSCAPES, "cityscapes")


def test_then_the_reading_then_the_dataset_then_numbers(stranger):
    names, palette = tuple("abcdefghijk"), tuple((n, n, 9) for n in range(11))
    _, space = with_classes(stranger(classes=names, palette=palette), CAMVID, "camvid")
    assert (space.names, space.palette) == (names, palette)
    _, space = with_classes(stranger(classes=names))
    assert (space.names, space.palette) == (names, numbered(11).palette)
    assert with_classes(stranger(), CAMVID, "camvid")[1] == CAMVID
    spec, space = with_classes(stranger())
    assert spec.classes == 11 and space == numbered(11)


def test_a_class_map_leads_to_the_dataset(stranger):
    mapped = (*CAMVID.names[:2], *CAMVID.names[:1:-1])
    spec, space = with_classes(stranger(class_map=mapped), CAMVID, "camvid")
    assert space == CAMVID and spec.mapping == (0, 1, *range(10, 1, -1))


def test_other_numbers_of_classes_are_refused(stranger, conv_folder):
    with pytest.raises(ValueError, match="knows 11 classes, but the dataset voc has 21"):
        with_classes(stranger(), PUBLISHED["voc"], "voc")
    with pytest.raises(ValueError, match="has scores of 11 classes but names 2; correct its card or its reading.json"):
        with_classes(stranger(classes=("a", "b")))
    with pytest.raises(ValueError, match="has scores of 12 classes but names 11"):
        with_classes(dataclasses.replace(describe(conv_folder), classes=12))


def test_numbered_classes_are_told_apart_from_each_other_and_from_void():
    space = numbered(150)
    assert space.names[149] == "class 149" and len({*space.palette, (0, 0, 0)}) == 151

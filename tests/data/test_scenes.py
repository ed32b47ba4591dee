"""Rendered scenes as a dataset."""

import importlib

import numpy as np
import pytest

import tfadvseg.scenes
from tfadvseg import data
from tfadvseg.data import scenes
from tfadvseg.data.labels import CAMVID

SCENES = data.named("scenes")


def test_classes_are_camvids():
    assert SCENES.label_space is CAMVID and tfadvseg.scenes.NAMES == CAMVID.names


def test_scenes_of_other_classes_are_refused(monkeypatch):
    monkeypatch.setattr(tfadvseg.scenes, "NAMES", CAMVID.names[::-1])
    with pytest.raises(ValueError, match="Scenes are drawn with the classes .*, which are not CamVid's"):
        importlib.reload(scenes)


@pytest.mark.parametrize(("name", "size"), [("train", 400), ("validation", 60), ("val", 60), ("train_extra", 3200)])
def test_splits_have_their_sizes_and_each_image_is_a_group(name, size):
    split = SCENES.split(None, name)
    assert len(split) == len(set(split.ids)) == size and split.groups == split.ids
    assert split.dataset == "scenes" and split.name == ("validation" if name == "val" else name)


def test_an_example_is_the_rendered_one():
    name, image, labels = SCENES.split("/no/where", "train")[2]
    assert name == "train_0002"
    for found, expected in zip((image, labels), tfadvseg.scenes.render("train", 2), strict=True):
        np.testing.assert_array_equal(found, expected)


def test_the_fingerprint_is_that_of_the_renderer_and_the_indices(monkeypatch, tmp_path):
    split = SCENES.split(None, "train")
    prints = {part.fingerprint() for part in (split, split.chosen(2), split.chosen(limit=3), SCENES.split(None, "val"))}
    assert len(prints) == 4
    assert SCENES.split(None, "train").fingerprint() == split.fingerprint()
    (tmp_path / "__init__.py").write_text("another renderer")
    monkeypatch.setattr(tfadvseg.scenes, "__file__", str(tmp_path / "__init__.py"))
    assert SCENES.split(None, "train").fingerprint() != split.fingerprint()


def test_every_file_of_the_renderer_is_a_source():
    assert {"__init__.py", "street.py", "classes.py"} <= {path.name for path in SCENES.split(None, "train").sources}


def test_an_unknown_split_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="scenes has no split 'test'; choose one of: train, train_extra, validation"):
        SCENES.split(None, "test")

"""Label spaces."""

import numpy as np
import pytest
from PIL import Image

from tfadvseg.data.labels import CAMVID, CITYSCAPES, PASCAL_VOC, LabelSpace, voc_palette

SPACE = LabelSpace(("road", "sky"), ((1, 2, 3), (4, 5, 6)))


def test_camvid_has_eleven_classes_each_with_a_colour_of_its_own():
    assert CAMVID.classes == len(set(CAMVID.palette)) == 11


def test_labels_are_coloured_and_void_is_black():
    coloured = SPACE.colours(np.array([[0, 1], [255, 1]]))
    np.testing.assert_array_equal(coloured, [[[1, 2, 3], [4, 5, 6]], [[0, 0, 0], [4, 5, 6]]])
    assert coloured.dtype == np.uint8


def test_labels_in_range_pass_unchanged():
    labels = np.array([[0, 1, 255]], np.uint8)
    assert SPACE.check(labels, "file.png") is labels


def test_labels_out_of_range_are_refused_by_their_file():
    with pytest.raises(ValueError, match=r"file.png holds label 2, .* 2 classes \(0 to 1\) nor ignored \(255\)"):
        SPACE.check(np.array([[0, 2]], np.uint8), "file.png")


@pytest.mark.parametrize("value", [2, 254, 256, 512, 65535, -1, -255, 256 * 7 + 1])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_no_number_wraps_into_a_class(value, dtype):
    labels = np.array([[0, 1, 255], [1, value, -9]], dtype)
    with pytest.raises(ValueError, match=rf"file.png holds label {value}, first in row 1 and column 1 counted from 0"):
        SPACE.check(labels, "file.png")


@pytest.mark.parametrize("space", [CAMVID, CITYSCAPES, PASCAL_VOC])
def test_colours_turned_grey_are_recognised(space):
    grey = np.array(Image.fromarray(np.array([space.palette], np.uint8)).convert("L"))
    with pytest.raises(ValueError, match="its values are the classes' colours turned grey, where their numbers belong"):
        space.check(grey, "file.png")
    with pytest.raises(ValueError, match="is this the right dataset"):
        space.check(np.append(grey, 1)[None] + 1, "file.png")


def test_a_palette_of_another_length_is_refused():
    with pytest.raises(ValueError, match="one colour a class; got 1 for 2"):
        LabelSpace(("road", "sky"), ((1, 2, 3),))


def test_the_colours_of_pascal_voc_are_its_own():
    assert PASCAL_VOC.classes == len(set(PASCAL_VOC.palette)) == 21
    colours = dict(zip(PASCAL_VOC.names, PASCAL_VOC.palette, strict=True))
    assert colours["background"] == (0, 0, 0) and colours["aeroplane"] == (128, 0, 0)
    assert colours["cat"] == (64, 0, 0) and colours["person"] == (192, 128, 128)
    assert colours["sofa"] == (0, 192, 0) and colours["tvmonitor"] == (0, 64, 128)


def test_cityscapes_has_nineteen_classes_each_with_a_colour_of_its_own():
    assert CITYSCAPES.classes == len(set(CITYSCAPES.palette)) == len(set(CITYSCAPES.names)) == 19
    assert CITYSCAPES.names.index("car") == 13 and CITYSCAPES.palette[13] == (0, 0, 142)


def test_no_two_colours_of_a_generated_palette_are_equal():
    assert len(set(voc_palette(256))) == 256


def test_void_is_pale_where_a_class_is_black():
    assert CAMVID.void == (0, 0, 0) and PASCAL_VOC.void == (224, 224, 192)
    assert PASCAL_VOC.colours(np.array([[0, 255]])).tolist() == [[[0, 0, 0], [224, 224, 192]]]

"""Which signature goes from images to scores: the one that fits best, or a sentence that lists what there is."""

import dataclasses
import pathlib

import pytest

from tfadvseg.models.interface import find
from tfadvseg.models.reading import PLAIN, Reading
from tfadvseg.models.signatures import Signature, Tensor

FILE = pathlib.Path("net")


def tensor(key, *shape, dtype="float32"):
    return Tensor(key, dtype, None if shape == ("?",) else shape)


def one(image=(None, 32, 48, 3), *outputs, dtype="float32"):
    return Signature((tensor("x", *image, dtype=dtype),), outputs or (tensor("y", None, 32, 48, 5),))


def found(*outputs, image=(None, 32, 48, 3), dtype="float32", **reading):
    return find(FILE, Reading(**reading), {"serve": one(image, *outputs, dtype=dtype)})


def test_the_ordinary_case():
    assert dataclasses.astuple(found()) == (
        "serve",
        "x",
        "y",
        "float32",
        "NHWC",
        "NHWC",
        None,
        (32, 48),
        1.0,
        5,
        False,
        False,
    )


@pytest.mark.parametrize(
    ("image", "scores", "layout", "scores_layout", "stride"),
    [
        ((None, 3, 32, 48), (None, 5, 32, 48), "NCHW", "NCHW", 1.0),
        ((None, 32, 48, 3), (None, 5, 32, 48), "NHWC", "NCHW", 1.0),
        ((None, 32, 48, 3), (None, 8, 12, 5), "NHWC", "NHWC", 4.0),
        ((None, 32, 48, 3), (None, 5, 4, 6), "NHWC", "NCHW", 8.0),
        ((None, 33, 49, 3), (None, 5, 7, 5), "NHWC", "NHWC", 6.6),
        ((None, None, None, 3), (None, None, None, 5), "NHWC", "NHWC", None),
        ((None, None, None, 3), (None, 5, None, None), "NHWC", "NCHW", None),
        ((None, 3, None, None), (None, 5, None, None), "NCHW", "NCHW", None),
        (("?",), ("?",), "NHWC", "NHWC", None),
        ((1, 32, 48, 3), (1, 32, 48), "NHWC", "NHW", 1.0),
    ],
)
def test_layouts_and_strides_are_told_from_the_sides(image, scores, layout, scores_layout, stride):
    it = found(tensor("y", *scores), image=image)
    assert (it.layout, it.scores_layout, it.stride) == (layout, scores_layout, stride)


def test_scores_of_another_aspect_are_refused():
    """One pixel of rounding is none."""
    assert found(tensor("y", None, 4, 7, 5)).stride == 8
    with pytest.raises(ValueError, match="has not the aspect of its images of 32x48"):
        found(tensor("y", None, 4, 8, 5))


def test_scores_before_labels_before_encoded_files():
    scores, labels = tensor("y", None, 32, 48, 5), tensor("y", None, 32, 48, dtype="int64")
    files = Signature((tensor("f", None, dtype="string"),), (scores,))
    offered = {"a_files": files, "b_labels": one((None, 32, 48, 3), labels), "c_uint8": one(dtype="uint8")}
    assert find(FILE, PLAIN, offered).signature == "c_uint8"
    assert find(FILE, PLAIN, offered | {"d": one()}).signature == "d"
    assert find(FILE, PLAIN, {"a_files": files, "b_labels": offered["b_labels"]}).labels
    with pytest.raises(ValueError, match="'a_files' takes encoded files, through whose decoding no gradient leads"):
        find(FILE, PLAIN, {"a_files": files})


def test_of_two_that_fit_alike_the_usual_name_or_none():
    assert find(FILE, PLAIN, {"a": one(), "serving_default": one()}).signature == "serving_default"
    assert find(FILE, PLAIN, {"logits": one(), "serving_default": one()}).signature == "logits"
    with pytest.raises(ValueError, match="several signatures .*'a': x .*'b': x .*name one of them as `signature`"):
        find(FILE, PLAIN, {"a": one(), "b": one()})
    assert find(FILE, Reading(signature="b"), {"a": one(), "b": one()}).signature == "b"


def test_of_several_outputs_the_one_that_is_meant():
    aux, main = tensor("aux", None, 32, 48, 5), tensor("main", None, 32, 48, 5)
    with pytest.raises(ValueError, match="returns aux, main, of which any may be the scores"):
        found(aux, main)
    assert found(aux, main, output_name="main").output == "main"
    assert found(aux, tensor("logits", None, 32, 48, 5)).output == "logits"
    assert found(aux, tensor("label", None, 32, 48, dtype="int32")).output == "aux"
    with pytest.raises(ValueError, match="has no output 'man'"):
        found(aux, main, output_name="man")


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((tensor("x", None, 32, 48, 3), tensor("training", dtype="bool")), "takes 2 inputs"),
        ((tensor("x", None, 32, 48, 1),), "takes 1 channels and not RGB"),
        ((tensor("x", None, 32, 48),), "is no batch of images"),
        ((), "takes 0 inputs"),
    ],
)
def test_inputs_that_are_no_images_are_refused(inputs, message):
    offered = {"serve": Signature(inputs, (tensor("y", None, 32, 48, 5),))}
    with pytest.raises(ValueError, match=message):
        find(FILE, PLAIN, offered)


def test_the_input_may_be_named():
    inputs = tensor("x", None, 32, 48, 3), tensor("scale")
    offered = {"serve": Signature(inputs, (tensor("y", None, 32, 48, 5),))}
    assert find(FILE, Reading(input_name="x"), offered).input == "x"
    with pytest.raises(ValueError, match="has no input 'z'"):
        find(FILE, Reading(input_name="z"), offered)


def test_whole_numbers_must_hold_the_intensities():
    for dtype, low, high, fits in (
        ("uint8", 0.0, 255.0, True),
        ("int8", -128.0, 127.0, True),
        ("int8", 0.0, 255.0, False),
        ("int8", -128.0, 128.0, False),
        ("uint8", -1.0, 1.0, False),
        ("int32", 0.0, 255.0, True),
    ):
        if fits:
            assert found(dtype=dtype, intensity_range=(low, high)).dtype == dtype
        else:
            with pytest.raises(ValueError, match=rf"takes {dtype}, which holds .* by `intensity_range` what 0 and 255"):
                found(dtype=dtype, intensity_range=(low, high))


def test_another_size_than_the_files_is_refused():
    assert found(size=(32, 48)).size == (32, 48)
    with pytest.raises(ValueError, match=r"takes images of 32x48 and not of the reading's size \(48, 32\)"):
        found(size=(48, 32))

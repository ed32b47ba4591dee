"""Values without a type are taken as they are, or refused."""

import numpy as np
import pytest

from tfadvseg.endpoints.typed import typed

LARGEST = float(np.finfo(np.float32).max)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 255], np.uint8),
        ([-128, 127], np.int8),
        ([0, 2**64 - 1], np.uint64),
        ([-(2**63), 2**63 - 1], np.int64),
        ([True, False], np.bool_),
        ([1, 0.5, LARGEST, np.inf], np.float32),
        ([65504.0], np.float16),
        ([[[1], [2]]], np.int32),
        (7, np.int32),
        ([[], []], np.uint8),
    ],
)
def test_what_fits_is_taken_exactly(values, kind):
    found = typed(values, np.dtype(kind))
    assert found.dtype == kind and found.tolist() == values


def test_numbers_that_are_none_stay_so():
    assert np.isnan(typed([float("nan")], np.dtype(np.float32))).all()


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        ([256], np.uint8, "a number beyond uint8"),
        ([-1], np.uint8, "a number beyond uint8"),
        ([2**64], np.uint64, "a number beyond uint64"),
        ([-1], np.uint64, "a number beyond uint64"),
        ([LARGEST * 1.001], np.float32, "a number beyond float32"),
        ([65520.0], np.float16, "a number beyond float16"),
        ([10**400], np.float64, "a number beyond float64"),
        ([1.9, "7", True], np.uint8, "bool, float, str in place of uint8"),
        ([1, True], np.uint8, "bool in place"),
        ([1], np.bool_, "int in place of bool"),
        (["1"], np.float32, "str in place of float32"),
        ([None], np.float32, "NoneType in place of float32"),
        ([[1], [2, 3]], np.uint8, "list in place of uint8"),
        ([7], object, "int in place of str"),
        ([["a"], "b"], object, "list in place of str"),
    ],
)
def test_what_does_not_fit_is_refused(values, kind, said):
    with pytest.raises(ValueError, match=said):
        typed(values, np.dtype(kind))


def test_strings_become_bytes():
    found = typed([["ä", b"\xff"]], np.dtype(object))
    assert found.shape == (1, 2) and found.tolist() == [["ä".encode(), b"\xff"]]

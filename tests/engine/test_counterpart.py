"""How two attacked photographs differ, in words."""

import numpy as np
import pytest

from tfadvseg.engine.counterpart import difference


def answer(**changed):
    """Of `attacked`, for one photograph of 2 x 5 pixels."""
    labels = np.arange(10, dtype=np.uint8).reshape(1, 2, 5)
    found = {"adversarial": np.full((1, 2, 5, 3), 7, np.uint8), "labels_before": labels, "labels_after": labels}
    return found | {"linf": np.array([3], np.float32), "l2": np.array([5.5], np.float32)} | changed


def test_nothing_is_said_of_equal_answers():
    assert difference(answer(), answer()) == ""


def test_values_levels_and_labels_are_counted():
    """Below a value as well as above it, of bytes that would wrap round."""
    adversarial, labels = answer()["adversarial"].copy(), answer()["labels_after"].copy()
    adversarial[0, 0, 0], labels[0, 1, 4] = [0, 7, 12], 0
    assert difference(answer(), answer(adversarial=adversarial, labels_after=labels)) == (
        "6.67 % of the adversarial values, by up to 7 grey levels, and 10 % of the labels after it differ"
    )


@pytest.mark.parametrize("name", ["labels_before", "linf", "l2"])
def test_any_output_counts(name):
    changed = answer()[name] + answer()[name].dtype.type(1)
    assert difference(answer(), answer(**{name: changed})).startswith("0 % of the adversarial values, by up to 0 grey")


def test_other_types_and_sizes_are_told():
    whole = answer()
    assert difference(answer(), answer(linf=np.array([3.0]))).startswith("answers adversarial uint8 [1, 2, 5, 3], l2 ")
    assert "labels_after uint8 [1, 2, 4]" in difference(whole, answer(labels_after=whole["labels_after"][..., :4]))
    assert difference(whole, {}).startswith("answers nothing in place of adversarial uint8")

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
        "adversarial differs at 6.67 % of its values by up to 7, labels_after differs at 10 % of its values"
    )


@pytest.mark.parametrize(
    ("name", "by"),
    [("adversarial", " by up to 1"), ("labels_before", ""), ("linf", " by up to 1"), ("l2", " by up to 1")],
)
def test_any_output_counts_and_alone_is_named(name, by):
    changed = answer()[name] + answer()[name].dtype.type(1)
    assert difference(answer(), answer(**{name: changed})) == f"{name} differs at 100 % of its values{by}"


def test_numbers_that_are_none_are_equal_to_themselves_alone():
    none = np.array([np.nan], np.float32)
    assert difference(answer(l2=none), answer(l2=none.copy())) == ""
    assert difference(answer(), answer(l2=none)) == "l2 differs at 100 % of its values by up to nan"


def test_other_types_and_sizes_are_told():
    whole = answer()
    assert difference(answer(), answer(linf=np.array([3.0]))).startswith("answers adversarial uint8 [1, 2, 5, 3], l2 ")
    assert "labels_after uint8 [1, 2, 4]" in difference(whole, answer(labels_after=whole["labels_after"][..., :4]))
    assert difference(whole, {}).startswith("answers nothing in place of adversarial uint8")

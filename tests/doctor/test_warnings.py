"""What is refused or warned of before a model is attacked, each from a case made for it."""

import types

import numpy as np
import pytest

from tfadvseg.doctor.warnings import (
    bounded_warning,
    floor_warning,
    floored,
    looks_like,
    looks_like_probabilities,
    near_chance,
    refuse_scores,
)


def test_probabilities_are_told_from_logits():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 3, (2, 4, 4, 5)).astype(np.float32)
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    assert looks_like_probabilities(p) and looks_like_probabilities(np.eye(5)[None, None])
    assert not looks_like_probabilities(logits)
    assert not looks_like_probabilities(1 / (1 + np.exp(-logits)))  # in 0..1, but no distribution
    assert not looks_like_probabilities(p - 0.2)


def test_probabilities_where_logits_belong_are_refused():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 3, (2, 4, 4, 5)).astype(np.float32)
    p = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    model = types.SimpleNamespace(path="m")
    refuse_scores(model, scores, "logits")
    refuse_scores(model, p, "probabilities")
    refuse_scores(model, scores[..., :1], "logits")
    with pytest.raises(ValueError, match="m returns probabilities and not logits; its `output` is probabilities"):
        refuse_scores(model, p, "logits")
    with pytest.raises(ValueError, match="m returns probabilities of a foreground and not .* `output` is sigmoid"):
        refuse_scores(model, p[..., :1], "logits")
    with pytest.raises(ValueError, match="m returns label maps and not logits; its `output` is labels"):
        refuse_scores(model, np.array([[[[0.0], [2.0]]]]), "logits")


@pytest.mark.parametrize(
    ("low", "high", "seen"),
    [(0.0, 1.0, "sigmoid"), (-1e-6, 1.0, "logits"), (0.0, 1.001, "logits"), (0.5, 0.5, "logits"), (0.0, 2.0, "labels")],
)
def test_scores_of_one_channel_are_told_apart_by_their_range(low, high, seen):
    assert looks_like(np.array([[[[low], [high]]]])) == seen


@pytest.mark.parametrize(("low", "high", "warned"), [(0.0, 1.0, 1), (-1e-6, 1.0, 0), (0.0, 1.001, 0)])
def test_several_scores_within_0_and_1_are_warned_of_where_they_are_read_as_logits(low, high, warned):
    spec, scores = types.SimpleNamespace(name="net"), np.array([[[[low, high, 0.5]]]])
    assert [text.startswith("net: all its scores lie") for text in bounded_warning(spec, scores, "logits")] == [
        True
    ] * warned
    assert bounded_warning(spec, scores, "sigmoid") == bounded_warning(spec, scores[..., :1], "logits") == []


@pytest.mark.parametrize(("classes", "edge"), [(2, 50.0), (4, 50.0), (5, 40.0), (11, 200 / 11)])
def test_near_chance_is_below_twice_one_in_the_classes_and_below_half(classes, edge):
    assert near_chance(edge - 1e-9, classes) and not near_chance(edge, classes)


@pytest.mark.parametrize("kind", ["probabilities", "sigmoid"])
def test_logits_where_probabilities_belong_are_refused(kind):
    model = types.SimpleNamespace(path="m")
    refuse_scores(model, np.array([[[[-0.0009, 1.0009]]]]), kind)
    for wrong in (np.array([[[[-0.0011, 0.5]]]]), np.array([[[[0.5, 1.0011]]]])):
        with pytest.raises(ValueError, match="m returns scores of .* which are no probabilities; its `output` is log"):
            refuse_scores(model, wrong, kind)


def test_probabilities_of_nothing_are_counted_and_named():
    """Of four pixels one has a class whose probability underflowed."""
    from tfadvseg.models.conversion import LEAST_PROBABILITY

    p = np.array([[[[0.5, 0.5], [1.0, 0.0], [1 - 1e-30, 1e-30], [0.9, 0.1]]]], np.float32)
    logits = np.log(np.maximum(p, LEAST_PROBABILITY))
    assert floored(logits) == 0.25
    spec = types.SimpleNamespace(name="enet")
    assert floor_warning(spec, 0.01) == []
    (text,) = floor_warning(spec, 0.0101)
    assert text.startswith("enet: 1 % of the pixels have a class of probability 0")

import dataclasses

import numpy as np
import pytest

from tfadvseg.runs.examples import Example, load_examples, pixels, save_examples


def test_round_trip(make_example, label_space, tmp_path):
    saved = [make_example("enet", "a"), make_example("pspnet", "b/c", attacks=())]
    save_examples(tmp_path / "examples.npz", label_space, saved)
    space, loaded = load_examples(tmp_path / "examples.npz")
    assert space == label_space
    for before, after in zip(saved, loaded, strict=True):
        assert (before.model, before.name, before.attacks) == (after.model, after.name, after.attacks)
        for name in ("image", "truth", "prediction"):
            np.testing.assert_array_equal(getattr(before, name), getattr(after, name))
        for one, two in zip(before.attacked, after.attacked, strict=True):
            assert (one.attack, one.epsilon) == (two.attack, two.epsilon)
            np.testing.assert_array_equal(one.perturbation, two.perturbation)
            np.testing.assert_array_equal(one.prediction, two.prediction)


@pytest.mark.parametrize("factor, dtype", [(1.0, np.float16), (1 / 3, np.float32)])
def test_perturbations_are_halved_only_where_that_is_exact(make_example, label_space, tmp_path, factor, dtype):
    example = make_example()
    attacked = tuple(
        dataclasses.replace(one, perturbation=one.perturbation * np.float32(factor)) for one in example.attacked
    )
    save_examples(tmp_path / "examples.npz", label_space, [dataclasses.replace(example, attacked=attacked)])
    assert np.load(tmp_path / "examples.npz")["0/perturbations"].dtype == dtype
    _, (loaded,) = load_examples(tmp_path / "examples.npz")
    np.testing.assert_array_equal(loaded.attacked[0].perturbation, attacked[0].perturbation)


def test_the_same_examples_give_the_same_bytes(make_example, label_space, tmp_path):
    for name in ("first.npz", "second.npz"):
        save_examples(tmp_path / name, label_space, [make_example()])
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()


def test_under_sorts_by_epsilon(make_example):
    example = make_example(epsilons=(8.0, 0.25, 2.0))
    assert [one.epsilon for one in example.under("ifgsm")] == [0.25, 2, 8] and example.under("pgd") == ()


def test_pixels_clip_and_round():
    np.testing.assert_array_equal(pixels(np.array([-3.0, 0.4, 99.6, 300.0])), [0, 0, 100, 255])


def test_sizes_must_agree(make_example):
    example = make_example()
    with pytest.raises(ValueError, match="Example 0001 is 12 x 16, but one of its arrays is"):
        Example("enet", "0001", example.image, example.truth[:-1], example.prediction, ())


def test_an_attack_that_found_its_own_norm_has_no_epsilon(make_example, label_space, tmp_path):
    example = make_example(attacks=("smallest",), epsilons=(8.0,))
    (one,) = example.attacked
    free = dataclasses.replace(example, attacked=(dataclasses.replace(one, epsilon=None),))
    save_examples(tmp_path / "examples.npz", label_space, [free])
    _, (loaded,) = load_examples(tmp_path / "examples.npz")
    assert loaded.attacked[0].epsilon is None

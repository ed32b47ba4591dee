"""Perturbations as files: the same values again, as few bytes as will do, and nothing changed unnoticed."""

import dataclasses

import numpy as np
import pytest

from tfadvseg.runs.perturbations import (
    Perturbations,
    _digest,
    file_of,
    load_perturbations,
    pack,
    photograph_digest,
    save_perturbations,
    unpack,
)

RNG = np.random.default_rng(0)


def signs(epsilon):
    return np.float32(epsilon) * RNG.integers(-1, 2, (6, 8, 3)).astype(np.float32)


def spread(step, most):
    return np.float32(step) * RNG.integers(-most, most + 1, (6, 8, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("values", "kind", "step"),
    [
        (signs(8), np.int8, 1),
        (signs(0.25), np.int8, 0.25),
        (signs(0.3), np.int8, np.float32(0.3)),
        (spread(1, 32), np.int8, 1),
        (spread(0.5, 127), np.int8, 0.5),
        (spread(0.5, 128), np.int16, 0.5),
        (spread(1, 255), np.int16, 1),
        (np.zeros((6, 8, 3)), np.int8, 1),
        (RNG.normal(0, 3, (6, 8, 3)).astype(np.float32), np.float32, 1),
        (spread(1, 40_000), np.float32, 1),
    ],
)
def test_the_smallest_kind_that_holds_every_value_is_taken(values, kind, step):
    if kind == np.int16:
        values[0, 0, 0] = np.float32(step) * (128 if step < 1 else 255)
    packed = pack(values)
    assert (packed.values.dtype, packed.step) == (kind, pytest.approx(step, rel=1e-7))
    assert unpack(packed).dtype == np.float32
    np.testing.assert_array_equal(unpack(packed), values)


def test_one_value_off_the_steps_is_kept_too():
    values = spread(1, 8)
    values[2, 3, 1] = np.nextafter(np.float32(5), np.float32(6))
    packed = pack(values)
    assert packed.values.dtype == np.float32
    np.testing.assert_array_equal(unpack(packed), values)


def test_what_is_no_number_comes_back_as_it_is():
    values = np.array([[[np.nan, np.inf, 1.0]]], np.float32)
    np.testing.assert_array_equal(unpack(pack(values)), values)


@pytest.fixture
def kept():
    attacks = (("fgsm", 8.0), ("own", None), ("ifgsm", 0.5))
    values = np.stack([signs(8), RNG.normal(0, 3, (6, 8, 3)).astype(np.float32), signs(0.5)])
    return Perturbations("a/b c", "1" * 64, "0123456789abcdef", attacks, values)


def test_a_file_holds_everything(kept, tmp_path):
    save_perturbations(tmp_path, kept)
    found = load_perturbations(tmp_path, "a/b c")
    np.testing.assert_array_equal(found.values, kept.values)
    assert found.values.dtype == np.float32
    for field in ("id", "photograph", "model", "attacks"):
        assert getattr(found, field) == getattr(kept, field)
    before = (tmp_path / file_of("a/b c")).read_bytes()
    save_perturbations(tmp_path, kept)
    assert (tmp_path / file_of("a/b c")).read_bytes() == before


def test_a_changed_file_is_refused(kept, tmp_path):
    """Also where it is a whole npz with other numbers in it."""
    save_perturbations(tmp_path, kept)
    path = tmp_path / file_of(kept.id)
    with np.load(path) as file:
        arrays = {key: file[key] for key in file.files}
    for key in ("0", "steps", "photograph", "epsilons"):
        changed = arrays[key].copy()
        changed.flat[0] = changed.flat[0] + 1 if changed.dtype.kind != "U" else "2" * 64
        np.savez_compressed(path, **arrays | {key: changed})
        with pytest.raises(ValueError, match="is not as it was written"):
            load_perturbations(tmp_path, kept.id)
    for key, strange in (("steps", np.array(2.0)), ("epsilons", np.array(["a"]))):  # a stranger can digest, too
        changed = {**arrays, key: strange}
        changed["digest"] = np.array(_digest({k: v for k, v in changed.items() if k != "digest"}))
        np.savez_compressed(path, **changed)
        with pytest.raises(ValueError, match="is not as it was written"):
            load_perturbations(tmp_path, kept.id)
    path.write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(ValueError, match="is not as it was written"):
        load_perturbations(tmp_path, kept.id)


def test_a_photograph_without_perturbations_is_named(tmp_path):
    with pytest.raises(ValueError, match="holds no perturbations of the photograph street_7"):
        load_perturbations(tmp_path, "street_7")


def test_signs_take_two_bits_a_value_at_most(tmp_path, kept):
    many = np.float32(8) * RNG.choice([-1, 1], (1, 100, 100, 3)).astype(np.float32)
    save_perturbations(tmp_path, dataclasses.replace(kept, attacks=(("fgsm", 8.0),), values=many))
    assert (tmp_path / file_of(kept.id)).stat().st_size < 100 * 100 * 3 * 2 / 8 + 3000


def test_a_photographs_digest_is_of_its_values_its_size_and_their_kind():
    image = np.zeros((4, 6, 3), np.uint8)
    others = [image + np.uint8(1), image.reshape(6, 4, 3), image.astype(np.float32)]
    assert len({photograph_digest(one) for one in (image, *others)}) == 4
    assert photograph_digest(image.copy(order="F")) == photograph_digest(image)

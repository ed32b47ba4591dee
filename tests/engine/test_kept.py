"""A matrix in one pass, perturbations that are kept, and these shown to networks again."""

import dataclasses
import json
import shutil

import numpy as np
import pytest
from six_images import example, grid, split, without_seconds

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.data.framing import Frame
from tfadvseg.engine.collect import collect
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.kept import KeptAttack, kept_sources, save_findings
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import run
from tfadvseg.engine.scenario import Protocol, Scenario, Target, white_box
from tfadvseg.models import describe
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import ALONE, rows
from tfadvseg.transforms import named

PROTOCOL = Protocol(grid(("fgsm", "ifgsm_ll"), (0.25, 8.0)))


@pytest.fixture(scope="module")
def other(enet_folder):
    """A second network, of the same input size, which fills up with another colour."""
    return describe(enet_folder)


@pytest.fixture(scope="module")
def opened():
    return OpenModels()


def crossed(*models):
    """Each attacked, and shown to all."""
    return [
        Scenario(source, PROTOCOL, (Target(source), *(Target(one, clean=False) for one in models if one != source)))
        for source in models
    ]


def go(scenarios, folder, models, images=3, keep=False, batch_size=1, read=example):
    own = dataclasses.replace(split(range(images)), read=read)
    shards, run_folder = Shards(own, batch_size), RunFolder(folder, {}, {})
    run(scenarios, shards, run_folder, "off", models, keep)
    collected = collect(scenarios, shards, run_folder, "made_up", "validation")
    for source, own_findings in collected.of_sources.items() if keep else ():
        save_findings(folder, source, own_findings)
    return collected


COST = ("gradients", "forwards", "queries", "source_model", *ALONE)


def found(collected):
    """{(source, model, attack, epsilon): row}, without what it cost."""
    return {
        (row["source_model"], row["model"], row["attack"], row["epsilon"]): {
            key: value for key, value in row.items() if key not in COST
        }
        for row in without_seconds(collected)
    }


@pytest.fixture(scope="module")
def matrix(spec, other, opened, tmp_path_factory):
    """(run folder, what was collected) of both networks, crossed, their perturbations kept."""
    folder = tmp_path_factory.mktemp("matrix")
    return folder, go(crossed(spec, other), folder, opened, keep=True)


def test_the_diagonal_is_the_white_box_run_to_the_last_digit(spec, other, opened, matrix, tmp_path):
    _, collected = matrix
    for model in (spec, other):
        alone = go([white_box(model, PROTOCOL)], tmp_path / model.name, opened)
        assert found(alone).items() <= found(collected).items()


def test_a_matrix_in_one_pass_equals_separate_runs(spec, other, opened, matrix, tmp_path):
    """Each pair by itself."""
    _, collected = matrix
    cells = found(collected)
    for source, target in ((spec, other), (other, spec)):
        alone = go([Scenario(source, PROTOCOL, (Target(target),))], tmp_path / source.name, opened)
        mine = found(alone)
        clean = mine.pop((source.name, target.name, "clean", 0.0))
        assert mine.items() <= cells.items() and len(mine) == 4
        assert clean == cells[target.name, target.name, "clean", 0.0]


def test_attacks_are_paid_for_once(matrix):
    """0.25 and 8 under FGSM share a gradient; the iterative attacks take one and nine more."""
    _, collected = matrix
    assert collected.results.gradients.sum() == 2 * 3 * (1 + 10)
    names = [example.model for example in collected.examples]
    assert names == ["conv", "thin_enet"]  # each once, under attacks on itself


def kept_scenarios(folder, targets):
    return [
        Scenario(source, Protocol(source.attacks), tuple(Target(one, clean=number == 0) for one in targets))
        for number, source in enumerate(kept_sources(folder))
    ]


def test_kept_perturbations_give_the_same_numbers_again(spec, other, opened, matrix, tmp_path):
    folder, collected = matrix
    again = go(kept_scenarios(folder, (spec, other)), tmp_path, opened)
    one, two = found(collected), found(again)
    clean = {key: row for key, row in two.items() if key[2] == "clean"}
    attacked = {key: row for key, row in two.items() if key[2] != "clean"}
    assert attacked == {key: row for key, row in one.items() if key[2] != "clean"}
    assert list(clean.values()) == [one[name, name, "clean", 0.0] for name in ("conv", "thin_enet")]
    assert again.results.gradients.sum() == 0
    assert np.isnan([row[name] for row in rows(again.results) if row["attack"] != "clean" for name in ALONE]).all()
    weak, (frames,) = collected.of_sources["thin_enet"].warnings, collected.warnings[-1:]
    assert collected.warnings == [*weak, frames] and "the IoU did not fall" in weak[0]
    assert again.warnings == [*(f"Of the perturbations that were kept: {one}" for one in weak), frames]


def test_what_made_kept_perturbations_weak_is_said_again(spec, opened, tmp_path):
    """Two steps of 1 are no attack of epsilon 8."""
    weak = Protocol((("ifgsm", ATTACKS["ifgsm"](8.0, steps=2)),))
    made = go([white_box(spec, weak)], tmp_path / "made", opened, images=1, keep=True)
    (sentence,) = (one for one in made.warnings if "its steps reach 2 grey levels at most" in one)
    again = go(kept_scenarios(tmp_path / "made", (spec,)), tmp_path / "again", opened, images=1)
    assert f"Of the perturbations that were kept: {sentence}" in again.warnings


@pytest.mark.parametrize("batch_size", [1, 3])
def test_photographs_that_were_left_out_are_left_out_again(spec, opened, tmp_path, batch_size):
    """Though they can be read by now."""

    def damaged(number):
        if number == 1:
            raise ValueError("1.png may be truncated.")
        return example(number)

    scenarios = [white_box(spec, Protocol(grid(("fgsm",), (8.0,))))]
    made = go(scenarios, tmp_path / "made", opened, keep=True, batch_size=batch_size, read=damaged)
    kept = kept_scenarios(tmp_path / "made", (spec,))
    ids = split(range(3)).ids
    assert kept[0].source.contents(ids) == kept[0].source.contents(("image_0", "image_2"))
    again = go(kept, tmp_path / "again", opened, batch_size=batch_size)
    assert again.results.ids == made.results.ids == ("image_0", "image_2")
    assert again.results.left_out == (
        "image_1: it was left out where the perturbations were made: 1.png may be truncated.",
    )
    assert [row["iou"] for row in found(again).values()] == [row["iou"] for row in found(made).values()]


def test_perturbations_of_a_run_that_has_not_finished_are_refused(spec, opened, tmp_path):
    scenarios = [white_box(spec, Protocol(grid(("fgsm",), (8.0,))))]
    run(scenarios, Shards(split([0]), 1), RunFolder(tmp_path, {}, {}), "off", opened, True)
    with pytest.raises(ValueError, match="findings.json is missing; start the run's command again with its `folder`"):
        kept_sources(tmp_path)


def test_how_perturbations_were_made_is_kept(spec, opened, tmp_path):
    through = ExpectedGradient(named("rescale"), 1)
    settings = {"alpha": 2.5, "steps": 3, "decay": 0.5, "in_range": True, "whole_levels": True, "gradient": through}
    attack = ATTACKS["mi_fgsm"](8.0, **settings)
    protocol = Protocol((("mi_fgsm", attack), ("fgsm", ATTACKS["fgsm"](1.0))), "ground_truth", False, seed=7)
    go([white_box(spec, protocol)], tmp_path, opened, images=1, keep=True)
    (source,) = kept_sources(tmp_path)
    (_, first), (_, second) = source.attacks
    assert (first.in_range, first.whole_levels, second.in_range, second.whole_levels) == (True, True, False, False)
    assert (first.inside, second.inside) == ("rescale", "none")
    shown = Scenario(source, Protocol(source.attacks), (Target(spec, clean=False),))
    assert [cell.attack_transform for cell in shown.cells("made_up", "validation")] == ["rescale", "none"]
    told, one, other = source.told
    assert told == (
        "untargeted attacks lead away from the labels of the dataset; padding is attacked and does not count in the "
        "loss; seed 7"
    )
    assert one.startswith("mi_fgsm at epsilon 8: alpha 2.5, steps 3, ") and "rule.decay 0.5" in one
    assert "in_range True, whole_levels True" in one and other.startswith("fgsm at epsilon 1: alpha 1, steps 1, ")


def test_nothing_of_the_source_is_opened_to_show_what_was_kept(other, matrix, tmp_path):
    folder, _ = matrix
    opened = OpenModels()
    go(kept_scenarios(folder, (other,)), tmp_path, opened)
    assert list(opened._open) == [other]


def test_they_are_small(matrix):
    folder, _ = matrix
    files = list((folder / "perturbations").rglob("*.npz"))
    assert len(files) == 2 * 3
    for file in files:
        with np.load(file) as arrays:
            assert {arrays[str(k)].dtype for k in range(4)} == {np.dtype(np.int8)}


def test_nothing_is_kept_unasked(spec, opened, tmp_path):
    go([white_box(spec, PROTOCOL)], tmp_path, opened, images=1)
    assert not (tmp_path / "perturbations").exists()
    with pytest.raises(ValueError, match="holds no perturbations; run pipelines.transfer with --keep_perturbations"):
        kept_sources(tmp_path)


def test_a_run_that_goes_on_keeps_the_rest(spec, opened, matrix, tmp_path):
    """Killed after the first of three units; what it kept is as good as new."""
    folder, _ = matrix

    class Full(RunFolder):
        def save(self, unit, arrays):
            super().save(unit, arrays)
            raise KeyboardInterrupt

    scenarios = [white_box(spec, PROTOCOL)]
    with pytest.raises(KeyboardInterrupt):
        run(scenarios, Shards(split(range(3)), 1), Full(tmp_path, {}, {}), "off", opened, True)
    assert len(list((tmp_path / "perturbations").rglob("*.npz"))) == 1
    go(scenarios, tmp_path, opened, keep=True)
    for file in (tmp_path / "perturbations" / "conv").iterdir():
        assert file.read_bytes() == (folder / "perturbations" / "conv" / file.name).read_bytes()


def test_a_source_is_read_as_it_was(spec, other, matrix):
    folder, _ = matrix
    first, second = kept_sources(folder)
    assert (first.name, first.digest, first.frame) == (spec.name, spec.digest, spec.frame)
    named = [(name, attack.epsilon) for name, attack in first.attacks]
    assert named == [("fgsm", 0.25), ("fgsm", 8.0), ("ifgsm_ll", 0.25), ("ifgsm_ll", 8.0)]
    assert all(isinstance(attack, KeptAttack) for _, attack in first.attacks)
    assert second.name == other.name and isinstance(first.frame, Frame) and hash(first)
    assert kept_sources(folder, ["thin_enet"]) == [second]
    with pytest.raises(ValueError, match="Unknown source 'net'; choose one of: conv, thin_enet"):
        kept_sources(folder, ["net"])


def test_another_photograph_under_the_same_id_is_refused(matrix):
    folder, _ = matrix
    source = kept_sources(folder)[0]
    same = split(range(3))
    swapped = dataclasses.replace(same, origins=tuple(reversed(same.origins)))
    assert len(source.read(same, [2, 0])) == 4
    assert source.read(swapped, [1])[0].shape == (1, 32, 48, 3)
    with pytest.raises(ValueError, match="The photograph image_0 is another one than .* has perturbations of"):
        source.read(swapped, [0])


def test_photographs_without_perturbations_are_named_before_anything_runs(matrix):
    folder, _ = matrix
    source = kept_sources(folder)[0]
    with pytest.raises(ValueError, match="no perturbations of 2 of the 5 photographs, such as image_3; choose"):
        source.contents(split(range(5)).ids)
    assert source.contents(split([0]).ids) != source.contents(split([1]).ids)


def test_a_model_whose_name_leads_out_of_the_folder_is_refused(matrix, tmp_path):
    folder, _ = matrix
    shutil.copytree(folder / "perturbations", tmp_path / "perturbations")
    record = next((tmp_path / "perturbations").rglob("source.json"))
    assert kept_sources(tmp_path)
    record.write_text(json.dumps(json.loads(record.read_text()) | {"model": "../../elsewhere"}))
    with pytest.raises(ValueError, match=r"source.json names '../../elsewhere', which is outside of .*perturbations"):
        kept_sources(tmp_path)


def test_files_of_another_model_are_refused(matrix, tmp_path):
    folder, _ = matrix
    source = kept_sources(folder)[0]
    changed = dataclasses.replace(source, digest="0" * 16)
    with pytest.raises(ValueError, match="is of another model or other attacks than the source.json beside it"):
        changed.read(split([0]), [0])
    place = tmp_path / "perturbations" / "conv"
    place.mkdir(parents=True)
    (place / "source.json").write_text(json.dumps({"model": "conv"}))
    with pytest.raises(ValueError, match="source.json is damaged"):
        kept_sources(tmp_path)
    assert example(0)[0].dtype == np.uint8

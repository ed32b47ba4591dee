"""Encounters with input transforms, from scratch on two images, and what is claimed of them."""

import dataclasses
import pathlib
import runpy

import numpy as np
import pytest
import tensorflow as tf
from tfadvseg.experiments.encounter import Encounter, Protocol, View, white_box
from tfadvseg.experiments.evidence import FAILS, HOLDS, Evidence
from tfadvseg.experiments.gather import Found, gather
from tfadvseg.experiments.run import Shards, run
from tfadvseg.experiments.transforms import agreement, claims, defenses, transfers
from tfadvseg.metrics.confusion import confusion

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import Cell
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms import TRANSFORMS

SIX = runpy.run_path(str(pathlib.Path(__file__).with_name("six_images.py")))
OF = Cell("made_up", "validation", "", "", "clean", 0.0)


def protocol(**settings):
    return Protocol((("ifgsm_ll", ATTACKS["ifgsm_ll"](4.0, **settings)),), seed=3)


def experiment(encounters, path, batch_size=1):
    shards, folder = Shards(SIX["examples"](), 2, batch_size), RunFolder(path, {}, {})
    run(encounters, shards, folder, "off")
    return gather(encounters, shards, folder, OF)


@pytest.fixture(scope="module")
def crossed(conv_model, tmp_path_factory):
    return experiment(transfers(conv_model, protocol, ["blur", "grayscale"], 2, 3, 3), tmp_path_factory.mktemp("runs"))


def test_every_pair_and_trial_is_a_cell_once(crossed):
    cells = [(c.attack, c.attack_transform, c.inference_transform, c.trial) for c in crossed.cells]
    seen = [("none", 0), *((name, trial) for name in ("blur", "grayscale") for trial in range(2))]
    expected = {("clean", "none", *one) for one in seen}
    expected |= {("ifgsm_ll", known, *one) for known in ("none", "blur", "grayscale") for one in seen}
    assert len(cells) == len(expected) == 20 and set(cells) == expected


@pytest.mark.parametrize(
    ("known", "seen", "trial"), [("none", "blur", 1), ("grayscale", "none", 0), ("blur", "blur", 0)]
)
def test_a_cell_equals_a_count_from_scratch(crossed, conv_model, known, seen, trial):
    """The attack by itself, the transform with the seeds of a defense, and a count of the predictions."""
    batches = Shards(SIX["examples"](), 2, 1).batches(conv_model)
    estimator = {} if known == "none" else {"gradient": ExpectedGradient(TRANSFORMS[known], 3, 3)}
    attack = ATTACKS["ifgsm_ll"](4.0, **estimator)
    expected = []
    for batch in batches:
        images, ids = batch["image"], [batch["id"].numpy()[0].decode()]
        labels = tf.argmax(conv_model(images), -1, tf.int32)
        attacked = images + attack(conv_model, images, labels, tf.constant(image_seeds(3, ids)))
        given = TRANSFORMS[seen](attacked, tf.constant(image_seeds(3, ids, trial, "defense")))
        predictions = tf.argmax(conv_model(given), -1, tf.int32).numpy()
        expected.append(confusion(batch["labels"].numpy(), predictions, 11)[0])
    (i,) = (
        i for i, c in enumerate(crossed.cells)
        if (c.attack, c.attack_transform, c.inference_transform, c.trial) == ("ifgsm_ll", known, seen, trial)
    )  # fmt: skip
    np.testing.assert_array_equal(crossed.matrices[i], expected)


def test_a_ratio_refers_to_the_clean_images_behind_the_same_transform_in_the_same_trial(crossed):
    rows = {(r["attack"], r["attack_transform"], r["inference_transform"], r["trial"]): r for r in crossed.rows}
    clean, attacked = rows["clean", "none", "blur", 1], rows["ifgsm_ll", "grayscale", "blur", 1]
    assert attacked["iou_ratio"] == pytest.approx(100 * attacked["iou"] / clean["iou"])
    assert clean["iou"] != rows["clean", "none", "blur", 0]["iou"]


def test_gradients_count_the_samples_and_are_put_down_to_the_first_who_looks(crossed):
    """5 iterations at epsilon 4, 3 samples each where a transform is expected, 2 images."""
    costs = {}
    for row in crossed.rows:
        costs.setdefault(row["attack_transform"], []).append(row["gradients"])
    assert [sorted(costs[name], reverse=True)[:2] for name in ("none", "blur", "grayscale")] == [
        [10, 0],
        [30, 0],
        [30, 0],
    ]


def test_examples_show_what_came_through_each_transform(crossed, conv_model):
    assert [example.transform for example in crossed.examples] == ["", "blur", "grayscale"]
    plain, _, grey = crossed.examples
    np.testing.assert_allclose(grey.image, grey.image[..., :1].repeat(3, -1), atol=1e-4)
    np.testing.assert_array_equal(np.abs(plain.attacked[0].perturbation).max(), 4)
    given = tf.constant((grey.image + grey.attacked[0].perturbation)[None])
    np.testing.assert_array_equal(tf.argmax(conv_model(given), -1)[0], grey.attacked[0].prediction)


def test_without_crossing_each_attack_meets_its_own_transform(conv_model):
    plain, *aware = defenses(conv_model, protocol, ["blur", "jpeg"], 9, 10, 4)
    assert [(view.transform, view.trials) for view in plain.views] == [("none", 1), ("blur", 9), ("jpeg", 9)]
    assert [(e.transform, [view.transform for view in e.views]) for e in aware] == [
        ("blur", ["blur"]),
        ("jpeg", ["jpeg"]),
    ]
    assert plain.clean and not any(e.clean for e in aware)
    estimator = aware[0].protocol.attacks[0][1].gradient
    assert (estimator.transform, estimator.samples, estimator.chunk) == (TRANSFORMS["blur"], 10, 2)
    assert aware[0].work == 5 * 10 + 0.5 * 9 and plain.work == 5 + 0.5 * 19 * 2


def test_a_view_of_another_input_size_is_refused(conv_model, enet_model):
    assert white_box(conv_model, protocol()).name == "conv"
    with pytest.raises(ValueError, match="takes other inputs"):
        Encounter(enet_model, protocol(), (View(dataclasses.replace(conv_model, input_size=(8, 8))),))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"transform": "sepia"}, "Unknown transform 'sepia'"), ({"trials": 0}, "at least 1 trial; got 0")],
)
def test_views_that_make_no_sense_are_refused(conv_model, arguments, message):
    with pytest.raises(ValueError, match=message):
        View(conv_model, **arguments)


def test_agreement_grows_with_the_samples_and_is_whole_without_a_transform(conv_model):
    batch = next(iter(Shards(SIX["examples"](), 1, 1).batches(conv_model)))
    attack = ATTACKS["ifgsm_ll"](4.0)
    shares = agreement(conv_model, batch, ["none", "hsv"], attack, seed=0)
    assert set(shares["none"].values()) == {1.0}
    assert shares["hsv"][1] < shares["hsv"][20] < 1


def made_up(values):
    """Found with one cell for each (inference, expected, touched): its IoU, the same for every image, by construction.

    A matrix [[a, b], [b, a]] has the IoU a / (a + 2 b).
    """
    cells, matrices = [], []
    for (inference, expected, touched), iou in values.items():
        attack, epsilon = ("ifgsm_ll", 8.0) if touched else ("clean", 0.0)
        trials = 1 if inference == "none" else 2
        for trial in range(trials):
            cells.append(Cell("made_up", "validation", "enet", "enet", attack, epsilon, expected, inference, trial))
            hits = 2 * iou / (100 - iou)
            matrices.append(np.tile(np.array([[hits, 1.0], [1.0, hits]]), (5, 1, 1)))
    return Found(cells, matrices, [], [], [], np.ones(5), [], [], [])


# Table 2 of the paper: rows before the network, columns expected by the attack; and its clean IoU.
NAMES = ("jpeg", "blur", "hsv", "grayscale", "none")
TABLE_2 = {
    "jpeg": (19.7, 30.9, 17.2, 17.4, 47.7),
    "blur": (31.6, 18.4, 21.3, 22.4, 43.5),
    "hsv": (39.9, 39.2, 15.7, 16.3, 33.5),
    "grayscale": (50.0, 49.3, 32.0, 13.6, 25.2),
    "none": (11.6, 14.4, 12.0, 24.4, 15.5),
}


def papers(**changes):
    values = {(i, k, True): iou for i, row in TABLE_2.items() for k, iou in zip(NAMES, row, strict=True)}
    values |= {(i, "none", False): 73.9 - 0.1 * n for n, i in enumerate(NAMES)}
    found = made_up(values | changes.pop("cells", {}))
    judged = claims(Evidence(found), "enet", "ifgsm_ll", 8.0, list(NAMES[:4]))
    return {claim.number: claim for claim in judged}


def test_the_papers_own_numbers_bear_its_claims_out():
    judged = papers()
    assert set(judged) == {"C58", "C59", "C60", "C61", "C62", "C64", "C65", "C66", "C67", "C68"}
    assert {number: claim.verdict for number, claim in judged.items()} == dict.fromkeys(judged, HOLDS)
    assert "jpeg +32.2" in judged["C58"].measured and "grayscale +9.7" in judged["C58"].measured
    assert "blur +2.9" in judged["C64"].measured


def test_claims_that_fail_are_named_one_by_one():
    judged = papers(cells={("jpeg", "none", True): 15.0, ("hsv", "none", False): 60.0})
    assert judged["C58"].verdict == f"{FAILS}: jpeg; {HOLDS}: blur, hsv, grayscale"
    assert judged["C59"].verdict == FAILS
    assert judged["C61"].verdict == f"{HOLDS}: jpeg, blur, grayscale; {FAILS}: hsv"


def test_claims_about_pairs_need_all_pairs():
    values = {(i, k, True): iou for i, row in TABLE_2.items() for k, iou in zip(NAMES, row, strict=True)}
    own = {key: iou for key, iou in values.items() if key[1] in (key[0], "none")}
    own |= {(i, "none", False): 73.9 for i in NAMES}
    judged = claims(Evidence(made_up(own)), "enet", "ifgsm_ll", 8.0, ["jpeg", "blur"])
    assert {claim.number for claim in judged} == {"C58", "C60", "C61", "C62", "C64", "C65"}

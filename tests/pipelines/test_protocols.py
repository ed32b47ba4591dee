"""--protocol and what differs from it: which attacks the flags stand for, and what the run folder says of it."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from absl import flags

from tfadvseg.attacks import ATTACKS, Trait
from tfadvseg.attacks.balls import L2, LInf
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.studies.beside import by_the_papers_protocol
from tfadvseg.transforms import named

FLAGS = flags.FLAGS


@pytest.fixture
def parsed():
    """A function from a command line to pipelines.common.attacking, which reads its flags."""
    from pipelines.common import attacking
    from pipelines.common import flags as own

    before = set(FLAGS)
    own.define_data()
    own.define_attacks()
    own.define_inside()
    own.define_region()
    own.define_draws()
    own.define_run()

    def parse(*words):
        for flag in set(FLAGS) - before:
            FLAGS[flag].unparse()
        FLAGS(["robustness", "--epsilons=8", *words])
        return attacking

    yield parse
    for flag in set(FLAGS) - before:
        delattr(FLAGS, flag)
    FLAGS.unparse_flags()


def test_the_papers_attacks_are_what_they_were_before_there_were_protocols(parsed):
    found = dict(parsed().attacks())
    assert found == {name: ATTACKS[name](8.0) for name in ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll")}
    assert parsed().protocol().labels == "prediction"


PLAIN = {name: one for name, one in ATTACKS.items() if not one.has(Trait.TO_A_CLASS | Trait.BY_CLASS | Trait.HIDES)}
EVERY = "--attacks=" + ",".join(name for name, one in PLAIN.items() if not one.has(Trait.OWN_NORM))
OWN_NORM = "--attacks=" + ",".join(name for name, one in PLAIN.items() if one.has(Trait.OWN_NORM))


@pytest.mark.parametrize(
    ("protocol", "alpha", "steps", "start", "in_range", "labels"),
    [("arnab2018", 1.0, 10, "zero", False, "prediction"), ("literature", 2.55, 20, "uniform", True, "ground_truth")],
)
def test_a_protocol_means_the_same_for_all_attacks(parsed, protocol, alpha, steps, start, in_range, labels):
    made = parsed(EVERY, f"--protocol={protocol}").protocol()
    found = dict(made.attacks)
    assert made.labels == labels and all(attack.in_range == in_range for attack in found.values())
    for name, attack in found.items():
        kind = ATTACKS[name]
        if kind.has(Trait.ITERATIVE) and not kind.has(Trait.PACED):
            assert (attack.alpha, attack.steps, attack.start) == (alpha, steps, start), name
        elif kind.has(Trait.PACED):
            assert attack.start == start and attack.steps == kind(8.0).steps, name  # of its own
        else:
            assert attack == kind(8.0, in_range=in_range), name  # a single step starts at the image
    assert found["padam"].alpha == 2.0 and found["sea_js"].steps == 300 and found["apgd_ce"].steps == 100
    kept = {name: getattr(attack, "keep", None) for name, attack in found.items()}
    assert kept["segpgd"] == "loss" and kept["sea_mce"] == "accuracy" and kept["cospgd"] == kept["padam"] == "last"


def test_flags_that_are_given_override_the_protocol(parsed):
    of_labels = EVERY.replace("fspgd,", "")  # which knows no labels, and so no IoU
    made = parsed(
        of_labels,
        "--protocol=literature",
        "--alpha=0.5",
        "--steps=50",
        "--start=uniform",
        "--restarts=3",
        "--keep=iou",
        "--norm=l2",
        "--noin_range",
        "--labels=prediction",
    ).protocol()
    assert made.labels == "prediction"
    for name, attack in made.attacks:
        assert attack.ball == L2() and not attack.in_range
        if ATTACKS[name].has(Trait.STEPPING):
            assert (attack.steps, attack.restarts, attack.keep) == (50, 3, "iou"), name
            assert getattr(attack, "alpha", 0.5) == 0.5, name
        else:
            assert attack == ATTACKS[name](8.0, ball=L2()), name
    (own,) = dict(parsed("--attacks=ifgsm", "--protocol=literature", "--start=zero").attacks()).values()
    assert own == ATTACKS["ifgsm"](8.0, alpha=2.55, steps=20, in_range=True, ball=LInf())


def test_attacks_that_find_their_own_norm_are_made_once_by_the_same_flags(parsed):
    """Steps and their size are those of the first radius, 16; what moves in no ball has neither start nor restarts."""
    found = parsed(OWN_NORM, "--epsilons=4,8", "--in_range").attacks()
    assert len(found) == len(dict(found)) == sum(one.has(Trait.OWN_NORM) for one in PLAIN.values())
    assert all(attack.epsilon is None and attack.in_range for _, attack in found)
    searched = dict(found)["minimal_ifgsm"].attack
    assert searched == ATTACKS["ifgsm"](16.0, alpha=1.0, steps=20, in_range=True)
    made = dict(parsed(OWN_NORM, "--protocol=literature", "--steps=30", "--restarts=2", "--alpha=3").attacks())
    searched = made["minimal_segpgd"].attack
    assert (searched.alpha, searched.steps, searched.start, searched.restarts) == (3.0, 30, "uniform", 2)
    assert (made["dag"].alpha, made["dag"].steps) == (3.0, 30) and made["dag_permuted"].permuted
    assert (made["alma_prox"].alpha, made["alma_prox"].steps) == (0.255, 30)


@pytest.mark.parametrize("name", ["alma_prox", "dag"])
def test_attacks_in_no_ball_know_one_norm(parsed, name):
    with pytest.raises(ValueError, match="has no other norm; leave it at linf"):
        parsed(f"--attacks={name}", "--norm=l2").attacks()


def test_queries_are_of_attacks_that_ask(parsed):
    assert dict(parsed("--attacks=dla,noise", "--queries=7").attacks()) == {
        "dla": ATTACKS["dla"](8.0, queries=7),
        "noise": ATTACKS["noise"](8.0),
    }
    assert parsed("--queries=7").protocol_text().endswith(" Other than it: --queries=7.")


def test_what_follows_no_gradient_takes_no_estimator_of_one(parsed):
    found = dict(parsed("--attacks=dla,fgsm").attacks(gradient=ExpectedGradient(None, 3)))
    assert found["dla"] == ATTACKS["dla"](8.0) and found["fgsm"].gradient == ExpectedGradient(None, 3)


def test_a_transform_inside_is_expected_by_all_attacks_that_follow_gradients(parsed):
    given = ("--attacks=fgsm,fspgd,apgd_ce,noise", "--inside=rescale+blur", "--samples=3")
    found = dict(parsed(*given).protocol().attacks)
    assert found.pop("noise") == ATTACKS["noise"](8.0)
    assert {attack.gradient for attack in found.values()} == {ExpectedGradient(named("rescale+blur"), 3)}
    assert (
        parsed(*given)
        .protocol_text()
        .endswith(" Other than it: --inside=rescale+blur, --samples=3, but noise without what is inside.")
    )
    with pytest.raises(ValueError, match="--inside=blur is for networks that draw nothing themselves"):
        parsed("--inside=blur").protocol(gradient=ExpectedGradient(None, 3))
    with pytest.raises(ValueError, match="Unknown transform 'rescal'; choose one of: rescale, "):
        parsed("--inside=rescal").protocol()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--attacks=ifgsm,minimal_ifgsm@5", "--inside=rescale"], "minimal_ifgsm@5 judges whole images, of which"),
        (["--attacks=dag", "--region=car"], "dag wants nearly all pixels of an image, which no --region may reach"),
    ],
)
def test_attacks_that_want_all_of_an_image_are_given_no_part_of_it(parsed, words, message):
    with pytest.raises(ValueError, match=f"{message}.*; leave it out of `attacks`"):
        parsed(*words).protocol()


def test_what_follows_no_gradient_is_said_to_have_nothing_inside(parsed):
    told = parsed("--attacks=fgsm,dla,noise", "--inside=blur").protocol_text()
    assert told.endswith("Other than it: --inside=blur, --samples=10, but dla, noise without what is inside.")


def test_restarts_want_a_random_start(parsed):
    with pytest.raises(ValueError, match="more often only from random starts; got 2 restarts from zero"):
        parsed("--attacks=ifgsm", "--restarts=2").attacks()


def test_an_ensemble_stands_for_its_attacks_each_once(parsed):
    found = parsed("--attacks=sea_js,sea,fgsm,fgsm")
    assert found.attack_names() == ["sea_js", "sea_mce", "sea_mce_bal", "fgsm"]
    with pytest.raises(ValueError, match="Unknown attack 'se'; choose one of: sea, "):
        parsed("--attacks=se").attack_names()


def test_steps_of_its_own_stand_behind_a_name(parsed):
    found = parsed("--attacks=segpgd,segpgd@7,sea@50,ifgsm@3", "--steps=11", "--protocol=literature")
    made = {name: attack.steps for name, attack in found.attacks()}
    parts = {f"sea_{part}@50": 50 for part in ("mce", "mce_bal", "js")}
    assert made == {"segpgd": 11, "segpgd@7": 7, **parts, "ifgsm@3": 3}
    assert dict(found.attacks())["segpgd@7"] == ATTACKS["segpgd"](8.0, steps=7, start="uniform", in_range=True)
    assert "class_pixels" in found.deciding_attacks()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("fgsm@2", "fgsm has no steps to choose; got fgsm@2."),
        ("segpgd@0", "Behind segpgd@ stands its number of steps, as in segpgd@50; got 0."),
        ("segpgd@", "Behind segpgd@ stands its number of steps, as in segpgd@50; got nothing."),
        ("segpgd@1.5", "got 1.5."),
        ("segpdg@4", "Unknown attack 'segpdg'; choose one of: segpgd, "),
    ],
)
def test_steps_that_are_no_number_are_refused(parsed, name, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parsed(f"--attacks={name}").attacks()


def test_the_sentence_of_the_report_names_what_differs(parsed):
    assert parsed().protocol_text().endswith("images not kept within 0..255. Other than it: nothing.")
    assert by_the_papers_protocol({"attacked_as": parsed().protocol_text()})
    for other in ("--norm=l2", "--steps=3", "--protocol=literature", "--in_range"):
        assert not by_the_papers_protocol({"attacked_as": parsed(other).protocol_text()}), other
    given = ("--protocol=literature", "--steps=50", "--alpha=1", "--noin_range", "--norm=l2", "--start=uniform")
    told = parsed(*given, "--keep=iou", "--noattack_padding").protocol_text()
    assert told.startswith("Protocol literature: away from the ground truth, 20 steps of 2.55 grey levels from random ")
    assert told.endswith(
        " Other than it: --noin_range, --alpha=1, --steps=50, --keep=iou, --norm=l2, --noattack_padding."
    )


@pytest.mark.parametrize("has_training", [True, False])
def test_classes_are_weighed_by_the_pixels_of_the_training_photographs(parsed, camvid, capsys, tmp_path, has_training):
    """Or of the attacked split where the folder has no others; counted once, and kept in the recipe."""
    for part in camvid.iterdir():
        (tmp_path / part.name).symlink_to(part)
    lines = (camvid / "val.txt").read_text().splitlines()
    if has_training:
        (tmp_path / "train.txt").write_text(lines[1] + "\n")
    found = parsed("--dataset=camvid", f"--data_dir={tmp_path}", "--attacks=sea", "--epsilons=4,8", "--limit=1")
    four, eight = (attack for name, attack in found.attacks() if name == "sea_mce_bal")
    split, photographs = ("train", [1]) if has_training else ("validation", [0, 1, 2])
    said = capsys.readouterr().err
    assert (
        said == f"Class weights: counting the pixels of each class in the {len(photographs)} images of camvid {split}\n"
    )
    every = [found.dataset().split(str(tmp_path), "validation")[i].labels.ravel() for i in photographs]
    pixels = np.bincount(np.concatenate(every), minlength=256)[:11]
    expected = 1 / pixels
    np.testing.assert_allclose(eight.objective.loss.class_weights, expected / expected.sum())
    assert four.objective == eight.objective
    held = found.deciding_attacks()
    assert held == {
        "attacked_as": found.protocol_text(),
        "class_pixels": {"split": split, "pixels": tuple(pixels.tolist())},
    }
    assert capsys.readouterr().err == ""
    assert "class_pixels" not in parsed("--attacks=sea_mce").deciding_attacks()


def test_results_name_what_is_inside(call, small, tmp_path):
    """And the report shows these rows as any others."""
    flags = (*small, "--attacks=fgsm,noise", "--inside=rescale", "--samples=1", "--epsilons=8", "--limit=1")
    ended = call("robustness", *flags, f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    results = pd.read_csv(tmp_path / "results.csv")
    assert results[["attack", "attack_transform"]].values.tolist() == [
        ["clean", "none"],
        ["fgsm", "rescale"],
        ["noise", "none"],
    ]
    assert "FGSM" in (tmp_path / "results.md").read_text()


def test_a_ladder_of_all_epsilons(call, small, undrawn, tmp_path):
    """It is made from the largest one down, and costs what SEA does at each; by itself the smallest takes all."""
    flags = (*small, "--attacks=sea@5,ladder@5", "--epsilons=2,8,4", "--limit=1", f"--output={tmp_path}")
    ended = call("robustness", *flags)
    assert ended.returncode == 0, ended.stderr
    results = pd.read_csv(tmp_path / "results.csv").set_index(["attack", "epsilon"])
    parts = [f"{name}_{part}@5" for name in ("sea", "ladder") for part in ("mce", "mce_bal", "js")]
    assert [name for name in results.index.unique("attack") if name != "clean"] == parts
    assert (results.linf <= results.index.get_level_values("epsilon")).all()
    for part in ("mce", "mce_bal", "js"):
        sea, ladder = results.loc[f"sea_{part}@5"], results.loc[f"ladder_{part}@5"]
        assert ladder.gradients.tolist() == sea.gradients.tolist() == [5, 5, 5]
        assert (ladder.forwards[8.0], ladder.forwards[4.0], ladder.forwards[2.0]) == (3, 2, 2)
        assert ladder.gradients_alone.to_dict() == {8.0: 5, 4.0: 10, 2.0: 15}
        assert sea.gradients_alone.to_dict() == {8.0: 5, 4.0: 5, 2.0: 5}
        assert ladder.iou[8.0] == sea.iou[8.0]


def test_a_run_by_the_literature(call, small, undrawn, tmp_path):
    """Every kind of attack once, in few steps; the recipe holds what decided it, and a resume finds the same."""
    flags = (*small, "--protocol=literature", "--attacks=fgsm,segpgd,padam_cos,sea", "--steps=4", "--epsilons=8")
    ended = call("robustness", *flags, "--limit=1", f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    results = pd.read_csv(tmp_path / "results.csv")
    assert results.attack.tolist() == ["clean", "fgsm", "segpgd", "padam_cos", "sea_mce", "sea_mce_bal", "sea_js"]
    assert (results.linf[1:] <= 8).all() and (results.iou[1:] < results.iou[0]).all()
    assert results.gradients.tolist() == [0, 1, 4, 4, 4, 4, 4]
    recipe = json.loads((tmp_path / "recipe.json").read_text())["recipe"]
    assert recipe["protocol"] == "literature" and "--steps=4" in recipe["attacked_as"]
    assert recipe["class_pixels"]["split"] == "validation" and len(recipe["class_pixels"]["pixels"]) == 11
    again = call("robustness", *flags, "--limit=1", f"--output={tmp_path}")
    assert again.returncode == 0 and "everything was finished before" in again.stderr, again.stderr


def test_photographs_without_labels_have_no_class_weights(call, camvid, conv_folder, tmp_path):
    images = f"--images={camvid / 'val' / '0.png'}"
    flags = (f"--models={conv_folder}", images, "--epsilon=8", f"--output={tmp_path / 'run'}")
    ended = call("attack", *flags, "--attack=sea_mce_bal")
    assert ended.returncode == 1 and ended.stderr.splitlines()[-1] == (
        "Error: sea_mce_bal weighs classes by the labels of a dataset, which photographs do not have; take sea_mce."
    )

"""Networks with a CRF in experiments: who attacks whom, what attacks start from, parameters, and what is claimed."""

import pathlib
import runpy

import numpy as np
import pytest
import tensorflow as tf
from tfadvseg.experiments.crf import measure_starts, pair, sweep, trained_with_crf, variants, with_crf, with_scaled
from tfadvseg.experiments.crf_claims import Pair, pair_claims, sweep_claims
from tfadvseg.experiments.crf_tuning import tune
from tfadvseg.experiments.encounter import Protocol
from tfadvseg.experiments.evidence import FAILS, HOLDS, UNMEASURED, Evidence
from tfadvseg.experiments.gather import Found, gather
from tfadvseg.experiments.masking import masking
from tfadvseg.experiments.run import Shards, run
from tfadvseg.experiments.start import starts

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.objectives import away_from_labels, toward_least_likely
from tfadvseg.crf.parameters import PARAMETERS
from tfadvseg.crf.refinement import DenseCrfRefinement
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.results import Cell

SIX = runpy.run_path(str(pathlib.Path(__file__).with_name("six_images.py")))
OF = Cell("made_up", "validation", "", "", "clean", 0.0)
CRF_RNN = PARAMETERS["crf_rnn"]
PROTOCOL = Protocol(tuple((name, ATTACKS[name](4.0)) for name in ("fgsm", "fgsm_ll")))


def test_a_network_with_a_crf_looks_like_a_loaded_one(conv_model, images):
    crf = with_crf(conv_model, CRF_RNN)
    expected = DenseCrfRefinement(CRF_RNN)(conv_model(images), images)
    np.testing.assert_allclose(crf(images), expected, atol=1e-4)
    assert (crf.name, crf.classes, crf.input_size, crf.fit) == ("conv+crf", 11, (32, 48), "pad")
    others = [conv_model.digest, with_crf(conv_model, PARAMETERS["deeplab_vgg"]).digest]
    assert len({crf.digest, *others}) == 3 and with_crf(conv_model, CRF_RNN).digest == crf.digest


def test_a_network_trained_with_a_crf_takes_the_name_of_the_one_it_is_compared_with(conv_model, images):
    other = trained_with_crf(conv_model, conv_model)
    assert other.name == "conv+crf" and other.digest == conv_model.digest
    np.testing.assert_array_equal(other(images), conv_model(images))


def test_scaling_is_for_untargeted_attacks_and_changes_only_the_loss():
    *others, (name, attack) = with_scaled(PROTOCOL, 20.0).attacks
    assert tuple(others) == PROTOCOL.attacks
    plain = PROTOCOL.attacks[0][1]
    assert name == "fgsm_scaled" and attack.epsilon == plain.epsilon and attack.steps == plain.steps
    logits, labels = tf.constant([[[[60.0, 0.0, 20.0]]]]), tf.zeros((1, 1, 1), tf.int32)
    assert plain.objective(logits, labels).numpy().item() == 0  # lost in float32
    expected = np.log(1 + np.exp(-3.0) + np.exp(-2.0))
    assert attack.objective(logits, labels).numpy().item() == pytest.approx(expected, rel=1e-5)


@pytest.fixture(scope="module")
def experiment(conv_model, tmp_path_factory):
    """(encounters, found, starts) of the pair on two images."""
    crf = with_crf(conv_model, CRF_RNN)
    encounters = pair(conv_model, crf, with_scaled(PROTOCOL, 20.0))
    shards, folder = Shards(SIX["examples"](), 2, 1), RunFolder(tmp_path_factory.mktemp("runs"), {}, {})
    run(encounters, shards, folder, "off")
    first = measure_starts([conv_model, crf], shards, 20.0, folder)
    again = measure_starts([conv_model, crf], shards, 20.0, folder)  # from the run folder
    for name, kinds in first.items():
        for kind, values in kinds.items():
            np.testing.assert_array_equal(values, again[name][kind])
    return encounters, gather(encounters, shards, folder, OF), first


def test_the_crf_meets_its_own_attacks_and_those_of_the_network_alone(experiment):
    cells = {(c.source_model, c.model, c.attack) for c in experiment[1].cells}
    attacks = ("fgsm", "fgsm_ll", "fgsm_scaled")
    expected = {("conv", model, attack) for model in ("conv", "conv+crf") for attack in ("clean", *attacks)}
    assert cells == expected | {("conv+crf", "conv+crf", attack) for attack in attacks}
    assert len(experiment[1].cells) == len(cells)


def test_what_transfers_is_the_same_perturbation(experiment, conv_model):
    """From scratch: the network's own FGSM, looked at behind the CRF."""
    batch = next(iter(Shards(SIX["examples"](), 1, 1).batches(conv_model)))
    images = batch["image"]
    perturbation = ATTACKS["fgsm"](4.0)(conv_model, images, tf.argmax(conv_model(images), -1, tf.int32))
    crf = tf.function(with_crf(conv_model, CRF_RNN).logits)
    predictions = tf.argmax(crf(images + perturbation), -1, tf.int32).numpy()
    from tfadvseg.metrics.confusion import confusion

    expected = confusion(batch["labels"].numpy(), predictions, 11)[0]
    (i,) = (
        i for i, c in enumerate(experiment[1].cells)
        if (c.source_model, c.model, c.attack) == ("conv", "conv+crf", "fgsm")
    )  # fmt: skip
    np.testing.assert_array_equal(experiment[1].matrices[i][0], expected)


def test_the_start_of_a_linear_network_in_closed_form(linear_model, images):
    """The loss by the softmax; the gradient p W' - w_label; without a weight on the pixels there is none."""
    counted = tf.ones(images.shape[:3], tf.bool)
    found = starts(linear_model, {"away": away_from_labels, "toward": toward_least_likely}, images, counted)
    weights = np.array([[0.0, 0.001, 0.002], [0.0, -0.002, -0.001], [0.0, 0.003, 0.001]])
    logits = images.numpy().astype(float) @ weights + [4.0, 0.0, -1.0]
    p = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    for name, target in (("away", logits.argmax(-1)), ("toward", logits.argmin(-1))):
        loss = -np.log(np.take_along_axis(p, target[..., None], -1))[..., 0]
        gradient = p @ weights.T - weights.T[target]
        np.testing.assert_allclose(found[name][0], loss.mean((1, 2)), rtol=1e-4)
        np.testing.assert_allclose(found[name][1], np.linalg.norm(gradient, axis=-1).mean((1, 2)), rtol=1e-3)
        assert not found[name][2].any()
    blind = starts(lambda x: 0 * x + [1.0, 0.0, 0.0], {"away": away_from_labels}, images, counted)["away"]
    assert not blind[1].any() and (blind[2] == 1).all()


def test_variants_move_one_parameter_but_weight_and_theta_gamma_together(conv_model):
    values = {"theta_alpha": [1, 80], "theta_beta": [2], "theta_gamma": [1, 5], "spatial_weight": [3, 10]}
    named = variants(CRF_RNN, values)
    assert list(named)[:3] == [",theta_alpha=1", ",theta_alpha=80", ",theta_beta=2"] and len(named) == 7
    last = named[",spatial_weight=10,theta_gamma=5"]
    assert (last.spatial_weight, last.theta_gamma, last.theta_alpha) == (10, 5, 160)
    encounters = sweep(conv_model, named, PROTOCOL)
    assert {name for e in encounters for name, _ in e.protocol.attacks} == {"fgsm"}
    assert (
        encounters[1].source.name == "conv+crf,theta_alpha=80"
        and encounters[1].views[0].model.name in encounters[1].name
    )


def test_tuning_takes_what_scores_best_and_says_so(conv_model):
    """Of weights 0, which change nothing, and 1000, which smear everything; until a round finds nothing better."""
    lines = []
    values = {"bilateral_weight": (0.0, 1000.0), "spatial_weight": (0.0, 1000.0)}
    shards = Shards(SIX["examples"](), 1, 1)
    best, iou, own = tune(conv_model, shards, PARAMETERS["deeplab_vgg"], values, lines.append)
    scores = [float(line.split()[0]) for line in lines[1:]]
    assert lines[0].startswith("   IoU") and f"without CRF {own:.2f}" in lines[0] and 4 <= len(scores) <= 6
    assert iou == pytest.approx(max(scores), abs=0.006) and max(scores) > min(scores)
    assert {best.bilateral_weight, best.spatial_weight} <= {0.0, 1000.0}
    again = tune(conv_model, shards, best, values)
    assert again == (best, iou, own)


def made_up(values, confidence):
    """Found with a cell for each (model, source, attack, epsilon): IoU, and a confidence by model."""
    cells, matrices = [], []
    for (model, source, attack, epsilon), iou in values.items():
        cells.append(Cell("made_up", "validation", model, source, attack, epsilon))
        hits = 2 * iou / (100 - iou)
        matrices.append(np.tile(np.array([[hits, 1.0], [1.0, hits]]), (5, 1, 1)))
    surety = [np.full(5, confidence[cell.model]) for cell in cells]
    seams = [np.full(5, 1 - confidence[cell.model]) for cell in cells]
    return Found(cells, matrices, surety, [1 - own for own in surety], seams, np.ones(5), [], [], [])


def like_the_papers(scaled=20.0, black=30.0, own=45.0, scaled_alone=31.0, scaled_black=33.0):
    """The CRF seems robust to untargeted attacks, not to targeted ones; both networks have a clean IoU of 80 and 82."""
    values = {("net", "net", "clean", 0.0): 80.0, ("net+crf", "net", "clean", 0.0): 82.0}
    for attack in ("fgsm", "ifgsm"):
        values |= {("net", "net", attack, 8.0): 32.0, ("net", "net", attack + "_scaled", 8.0): scaled_alone}
        values[("net+crf", "net", attack + "_scaled", 8.0)] = scaled_black
        values |= {("net+crf", "net", attack, 8.0): black, ("net+crf", "net+crf", attack, 8.0): own}
        values[("net+crf", "net+crf", attack + "_scaled", 8.0)] = scaled
    for attack in ("fgsm_ll", "ifgsm_ll"):
        values |= {("net", "net", attack, 8.0): 20.0, ("net+crf", "net+crf", attack, 8.0): 21.0}
    evidence = Evidence(made_up(values, {"net": 0.95, "net+crf": 0.99}))
    attacks = [name for one in ("fgsm", "ifgsm") for name in (one, one + "_scaled", one + "_ll")]
    return Pair(evidence, "net", "net+crf", attacks, [8.0])


def first_losses(loss, norm, zeros):
    same = {"toward": np.tile([[12.0], [3.0], [0.0]], 5), "scaled": np.tile([[1.0], [1.0], [0.01]], 5)}
    return same | {"away": np.tile([[loss], [norm], [zeros]], 5)}


STARTS = {"net": first_losses(0.1, 1.0, 0.0), "net+crf": first_losses(0.001, 0.01, 0.4)}


def test_numbers_like_the_papers_bear_its_claims_out():
    judged = {claim.number: claim for claim in pair_claims(like_the_papers(), STARTS)}
    assert {number: claim.verdict for number, claim in judged.items()} == dict.fromkeys(
        ("C72", "C77", "C81", "C82", "C83", "C84", "C87"), HOLDS
    )
    assert "fgsm +14.9" in judged["C72"].measured and "40.0 % of the pixels" in judged["C81"].measured


def test_parts_of_a_claim_that_fail_are_named():
    same = STARTS | {"net+crf": first_losses(0.001, 0.01, 0.0)}
    judged = {claim.number: claim for claim in pair_claims(like_the_papers(black=50.0), same)}
    assert judged["C81"].verdict == f"{HOLDS}: loss, gradient; {FAILS}: no gradient" and judged["C82"].verdict == FAILS


def test_the_masking_verdict_is_in_words():
    text = masking(like_the_papers(), STARTS)
    opening, _, start, *attacks = text.splitlines()
    assert opening == "The CRF masks the gradient." and len(attacks) == 2
    assert start.startswith(
        "- At the clean image 40 % of the pixels have no gradient (1 % on scaled logits, 0 % without"
    )
    assert "on scaled logits 24.4 [24.4, 24.4] %" in text and "strongest of these attacks: it is gone" in text
    sound = masking(like_the_papers(scaled=45.0, black=60.0, scaled_black=60.0), STARTS)
    assert sound.startswith("No sign that the CRF masks") and "it remains" in sound


def test_scaling_that_helps_as_much_without_the_crf_is_no_sign_of_masking():
    """A confident network, and the same again for one with a CRF that changes nothing."""
    same = masking(like_the_papers(scaled=6.0, black=34.0, own=32.8, scaled_alone=5.2, scaled_black=7.0), STARTS)
    assert same.startswith("No sign that the CRF masks the gradient.")
    told = masking(like_the_papers(scaled=6.0, black=34.0, own=45.0, scaled_alone=20.0), STARTS)
    assert told.startswith("The CRF masks the gradient.")


def test_the_strongest_attack_may_be_that_of_the_network_alone_on_scaled_logits():
    """It has the last word on what is left of the advantage."""
    text = masking(like_the_papers(scaled=50.0, black=50.0, scaled_black=10.0), STARTS)
    assert "of the network without the CRF on scaled logits 12.2" in text and "it is gone" in text


def test_without_untargeted_attacks_there_is_no_verdict():
    pair = like_the_papers()
    pair.attacks = ["fgsm_ll"]
    assert masking(pair, STARTS).startswith("No untargeted attack was run")
    assert "C72" not in {claim.number for claim in pair_claims(pair, STARTS)}


def test_an_epsilon_that_says_otherwise_is_named():
    values = {("net", "net", "clean", 0.0): 80.0, ("net+crf", "net", "clean", 0.0): 80.0}
    for epsilon, gain in ((1.0, -1.0), (8.0, 9.0)):
        values |= {("net", "net", "fgsm", epsilon): 40.0, ("net+crf", "net+crf", "fgsm", epsilon): 40.0 + gain}
        values[("net+crf", "net", "fgsm", epsilon)] = 30.0
    pair = Pair(Evidence(made_up(values, {"net": 0.95, "net+crf": 0.99})), "net", "net+crf", ["fgsm"], [1.0, 8.0])
    (claim,) = (claim for claim in pair_claims(pair, STARTS) if claim.number == "C72")
    assert claim.verdict == HOLDS and claim.measured.endswith("; otherwise: fgsm at epsilon 1")


def test_a_correlation_over_one_value_is_not_measured():
    named = {"net+crf,theta_alpha=1": {"theta_alpha": 1.0}, "net+crf,theta_beta=1": {"theta_beta": 1.0},
             "net+crf,w=1,g=1": {"spatial_weight": 1.0, "theta_gamma": 1.0}}  # fmt: skip
    values = {("net", "net", "clean", 0.0): 80.0, ("net", "net", "fgsm", 8.0): 20.0}
    for i, model in enumerate(named):
        values |= {(model, model, "clean", 0.0): 80.0, (model, model, "fgsm", 8.0): 30.0 + i}
    confidence = {model: 0.95 for model in named} | {"net": 0.9}
    pair = Pair(Evidence(made_up(values, confidence)), "net", "net+crf", ["fgsm"], [8.0])
    judged = {claim.number: claim for claim in sweep_claims(pair, named)}
    assert {judged[number].verdict for number in ("C73", "C74", "C75", "C76", "C79")} == {UNMEASURED}


def test_claims_about_variants():
    """Robustness falls with every theta, rises with the weight, and confidence with robustness; so boundaries, which
    go against confidence here, grow with theta."""
    named = {f"net+crf,theta_alpha={v}": {"theta_alpha": v} for v in (1.0, 5.0, 20.0, 30.0)}
    named |= {f"net+crf,theta_beta={v}": {"theta_beta": v} for v in (1.0, 3.0)}
    named |= {f"net+crf,w={w},g={g}": {"spatial_weight": w, "theta_gamma": g} for w in (1.0, 9.0) for g in (1.0, 5.0)}
    values, confidence = {("net", "net", "clean", 0.0): 80.0, ("net", "net", "fgsm", 8.0): 20.0}, {"net": 0.91}
    for model, moved in named.items():
        iou = 60 + moved.get("spatial_weight", 0) - sum(v for k, v in moved.items() if k.startswith("theta"))
        values |= {(model, model, "clean", 0.0): 80.0, (model, model, "fgsm", 8.0): iou}
        confidence[model] = 0.9 + iou / 1000
    pair = Pair(Evidence(made_up(values, confidence)), "net", "net+crf", ["fgsm"], [8.0])
    judged = {claim.number: claim for claim in sweep_claims(pair, named)}
    assert {number: claim.verdict for number, claim in judged.items()} == dict.fromkeys(
        ("C73", "C74", "C75", "C78", "C79", "C80"), HOLDS
    ) | {"C76": FAILS}
    assert judged["C76"].measured.startswith("theta_alpha +1.00")
    assert "theta_alpha -1.00" in judged["C73"].measured

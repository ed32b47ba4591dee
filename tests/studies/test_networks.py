"""What is known of the networks of a run, and which of them are compared."""

import dataclasses
import types

import numpy as np
import pytest
from architecture_cases import PSPNET, facts_of, twice, world
from made_up import Answer, cell, results

from tfadvseg.models import card
from tfadvseg.models.architectures import ARCHITECTURES
from tfadvseg.studies import beside
from tfadvseg.studies.claims import UNMEASURED
from tfadvseg.studies.printed import forms
from tfadvseg.studies.robustness import design
from tfadvseg.studies.robustness.architectures import CLAIMS, heads, judged
from tfadvseg.studies.robustness.facts import Facts, another, plain, residual, resnet, vgg
from tfadvseg.studies.robustness.facts import facts_of as facts_in
from tfadvseg.studies.robustness.networks import lead, lead_over, networks_of
from tfadvseg.studies.run import FinishedRun

KNOWN = {name: dataclasses.asdict(facts_of(name)) for name in ("enet", "segnet", "crf_rnn")}


@pytest.fixture
def finish(tmp_path):
    """A finished run that needs no files, so that mutants can be tested without the fixtures beside this file."""
    return lambda study, answers, known, name="": FinishedRun(tmp_path, study, known, {}, results(answers), ())


def made(names, attacks=("fgsm",), epsilons=(8.0,)):
    """Cells of networks that are attacked by their own gradients."""
    answers = {cell(name): Answer(50.0 + 5 * place) for place, name in enumerate(names)}
    kept = {name: Answer(20.0 + place) for place, name in enumerate(names)}
    return answers | {cell(name, a, e): kept[name] for name in names for a in attacks for e in epsilons}


def test_the_zoo_has_no_network_of_which_nothing_is_known():
    from tfadvseg.models.zoo import MODELS

    assert set(MODELS) <= set(ARCHITECTURES)


def test_backbones_are_those_of_table_6():
    from tfadvseg import paper

    for row in paper.table("table06_parameters").to_dict("records"):
        (known,) = {one for one in ARCHITECTURES.values() if one.network == row["network"]}
        assert known.backbone == {"custom": "own"}.get(row["backbone"], row["backbone"])
        assert known.residual == (row["backbone"] != "vgg") and known.crf == (row["network"] == "crf_rnn")


def test_a_card_tells_what_a_network_is_made_of(tmp_path, monkeypatch):
    """A stranger tells nothing, an unknown architecture only its size, and one that draws at random is none of ours."""
    found = designed(
        monkeypatch,
        {"net": ("pspnet_voc", 7), "mine": ("my_own", 8), "random": ("pspnet_voc", 9), "stranger": None},
        seeded=["random"],
    )
    assert facts_in(found, "net") == Facts("pspnet", "resnet101", "pyramid pooling", True, False, 7)
    assert facts_in(found, "mine") == Facts(parameters=8) and facts_in(found, "random") == Facts(parameters=9)
    assert facts_in(found, "stranger") == facts_in({}, "net") == Facts()


def wrapped(*added):
    """A provenance with these around the network, the innermost first."""
    whole = {"training": {}}
    for one in added:
        whole = {"added": one, "network": {}, "of the network": whole}
    return whole


def designed(monkeypatch, cards, seeded=(), scales=None):
    """The design of models by {name: (architecture, parameters, provenance where it has one), or None}."""
    made = {
        name: card.Card(name, fields[0], (), (), None, (0, 0, 0), fields[1], {}, dict(*fields[2:]))
        for name, fields in cards.items()
        if fields
    }
    monkeypatch.setattr(card, "read", made.get)
    models = [
        types.SimpleNamespace(name=name, path=name, seeded=name in seeded, scale=(scales or {}).get(name))
        for name in cards
    ]
    return {"networks": design.design(models)["networks"]}


CRF, BLUR = {"crf": {"theta_alpha": 20.0}}, {"transform": "blur"}


def test_what_was_added_to_a_network_counts(monkeypatch, finish):
    """A CRF keeps a network out of the comparisons, however deep it lies; a transform makes it none of the paper's."""
    added = {
        "plain": wrapped(),
        "crf": wrapped(CRF),
        "crf behind blur": wrapped(CRF, BLUR),
        "blur": wrapped(BLUR),
        "blur before crf": wrapped(BLUR, CRF),
    }
    cards = {name: ("fcn8s_vgg", 7, provenance) for name, provenance in added.items()}
    found = designed(monkeypatch, {**cards, "theirs": ("unknown", 0, wrapped(CRF))})
    known = {name: (facts_in(found, name).architecture, facts_in(found, name).crf) for name in (*cards, "theirs")}
    assert known == {
        "plain": ("fcn8s_vgg", False),
        "crf": ("fcn8s_vgg", True),
        "crf behind blur": ("", True),
        "blur": ("", False),
        "blur before crf": ("", True),
        "theirs": ("", True),
    }
    assert networks_of(finish("robustness", made(known), found)).names == ["plain", "blur"]


def ensemble(scales=(1.0, 0.75, 0.5), fusion="max"):
    return {"scales": list(scales), "fusion": fusion}


def test_only_deeplabs_own_ensemble_is_the_multiscale_network(monkeypatch):
    resnet101, trained, fcn8s = "deeplab_v2_resnet101", "deeplab_v2_multiscale", "fcn8s_vgg"
    cards = {
        "alone": (resnet101, 7),
        "made": (resnet101, 7, wrapped(ensemble())),
        "trained": (trained, 7),
        "again": (trained, 7, wrapped(ensemble([1.0]), ensemble())),
        "average": (trained, 7, wrapped(ensemble(fusion="average"))),
        "others": (resnet101, 7, wrapped(ensemble([1.0, 0.5]))),
        "fcn8s": (fcn8s, 7, wrapped(ensemble())),
        "trained@50": (trained, 7),
        "made@100": (resnet101, 7, wrapped(ensemble())),
    }
    found = designed(monkeypatch, cards, scales={"trained@50": 50, "made@100": 100})
    known = {name: facts_in(found, name).architecture for name in cards}
    assert known == {"alone": resnet101, "made": trained, "trained": trained, "again": trained} | dict.fromkeys(
        ("average", "others", "fcn8s", "trained@50", "made@100"), ""
    )
    assert facts_in(found, "made").head == "multiscale ASPP" and facts_in(found, "average").parameters == 7


def test_the_papers_tables_name_scales_and_what_pools_them(monkeypatch):
    """Beside whole networks; one with a CRF, behind a transform or over other scales is in none of them."""
    fcn8s, resnet101, trained = "fcn8s_vgg", "deeplab_v2_resnet101", "deeplab_v2_multiscale"
    average = wrapped(ensemble(fusion="average"))
    cards = {
        "a@50": (fcn8s, 7, wrapped(ensemble())),
        "a@100": (fcn8s, 7, wrapped(ensemble())),
        "a@60": (fcn8s, 7, wrapped(ensemble())),
        "a": (fcn8s, 7, wrapped(ensemble())),
        "mean": (resnet101, 7, average),
        "of trained": (trained, 7, average),
        "trained": (trained, 7),
        "trained@75": (trained, 7),
        "net": ("enet", 7),
        "two": (fcn8s, 7, wrapped(ensemble([1.0, 0.5]))),
        "enet@50": ("enet", 7, wrapped(ensemble())),
        "crf": (fcn8s, 7, wrapped(CRF)),
        "blur": (fcn8s, 7, wrapped(BLUR)),
        "stranger": None,
        "refined": (fcn8s, 7),
    }
    made = {
        name: card.Card(name, fields[0], (), (), None, (0, 0, 0), fields[1], {}, dict(*fields[2:]))
        for name, fields in cards.items()
        if fields
    }
    monkeypatch.setattr(card, "read", made.get)
    models = [
        types.SimpleNamespace(
            name=name,
            path=name,
            seeded=False,
            scale=int(name.partition("@")[2] or 0) or None,
            refinement="a CRF" if name == "refined" else None,
        )
        for name in cards
    ]
    assert forms(models) == {
        "a@50": "fcn8s_vgg_scale50",
        "a@100": fcn8s,
        "a": "fcn8s_vgg_multiscale",
        "mean": "deeplab_v2_multiscale_average",
        "of trained": "deeplab_v2_multiscale_average",
        "trained": trained,
        "trained@75": "deeplab_v2_resnet101_scale75",
        "net": "enet",
    }
    known = {network for _, *pair in beside.transferred() for network in pair}
    assert {form for form in forms(models).values() if form != "enet"} < known


def test_the_ensemble_is_as_the_zoo_builds_it():
    from tfadvseg.models.architectures import ENSEMBLE
    from tfadvseg.models.zoo.multiscale import SCALES, percents

    assert ENSEMBLE["scales"] == [percent / 100 for percent in percents(SCALES)]


def test_kinds():
    kinds = {
        name: [kind.__name__ for kind in (resnet, vgg, another, residual, plain) if kind(facts)]
        for name, facts in {"?": Facts(), **{name: facts_of(name) for name in ("enet", "segnet", PSPNET)}}.items()
    }
    assert kinds == {
        "?": [],
        "enet": ["another", "residual"],
        "segnet": ["vgg", "another", "plain"],
        PSPNET: ["resnet", "residual"],
    }


def test_networks_with_a_crf_are_compared_with_none(finish):
    run = finish("robustness", made(["a", "b", "c"]), {"networks": {"a": KNOWN["enet"], "b": KNOWN["crf_rnn"]}})
    found = networks_of(run)
    assert found.names == ["a", "c"] and found.facts["a"].architecture == "enet" and found.facts["c"] == Facts()
    assert {one.about for one in judged(run)} == {"All networks together"} and len(judged(run)) == len(CLAIMS)
    alone = finish("robustness", made(["a", "b"]), {"networks": {"b": KNOWN["crf_rnn"]}}, name="alone")
    assert judged(alone) == []


def test_attacks_count_that_all_networks_met_at_all_epsilons(finish):
    answers = made(["a", "b"], ("fgsm", "ifgsm"), (1.0, 8.0))
    del answers[cell("b", "ifgsm", 1.0)]
    answers[cell("c", "fgsm", 1.0, source="a")] = Answer(10.0)
    answers[cell("c")] = Answer(10.0)
    found = networks_of(finish("robustness", answers, {}))
    assert found.names == ["a", "b"] and found.attacks == ("fgsm",) and found.epsilons == (1.0, 8.0)


def test_names_of_networks_say_nothing(finish):
    """Where the design tells nothing, no claim that names an architecture is judged."""
    run = finish("robustness", made(["fcn8s_vgg", "fcn8s_resnet101", "segnet", "pspnet"]), {})
    found = {one.number: one.verdict for one in judged(run)}
    assert {found[n] for n in ("C7", "C8", "C9", "C19", "C20", "C28", "C29", "C38", "C26")} == {UNMEASURED}
    assert found["C6"] != UNMEASURED != found["C18"]


def test_two_networks_of_one_architecture_are_named():
    assert twice("enet", PSPNET).twice() == "old and new are both enet; run it with one of them"
    assert twice("enet", PSPNET).twice(resnet) == "" == world(("enet", PSPNET)).twice()


def test_two_networks_of_which_nothing_is_known_are_not_alike():
    of = dataclasses.replace(world(("enet", PSPNET)), facts={"my_0": Facts(), "my_1": Facts()})
    assert of.twice() == ""


def test_heads_with_two_backbones():
    zoo = ("segnet", "fcn8s_vgg", "deeplab_v2_resnet101", "fcn8s_resnet101", "enet")
    assert heads(world(zoo)) == {"FCN8s": (3, 1)}


def test_leads():
    scores = np.array([[5.0, 1.0], [3.0, 4.0], [4.0, 9.0]])
    assert lead(scores, 0).tolist() == [1, -8] and lead(scores, 0, [1]).tolist() == [2, -3]
    sizes = np.array([[1.0], [7.0], [2.0]])
    assert lead_over(scores, sizes).tolist() == [2, 5], "the second is the largest"
    assert lead_over(scores, np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]])).tolist() == [-1, -5], "found anew"
    assert lead_over(scores, sizes, np.array([[9.0], [0.0], [0.0]])).tolist() == [-1, 5], "neither of the two"


@pytest.mark.parametrize("number", ["C21", "C22", "C23", "C24", "C25", "C28"])
def test_claims_that_name_architectures_refuse_two_of_one(number):
    of = twice("dilated_context_voc", "dilated_frontend_voc", "enet", "icnet", PSPNET, "fcn8s_resnet101")
    (claim,) = (claim for claim in CLAIMS if claim.number == number)
    assert claim.needs(of) == "old and new are both dilated_context; run it with one of them"

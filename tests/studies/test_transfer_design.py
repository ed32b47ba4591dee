"""Who is attacked and who is shown what; how the forms of a network over scales are told."""

import dataclasses
import pathlib

import pytest

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.kept import KeptAttack, KeptSource
from tfadvseg.engine.scenario import Protocol
from tfadvseg.models.card import Card
from tfadvseg.studies.transfer.design import (
    chosen_sources,
    kept_scenarios,
    reduced,
    refuse_other_average,
    scale_groups,
    scenarios,
)

FGSM = (("fgsm", KeptAttack(8.0)),)


def protocol(**settings):
    return Protocol((("fgsm", ATTACKS["fgsm"](8.0, **settings)),))


@pytest.fixture
def nets(conv_model):
    """a, b and c; no gradient leads into c."""
    return [
        dataclasses.replace(
            conv_model.spec, name=name, path=pathlib.Path(name), files=name * 16, attackable=name != "c"
        )
        for name in "abc"
    ]


def test_each_source_is_shown_to_all_itself_first(nets):
    a, b, c = nets
    first, second = scenarios([a, b], nets, protocol)
    assert [[target.model for target in one.targets] for one in (first, second)] == [[a, b, c], [b, a, c]]
    assert (first.source, second.source) == (a, b)


def test_untouched_images_are_shown_to_each_network_once(nets):
    """Where it is attacked itself, as in a run of its own; those that are not attacked, in the first scenario."""
    a, b, _ = nets
    made = scenarios([a, b], nets, protocol)
    assert [[target.clean for target in one.targets] for one in made] == [[True, False, True], [True, False, False]]
    (alone,) = scenarios([b], nets, protocol)
    assert [target.clean for target in alone.targets] == [True, True, True]


def test_a_network_that_draws_is_attacked_by_an_expectation_and_shown_everything_in_draws(nets):
    a, b = nets[0], dataclasses.replace(nets[1], seeded=True)
    first, second = scenarios([a, b], [a, b], protocol, trials=3, samples=5)
    assert [target.trials for target in first.targets] == [1, 3]
    assert [target.trials for target in second.targets] == [3, 1]
    assert second.protocol.attacks[0][1].gradient == ExpectedGradient(None, 5)
    assert first.protocol == protocol()


def test_all_that_can_be_attacked_are_sources_unless_some_are_named(nets):
    a, b, c = nets
    assert chosen_sources(nets, None) == [a, b] and chosen_sources(nets, ["b", "b"]) == [b]
    with pytest.raises(ValueError, match="Unknown source 'c'; choose one of: a, b"):
        chosen_sources(nets, ["c"])
    with pytest.raises(ValueError, match="No gradient leads to the input of c, so there is nothing to transfer"):
        chosen_sources([c], None)


def test_what_was_kept_is_shown_to_every_model(nets):
    a, b, _ = nets
    attacks = ("fgsm", KeptAttack(8.0, in_range=True)), ("own", KeptAttack(None))
    known = {"a": a.digest, "x": "0" * 16}
    kept = [KeptSource(name, digest, a.frame, attacks, pathlib.Path(name)) for name, digest in known.items()]
    first, second = kept_scenarios(kept, [a, b])
    assert first.source is kept[0] and first.models == (a, b)
    assert [target.clean for target in (*first.targets, *second.targets)] == [True, True, False, False]
    assert first.protocol.attacks == attacks
    assert first.work == 0.5 * 2 * 3 and second.work == 0.5 * 2 * 2


def test_another_model_of_the_same_name_is_refused(nets):
    a, b, _ = nets
    kept = KeptSource("b", "0" * 16, a.frame, FGSM, pathlib.Path("old"))
    with pytest.raises(ValueError, match="b shares its name with the model that old was made on, and is another one"):
        kept_scenarios([kept], [a, b])


def test_the_same_model_under_another_name_is_refused(nets):
    """It would be white-box in a column of its own."""
    a, b, _ = nets
    kept = KeptSource("a", a.digest, a.frame, FGSM, pathlib.Path("old"))
    renamed = dataclasses.replace(a, name="new", path=pathlib.Path("new"))
    with pytest.raises(ValueError, match="new is the model that old was made on under another name.*folder to a"):
        kept_scenarios([kept], [b, renamed])
    assert len(kept_scenarios([kept], [b, a])) == 1


def branch(spec, path, signature):
    interface = dataclasses.replace(spec.interface, signature=signature)
    return dataclasses.replace(spec, path=pathlib.Path(path), name=f"{path}-{signature}", interface=interface)


def test_forms_of_one_file_are_a_group(nets):
    forms = [branch(nets[0], "net", signature) for signature in ("logits_50", "logits_100", "logits")]
    average = branch(nets[0], "mean", "logits")
    group = {"single": {"50": "net-logits_50", "100": "net-logits_100"}, "ensemble": "net-logits"}
    assert scale_groups([*forms, nets[1]]) == [group]
    assert scale_groups([*forms, nets[1]], average) == [{**group, "average": "mean-logits"}]
    for models in (nets, forms[:2], forms[1:]):
        with pytest.raises(ValueError, match="takes two of its scales and its ensemble, and none of .* has them; name"):
            scale_groups(models)


def test_what_does_not_see_the_whole_image_is_known(nets):
    forms = [branch(nets[0], "net", signature) for signature in ("logits_50", "logits_100", "logits_150", "logits")]
    assert reduced([*forms, nets[1]]) == ["net-logits_50", "net-logits_150"]


@pytest.fixture
def fused(nets, tmp_path):
    """(name, fusion, scales, the network's digest) -> a model with a card that says so."""

    def make(name, fusion="average", scales=(0.5, 1.0), digest="1" * 16, signature="logits"):
        provenance = {"added": {"scales": scales, "fusion": fusion}, "network": {"name": "net", "digest": digest}}
        (tmp_path / name).mkdir()
        card = Card(name, "any", ("a", "b"), ((0, 0, 0), (1, 1, 1)), None, (0.0, 0.0, 0.0), 1, {}, provenance)
        card.write(tmp_path / name)
        return dataclasses.replace(branch(nets[0], name, signature), path=tmp_path / name)

    return make


def test_an_average_is_of_the_same_network_at_the_same_scales(fused, nets):
    ensemble = fused("max", "max")
    refuse_other_average(ensemble, fused("mean"))
    for average, reason in (
        (fused("again", "max"), "again is no ensemble that averages scales; make one by"),
        (nets[1], "b is no ensemble that averages scales"),
        (fused("one", signature="logits_50"), "one is no ensemble that averages"),
        (fused("stranger", digest="2" * 16), "stranger averages the scales of another network than that of"),
        (fused("fewer", scales=(0.75, 1.0)), "fewer averages the scales 0.75, 1, but .* is over 0.5, 1; export both"),
    ):
        with pytest.raises(ValueError, match=reason):
            refuse_other_average(ensemble, average)

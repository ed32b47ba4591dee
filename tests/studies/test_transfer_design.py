"""Who is attacked and who is shown what; how the forms of a network over scales are told."""

import dataclasses
import pathlib

import pytest

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.engine.kept import KeptSource
from tfadvseg.engine.scenario import Protocol
from tfadvseg.studies.transfer.design import chosen_sources, kept_scenarios, scale_groups, scenarios


def protocol(**settings):
    return Protocol((("fgsm", ATTACKS["fgsm"](8.0, **settings)),))


@pytest.fixture
def nets(conv_model):
    """a, b and c; no gradient leads into c."""
    return [
        dataclasses.replace(conv_model.spec, name=name, path=pathlib.Path(name), attackable=name != "c")
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
    kept = [KeptSource(name, a.digest, a.frame, (("fgsm", 8.0), ("own", None)), pathlib.Path(name)) for name in "ax"]
    first, second = kept_scenarios(kept, [a, b])
    assert first.source is kept[0] and first.models == (a, b)
    assert [target.clean for target in (*first.targets, *second.targets)] == [True, True, False, False]
    assert [(name, attack.epsilon) for name, attack in first.protocol.attacks] == [("fgsm", 8.0), ("own", None)]
    assert first.work == 0.5 * 2 * 3 and second.work == 0.5 * 2 * 2


def test_another_model_of_the_same_name_is_refused(nets):
    a, b, _ = nets
    kept = KeptSource("b", "0" * 16, a.frame, (("fgsm", 8.0),), pathlib.Path("old"))
    with pytest.raises(ValueError, match="b shares its name with the model that old was made on, and is another one"):
        kept_scenarios([kept], [a, b])


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
        with pytest.raises(ValueError, match="is over scales; pipelines.export makes one by --scales=0.5,0.75,1"):
            scale_groups(models)

"""The attacks that doubt an attack, and networks that mask their gradient beside one that does not."""

import dataclasses

import pytest
import tensorflow as tf
from six_images import go

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.balls import L2
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.losses import logits_ratio
from tfadvseg.attacks.objectives import ScaledCrossEntropy, away_from_labels
from tfadvseg.engine.initial_gradient import Starts
from tfadvseg.engine.scenario import Protocol
from tfadvseg.runs import initial_gradients
from tfadvseg.studies.evidence import Evidence
from tfadvseg.studies.masking.design import doubted, scenarios, tries
from tfadvseg.studies.masking.verdict import Suspect, masking


def protocol(**settings):
    return Protocol((("ifgsm", ATTACKS["ifgsm"](8.0, **settings)),))


@dataclasses.dataclass(frozen=True)
class Hot:
    """Logits so large that the softmax rounds to 0 and 1, and its loss and gradient to 0."""

    scale: float = 1e4

    def __call__(self, logits, images):
        del images
        return self.scale * logits


@dataclasses.dataclass(frozen=True)
class Blind:
    """Nothing comes back through it."""

    def __call__(self, logits, images):
        return tf.stop_gradient(logits) + 0 * images[..., :1]


@pytest.fixture(scope="module")
def verdicts(conv_model, tmp_path_factory):
    """{model: its verdict} of a network, of the same with hot logits and of the same without a gradient."""
    spec = conv_model.spec
    hot, blind = (
        dataclasses.replace(spec, name=f"conv_{name}", refinement=how)
        for name, how in (("hot", Hot()), ("blind", Blind()))
    )
    specs, folder = (spec, hot, blind), tmp_path_factory.mktemp("runs")
    made, battery = scenarios(specs, protocol, 64.0, 20.0)
    results = go(made, folder, extras=[Starts(specs, (("away", away_from_labels),))]).results
    starts = initial_gradients.read(folder, len(results.ids))
    return {one.name: masking(Suspect(Evidence(results), one.name, battery, starts)) for one in specs}


@pytest.mark.parametrize("name", ["conv_hot", "conv_blind"])
def test_a_network_without_a_gradient_is_named(verdicts, name):
    found = verdicts[name]
    assert found.opening.startswith(f"{name} masks its gradient (on 6 images).")
    assert "attack it with " in found.opening and "what is made on conv (pipelines.transfer)" in found.opening
    start, *_ = found.grounds
    assert start.endswith("% of the pixels have no gradient: a sign of a mask.")
    assert any(ground.startswith("The same attack made on conv takes +") for ground in found.grounds)


def test_the_honest_network_is_cleared(verdicts):
    assert verdicts["conv"].opening.startswith("No sign that conv masks its gradient (on 6 images)."), verdicts["conv"]


def test_what_doubts_an_attack_is_the_same_but_for_one_thing():
    name, plain = doubted(protocol())
    made = {one.name: (one, attack) for one, attack in tries(name, plain, 64.0, 20.0) if one.name != "noise"}
    longer, restarted, scaled, ratio, large = (attack for _, attack in made.values())
    assert longer == dataclasses.replace(plain, steps=40, alpha=0.25)
    assert restarted == dataclasses.replace(plain, start="uniform", restarts=2)
    assert scaled.objective.loss == ScaledCrossEntropy(20.0) and ratio.objective.loss is logits_ratio
    assert dataclasses.replace(scaled, objective=plain.objective) == plain
    assert (large.epsilon, large.alpha * large.steps) == (64.0, 128.0)
    assert [one.remedy for one, _ in made.values()][:2] == ["--steps=40 --alpha=0.25", "--start=uniform --restarts=2"]
    drawing = dataclasses.replace(plain, gradient=ExpectedGradient(None, 3))
    (sampled,) = (a for one, a in tries(name, drawing, 64.0, 20.0) if one.name == "ifgsm_sampled")
    assert sampled == dataclasses.replace(plain, gradient=ExpectedGradient(None, 12))
    seen = {one.name: attack for one, attack in tries(name, plain, 64.0, 20.0, {"dla": 7})}
    assert seen["dla"] == ATTACKS["dla"](8.0, queries=7) and "ifgsm_sampled" not in seen
    rounded = dataclasses.replace(plain, whole_levels=True, in_range=True)
    blind = {one.name: attack for one, attack in tries(name, rounded, 64.0, 20.0, {"dla": 7})}
    assert all(blind[other].whole_levels and blind[other].in_range for other in ("dla", "noise"))


def test_what_is_made_on_each_model_is_shown_to_all(spec_of_conv):
    other = dataclasses.replace(spec_of_conv, name="other")
    (first, second), battery = scenarios([spec_of_conv, other], protocol, 64.0, 20.0)
    assert [target.model.name for target in second.targets] == ["other", "conv"]
    assert [target.clean for target in second.targets] == [True, False]
    assert first.protocol.attacks == second.protocol.attacks and battery.plain == "ifgsm"
    assert 100 < first.work < 150  # gradients an image


@pytest.fixture
def spec_of_conv(conv_model):
    return conv_model.spec


@pytest.mark.parametrize(
    "attacks",
    [("fgsm",), ("ifgsm_ll",), ("ifgsm_unseen",), ("apgd_ce",), ("ifgsm", "mi_fgsm")],
)
def test_only_one_attack_is_doubted(attacks):
    several = Protocol(tuple((name, ATTACKS[name](8.0)) for name in attacks))
    with pytest.raises(ValueError, match="by one untargeted attack of several steps at one epsilon; .* got .* at 8"):
        doubted(several)


def test_in_another_norm_nobody_knows_what_nothing_withstands():
    with pytest.raises(ValueError, match="A mask is looked for in the max-norm, .*; leave `norm` at linf"):
        doubted(protocol(ball=L2()))


def test_attacks_that_find_their_own_norm_are_named_in_the_refusal():
    with pytest.raises(ValueError, match="by one untargeted attack of several steps at one epsilon; .* got alma_prox."):
        doubted(Protocol((("alma_prox", ATTACKS["alma_prox"]()),)))


def test_the_large_epsilon_is_larger(spec_of_conv):
    with pytest.raises(ValueError, match="must be larger than 8; got 8"):
        scenarios([spec_of_conv], protocol, 8.0, 20.0)

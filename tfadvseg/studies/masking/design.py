"""Which attacks doubt an attack: the same with more of everything, on other losses, and what needs no gradient."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from tfadvseg.attacks import ATTACKS
from tfadvseg.attacks.balls import LInf
from tfadvseg.attacks.base import Attack
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.losses import logits_ratio
from tfadvseg.attacks.objectives import Loss, Objective, ScaledCrossEntropy, away_from_labels, given
from tfadvseg.engine.scenario import Protocol, Scenario, Target
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.masking.names import BLIND, LARGE, NOISE, STRONGER, Battery, Try

MORE = 4
"""Times as many steps, or samples."""
WITHOUT = "what needs no gradient, such as --attacks=dla, or is made on other networks"
"""What to attack a network with whose gradient leads nowhere."""
LARGE_STEPS = 20
"""Steps at the large epsilon, which together reach twice as far."""


def doubted(protocol: Protocol) -> tuple[str, GradientAscent]:
    """The one attack of the protocol and its name; ValueError where there are several, or no mask shows by it."""
    names = ", ".join(
        name if attack.epsilon is None else f"{name} at {attack.epsilon:g}" for name, attack in protocol.attacks
    )
    (name, attack), *others = protocol.attacks
    if type(attack) is GradientAscent and attack.ball != LInf():
        raise ValueError(
            "A mask is looked for in the max-norm, of which it is known what nothing withstands; leave `norm` at linf."
        )
    if not others and type(attack) is GradientAscent and attack.objective == away_from_labels and attack.steps > 1:
        return name, attack
    raise ValueError(
        "A mask is looked for by one untargeted attack of several steps at one epsilon; name one in `attacks`, such as "
        f"ifgsm, and one in `epsilons`; got {names}."
    )


def tries(
    name: str,
    plain: GradientAscent,
    large: float,
    temperature: float,
    black_box: Mapping[str, int] = MappingProxyType({}),
) -> list[tuple[Try, Attack]]:
    """What doubts the attack `plain`. large: an epsilon that no network withstands. temperature: what logits are
    divided by. black_box: {name: queries} of attacks that see label maps alone."""
    epsilon, alpha, steps = plain.epsilon, plain.alpha, plain.steps
    runs = 2 * plain.restarts

    def changed(loss: Loss) -> GradientAscent:
        return dataclasses.replace(plain, objective=Objective(given, 1.0, loss))

    def stronger(suffix: str, what: str, remedy: str, attack: Attack) -> tuple[Try, Attack]:
        return Try(f"{name}_{suffix}", STRONGER, what, remedy, epsilon), attack

    found = [
        stronger(
            "longer",
            f"{MORE * steps} steps of {alpha / MORE:g} in place of {steps} of {alpha:g}",
            f"--steps={MORE * steps} --alpha={alpha / MORE:g}",
            dataclasses.replace(plain, steps=MORE * steps, alpha=alpha / MORE),
        ),
        stronger(
            "restarted",
            f"the best of {runs} runs from noise",
            f"--start=uniform --restarts={runs}",
            dataclasses.replace(plain, start="uniform", restarts=runs),
        ),
        stronger(
            "scaled",
            f"cross-entropy of logits / {temperature:g}",
            "cross-entropy of scaled logits, as here (`ScaledCrossEntropy` in Python)",
            changed(ScaledCrossEntropy(temperature)),
        ),
        stronger("ratio", "the difference of logits ratio", "--attacks=apgd_dlr", changed(logits_ratio)),
    ]
    if isinstance(plain.gradient, ExpectedGradient):
        samples = MORE * plain.gradient.samples
        sampled = dataclasses.replace(plain, gradient=dataclasses.replace(plain.gradient, samples=samples))
        what = f"{samples} samples a step in place of {plain.gradient.samples}"
        found.append(stronger("sampled", what, f"--samples={samples}", sampled))
    found += [
        (
            Try(other, BLIND, f"{other}, which sees label maps alone,", f"--attacks={other}", epsilon),
            ATTACKS[other](epsilon, queries=queries, in_range=plain.in_range, whole_levels=plain.whole_levels),
        )
        for other, queries in black_box.items()
    ]
    noise = ATTACKS["noise"](epsilon, in_range=plain.in_range, whole_levels=plain.whole_levels)
    found.append((Try("noise", NOISE, "noise of the same size", WITHOUT, epsilon), noise))
    far = dataclasses.replace(plain, epsilon=large, alpha=2 * large / LARGE_STEPS, steps=LARGE_STEPS)
    found.append((Try(name, LARGE, f"{LARGE_STEPS} steps at epsilon {large:g}", WITHOUT, large), far))
    return found


def scenarios(
    models: Sequence[ModelSpec],
    protocol: Callable[..., Protocol],
    large: float,
    temperature: float,
    black_box: Mapping[str, int] = MappingProxyType({}),
    trials: int = 1,
    samples: int = 1,
) -> tuple[list[Scenario], Battery]:
    """The battery on each model, what was made on it shown to all others; and its words.

    protocol: settings of all attacks -> the protocol, of one attack. A model that draws at random is attacked by an
    expectation over `samples` of its draws and shown everything in `trials` draws.
    """
    made, words = [], dict[str, Try]()
    for model in models:
        if not model.attackable:
            raise ValueError(
                f"{model.path} returns label maps, so it has no gradient that could be masked; leave it out, and show "
                "it what is made on others by pipelines.transfer."
            )
        own = protocol(gradient=ExpectedGradient(None, samples)) if model.seeded else protocol()
        name, plain = doubted(own)
        if large <= plain.epsilon:
            raise ValueError(f"The large epsilon must be larger than {plain.epsilon:g}; got {large:g}.")
        doubts = tries(name, plain, large, temperature, black_box)
        words |= {f"{one.name} at {one.epsilon:g}": one for one, _ in doubts}
        attacks = ((name, plain), *((one.name, attack) for one, attack in doubts))
        shown = tuple(
            Target(other, trials=trials if other.seeded else 1, clean=other == model)
            for other in (model, *(other for other in models if other != model))
        )
        made.append(Scenario(model, dataclasses.replace(own, attacks=attacks), shown))
    return made, Battery(name, plain.epsilon, tuple(words.values()))

"""What an experiment is made of: attacks on a source model, evaluated on target models.

Everything in the paper is a list of scenarios. White box: the target is the source. Transfer: it is another model.
Defenses: it is the same one behind a random input transform; an oblivious attack does not know the transform, an
adaptive one takes its gradients as an expectation over it.
"""

import dataclasses
from collections.abc import Sequence

from tfadvseg.attacks.base import Attack, Cost
from tfadvseg.attacks.plan import total_cost
from tfadvseg.engine.kept import KeptSource
from tfadvseg.engine.looks_through import looks_through
from tfadvseg.engine.region import Region
from tfadvseg.models.spec import ModelSpec
from tfadvseg.registry import choose
from tfadvseg.runs.results import CLEAN, NONE, Cell
from tfadvseg.transforms import named as named_transform

Source = ModelSpec | KeptSource
"""What was or is to be attacked."""

LABELS = {"prediction": "the network's own clean prediction", "ground_truth": "the labels of the dataset"}


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How attacks meet images. attacks: (name, attack) pairs, a cell of the results each.

    labels: what untargeted attacks lead away from. loss_on_padding, attack_padding: whether pixels that fill up an
    image count in the loss and may be changed; both are so in the released code of the paper. region: the only pixels
    that may change, where not all may; the loss counts all. hidden: the class whose pixels, by the clean prediction,
    are looked for again.
    """

    attacks: tuple[tuple[str, Attack], ...]
    labels: str = "prediction"
    loss_on_padding: bool = True
    attack_padding: bool = True
    seed: int = 0
    region: Region | None = None
    hidden: int | None = None

    def __post_init__(self) -> None:
        choose(LABELS, self.labels, "labels")
        if not self.attacks:
            raise ValueError("There is no attack to run; name at least one attack and one epsilon.")

    @property
    def cost(self) -> Cost:
        """Of all attacks on one image."""
        return total_cost([attack for _, attack in self.attacks])

    @property
    def text(self) -> str:
        """What all attacks have in common, in words."""
        padding = self.attack_padding and self.region is None
        return (
            f"untargeted attacks lead away from {LABELS[self.labels]}; padding is "
            f"{'attacked' if padding else 'not attacked'} and "
            f"{'counts' if self.loss_on_padding else 'does not count'} in the loss; seed {self.seed}"
            + (f"; nothing changes but {self.region.text}" if self.region else "")
        )


@dataclasses.dataclass(frozen=True)
class Target:
    """A model that is shown adversarial images, behind an input transform (as `transforms.named` knows it) which draws
    anew in each trial. The transform acts on the whole input, padding included, as in an exported defended network.
    clean: it is shown the untouched images, too, which one scenario of a run does for each model."""

    model: ModelSpec
    transform: str = NONE
    trials: int = 1
    clean: bool = True

    def __post_init__(self) -> None:
        named_transform(self.transform)
        if self.trials < 1:
            raise ValueError(f"A target needs at least 1 trial; got {self.trials}.")


@dataclasses.dataclass(frozen=True)
class Scenario:
    """Attacks on `source`, evaluated on `targets`.

    transform: what the gradients of the attacks are an expectation over; none for oblivious attacks. It can be pickled:
    models are specs, opened where a unit of it is run. Of a source whose perturbations were kept nothing is opened.
    """

    source: Source
    protocol: Protocol
    targets: tuple[Target, ...]
    transform: str = NONE

    @property
    def name(self) -> str:
        """Names its units of work."""
        return self.source.name if self.transform == NONE else f"{self.source.name}-{self.transform}"

    @property
    def attacked(self) -> ModelSpec:
        """The source of perturbations that are still to be made."""
        assert isinstance(self.source, ModelSpec), "what was kept is not attacked"
        return self.source

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """All that are needed at once, each once."""
        attacked = [] if isinstance(self.source, KeptSource) else [self.source]
        return tuple(dict.fromkeys([*attacked, *(target.model for target in self.targets)]))

    @property
    def work(self) -> float:
        """Gradients that an image takes, a forward pass counted as a half."""
        shown = sum(target.trials * (len(self.protocol.attacks) + target.clean) for target in self.targets)
        return self.protocol.cost.work + 0.5 * shown

    def cells(self, dataset: str, split: str) -> list[Cell]:
        """The cells of its results, a target and a trial after the other."""
        clean: tuple[str, float | None, str] = (CLEAN, 0.0, self.transform)
        attacks = [(name, attack.epsilon, looks_through(attack)) for name, attack in self.protocol.attacks]
        return [
            Cell(dataset, split, target.model.name, self.source.name, *shown, target.transform, trial)
            for target in self.targets
            for trial in range(target.trials)
            for shown in ([clean] if target.clean else []) + attacks
        ]


def white_box(model: ModelSpec, protocol: Protocol) -> Scenario:
    """A model and attacks on itself (Figures 2 and 3, Tables 7 to 14)."""
    return Scenario(model, protocol, (Target(model),))


def unique(scenarios: Sequence[Scenario]) -> None:
    """ValueError where two scenarios would share their units, or two models their rows."""
    models = dict.fromkeys(model for scenario in scenarios for model in scenario.models)
    names = [model.name for model in models]
    if twice := {name for name in names if names.count(name) > 1}:
        folders = ", ".join(str(model.path) for model in models if model.name in twice)
        raise ValueError(
            f"The models {folders} share the name {twice.pop()!r}; rename a folder so that results tell them apart."
        )
    named = [scenario.name for scenario in scenarios]
    if again := {name for name in named if named.count(name) > 1}:
        raise ValueError(
            f"Two scenarios attack {again.pop()} with the same gradient estimator; merge them into one with the "
            "targets of both."
        )

"""What an experiment is made of: attacks made on one network, and who looks at the attacked images.

Everything in the paper is a list of encounters. White box: the network itself looks. Transfer: another one does.
Defenses: the same one, behind a random input transform that the attack did or did not know.
"""

import dataclasses
from collections.abc import Sequence

from tfadvseg.attacks.gradients import samples_of
from tfadvseg.attacks.sign_attack import SignAttack
from tfadvseg.attacks.sweep import sweeps
from tfadvseg.models.refined import Network
from tfadvseg.registry import choose
from tfadvseg.runs.results import Cell
from tfadvseg.transforms import TRANSFORMS

LABELS = {"prediction": "the network's own clean prediction", "ground_truth": "the labels of the dataset"}


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How attacks meet images. attacks: (name, attack) pairs, a cell of the results each.

    labels: what untargeted attacks lead away from. padding_in_loss, padding_attacked: whether pixels that fill up an
    image count in the loss and may be changed; both are so in the released code of the paper.
    """

    attacks: tuple[tuple[str, SignAttack], ...]
    labels: str = "prediction"
    padding_in_loss: bool = True
    padding_attacked: bool = True
    seed: int = 0

    def __post_init__(self):
        choose(LABELS, self.labels, "labels")
        if not self.attacks:
            raise ValueError("There is no attack to run; name at least one attack and one epsilon.")

    @property
    def gradients(self) -> int:
        """Gradients that an image takes."""
        groups = sweeps([attack for _, attack in self.attacks])
        return sum(sweep.gradients * samples_of(sweep.attacks[0].gradient) for sweep, _ in groups)


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """Who looks: a network behind an input transform (a name in TRANSFORMS), which draws anew in each trial.

    The transform acts on the network's whole input, padding included, as it does in an exported defended network.
    """

    model: Network
    transform: str = "none"
    trials: int = 1

    def __post_init__(self):
        choose(TRANSFORMS, self.transform, "transform")
        if self.trials < 1:
            raise ValueError(f"A view needs at least 1 trial; got {self.trials}.")


@dataclasses.dataclass(frozen=True, eq=False)
class Encounter:
    """Attacks made on `source`, which `views` look at; with `clean`, they look at the untouched images, too.

    transform: what the gradients of the attacks are an expectation over.
    """

    source: Network
    protocol: Protocol
    views: tuple[View, ...]
    transform: str = "none"
    clean: bool = True

    def __post_init__(self):
        for view in self.views:
            if view.model.input_size != self.source.input_size or view.model.fit != self.source.fit:
                raise ValueError(
                    f"{view.model.name} takes other inputs ({view.model.input_size}, {view.model.fit}) than "
                    f"{self.source.name} ({self.source.input_size}, {self.source.fit}), so it cannot look at what is "
                    "made on that; choose networks of one input size."
                )

    @property
    def name(self) -> str:
        """Names its work units."""
        return self.source.name if self.transform == "none" else f"{self.source.name}-{self.transform}"

    @property
    def work(self) -> float:
        """Gradients that an image takes, a forward pass counted as a half."""
        looks = sum(view.trials for view in self.views) * (len(self.protocol.attacks) + self.clean)
        return self.protocol.gradients + 0.5 * looks

    def cells(self, of: Cell) -> list[Cell]:
        """The cells of its results, a view and a trial after the other; `of` names the dataset and the split."""
        attacks: Sequence[tuple[str, float]] = [(name, attack.epsilon) for name, attack in self.protocol.attacks]
        return [
            dataclasses.replace(
                of, model=view.model.name, source_model=self.source.name, attack=attack, epsilon=epsilon,
                attack_transform=self.transform, inference_transform=view.transform, trial=trial,
            )
            for view in self.views
            for trial in range(view.trials)
            for attack, epsilon in ([("clean", 0.0)] if self.clean else []) + list(attacks)
        ]  # fmt: skip


def white_box(model: Network, protocol: Protocol) -> Encounter:
    """A network and attacks on itself (Figures 2 and 3, Tables 7 to 14)."""
    return Encounter(model, protocol, (View(model),))

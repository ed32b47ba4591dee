"""Attacks that a server runs: loop and gradients lie inside of the graph, and each image has a radius of its own.

As `pipelines.attack` does it: made on the network's input, lifted onto the photograph, and what fills an input up is
neither counted nor changed. What is answered of the attacked photograph is what the network sees when it is shown it.

One image after the other: so each takes the steps of its own radius, and what is answered of it is bit by bit what the
package makes of it alone, whatever a server has put beside it. In a batch of unknown size TensorFlow chooses other
kernels, whose last bits lead other ways.
"""

import dataclasses

import tensorflow as tf

from tfadvseg.attacks.apgd import Apgd
from tfadvseg.attacks.base import Attack, Model
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.attacks.pace import PaceRule
from tfadvseg.attacks.steps import within_range
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.data.framing import Frame
from tfadvseg.data.framing import inside as places_inside
from tfadvseg.seeds import image_seeds
from tfadvseg.serving.answers import Logits, answer, answer_of_scores

LARGEST = 255.0
SEEDED_AS = "served"
"""The name by which random starts are drawn, since a photograph that is sent has none."""


@dataclasses.dataclass(frozen=True)
class ServedAttack:
    """An attack whose radius, and whatever follows from it, is told with each image.

    name: as `ATTACKS` has it. attack: with all other settings; its own radius does not matter. pace: from a radius to
    the size and number of steps, or None for one that chooses these itself. seed: of random starts, which are the same
    for each image and in each call. protocol: how it is run, in a sentence. ValueError for an attack that has no such
    form.
    """

    name: str
    attack: Attack
    pace: PaceRule | None
    seed: int = 0
    protocol: str = ""

    def __post_init__(self) -> None:
        ascent = type(self.attack) is GradientAscent and self.pace is not None
        if not ascent and type(self.attack) is not Apgd:  # a rung of a ladder is more than that
            raise unserved(self.name)

    @property
    def on_files(self) -> bool:
        """Whether attacked photographs are such as 8-bit files hold."""
        return self._settings.in_range and self._settings.whole_levels

    def perturb(
        self, model: Model, image: tf.Tensor, labels: tf.Tensor, attackable: tf.Tensor, epsilon: tf.Tensor
    ) -> tf.Tensor:
        """Perturbation [1, H, W, 3] within epsilon, float32 []; the arguments are those of `attacks.base.Attack`."""
        given = model, image, labels, tf.constant(image_seeds(self.seed, [SEEDED_AS])), attackable, None
        if isinstance(self.attack, Apgd):
            return self.attack.within(epsilon, *given)
        assert isinstance(self.attack, GradientAscent) and self.pace is not None
        return self.attack.at_pace(self.pace(epsilon), *given)

    def shown(self, photograph: tf.Tensor, lifted: tf.Tensor, epsilon: tf.Tensor) -> tf.Tensor:
        """What is added to a photograph of whole grey levels [1, H, W, 3], of a perturbation that was lifted onto it:
        whole levels within the radius, where the attack ends on these, and 0..255 where it stays there; lifting keeps
        neither."""
        added = lifted
        if self._settings.whole_levels:
            reach = tf.floor(epsilon)
            added = tf.clip_by_value(tf.round(photograph + lifted) - photograph, -reach, reach)
        return within_range(added, photograph) if self._settings.in_range else added

    @property
    def _settings(self) -> GradientAscent | Apgd:
        assert isinstance(self.attack, GradientAscent | Apgd)
        return self.attack


def unserved(name: str) -> ValueError:
    """The sentence about an attack that has no form inside of a graph with a radius for each image."""
    return ValueError(
        f"{name} cannot be served, since it is no gradient ascent in a ball whose radius a request tells; choose one, "
        "such as ifgsm_ll, segpgd or apgd_ce."
    )


def attack_photographs(
    logits: Logits, frame: Frame, attack: ServedAttack, images: tf.Tensor, epsilons: tf.Tensor
) -> dict[str, tf.Tensor]:
    """Of photographs uint8 [N, H, W, 3] of any size and radii float32 [N] in grey levels.

    adversarial: float32 [N, H, W, 3], or uint8 where 8-bit files hold them. labels_before, labels_after: uint8
    [N, H, W]. linf, l2: float32 [N], norms of what was added, before float32 rounds the sum. Ends in an assertion for
    radii that are not within 0..255, or not as many as images. An epsilon of 0 gives the photograph back.
    """
    with tf.control_dependencies(_refused(images, epsilons)):
        given = tf.identity(images), tf.identity(epsilons)

    def one(image_and_epsilon: tuple[tf.Tensor, tf.Tensor]) -> dict[str, tf.Tensor]:
        return _attack_photograph(logits, frame, attack, *image_and_epsilon)

    labels, norm = tf.TensorSpec((None, None), tf.uint8), tf.TensorSpec(())
    adversarial = tf.TensorSpec((None, None, 3), tf.uint8 if attack.on_files else tf.float32)
    answered = {
        "adversarial": adversarial,
        "labels_before": labels,
        "labels_after": labels,
        "linf": norm,
        "l2": norm,
    }
    return tf.map_fn(one, given, fn_output_signature=answered, parallel_iterations=1)


def _attack_photograph(
    logits: Logits, frame: Frame, attack: ServedAttack, image: tf.Tensor, epsilon: tf.Tensor
) -> dict[str, tf.Tensor]:
    """The same of one, [H, W, 3] and []."""
    photograph = tf.cast(image, tf.float32)[tf.newaxis]
    shape = tf.shape(photograph)[1:3]
    placed, size = frame.place(photograph)
    scores = logits(placed)
    counted = places_inside(size[tf.newaxis], tf.unstack(tf.shape(placed)[1:3]))
    labels = tf.where(counted, tf.argmax(scores, -1, tf.int32), LEFT_OUT)
    attackable = tf.cast(counted, tf.float32)[..., tf.newaxis]
    perturbation = attack.perturb(logits, placed, labels, attackable, epsilon)
    added = attack.shown(photograph, frame.lift(perturbation, size, shape), epsilon)
    adversarial = photograph + added
    return {
        "adversarial": tf.cast(adversarial[0], tf.uint8 if attack.on_files else tf.float32),
        "labels_before": answer_of_scores(scores, frame, size, shape).labels[0],
        "labels_after": answer(logits, frame, adversarial).labels[0],
        "linf": tf.reduce_max(tf.abs(added)),
        "l2": tf.cast(tf.norm(tf.cast(added, tf.float64)), tf.float32),
    }


def _refused(images: tf.Tensor, epsilons: tf.Tensor) -> list[tf.Operation]:
    """Assertions about what was sent."""
    as_many = tf.equal(tf.shape(images)[0], tf.shape(epsilons)[0])
    counts = tf.strings.as_string(tf.stack([tf.shape(images)[0], tf.shape(epsilons)[0]]))
    missing = tf.strings.join(["Each image has an epsilon of its own; got ", counts[0], " images and ", counts[1], "."])
    fine = (epsilons >= 0) & (epsilons <= LARGEST)  # which no number that is none passes
    wrong = tf.strings.reduce_join(tf.strings.as_string(epsilons[~fine], shortest=True), separator=", ")
    beyond = tf.strings.join([f"Epsilons are grey levels from 0 to {LARGEST:g}; got ", wrong, "."])
    return [
        tf.debugging.Assert(as_many, [missing]),
        tf.debugging.Assert(tf.reduce_all(fine), [beyond]),
    ]

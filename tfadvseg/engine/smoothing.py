"""A network under Gaussian noise: the votes of its draws on one photograph, and attacks on what it names most often.

The noise is added to the network's own input, padding and all, in grey levels; perturbations are measured there, too.
Values are not clipped to 0..255, neither before nor after the noise. A network that clips its input may do so: that
is a part of the function that is smoothed.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tfadvseg.attacks.base import Model
from tfadvseg.attacks.plan import plan
from tfadvseg.conventions import LEFT_OUT
from tfadvseg.data.framing import crop
from tfadvseg.engine.exposure import Exposure, expose
from tfadvseg.engine.scenario import Protocol
from tfadvseg.engine.unit import Tick, Unit
from tfadvseg.metrics.counts import class_counts
from tfadvseg.models.spec import ModelSpec
from tfadvseg.seeds import at_sample, image_seeds
from tfadvseg.transforms.gaussian import Gaussian

MOST = 16
"""Draws in a batch: more of them are no faster on a CPU."""


@dataclasses.dataclass(frozen=True)
class Smoothing:
    """How a network is smoothed and attacked.

    sigma: of the noise, in grey levels. guesses: draws of a majority vote, which guesses the classes on the untouched
    image and is what attacked images are scored by. draws: further ones, in which the guessed classes are counted.
    protocol: attacks whose gradients are an expectation over the noise. at_once: draws that fit into memory.
    """

    sigma: float
    guesses: int
    draws: int
    protocol: Protocol
    at_once: int = 1

    def __post_init__(self) -> None:
        most = np.iinfo(np.uint16).max
        if not (1 <= self.guesses <= most and 1 <= self.draws <= most):
            raise ValueError(f"Votes take 1 to {most} draws; got {self.guesses} to guess by and {self.draws} to count.")

    @property
    def work(self) -> float:
        """Gradients that an image takes, a forward pass counted as a half."""
        votes = self.guesses * (1 + len(self.protocol.attacks)) + self.draws
        return self.protocol.cost.work + 0.5 * votes


class Voter:
    """Counts the votes of a network under noise; traced once for each number of draws in a batch."""

    def __init__(self, model: Model, classes: int, sigma: float, at_once: int = MOST):
        noise, self.classes, self.at_once = Gaussian(sigma), classes, max(1, min(at_once, MOST))

        @tf.function
        def add(
            votes: tf.Tensor, image: tf.Tensor, seeds: tf.Tensor, numbers: tf.Tensor
        ) -> tuple[tf.Tensor, tf.Tensor]:
            copies = tf.repeat(image, numbers.shape[0], 0)
            logits = model(noise(copies, at_sample(seeds, numbers[:, tf.newaxis])))
            named = tf.one_hot(tf.argmax(logits, -1), classes, dtype=tf.int32)
            return votes + tf.reduce_sum(named, 0), tf.reduce_all(tf.math.is_finite(logits))

        self._add = add

    def __call__(self, image: tf.Tensor, seeds: tf.Tensor, draws: int, tick: Tick = lambda work: None) -> np.ndarray:
        """How often each class is named, uint16 [H, W, C], in so many draws of noise on an image [1, H, W, 3], which
        come from its seeds int32 [1, 2] and their own numbers alone."""
        votes = tf.zeros((*image.shape[1:3], self.classes), tf.int32)
        for first in range(0, draws, self.at_once):
            numbers = tf.range(first, min(first + self.at_once, draws))
            votes, finite = self._add(votes, image, seeds, numbers)
            if not finite:
                raise ValueError(
                    "The model returns scores that are no finite numbers under noise; take a smaller sigma, or check "
                    "its `intensity_range` and the export."
                )
            tick(0.5 * len(numbers))
        return votes.numpy().astype(np.uint16)


class SmoothedUnitMaker:
    """Makes the units of one smoothed network, a photograph each."""

    def __init__(self, spec: ModelSpec, model: Model, smoothing: Smoothing):
        self.classes, self.frame, self.model, self.smoothing = spec.classes, spec.frame, model, smoothing
        self.vote = Voter(model, spec.classes, smoothing.sigma, smoothing.at_once)
        self.groups = plan([attack for _, attack in smoothing.protocol.attacks])

    def __call__(self, batch: dict[str, tf.Tensor], tick: Tick = lambda work: None) -> Unit:
        """Of a batch of one photograph and A attacks.

        guess: uint8 [H, W], the class most often named of the untouched image; votes: uint16 [H, W], how often it is in
        the further draws; labels: uint8 [H, W]; all of the part that is photograph. hits, labelled, predicted: counts
        [1 + A, C] of the majority votes, the first one of the untouched image. agreeing: uint16 [A, H, W], how often
        the guess is named under each attack. l2: [A], norms of the perturbations on the whole input.
        """
        ids, exposure, seed = [batch["id"].numpy()[0].decode()], expose(batch, self.frame), self.smoothing.protocol.seed

        def vote(images: tf.Tensor, draws: int, purpose: str, trial: int = 0) -> np.ndarray:
            return self.vote(images, tf.constant(image_seeds(seed, ids, trial, purpose)), draws, tick)

        guess = vote(exposure.images, self.smoothing.guesses, "guess").argmax(-1)
        counted = _of(vote(exposure.images, self.smoothing.draws, "count"), guess)
        made = self._perturb(exposure, guess, tf.constant(image_seeds(seed, ids)), tick)
        shown = [
            vote(exposure.images + perturbation, self.smoothing.guesses, "vote", trial=number)
            for number, perturbation in enumerate(made)
        ]
        labels, size = exposure.labels.numpy(), exposure.size[0].numpy()
        voted = np.stack([guess, *(votes.argmax(-1) for votes in shown)])
        counts = class_counts(np.repeat(labels, len(voted), 0), voted, self.classes)
        return {
            "guess": crop(guess, size).astype(np.uint8),
            "votes": crop(counted, size),
            "labels": crop(labels[0], size).astype(np.uint8),
            "agreeing": np.stack([crop(_of(votes, guess), size) for votes in shown]),
            "l2": np.array([np.linalg.norm(perturbation.astype(np.float64)) for perturbation in made]),
            **counts._asdict(),
        }

    def _perturb(
        self, exposure: Exposure, guess: np.ndarray, seeds: tf.Tensor, tick: Callable[[float], None]
    ) -> list[np.ndarray]:
        """What each attack makes of the image, [1, H, W, 3] each."""
        protocol = self.smoothing.protocol
        labels = tf.constant(guess[None], tf.int32) if protocol.labels == "prediction" else exposure.labels
        if not protocol.loss_on_padding:
            labels = tf.where(exposure.counted, labels, LEFT_OUT)
        attackable = None if protocol.attack_padding else tf.cast(exposure.counted, tf.float32)[..., None]
        made = [np.zeros(0)] * len(protocol.attacks)
        for group, positions in self.groups:
            each = np.asarray(group(self.model, exposure.images, labels, seeds, attackable))
            for position, perturbation in zip(positions, each, strict=True):
                made[position] = perturbation
            tick(sum(cost.work for cost in group.costs))
        return made


def _of(votes: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """The votes [H, W] for a class at each pixel, of votes [H, W, C] and classes [H, W]."""
    return np.take_along_axis(votes, classes[..., None], -1)[..., 0]

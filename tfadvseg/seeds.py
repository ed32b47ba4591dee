"""Stateless seeds: every random draw comes from (run seed, image id, trial, iteration, sample) and nothing else.

Seeds of images are hashes, made once and outside of graphs. Those of iterations and samples are wrapping sums, since
they are made anew within an attack's loop, where a hash would cost an operation an image; the generators that use a
seed mix its bits. `transforms.draws.derive` does mix them, for transforms within a transform, whose seeds must not meet
these.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf


def image_seeds(run_seed: int, image_ids: Sequence[str], trial: int = 0, purpose: str = "attack") -> np.ndarray:
    """One seed for each image, int32 [N, 2], whatever the batch, the order or the machine.

    `purpose` keeps draws apart that must not know each other, such as those of an attack and of a defense.
    """
    keys = (f"{run_seed}/{image_id}/{trial}/{purpose}" for image_id in image_ids)
    digests = (hashlib.sha256(key.encode()).digest() for key in keys)
    return np.stack([np.frombuffer(digest[:8], "<i4") for digest in digests]).astype(np.int32)


def at_iteration(seeds: tf.Tensor, iteration: tf.Tensor) -> tf.Tensor:
    """The seeds [N, 2] of the images at one iteration: other keys of the counter-based generators, by wrapping sums."""
    return seeds + tf.cast(iteration, tf.int32) * tf.constant([0x3C6EF35F, 0x19660D], tf.int32)


def at_sample(seeds: tf.Tensor, sample: tf.Tensor) -> tf.Tensor:
    """The seeds [N, 2] of the images for one sample of an iteration."""
    return seeds + tf.cast(sample, tf.int32) * tf.constant([0x2545F491, 0x1B873593], tf.int32)


def at_restart(seeds: tf.Tensor, restart: tf.Tensor) -> tf.Tensor:
    """The seeds [N, 2] of the images for one run of several of an attack; those of the first are the given ones."""
    return seeds + tf.cast(restart, tf.int32) * tf.constant([0x27D4EB2F, 0x165667B1], tf.int32)


def at_start(seeds: tf.Tensor) -> tf.Tensor:
    """The seeds [N, 2] of the images for the point that a run starts from."""
    return seeds + tf.constant([0x5BD1E995, 0x7FEB352D], tf.int32)


def no_seeds(images: tf.Tensor) -> tf.Tensor:
    """Seeds [N, 2] for an attack that draws nothing."""
    return tf.zeros((tf.shape(images)[0], 2), tf.int32)

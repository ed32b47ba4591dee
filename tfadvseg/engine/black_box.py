"""An attack on an endpoint that sees its label maps alone, beside noise that asks nothing."""

import concurrent.futures
import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tfadvseg.attacks.base import Attack
from tfadvseg.data.split import Example, Split
from tfadvseg.endpoints.client import Client
from tfadvseg.engine.in_flight import Arrays, Begun, all_finished, finish
from tfadvseg.engine.label_maps import counts_of, in_8_bits, lengths, refuse_others
from tfadvseg.engine.sending import Sending
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.progress import Progress
from tfadvseg.seeds import image_seeds


@dataclasses.dataclass(frozen=True, eq=False)
class BlackBox:
    """attacks: (name, attack), each in the range and on whole levels, and none that wants a gradient. labels:
    "prediction", the served one, or "ground_truth". classes: of the data."""

    attacks: Sequence[tuple[str, Attack]]
    sending: Sending
    client: Client
    labels: str
    classes: int
    seed: int

    def segment(self, image: np.ndarray) -> np.ndarray:
        """The served labels uint8 [H, W] of an image uint8 [H, W, 3]."""
        found = self.sending.ask(self.client, self.sending.pack(image))
        refuse_others([found], self.classes)
        return found

    @property
    def queries(self) -> int:
        """Requests about a photograph."""
        return 1 + sum(1 + attack.cost.queries for _, attack in self.attacks)


def attack_endpoint(
    one: BlackBox, split: Split, folder: RunFolder, concurrency: int, strict: bool = False
) -> dict[str, str]:
    """Finishes every photograph that the folder lacks, as units of `runs.black_box`; returns why some were left out, by
    name. Attacks and photographs go at once, the queries of an attack one after the other."""
    if all_finished(split, folder):
        return {}
    progress = Progress(len(split))
    progress.of("endpoint", one.queries)

    def begin(example: Example, pool: concurrent.futures.Executor) -> Begun:
        return _begin(one, example, pool, lambda: progress.tick(1, 1))

    try:
        return finish(split, folder, begin, progress, 0.0, concurrency, concurrency, strict)
    finally:
        progress.close()


def _begin(one: BlackBox, example: Example, pool: concurrent.futures.Executor, asked: Callable[[], None]) -> Begun:
    image = in_8_bits(example.image)
    seen = pool.submit(one.segment, image)
    target = seen.result if one.labels == "prediction" else lambda: example.labels
    attacked = [pool.submit(_attacked, one, attack, example.id, image, target) for _, attack in one.attacks]

    def unit() -> Arrays:
        clean, found = seen.result(), []
        asked()
        for (_, attack), result in zip(one.attacks, attacked, strict=True):
            found.append(result.result())
            for _ in range(1 + attack.cost.queries):
                asked()
        served = [clean, *(labels for _, labels in found)]
        changes = np.stack([shown.astype(np.int16) - image for shown in (image, *(shown for shown, _ in found))])
        return {
            "counts": counts_of(example.labels, served, one.classes),
            "changed": np.array([int(np.sum(labels != clean)) for labels in served]),
            "pixels": np.array(clean.size),
            **lengths(changes),
        }

    return Begun([seen, *attacked], unit)


def _attacked(
    one: BlackBox, attack: Attack, name: str, image: np.ndarray, target: Callable[[], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """(the attacked image, its served labels). target: waits for the labels [H, W] that it is led away from, which were
    asked for earlier, so that a thread has them or is about to."""

    def asked(images: np.ndarray) -> np.ndarray:
        return np.stack([one.segment(_whole(one_image)) for one_image in np.asarray(images)])

    images = image[np.newaxis].astype(np.float32)
    seeds = image_seeds(one.seed, [name])
    labels = target()[np.newaxis].astype(np.int32)
    perturbation = attack(asked if attack.black_box else _nobody, images, labels, seeds)
    shown = _whole((images + np.asarray(perturbation))[0])
    return shown, one.segment(shown)


def _nobody(images: np.ndarray) -> np.ndarray:
    """In place of a model, for an attack that asks nothing: one function, since each other one would be traced."""
    raise AssertionError


def _whole(image: np.ndarray) -> np.ndarray:
    """The same as uint8; what an attack asks about and makes is on whole levels within 0..255."""
    found = image.astype(np.uint8)
    assert np.array_equal(found, image), "an attack has left the levels of 8 bits"
    return found

"""How long a run on Cityscapes's 500 photographs takes until the first image is attacked.

    python -m benchmarks.first_image [--images 500]

Writes pairs of 2048x1024 in the official layout, of a few contents (drawn streets with noise, about as large as
Cityscapes's), and an E-Net of 1024x512 with weights drawn at random, and starts a run twice: the second time the digest
of the files is known. Prints seconds from the start to each step, those of the processor in brackets, of which other
programs take none.
"""

import argparse
import os
import pathlib
import tempfile
import time

import keras
import numpy as np
from PIL import Image

from tfadvseg import data
from tfadvseg.attacks import ATTACKS
from tfadvseg.data.cityscapes import IDS
from tfadvseg.data.labels import CITYSCAPES
from tfadvseg.engine import parts, worker
from tfadvseg.engine.arithmetic import THREADS, set_threads
from tfadvseg.engine.jobs import Shards
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.run import run
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.models import describe
from tfadvseg.models.card import Card
from tfadvseg.models.zoo.enet import enet
from tfadvseg.runs.folder import RunFolder
from tfadvseg.serving.export import export

CONTENTS = 4
SIZE = (512, 1024)


class Done(Exception):
    """The first image was attacked."""


def write(root: pathlib.Path, images: int) -> None:
    """leftImg8bit and gtFine with a validation split; files of the same content are one on the disk."""
    rng = np.random.default_rng(0)
    folders = [root / part / "val" / "made" for part in ("leftImg8bit", "gtFine")]
    for folder in folders:
        folder.mkdir(parents=True)
    scenes = data.named("scenes").split(None, "validation").chosen(limit=CONTENTS)
    first = []
    for i in range(images):
        names = [f"made_{i:06d}_000019_{end}.png" for end in ("leftImg8bit", "gtFine_labelIds")]
        paths = [folder / name for folder, name in zip(folders, names, strict=True)]
        if i < CONTENTS:
            _, image, labels = scenes[i]
            large = np.asarray(Image.fromarray(image).resize((2048, 1024), Image.Resampling.BICUBIC), np.float32)
            noisy = np.clip(large + rng.normal(0, 3, large.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(paths[0])
            numbers = np.array(IDS, np.uint8)[np.minimum(labels, 18)]
            Image.fromarray(numbers).resize((2048, 1024), Image.Resampling.NEAREST).save(paths[1])
            first.append(paths)
        else:
            for path, content in zip(paths, first[i % CONTENTS], strict=True):
                os.link(content, path)


def network(folder: pathlib.Path) -> pathlib.Path:
    """An E-Net for Cityscapes, exported."""
    keras.utils.set_random_seed(0)
    made = enet(CITYSCAPES.classes, SIZE)
    card = Card("enet", made.name, CITYSCAPES.names, CITYSCAPES.palette, SIZE, (0.0,) * 3, made.count_params(), {}, {})
    return export(made, card, folder)


class Clock(OpenModels):
    """Prints when each step was done, and when a model was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.started, self.spent = time.perf_counter(), time.process_time()
        self.opened: float | None = None

    def tell(self, step: str) -> None:
        seconds, spent = time.perf_counter() - self.started, time.process_time() - self.spent
        since = "" if self.opened is None else f", {seconds - self.opened:.2f} s after the model was loaded"
        print(f"{step:42} {seconds:6.2f} s ({spent:.2f} s){since}", flush=True)

    def __getitem__(self, spec):
        found = super().__getitem__(spec)
        if self.opened is None:
            self.tell("model loaded")
            self.opened = time.perf_counter() - self.started
        return found


def start(root: pathlib.Path, saved: pathlib.Path, attack: str) -> None:
    """A run until its first image is attacked."""
    clock = Clock()
    split = data.named("cityscapes").split(str(root), "validation")
    clock.tell(f"{len(split)} pairs listed")
    recipe = {"data": split.fingerprint()}
    clock.tell("digest of all files")

    class Maker(parts.UnitMaker):
        def perturb(self, *arguments):
            clock.tell("photograph read, the attack begins")
            super().perturb(*arguments)
            clock.tell("the first image is attacked")
            raise Done

    scenario = white_box(describe(saved), Protocol(((attack, ATTACKS[attack](8.0)),)))
    look = worker.preflight

    def told(*arguments):
        look(*arguments)
        clock.tell("models looked at")

    with tempfile.TemporaryDirectory() as folder:
        parts.UnitMaker, worker.preflight, maker = Maker, told, parts.UnitMaker
        try:
            run([scenario], Shards(split), RunFolder(folder, recipe, {}), "auto", clock)
        except Done:
            pass
        finally:
            parts.UnitMaker, worker.preflight = maker, look


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--attack", default="fgsm")
    given = parser.parse_args()
    set_threads(THREADS)
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        os.environ["TFADVSEG_CACHE"] = str(root / "cache")
        write(root, given.images)
        size = sum(path.stat().st_size for path in root.rglob("*.png"))
        saved = network(root / "models")
        time.sleep(3)  # a digest of files that are this young is not kept
        for which in ("for the first time", "again"):
            print(f"\nStarted {which}, {given.images} pairs, {size / 1e9:.2f} GB")
            start(root, saved, given.attack)


if __name__ == "__main__":
    main()

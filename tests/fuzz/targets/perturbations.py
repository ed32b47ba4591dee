"""Perturbations that the run of somebody else has kept, to be shown to other models."""

import io
import json
import pathlib
import random
import tempfile

import numpy as np

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, content_of, extreme, files_of
from tfadvseg.data import digest
from tfadvseg.data.framing import Frame
from tfadvseg.data.split import Damaged
from tfadvseg.engine.kept import FINDINGS, FOLDER, SOURCE, kept_sources
from tfadvseg.runs import perturbations
from tfadvseg.runs.perturbations import Perturbations, photograph_digest, save_perturbations

PHOTOGRAPHS = {name: np.full((5, 7, 3), 10 * number, np.uint8) for number, name in enumerate(("a", "b/c", "d"))}
ATTACKS = (("fgsm", 8.0), ("deepfool", None))
LEFT_OUT = "d"


def target() -> Target:
    digest._kept, digest._keep = lambda record: None, lambda record, found: None  # in this user's own folder
    return Target(seeds, [_kept], changed)


def seeds() -> list[Files]:
    return [_source("net", Frame((4, 6), "pad", (1.0, 2.0, 3.0))), _source("net", Frame(multiple=(2, 4)))]


def _source(name: str, frame: Frame) -> Files:
    attacks = [
        {"name": attack, "epsilon": epsilon, "in_range": False, "whole_levels": True, "settings": "alpha 1",
         "inside": "none"} for attack, epsilon in ATTACKS
    ]  # fmt: skip
    size = None if frame.size is None else list(frame.size)
    own = {"size": size, "fit": frame.fit, "colour": list(frame.colour), "multiple": list(frame.multiple)}
    about = {"model": name, "digest": "01", "frame": own, "attacks": attacks, "protocol": "White-box."}
    findings = {"warnings": ["One warns."], "left_out": {LEFT_OUT: "It is damaged."}}
    height, width = frame.size or (6, 8)
    with tempfile.TemporaryDirectory() as folder:
        for number, (photograph, image) in enumerate(PHOTOGRAPHS.items()):
            values = np.full((len(ATTACKS), height, width, 3), 1.5 + number / 7, np.float32)
            kept = Perturbations(photograph, photograph_digest(image), "01", ATTACKS, values)
            save_perturbations(folder, kept)
        files: Files = {f"{FOLDER}/{name}/{one.name}": one.read_bytes() for one in pathlib.Path(folder).iterdir()}
    return files | {
        f"{FOLDER}/{name}/{file}": json.dumps(content).encode()
        for file, content in ((SOURCE, about), (FINDINGS, findings))
    }


def changed(files: Files, rng: random.Random) -> Files:
    """Also files whose digest is of what they hold, or nobody would look any further."""
    if rng.random() < 0.15:
        return files_of(files, rng)
    name = rng.choice(sorted(files))
    content = files[name]
    assert isinstance(content, bytes)
    if not name.endswith(".npz") or rng.random() < 0.2:
        return files | {name: content_of(name, content, rng)}
    with np.load(io.BytesIO(content)) as archive:
        arrays = {key: archive[key] for key in archive.files if key != "digest"}
    for _ in range(rng.choice((1, 1, 2))):
        key = rng.choice(sorted(arrays))
        if rng.random() < 0.15:
            del arrays[key]
        else:
            arrays[key] = extreme(arrays[key], rng)
    packed = io.BytesIO()
    np.savez_compressed(packed, digest=np.array(perturbations._digest(arrays)), **arrays)
    return files | {name: packed.getvalue()}


def _kept(folder: pathlib.Path) -> None:
    photographs = [(name, image, np.zeros(image.shape[:2], np.uint8)) for name, image in PHOTOGRAPHS.items()]
    for source in kept_sources(folder):
        assert source.told and source.name
        source.contents(list(PHOTOGRAPHS))
        for number, (_, image, _) in enumerate(photographs):
            try:
                found = source.read(photographs, [number])
            except Damaged:
                continue
            placed, _ = source.frame.place(image)
            for one in found:
                assert one.shape == (1, *placed.shape)

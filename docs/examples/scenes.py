"""Labelled photographs as arrays, for environments that have no tfadvseg.

    python docs/examples/scenes.py runs/own/scenes.npz

The file holds images, uint8 RGB [240, 192, 256, 3], and labels, uint8 [240, 192, 256]: 11 classes, 255 is ignored.
"""

import pathlib
import sys

import numpy as np

from tfadvseg.data import named

split = named("scenes").split(None, "train").chosen(limit=240)
photographs = list(split)
target = pathlib.Path(sys.argv[1])
target.parent.mkdir(parents=True, exist_ok=True)
np.savez(target, images=np.stack([p.image for p in photographs]), labels=np.stack([p.labels for p in photographs]))
print(f"{len(photographs)} photographs in {target}.")

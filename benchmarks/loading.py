"""How fast photographs are read, beside what Pillow alone takes to decode the same files.

    python -m benchmarks.loading [--images 200] [--size 500x375]

Writes JPEG photographs (drawn streets, enlarged) with PNG masks as a folder of one's own and as Pascal VOC, and reads
each several times by turns: opening, decoding and converting to arrays by Pillow alone, and through the dataset.
Prints pairs a second of processor time, of which other programs take none, and their ratio to those of Pillow: 1 would
be a reader that costs nothing.
"""

import argparse
import pathlib
import statistics
import tempfile
import time

import numpy as np
from PIL import Image

from tfadvseg import data
from tfadvseg.data.labels import voc_palette

CLASSES = 11


def write(root: pathlib.Path, images: int, size: tuple[int, int]) -> None:
    """VOC2012 in `root`, whose folders and a classes.csv are a folder of one's own, too."""
    voc = root / "VOC2012"
    for name in ("ImageSets/Segmentation", "JPEGImages", "SegmentationClass"):
        (voc / name).mkdir(parents=True)
    scenes = data.named("scenes").split(None, "validation").chosen(limit=16)
    drawn = [(Image.fromarray(image), Image.fromarray(labels)) for _, image, labels in scenes]
    for i in range(images):
        image, labels = drawn[i % len(drawn)]
        image.resize(size, Image.Resampling.BICUBIC).rotate(i).save(voc / "JPEGImages" / f"{i}.jpg", quality=95)
        mask = labels.resize(size, Image.Resampling.NEAREST)
        mask.putpalette(np.ravel(voc_palette(256)).tolist())
        mask.save(voc / "SegmentationClass" / f"{i}.png")
    (voc / "ImageSets/Segmentation/train.txt").write_text("\n".join(map(str, range(images))))
    lines = [f"class_{i},{i}" for i in range(CLASSES)]
    (root / "classes.csv").write_text("\n".join(["name,index", *lines]))


def by_pillow(paths):
    """A pair of arrays, as a split gives it."""
    arrays = []
    for path in paths:
        with Image.open(path) as file:
            arrays.append(np.asarray(file))
    return arrays


def seconds(read, argument) -> float:
    started = time.process_time()
    read(argument)
    return time.process_time() - started


def side_by_side(split: data.Split, turn: int) -> tuple[float, float]:
    """Seconds of Pillow and of the split for all pairs. Each is read by both at once, who begins alternates: on a
    machine with other work seconds differ from one moment to the next."""
    plain = own = 0.0
    for i, origin in enumerate(split.origins):
        if (i + turn) % 2:
            plain += seconds(by_pillow, origin)
            own += seconds(split.__getitem__, i)
        else:
            own += seconds(split.__getitem__, i)
            plain += seconds(by_pillow, origin)
    return plain, own


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--size", default="500x375", help="width x height")
    parser.add_argument("--repeats", type=int, default=8)
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        write(root, given.images, (width, height))
        own = {"images_folder": "VOC2012/JPEGImages", "masks_folder": "VOC2012/SegmentationClass"}
        mine = data.named("folder", classes=str(root / "classes.csv"), **own)
        splits = {"voc": data.named("voc").split(folder, "train"), "folder": mine.split(folder, "all")}
        for name, split in splits.items():
            ratios, rates = [], []
            for turn in range(given.repeats):
                plain, own_reader = side_by_side(split, turn)
                ratios.append(plain / own_reader)
                rates.append(len(split) / own_reader)
            print(
                f"{name:7} {statistics.median(rates):6.0f} pairs a second, "
                f"{statistics.median(ratios):.2f} of Pillow alone ({min(ratios):.2f} to {max(ratios):.2f})"
            )


if __name__ == "__main__":
    main()

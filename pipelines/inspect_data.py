"""Reads every file of a dataset: what is damaged, how often each class occurs, and a sheet of samples to look at.

    python -m pipelines.inspect_data --dataset=cityscapes
    python -m pipelines.inspect_data --dataset=voc --data_dir=/data/VOCdevkit --split=val
    python -m pipelines.inspect_data --dataset=folder --data_dir=/data/mine --split=all \\
        --classes=/data/mine/classes.csv

Without --data_dir, or where files are missing, it says where those of the dataset come from, under what licence, and
where they must lie. Ends with a page on stdout and the sheet as a PNG; the exit code is 1 where a file will not do.
"""

import pathlib

from absl import flags as absl_flags
from tqdm import tqdm

from tfadvseg import data
from tfadvseg.data.inspection import Inspection, inspect
from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.split import Example, Split
from tfadvseg.reports.document import Block, Bullets, Document, Paragraph, Table
from tfadvseg.reports.terminal import terminal

from .common import flags, helping, main, objects

FLAGS = absl_flags.FLAGS

flags.define_data()
absl_flags.DEFINE_string("sheet", None, "PNG to draw; by default runs/inspect_data/<dataset>_<split>.png.")
absl_flags.DEFINE_integer("samples", 8, "Photographs on the sheet, spread over the split; 0 for none.", lower_bound=0)
SIZES = 5
"""Sizes of images that are named; of more, the others are counted."""


def run() -> None:
    try:
        dataset, split = objects.dataset(), objects.split()
    except ValueError:
        print(helping.paragraphs(data.about(FLAGS.dataset)))
        raise
    space = dataset.label_space
    bar = tqdm(range(len(split)), f"Reading {split.dataset} {split.name}", unit=" images", disable=None, leave=False)
    found = inspect(split, space.classes, bar)
    print(terminal(Document(f"{split.dataset}, split {split.name}", [*page(split, found, space)])))
    if samples := readable(split.chosen(limit=FLAGS.samples)) if FLAGS.samples else []:
        print(f"Sheet: {draw(samples, split, space)}")
    if found.damaged:
        raise ValueError(f"{len(found.damaged)} of {len(split)} photographs cannot be used; each is named above.")


def page(split: Split, found: Inspection, space: LabelSpace) -> list[Block]:
    """What was found, as a document."""
    read = len(split) - len(found.damaged)
    groups = len(set(split.groups))
    alike = "each a group of its own" if groups == len(split) else f"in {groups} groups of alike ones"
    told = f"{len(split)} photographs, {alike}; {read} of them can be read. {sizes(found)}"
    rows = [
        [name, percent(pixels, found.labelled, 3), str(images), percent(images, read, 1)]
        for name, pixels, images in zip(space.names, found.pixels.tolist(), found.images.tolist(), strict=True)
    ]
    pixels = found.labelled + found.ignored
    ignored = f"{percent(found.ignored, pixels, 2)} % of {pixels:,} pixels are ignored."
    blocks: list[Block] = [
        Paragraph(told),
        Table(["class", "% of labelled pixels", "images", "% of images"], rows),
        Paragraph(ignored),
    ]
    if absent := [name for name, images in zip(space.names, found.images, strict=True) if not images]:
        blocks.append(Paragraph(f"No image has {', '.join(absent)}."))
    if found.unlabelled:
        blocks.append(Paragraph(f"Without one labelled pixel: {', '.join(found.unlabelled)}."))
    if found.damaged:
        blocks.append(Bullets(found.damaged, "Photographs that cannot be used:"))
    return blocks


def sizes(found: Inspection) -> str:
    """The most frequent sizes in a sentence."""
    if not found.sizes:
        return ""
    ordered = sorted(found.sizes.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{width}x{height} ({count})" for (height, width), count in ordered[:SIZES]]
    others = len(ordered) - len(named)
    more = f" and {others} other size{'s' if others > 1 else ''}" if others else ""
    return f"Width x height (images): {', '.join(named)}{more}."


def percent(part: int, whole: int, digits: int) -> str:
    """Of nothing there is no share."""
    return f"{100 * part / whole:.{digits}f}" if whole else "-"


def readable(split: Split) -> list[Example]:
    """Those that are not damaged."""
    kept = []
    for index in range(len(split)):
        try:
            kept.append(split[index])
        except (ValueError, OSError):
            continue
    return kept


def draw(samples: list[Example], split: Split, space: LabelSpace) -> pathlib.Path:
    """Writes the sheet; returns where it lies."""
    from tfadvseg.atomic import write_atomically
    from tfadvseg.reports.sheets import DPI, sample_sheet

    path = pathlib.Path(FLAGS.sheet or f"runs/inspect_data/{split.dataset}_{split.name}.png")
    figure = sample_sheet(f"{split.dataset}, split {split.name}", samples, space)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: figure.savefig(file, format="png", dpi=DPI, metadata={"Software": None}))
    return path


if __name__ == "__main__":
    main.start(run)

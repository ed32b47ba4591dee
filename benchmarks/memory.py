"""How much memory it takes to prepare a set of photographs, each dataset in a process of its own.

    python -m benchmarks.memory [--images 2000] [--size 500x375]

Writes the files of benchmarks.loading and goes through them as a folder of one's own and as Pascal VOC: reads and
inspects all (pipelines.inspect_data), makes batches of them as runs do, and prepares them through TFDS. Prints the
largest resident set of each process, TensorFlow included, beside that of a process that has only imported it.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile

from benchmarks.loading import write

OWN = {"images_folder": "VOC2012/JPEGImages", "masks_folder": "VOC2012/SegmentationClass"}
TASKS = ("import", "inspect", "batches", "tfds")


def prepare(root: str, dataset: str, task: str) -> None:
    """What a child does; prints its peak in MiB."""
    import tensorflow as tf
    import tensorflow_datasets as tfds

    from tfadvseg import data
    from tfadvseg.data.batches import batches
    from tfadvseg.data.builders import load_examples
    from tfadvseg.data.framing import Frame
    from tfadvseg.data.inspection import inspect

    assert tf and tfds
    made, name = (
        (data.named("voc"), "train")
        if dataset == "voc"
        else (data.named("folder", classes=f"{root}/classes.csv", **OWN), "all")
    )
    if task != "import":
        split = made.split(root, name)
        split.fingerprint()
        if task == "inspect":
            inspect(split, made.label_space.classes, range(len(split)))
        elif task == "batches":
            for _ in batches(split, Frame((513, 513)), 4):
                pass
        else:
            for _ in load_examples(made, root, name):
                pass
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--size", default="500x375", help="width x height")
    parser.add_argument("--child", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        prepare(*given.child)
        return
    width, height = map(int, given.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), given.images, (width, height))
        places = {"TFDS_DATA_DIR": f"{folder}/tfds", "TFADVSEG_CACHE": f"{folder}/cache", "TF_CPP_MIN_LOG_LEVEL": "2"}
        for dataset in ("voc", "folder"):
            for task in TASKS:
                child = [sys.executable, "-m", "benchmarks.memory", "--child", folder, dataset, task]
                ended = subprocess.run(child, env=os.environ | places, capture_output=True, text=True)
                if ended.returncode:
                    sys.exit(ended.stderr)
                print(f"{dataset:7} {task:8} {float(ended.stdout.split()[-1]):6.0f} MiB", flush=True)


if __name__ == "__main__":
    main()

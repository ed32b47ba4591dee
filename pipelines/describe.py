"""What the networks of the paper are and cost: parameters beside Table 6, arithmetic, time of a pass and a gradient.

    python -m pipelines.describe --models=all
    python -m pipelines.describe --models=enet,icnet --width=0.25 --nomeasure

Ends with a table on stdout.
"""

import contextlib
import functools
import sys

import keras
from absl import flags as absl_flags

from tfadvseg.models import zoo
from tfadvseg.models.flops import gigaflops
from tfadvseg.registry import choose

from .common import flags, main

FLAGS = absl_flags.FLAGS

absl_flags.DEFINE_list("models", "all", f"Networks, of {', '.join(zoo.MODELS)}; or all.")
absl_flags.DEFINE_float(
    "width", 1.0, "Multiplies the networks' channels; 1 is the published network.", lower_bound=1e-3
)
absl_flags.DEFINE_bool(
    "measure", True, "Time a forward pass and an input gradient of one image, at the published size."
)
absl_flags.DEFINE_integer("repeats", 3, "Timings of which the median is shown.", lower_bound=1)
flags.group("Models", "models", "width")

COLUMNS = (
    ("network", 27),
    ("data", 10),
    ("input", 9),
    ("parameters", 11),
    ("MiB", 6),
    ("Table 6", 7),
    ("diff", 5),
    ("GFLOP", 7),
    ("forward", 9),
    ("gradient", 9),
    ("ratio", 5),
)
"""Titles and widths."""


def run() -> None:
    names = list(zoo.MODELS) if FLAGS.models == ["all"] else FLAGS.models
    networks = {name: choose(zoo.MODELS, name, "model") for name in names}
    print(line([title for title, _ in COLUMNS[: None if FLAGS.measure else -3]]))
    for number, (name, network) in enumerate(networks.items(), start=1):
        if sys.stderr.isatty():
            print(f"{number}/{len(networks)} {name} ...", end="\r", file=sys.stderr, flush=True)
        print(line(describe(name, network)), flush=True)
        keras.backend.clear_session()  # a network of 500 MB goes before the next comes
    print(
        "\nMiB: 4 bytes a stored value, normalisation statistics included. GFLOP: additions and multiplications of the "
        "convolutions and matrix products."
    )


def describe(name: str, network: zoo.Network) -> list[str]:
    """The cells of one network's row."""
    with contextlib.nullcontext() if FLAGS.measure else keras.StatelessScope(initialize_variables=False):
        built = network.build(network.classes, network.input_size, FLAGS.width)
        model = functools.partial(built, training=False)
        # In the scope, where weights have shapes and no memory. Other backends of Keras make no graph to count in.
        tensorflow = keras.backend.backend() == "tensorflow"
        arithmetic = f"{gigaflops(model, network.input_size):.1f}" if tensorflow else "-"
    parameters = built.count_params()
    mebibytes = 4 * parameters / 2**20
    cells = [
        name,
        network.dataset,
        "x".join(map(str, network.input_size)),
        f"{parameters:,}",
        f"{mebibytes:.1f}",
        f"{network.table6:.1f}",
        difference(mebibytes, network.table6),
        arithmetic,
    ]
    if not FLAGS.measure:
        return cells
    from tfadvseg.doctor.timing import forward_and_gradient

    forward, gradient = forward_and_gradient(model, network.input_size, FLAGS.repeats)
    return [*cells, f"{1e3 * forward:.0f} ms", f"{1e3 * gradient:.0f} ms", f"{gradient / forward:.1f}"]


def difference(mebibytes: float, table6: float) -> str:
    """What the network has more than in Table 6, which says nothing about thin networks."""
    more = round(mebibytes - table6, 1)
    return "-" if FLAGS.width != 1 else f"{more:+.1f}" if more else "0.0"


def line(cells: list[str]) -> str:
    """One line of the table: names to the left, numbers to the right."""
    widths = [width for _, width in COLUMNS[: len(cells)]]
    sides = ["<", "<", *">" * len(widths)]
    return "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(cells, sides, widths, strict=False)).rstrip()


if __name__ == "__main__":
    main.start(run)

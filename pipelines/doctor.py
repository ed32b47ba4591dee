"""What a SavedModel is, whether it can be attacked, and how its images must be prepared.

    python -m pipelines.doctor --saved_model=DIR
    python -m pipelines.doctor --saved_model=DIR --dataset=camvid --data_dir=/data/camvid \\
        --split=val --write

Prints one page. With --dataset it tries the plausible ways to prepare photographs on a few of them, names the best, and
draws a sheet of what the network sees. --write puts a reading.json into the model's folder, by which every
pipeline then reads it. Of a Keras, ONNX, PyTorch or frozen file it says how to make a SavedModel of it.
"""

import pathlib
import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from absl import flags as absl_flags

from tfadvseg.command import command
from tfadvseg.data import Example
from tfadvseg.models import reading
from tfadvseg.models.formats import advice
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.terminal import terminal

from .common import flags, main, objects

if TYPE_CHECKING:
    from tfadvseg.doctor.examination import Examination
    from tfadvseg.doctor.suggestion import Comparison
    from tfadvseg.models.saved_model import LoadedModel
    from tfadvseg.models.signatures import Signature
    from tfadvseg.models.spec import ModelSpec

FLAGS = absl_flags.FLAGS

absl_flags.DEFINE_string("saved_model", None, "The SavedModel's folder, or a name in saved_models/.", required=True)
flags.group("Models", "saved_model")
flags.define_data(dataset=None)
flags.define_reading()
absl_flags.DEFINE_integer("images", 8, "Photographs of --dataset to try readings on.", lower_bound=1)
absl_flags.DEFINE_bool("write", False, "Write the reading.json that this page ends with.")
absl_flags.DEFINE_string("sheet", None, "PNG to draw with --dataset; by default runs/doctor/<model>.png.")


def run() -> None:
    path = pathlib.Path(FLAGS.saved_model)
    if told := advice(path):
        print(told)
        return
    from tfadvseg.doctor.examination import examine, pair_of_a_size, placed
    from tfadvseg.doctor.suggestion import compare, fitting, settled
    from tfadvseg.models import describe
    from tfadvseg.models.signatures import signatures

    path = objects.model_path(FLAGS.saved_model)
    spec = describe(path, objects.readings(1)[0], **objects.said_by_flags())
    photographs = _photographs()
    model = fitting(spec, photographs)
    if FLAGS.dataset:
        model = model.on(objects.of_dataset(model.spec))
    spec = model.spec
    found = compare(model, photographs) if FLAGS.dataset else None
    space = objects.dataset().label_space if FLAGS.dataset else None
    how = settled(spec, found, space)
    best = model.read_as(found.best.reading) if found else model
    facts = examine(best, placed(best.spec, pair_of_a_size(photographs)))
    blocks: list[Block] = [
        *signature_part(signatures(spec.path), spec),
        *answer_part(best, facts),
        *reading_part(found),
    ]
    print(terminal(Document(str(path), blocks)))
    if found:
        sheet = pathlib.Path(FLAGS.sheet or f"runs/doctor/{model.name}.png")
        print(f"Sheet: {_draw(sheet, model, found, photographs)}")
    if FLAGS.write:
        print(f"Written: {reading.write(how, spec.path)}")
        print(f"Next: {_next(path)}")
    else:
        print(f"To be read with {how.text()}; --write keeps that beside the model.")


def _next(path: pathlib.Path) -> str:
    """The command that attacks it."""
    names = [name for name in ("dataset", "data_dir", "split") if not FLAGS[name].using_default_value]
    given = [f"--{name}={FLAGS[name].value}" for name in names]
    return f"{command('robustness')} {shlex.join([f'--models={path}', *given])}"


def _photographs() -> list[Example]:
    """Of the dataset, or else two drawn streets."""
    from tfadvseg.data import named

    if FLAGS.dataset:
        return list(objects.split().chosen(limit=FLAGS.images))
    return list(named("scenes").split(None, "validation").chosen(limit=2))


def signature_part(offered: "Mapping[str, Signature]", spec: "ModelSpec") -> list[Block]:
    """What the file offers, and what is used of it."""
    interface = spec.interface
    items = [
        f"{name}{' (used)' if name == interface.signature else ''}: {', '.join(map(str, one.inputs))} -> "
        f"{', '.join(map(str, one.outputs))}"
        for name, one in offered.items()
    ]
    size = "any size" if interface.size is None else "{}x{} (height x width)".format(*interface.size)
    batch = "any number" if interface.batch is None else f"exactly {interface.batch}"
    sides = "" if spec.frame.multiple == (1, 1) else f", its sides multiples of {_pair(spec.frame.multiple)}"
    stride = f", one score for {interface.stride:g} pixels, resized" if (interface.stride or 1) > 1 else ""
    classes = f"{spec.classes} classes" if spec.classes else "an unknown number of classes"
    told = (
        f"It takes {interface.dtype} images {interface.layout} of {size}{sides}, {batch} in a call, and returns, as "
        f"{interface.output}, {spec.reading.output} of {classes}{stride}."
    )
    return [Heading("Signatures"), Bullets(items), Paragraph(told)]


def _pair(numbers: tuple[int, int]) -> str:
    return str(numbers[0]) if numbers[0] == numbers[1] else "{} and {}".format(*numbers)


def answer_part(model: "LoadedModel", facts: "Examination") -> list[Block]:
    """What it does on an image."""
    gradient = facts.gradient
    reach = (
        f"no: {gradient.missing}"
        if gradient.missing
        else f"yes; {100 * gradient.zero:.2g} % of its values are zero, {100 * gradient.not_finite:.2g} % not finite"
    )
    moves = ", ".join(f"{100 * moved:.2g} % by {size:g}" for size, moved in facts.moves.items())
    rounds = "; it rounds its images to whole levels (gradients go straight through)" if facts.moves[0.25] == 0 else ""
    items = [
        f"gradients reach the image: {reach}",
        f"what is attacked: {way_in(model)}",
        f"noise moves the scores by {moves} grey levels{rounds}",
        "it answers the same again" if facts.repeats else "it draws at random at each call; see pipelines.transforms",
        "an image gets the same answer alone as in a batch"
        if facts.alone
        else "its answer depends on the other images of a batch (normalisation in training mode?); use --batch_size=1",
        f"a forward pass takes {1e3 * facts.forward:.0f} ms an image"
        + ("" if gradient.missing else f", an input gradient {1e3 * facts.backward:.0f} ms"),
        f"a gradient keeps at most {facts.activations / 2**20:.0f} MiB of activations an image",
    ]
    return [Heading("Answers"), Bullets(items)]


def way_in(model: "LoadedModel") -> str:
    """Which part of the file."""
    kind, declared = model.network.kind, model.spec.reading.output
    if model.spec.reading.tensor:
        return f"the tensor {model.spec.reading.tensor}"
    if not model.differentiable:
        return "nothing: label maps can be scored, shown perturbations of other networks, and attacked by queries"
    return "its output" if kind == declared else f"the scores within, before they become {declared}"


def reading_part(found: "Comparison | None") -> list[Block]:
    """How photographs are to be prepared."""
    if found is None:
        return []
    from tfadvseg.doctor.warnings import near_chance

    rows = sorted(found.tried, key=lambda one: -one.iou)
    own = found.tried[0]
    table = Table(
        ["reading", "clean IoU (%)"],
        [[one.name, f"{one.iou:.1f}"] for one in rows],
    )
    told = f"As it is read, it is given {prepared(own.reading)}."
    verdict = (
        "No other plausible reading is clearly better."
        if found.best is own
        else f"Clearly better: {found.best.name}, that is {prepared(found.best.reading)}."
    )
    if rows[0] is not found.best and found.best is not own:
        verdict += f" {rows[0].name} is not surely better than that."
    if near_chance(found.best.iou, len(own.confusion[0])):
        verdict += (
            " But even so it is near chance: was it trained for these classes in this order, were its weights saved, "
            "and are its moving averages those of inference?"
        )
    order = [Paragraph(f"Its classes lie where the labels are {found.order}.")] if found.order else []
    return [
        Heading(f"Readings on {len(own.confusion)} photographs"),
        Paragraph(told),
        table,
        Paragraph(verdict),
        *order,
    ]


def prepared(how: reading.Reading) -> str:
    """What a network is given of a photograph, in words."""
    low, high = how.intensity_range
    shift = "" if not any(how.mean) else ", less {:g}, {:g}, {:g}".format(*how.mean)
    scale = "" if set(how.std) == {1.0} else ", divided by {:g}, {:g}, {:g}".format(*how.std)
    fit = "" if how.fit == "pad" else f", fit {how.fit}"
    return f"{how.channel_order.upper()} of {low:g} to {high:g}{shift}{scale}{fit}"


def _draw(
    path: pathlib.Path, model: "LoadedModel", found: "Comparison", photographs: Sequence[Example]
) -> pathlib.Path:
    import tensorflow as tf

    from tfadvseg.reports.drawing import save_figure
    from tfadvseg.reports.sheets import DPI, reading_sheet

    shown = {f"{one.name}: {one.iou:.1f} % IoU": one for one in dict.fromkeys([found.tried[0], found.best])}
    models = {title: model.read_as(one.reading) for title, one in shown.items()}
    rows = [
        (image, labels, {t: m.segment(tf.constant(image, tf.float32)).numpy() for t, m in models.items()})
        for _, image, labels in photographs[:4]
    ]
    figure = reading_sheet(model.name, rows, objects.dataset().label_space)
    return save_figure(figure, path.parent, path.stem, DPI)[0]


if __name__ == "__main__":
    main.start(run)

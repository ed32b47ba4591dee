"""Makes a SavedModel of a public .caffemodel.

    python -m pipelines.import_caffe --model=fcn8s_vgg --weights=fcn8_voc.caffemodel \\
        --output=saved_models/fcn8s_voc

Prints what became of each layer. A layer of the network that the file lacks or that does not fit ends it, with nothing
written, as does a network that then answers the same whatever it is shown; layers of the file that the network has no
place for are listed and left out.
"""

import hashlib
import pathlib
import sys
from typing import TYPE_CHECKING

from absl import flags as absl_flags

from tfadvseg.caffe.alive import check_alive
from tfadvseg.caffe.caffemodel import read
from tfadvseg.caffe.load import LayersMissing, load, renamed
from tfadvseg.data.labels import PUBLISHED, LabelSpace, voc_palette
from tfadvseg.models import zoo
from tfadvseg.models.card import Card, numbers
from tfadvseg.runs.provenance import git_revision, versions

from .common import flags, main, objects

if TYPE_CHECKING:
    import keras

FLAGS = absl_flags.FLAGS

absl_flags.DEFINE_enum("model", None, sorted(zoo.MODELS), "Network that the file holds the weights of.", required=True)
absl_flags.DEFINE_string("weights", None, "The .caffemodel.", required=True)
absl_flags.DEFINE_string(
    "output", None, "SavedModel folder, in which the next version is written; by default saved_models/<name>."
)
absl_flags.DEFINE_string(
    "name", None, "Name of the SavedModel where --output gives none; by default <model>_<dataset>."
)
absl_flags.DEFINE_integer("classes", 0, "Number of classes; 0: as published.", lower_bound=0, upper_bound=255)
absl_flags.DEFINE_string("input_size", None, "Height x width of the inputs, e.g. 513x513; by default as published.")
absl_flags.DEFINE_float(
    "width", 1.0, "Multiplies the network's channels; 1 is the published network.", lower_bound=1e-3
)
absl_flags.DEFINE_list(
    "rename",
    [],
    "Layers under other names than the network's, such as a head that was trained anew: name in the file=name in the "
    "network, e.g. score_mine=score_fr.",
)
absl_flags.DEFINE_list("may_miss", [], "Layers of the network that the file may lack; they keep their initial values.")
flags.group("Models", "model", "weights", "classes", "input_size", "width")
flags.group("Output", "output", "name")


def run() -> None:
    published = zoo.MODELS[FLAGS.model]
    folder = target(published.dataset)
    labels = label_space(published)
    size = objects.size("input_size") if FLAGS.input_size else published.input_size
    weights = pathlib.Path(FLAGS.weights)
    file = renamed(read(weights), new_names())
    digest = md5(weights)
    compare(weights, digest, published.md5)
    network = zoo.build(FLAGS.model, labels.classes, size, FLAGS.width)
    try:
        report = load(network, file, FLAGS.may_miss)
    except ValueError as error:
        if isinstance(error, LayersMissing):
            print(error.report.table(), file=sys.stderr)
        raise ValueError(f"{weights} does not fit {FLAGS.model}: {error}") from error
    del file  # as large as the network
    try:
        check_alive(network, trained=not report.missing)
    except ValueError as error:
        raise ValueError(f"{FLAGS.model} does not work with {weights}: {error}; is the file whole?") from error
    print(report.table())
    print(f"SavedModel: {export(network, folder, labels, size, published, digest)}")


def target(dataset: str) -> pathlib.Path:
    """The SavedModel's folder, of which the versions are subfolders."""
    if FLAGS.output and FLAGS.name and pathlib.Path(FLAGS.output).name != FLAGS.name:
        raise ValueError(f"--output={FLAGS.output} already names the SavedModel; leave --name={FLAGS.name} out.")
    model = FLAGS.model.removesuffix(f"_{dataset}").removesuffix("_vgg")
    main.refuse_url(FLAGS["output"])
    return pathlib.Path(FLAGS.output or f"saved_models/{FLAGS.name or f'{model}_{dataset}'}")


def new_names() -> dict[str, str]:
    """--rename as {name in the file: name in the network}."""
    pairs = [word.partition("=") for word in FLAGS.rename]
    if wrong := ["".join(pair) for pair in pairs if not (pair[0] and pair[2])]:
        raise ValueError(f"--rename takes pairs like score_mine=score_fr; got {wrong[0]}.")
    return {old: new for old, _, new in pairs}


def label_space(published: zoo.Network) -> LabelSpace:
    """Names and colours of the classes; numbers for names where they are not those of the published network."""
    classes = FLAGS.classes or published.classes
    if classes == published.classes:
        return PUBLISHED[published.dataset]
    return LabelSpace(numbers(classes), voc_palette(classes))


def md5(path: pathlib.Path) -> str:
    """MD5 sum of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def compare(path: pathlib.Path, digest: str, expected: str | None) -> None:
    """Warns on stderr of a file that is not the one of the paper's authors, where their MD5 sum is known."""
    if expected and digest != expected:
        print(
            f"Warning: {path} has the MD5 sum {digest}, the file of the paper's authors had {expected}.",
            file=sys.stderr,
        )


def export(
    network: "keras.Model",
    folder: pathlib.Path,
    labels: LabelSpace,
    size: tuple[int, int],
    published: zoo.Network,
    digest: str,
) -> pathlib.Path:
    """Writes the SavedModel with its card."""
    from tfadvseg.serving.export import export as write

    provenance = {
        "dataset": published.dataset,
        "weights": pathlib.Path(FLAGS.weights).name,
        "md5": digest,
        "import": flags.recipe(sys.argv[0]),
        "revision": git_revision(),
        "versions": versions(),
    }
    card = Card(
        folder.name,
        FLAGS.model,
        labels.names,
        labels.palette,
        size,
        published.pad_colour,
        network.count_params(),
        {},
        provenance,
        published.fit,
        FLAGS.width,
    )
    return write(network, card, folder.parent)


if __name__ == "__main__":
    main.start(run)

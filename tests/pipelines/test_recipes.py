"""The recipes of pipelines.train: each is parsed, and says the truth of the network that it builds."""

import importlib
import pathlib
import re
import sys

import keras
import pytest
from absl import flags

from pipelines.common import main
from tfadvseg.models import zoo
from tfadvseg.training.fit import Recipe

FOLDER = pathlib.Path(__file__).parents[2] / "pipelines" / "recipes"
NETWORKS = (
    "crf_rnn",
    "deeplab_v2_multiscale",
    "deeplab_v2_resnet101",
    "deeplab_v2_vgg",
    "dilated_context_cityscapes",
    "dilated_frontend_cityscapes",
    "enet",
    "fcn8s_resnet101",
    "fcn8s_vgg",
    "icnet",
    "pspnet_cityscapes",
    "segnet",
)
STARTS = {
    "crf_rnn": "fcn8s_vgg",
    "deeplab_v2_multiscale": "deeplab_v2_resnet101",
    "deeplab_v2_vgg": "fcn8s_vgg",
    "dilated_frontend_cityscapes": "fcn8s_vgg",
    "dilated_context_cityscapes": "dilated_frontend_cityscapes",
    "fcn8s_resnet101": "deeplab_v2_resnet101",
}
"""Whose weights a recipe starts from."""


@pytest.fixture(scope="module")
def parse():
    """A function from a recipe's name to the flags of pipelines.train, which are taken back in the end."""
    before, main = set(flags.FLAGS), sys.argv
    importlib.import_module("pipelines.train")  # defines them

    def parse(name, *more):
        flags.FLAGS.unparse_flags()
        for flag in set(flags.FLAGS) - before:
            flags.FLAGS[flag].unparse()
        flags.FLAGS(["train", f"--flagfile={FOLDER / name}.cfg", *more])
        return flags.FLAGS

    yield parse
    sys.argv = main
    sys.modules.pop("pipelines.train")
    for flag in set(flags.FLAGS) - before:
        delattr(flags.FLAGS, flag)
    flags.FLAGS.unparse_flags()


def test_there_is_one_a_network():
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_recipe_builds_its_network_with_the_parameters_that_it_tells(name, parse):
    from pipelines.common import objects
    from pipelines.train import scales

    values = parse(name)
    recipe = Recipe(
        objects.size("crop"),
        values.epochs,
        values.batch_size,
        values.learning_rate,
        values.weight_decay,
        scales(),
        values.colour,
        values.dropout,
        values.validate_every,
        values.seed,
        values.precision,
        values.select,
    )
    assert values.model == name and values.dataset == "camvid" and recipe.crop == (360, 480)
    assert recipe.weight_decay == 2e-3 and recipe.select == "last"
    with keras.StatelessScope(initialize_variables=False):
        network = zoo.build(name, 11, recipe.crop, values.width)
    text = (FOLDER / f"{name}.cfg").read_text()
    assert f"{network.count_params():,} parameters" in text
    keras.utils.clear_session()  # forgets the weights, which Keras would give values at the next occasion
    start = re.search(r"Start it from (\w+)'s weights", text)
    assert (start[1] if start else None) == STARTS.get(name) and values.initial_weights_partly == (name in STARTS)


def test_what_is_typed_behind_a_recipe_counts(parse):
    values = parse("pspnet_cityscapes", "--epochs=2", "--precision=float32")
    assert (values.epochs, values.precision, values.width) == (2, "float32", 0.17)


def test_a_flag_file_in_another_encoding_is_refused_in_a_sentence(tmp_path, capsys):
    (tmp_path / "f.cfg").write_bytes("# café\n--limit=1\n".encode("latin-1"))
    with pytest.raises(SystemExit) as ended:
        main.parse(["train", f"--flagfile={tmp_path / 'f.cfg'}"])
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: The file that --flagfile names is no text in UTF-8; save it so.\n"


def test_weights_are_known_by_what_they_hold_wherever_they_lie(parse, tmp_path):
    del parse  # which has imported the pipeline
    content = sys.modules["pipelines.train"].content
    for place, values in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / place / "net" / "variables").mkdir(parents=True)
        (tmp_path / place / "net" / "variables" / "x").write_bytes(values)
    one, same, other = (content(str(tmp_path / place / "net")) for place in "abc")
    assert one == same != other and len(one) == 64
    assert content(str(tmp_path / "a" / "net" / "variables" / "x")) == one  # one file of that name
    assert content("imagenet") == "imagenet" and content(None) is None
    with pytest.raises(ValueError, match="/dev/zero"):
        content("/dev/zero")

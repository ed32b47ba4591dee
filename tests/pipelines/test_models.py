"""--models of several origins in one run: each read in its own way, told apart, or refused in a sentence."""

import json
import shutil

import pandas as pd
import pytest
import tensorflow as tf

SMALL = ("--limit=1", "--attacks=fgsm", "--epsilons=8")


@pytest.fixture(scope="module")
def saved(conv_model, tmp_path_factory):
    """A folder of SavedModels around one network: as it is with a class for void in the middle, and with blue first in
    0..1."""
    folder = tmp_path_factory.mktemp("models")

    def void(x):
        scores = conv_model(x)
        return {"y": tf.concat([scores[..., :4], tf.zeros_like(scores[..., :1]), scores[..., 4:]], -1)}

    for name, function in (("void", void), ("bgr", lambda x: {"y": conv_model(255 * x[..., ::-1])})):
        module = tf.Module()
        module.kept = conv_model.trackable
        serve = tf.function(function).get_concrete_function(tf.TensorSpec((None, 32, 48, 3), tf.float32, "x"))
        tf.saved_model.save(module, str(folder / name), {"serve": serve})
    (folder / "bgr.json").write_text(json.dumps({"preset": "0..1", "channel_order": "bgr"}))
    return folder


@pytest.fixture
def iou(call, undrawn, tmp_path):
    """--models and further flags -> {model: IoU under FGSM}."""

    def go(*models, **flags):
        further = [f"--{name}={value}" for name, value in flags.items()]
        done = call(
            "robustness", f"--models={','.join(map(str, models))}", f"--output={tmp_path}/run", *SMALL, *further
        )
        assert done.returncode == 0, done.stderr
        table = pd.read_csv(tmp_path / "run" / "results.csv")
        return table[table["attack"] == "fgsm"].set_index("model")["iou"].to_dict()

    return go


def test_models_of_different_readings_go_into_one_run(iou, saved, conv_folder, tmp_path):
    """It is one network, so its scores are the same."""
    readings = f",,{saved / 'bgr.json'}"
    found = iou(conv_folder, saved / "void", saved / "bgr", reading=readings, void_class=4)
    assert list(found) == ["conv", "void", "bgr"]
    assert found["void"] == pytest.approx(found["conv"], abs=0.2) and found["bgr"] == pytest.approx(
        found["conv"], abs=0.2
    )
    recipe = json.loads((tmp_path / "run" / "recipe.json").read_text())["recipe"]
    assert list(recipe["readings"]) == ["void", "bgr"]
    assert recipe["readings"]["bgr"] == (
        "logits of 'y' in the signature 'serve', images of 32x48, float32 NHWC; channel order bgr, "
        "intensity range (0, 1)"
    )


def test_two_versions_and_two_folders_of_one_name_are_told_apart(iou, conv_folder, tmp_path):
    for place in ("a/conv/1", "a/conv/2", "b/conv"):
        shutil.copytree(conv_folder, tmp_path / place)
    found = iou(tmp_path / "a/conv/1", tmp_path / "a/conv/2", tmp_path / "b/conv")
    assert list(found) == ["conv_v1", "conv_v2", "b_conv"] and len(set(found.values())) == 1


def test_a_file_without_the_gradients_of_its_own_operations_ends_in_a_sentence(run, tmp_path):
    """In a process that never had them: silu has a gradient of its own."""
    module = tf.Module()
    module.kernel = tf.Variable(tf.random.stateless_normal((3, 3, 3, 11), (0, 0)) / 50)
    serve = tf.function(lambda x: {"y": tf.nn.silu(tf.nn.conv2d(x, module.kernel, 1, "SAME"))})
    tf.saved_model.save(
        module,
        str(tmp_path / "net"),
        serve.get_concrete_function(tf.TensorSpec((None, 32, 48, 3), tf.float32, "x")),
        tf.saved_model.SaveOptions(experimental_custom_gradients=False),
    )
    done = run("robustness", f"--models={tmp_path / 'net'}", f"--output={tmp_path / 'run'}", *SMALL)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "was saved without the gradients of its own operations; save it again" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--reading=0..1,imagenet",), "--reading has 2 entries for 1 models; give one for all, or one each"),
        (("--reading=none.json",), "none.json cannot be read as a reading"),
        (("--void_class=12",), "--void_class is one of 0 to 11; got 12"),
        ((), "knows 12 classes, one more than the dataset scenes; if one of them is void, name its number by --void_c"),
    ],
)
def test_what_does_not_fit_ends_in_a_sentence(call, saved, flags, message):
    done = call("robustness", f"--models={saved / 'void'}", *SMALL, *flags)
    assert done.returncode == 1 and message in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("joined", [None, "after"])
def test_a_class_map_holds_at_equal_numbers_and_the_report_says_how(iou, conv_folder, tmp_path, joined):
    """The card tells the network's classes in another order, so without a map it is refused."""
    turned = shutil.copytree(conv_folder, tmp_path / "turned")
    path = turned / "assets.extra" / "card.json"
    card = json.loads(path.read_text())
    names = list(card["names"])
    path.write_text(json.dumps(card | {"names": names[::-1]}))
    rows = [f"{theirs},{own}" for theirs, own in zip(names[::-1], names, strict=True)]
    (tmp_path / "map.csv").write_text("\n".join(["model,dataset", *rows]))
    flags = {"joined": joined} if joined else {}
    found = iou(conv_folder, turned, class_map=tmp_path / "map.csv", **flags)
    assert found["turned"] == pytest.approx(found["conv"], abs=1e-3)
    readings = json.loads((tmp_path / "run" / "recipe.json").read_text())["recipe"]["readings"]
    assert list(readings) == ["turned"] and f"class map ({', '.join(names)})" in readings["turned"]
    assert ("joined after" in readings["turned"]) == bool(joined)


@pytest.mark.parametrize("flag", ["--void_class=4", "--class_map=map.csv", "--joined=after"])
def test_a_map_that_meets_no_model_is_refused(call, flag):
    done = call("robustness", "--models=enet_scenes", *SMALL, flag)
    assert done.returncode == 1
    assert (
        f"{flag.partition('=')[0]} meets no model: each has the classes of the dataset scenes"
        in done.stderr.splitlines()[-1]
    )

"""The page on a SavedModel, as a user asks for it; what it writes is what the pipelines then read."""

import json

import pytest
import tensorflow as tf

from tests.models.strangers import FORMS, MEAN, STD
from tfadvseg.models import load


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A network of saved_models/ whose ImageNet mean and std are left to the user."""
    inner = tf.saved_model.load("saved_models/fcn8s_scenes/1")
    module = tf.Module()
    module.inner = inner

    def serve(x):
        return {"out": inner.signatures["logits"](images=(x * STD + MEAN) * 255)["logits"]}

    folder = tmp_path_factory.mktemp("models") / "outside"
    given = tf.TensorSpec((None, 192, 256, 3), tf.float32, "x")
    tf.saved_model.save(module, str(folder), tf.function(serve).get_concrete_function(given))
    return folder


def test_doctor_finds_the_reading_and_writes_it(call, outside, tmp_path):
    sheet = tmp_path / "sheet.png"
    done = call("doctor", f"--saved_model={outside}", "--dataset=scenes", "--images=2", "--write", f"--sheet={sheet}")
    assert done.returncode == 0, done.stderr
    page = done.stdout
    assert "- serving_default (used): x float32 [?, 192, 256, 3] -> out float32 [?, 192, 256, 11]" in page
    assert "gradients reach the image: yes" in page and "Clearly better: imagenet, rgb" in page
    assert sheet.stat().st_size > 10_000 and f"Written: {outside}/reading.json" in page
    assert json.loads((outside / "reading.json").read_text()) == {
        "signature": "serving_default",
        "input_name": "x",
        "output_name": "out",
        "layout": "NHWC",
        "intensity_range": [0.0, 1.0],
        "mean": list(MEAN),
        "std": list(STD),
    }
    again = call("doctor", f"--saved_model={outside}", "--dataset=scenes", "--images=2")
    assert "No other plausible reading is clearly better." in again.stdout


def test_without_a_dataset_the_page_is_of_the_file_alone(call):
    done = call("doctor", "--saved_model=fcn8s_scenes")
    assert done.returncode == 0 and "Readings on" not in done.stdout
    assert "logits of 11 classes" in " ".join(done.stdout.split()) and "To be read with signature logits" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [("net.onnx", "onnx2tf -i "), ("net.pth", "torch.onnx.export("), ("net.tflite", "cannot be attacked")],
)
def test_of_other_files_it_says_what_to_do(call, tmp_path, name, told):
    (tmp_path / name).write_bytes(b"content")
    done = call("doctor", f"--saved_model={tmp_path / name}")
    assert done.returncode == 0 and told in done.stdout and str(tmp_path / name) in done.stdout


@pytest.mark.parametrize("name", ["net.keras", "net.h5", "graph.pb"])
def test_of_other_files_that_are_damaged_it_says_so(call, tmp_path, name):
    (tmp_path / name).write_bytes(b"content")
    done = call("doctor", f"--saved_model={tmp_path / name}")
    assert done.returncode == 1 and f"Error: {tmp_path / name} cannot be read as a " in done.stderr.splitlines()[-1]


def test_what_is_no_model_ends_in_a_sentence(call, tmp_path):
    done = call("doctor", f"--saved_model={tmp_path}")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: {tmp_path} holds no SavedModel")


def test_a_network_with_mean_and_std_outside(call, tmp_path):
    """Found on two photographs, written down, and the command to go on with."""
    network = load("saved_models/fcn8s_scenes")
    served = tf.function(lambda x: tf.nn.softmax(network.logits((x * STD + MEAN) * 255)))
    module = tf.Module()
    module.network = network.trackable
    tf.saved_model.save(
        module,
        str(tmp_path / "net"),
        signatures=served.get_concrete_function(tf.TensorSpec((1, 192, 256, 3))),
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=True),
    )
    ended = call("doctor", f"--saved_model={tmp_path / 'net'}", "--dataset=scenes", "--images=2", "--write")
    assert ended.returncode == 0, ended.stderr
    page = " ".join(ended.stdout.split())
    for line in (
        "exactly 1 in a call, and returns, as output_0, probabilities of 11 classes.",
        "- what is attacked: the scores within, before they become probabilities",
        "As it is read, it is given RGB of 0 to 255.",
        "Clearly better: imagenet, rgb, that is RGB of 0 to 1, less 0.485, 0.456, 0.406, divided by 0.229, 0.224,",
        f"Next: python -m pipelines.robustness --models={tmp_path / 'net'} --dataset=scenes",
    ):
        assert line in page
    assert "near chance" not in ended.stdout and max(map(len, ended.stdout.splitlines())) <= 110 + len(str(tmp_path))
    written = json.loads((tmp_path / "net" / "reading.json").read_text())
    assert written["output"] == "probabilities" and written["std"] == list(STD)


def test_of_several_outputs_one_is_named_in_a_reading(call, tmp_path):
    FORMS["several outputs of scores"].write(tmp_path / "net")
    ended = call("doctor", f"--saved_model={tmp_path / 'net'}")
    assert ended.returncode == 1 and 'reading.json, {"output_name": "aux"}' in ended.stderr
    (tmp_path / "net" / "reading.json").write_text('{"output_name": "main"}')
    ended = call("doctor", f"--saved_model={tmp_path / 'net'}")
    assert ended.returncode == 0 and "as main, logits of 4 classes" in " ".join(ended.stdout.split())
    assert "- serving_default (used): x float32 [?, 16, 24, 3] -> aux float32" in ended.stdout

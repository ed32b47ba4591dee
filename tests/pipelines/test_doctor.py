"""The page on a SavedModel, as a user asks for it; what it writes is what the pipelines then read."""

import json

import pytest
import tensorflow as tf

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.fixture(scope="module")
def outside(tmp_path_factory):
    """A network of saved_models/ whose ImageNet mean and std are left to the user."""
    inner = tf.saved_model.load("saved_models/enet_scenes/1")
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
    assert "used  serving_default  x float32 [?, 192, 256, 3]" in page
    assert "gradients reach the image: yes" in page and "Clearly better: imagenet, rgb" in page
    assert sheet.stat().st_size > 10_000 and f"Written: {outside}/reading.json" in page
    assert json.loads((outside / "reading.json").read_text()) == {
        "signature": "serving_default", "input_name": "x", "output_name": "out", "layout": "NHWC",
        "intensity_range": [0.0, 1.0], "mean": list(MEAN), "std": list(STD),
    }  # fmt: skip
    again = call("doctor", f"--saved_model={outside}", "--dataset=scenes", "--images=2")
    assert "No other plausible reading is clearly better." in again.stdout


def test_without_a_dataset_the_page_is_of_the_file_alone(call):
    done = call("doctor", "--saved_model=enet_scenes")
    assert done.returncode == 0 and "Readings on" not in done.stdout
    assert "returns logits of 11 classes" in done.stdout and "To be read with signature logits" in done.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("net.keras", "keras.models.load_model("), ("net.h5", "keras.models.load_model("), ("net.onnx", "onnx2tf -i "),
        ("graph.pb", "to_saved_model("), ("net.pth", "torch.onnx.export("), ("net.tflite", "cannot be attacked"),
    ],
)  # fmt: skip
def test_of_other_files_it_says_what_to_do(call, tmp_path, name, told):
    (tmp_path / name).write_bytes(b"content")
    done = call("doctor", f"--saved_model={tmp_path / name}")
    assert done.returncode == 0 and told in done.stdout and str(tmp_path / name) in done.stdout


def test_what_is_no_model_ends_in_a_sentence(call, tmp_path):
    done = call("doctor", f"--saved_model={tmp_path}")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"Error: {tmp_path} holds no SavedModel")

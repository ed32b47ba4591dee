"""What the doctor's page says, and that what it writes is read."""

import json

import tensorflow as tf

from tests.models.strangers import FORMS, MEAN, STD
from tfadvseg.models import load


def test_a_network_with_mean_and_std_outside(call, tmp_path):
    """Found on two photographs, written down, and the command to go on with."""
    enet = load("saved_models/enet_scenes")
    served = tf.function(lambda x: tf.nn.softmax(enet.logits((x * STD + MEAN) * 255)))
    module = tf.Module()
    module.enet = enet.trackable
    tf.saved_model.save(
        module, str(tmp_path / "net"), signatures=served.get_concrete_function(tf.TensorSpec((1, 192, 256, 3))),
        options=tf.saved_model.SaveOptions(experimental_custom_gradients=True),
    )  # fmt: skip
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

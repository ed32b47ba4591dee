"""Exports as a user types them: what lies in the folder, what robustness makes of it, and refusals in a sentence."""

import json

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

from tests.models import strangers


def test_a_network_is_served_with_its_defense_and_its_attack(call, conv_folder, small, undrawn, tmp_path):
    """And it is attacked by pipelines.robustness as the network itself."""
    ended = call(
        "export",
        f"--model={conv_folder}",
        "--defense=jpeg,blur",
        "--trials=2",
        "--attack=ifgsm_ll",
        "--whole_levels",
        "--in_range",
        "--max_pixels=7000",
        f"--output={tmp_path}",
    )
    assert ended.returncode == 0, ended.stderr
    folder = tmp_path / "conv_served" / "1"
    assert ended.stdout == f"SavedModel: {folder}\n"
    found = json.loads((folder / "assets.extra" / "serving.json").read_text())
    assert (found["defense"], found["trials"], found["max_pixels"]) == ("jpeg+blur", 2, 7000)
    assert found["protocol"] == (
        "Protocol arnab2018: min(epsilon + 4, ceil(1.25 epsilon)) steps of 1 grey level toward other classes of the "
        "network, from the photograph itself, 1 run, the last iterate, photographs kept within 0..255, ended on whole "
        "levels, padding neither counts nor changes."
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        "conv_served",
        "models.config",
        "batching_parameters.txt",
        "serve.sh",
    }
    loaded = tf.saved_model.load(str(folder))
    image = np.zeros((1, 20, 30, 3), np.uint8)
    attacked = loaded.signatures["attacked"](images=image, epsilons=tf.constant([3.0]))
    assert attacked["adversarial"].dtype == tf.uint8 and attacked["linf"].numpy() == 3
    _, *data = small
    both = f"--models={conv_folder},{tmp_path / 'conv_served'}"
    ended = call("robustness", both, *data, "--limit=1", "--epsilons=4", "--attacks=fgsm", f"--output={tmp_path}/run")
    assert ended.returncode == 0, ended.stderr
    results = pd.read_csv(tmp_path / "run" / "results.csv").set_index(["model", "attack"]).iou
    for attack in ("clean", "fgsm"):
        assert results["conv", attack] == results["conv_served", attack]


def test_both_ways_to_join_transforms_mean_the_same(call, conv_folder, tmp_path):
    for number, defense in enumerate(("blur+grayscale", "blur,grayscale"), 1):
        ended = call(
            "export",
            f"--models={conv_folder}",
            f"--defense={defense}",
            "--trials=1",
            "--name=net",
            f"--models_folder={tmp_path}",
        )
        assert ended.returncode == 0, ended.stderr
        found = json.loads((tmp_path / "net" / str(number) / "assets.extra" / "serving.json").read_text())
        assert found["defense"] == "blur+grayscale"


def test_who_is_trusted_may_do_more_than_compute_over_scales_too(call, tmp_path):
    """The network at its scales is a file as well, which is opened again."""
    strangers.save(tmp_path / "net", reading_a_file, strangers.FREE)
    arguments = (f"--models={tmp_path / 'net'}", "--scales=0.5,1", f"--output={tmp_path / 'out'}")
    ended = call("export", *arguments)
    assert ended.returncode == 1 and "net is not loaded: its function " in ended.stderr.splitlines()[-1]
    ended = call("export", *arguments, "--trust")
    assert ended.returncode == 0, ended.stderr
    image = np.random.default_rng(0).integers(0, 256, (1, 16, 24, 3)).astype(np.float32)
    found = tf.saved_model.load(str(tmp_path / "out" / "net_multiscale" / "1")).signatures["logits_100"](
        images=tf.constant(image)
    )
    np.testing.assert_allclose(found["logits"], strangers.network(image), rtol=1e-4, atol=1e-4)


def reading_a_file(net, images):
    with tf.control_dependencies([tf.io.read_file("/etc/hostname")]):
        return net(images)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--defense=sepia"], "Unknown defense 'sepia'; choose one of: "),
        (["--defense=none"], "Unknown defense 'none'; choose one of: "),
        (["--attack=dla"], "dla cannot be served, since it is no gradient ascent in a ball whose radius a request"),
        (["--attack=hide"], "hide cannot be served, since"),
        (["--attack=dag"], "dag cannot be served, since"),
        (["--alpha=2"], "--alpha means nothing here: there is no --attack to be served; leave it out."),
        (["--in_range"], "--in_range means nothing here: there is no --attack"),
        (["--trials=3"], "--trials means nothing here: there is no --defense to be served; leave it out."),
        (["--attack=fgsm_class"], "fgsm_class leads to one class: --target_class is one of "),
        (["--transform=blur", "--attack=fgsm"], "draws at random, so that each gradient would be another one's; leave"),
        (["--transform=blur", "--defense=jpeg"], "draws at random already, so draws of a defense could not be"),
        (["--max_pixels=6143"], "are decoded at least; got a limit --max_pixels of 6143."),
        (["--attack=fgsm", "--epsilon=3"], "Unknown flag --epsilon"),
        (["--class_map=Sky"], "--class_map means nothing here: an export keeps the network's own classes; leave it"),
        (["--void_class=3"], "--void_class means nothing here: an export keeps the network's own classes; leave it"),
        (["--joined=after"], "--joined means nothing here: an export keeps the network's own classes; leave it out."),
    ],
)
def test_a_mistake_ends_in_one_sentence(call, conv_folder, tmp_path, arguments, sentence):
    ended = call("export", f"--models={conv_folder}", f"--output={tmp_path}", *arguments)
    assert ended.returncode == 1 and ended.stdout == ""
    assert sentence in ended.stderr.splitlines()[-1], ended.stderr
    assert not list(tmp_path.glob("*/*"))

"""Transfer as a user runs it: a matrix, its perturbations kept and shown again, and the scales of one network."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from tfadvseg.data.labels import CAMVID
from tfadvseg.runs.results import ALONE

COST = ["gradients", "forwards", "queries", "seconds", "source_model", *ALONE]


@pytest.fixture(scope="module")
def both(conv_folder, enet_folder, camvid):
    """Flags of two networks on three photographs."""
    return (f"--models={conv_folder},{enet_folder}", "--dataset=camvid", f"--data_dir={camvid}")


FEW = ("--limit=2", "--epsilons=8", "--attacks=fgsm,ifgsm_ll")


def numbers(folder):
    """results.csv less what cells cost; clean rows stand in the first scenario that shows them."""
    return (
        pd.read_csv(folder / "results.csv")
        .drop(columns=COST)
        .sort_values(["model", "attack", "iou"])
        .to_numpy()
        .tolist()
    )


def test_perturbations_are_made_once_kept_and_shown_again(call, both, tmp_path):
    ended = call("transfer", *both, *FEW, "--keep_perturbations", f"--output={tmp_path / 'made'}")
    assert ended.returncode == 0, ended.stderr
    assert "made on" in ended.stdout and "C40 fgsm at epsilon 8" in ended.stderr
    design = json.loads((tmp_path / "made" / "design.json").read_text())
    both_names = ["conv", "thin_enet"]
    assert design == {
        "models": both_names,
        "sources": both_names,
        "scales": [],
        "reduced": [],
        "printed": {"thin_enet": "enet"},
    }
    kept = f"--perturbations={tmp_path / 'made'}"
    again = call("transfer", *both, "--limit=2", kept, f"--output={tmp_path / 'shown'}")
    assert again.returncode == 0 and "0 image gradients" in again.stderr, again.stderr
    assert numbers(tmp_path / "shown") == numbers(tmp_path / "made")
    recipe = json.loads((tmp_path / "shown" / "recipe.json").read_text())["recipe"]
    assert set(recipe["kept"]) == {"conv", "thin_enet"} and {"seed", "trials", "limit"} <= set(recipe)
    assert not {"attacks", "epsilons", "alpha", "labels", "attack_padding", "samples"} & set(recipe)
    drawn = (tmp_path / "shown" / "results.md").read_text()
    assert "How perturbations were made earlier on conv" in drawn and "fgsm at epsilon 8: alpha 8, steps 1" in drawn
    assert call("report", f"--output={tmp_path / 'shown'}").returncode == 0
    assert (tmp_path / "shown" / "results.md").read_text() == drawn
    for words, reason in (
        (
            ("--epsilons=8",),
            "--epsilons means nothing here: --perturbations holds attacks that were made; leave it out.",
        ),
        (("--keep_perturbations",), "--keep_perturbations means nothing here"),
        (("--samples=2",), "--samples means nothing here"),
        (("--limit=3",), "no perturbations of 1 of the 3 photographs, such as 2; choose photographs that it has"),
        (("--sources=net",), "Unknown source 'net'; choose one of: conv, thin_enet."),
    ):
        flags = [flag for flag in ("--limit=2",) if not any(word.startswith("--limit") for word in words)]
        refused = call("transfer", *both, *flags, kept, *words, f"--output={tmp_path / 'refused'}")
        assert refused.returncode == 1 and reason in refused.stderr and refused.stderr.count("Error") == 1, words


def test_models_in_another_order_are_another_recipe(call, conv_folder, camvid, undrawn, tmp_path):
    """A unit's rows are told apart by their places alone, so else networks' numbers would be swapped."""
    for name in "abc":
        shutil.copytree(conv_folder, tmp_path / name)
    output = tmp_path / "run"
    flags = ("--dataset=camvid", f"--data_dir={camvid}", "--limit=1", "--epsilons=8", "--attacks=fgsm", "--sources=a")
    abc, acb = (f"--models={','.join(str(tmp_path / name) for name in names)}" for names in ("abc", "acb"))
    assert call("transfer", abc, *flags, f"--output={output}").returncode == 0
    before = (output / "cells.npz").read_bytes()
    refused = call("transfer", acb, *flags, f"--output={output}")
    assert refused.returncode == 1 and before == (output / "cells.npz").read_bytes()
    assert "shown.a was ['a', 'b', 'c'] and is now ['a', 'c', 'b']; choose another --output" in refused.stderr


def test_a_target_of_other_classes_is_refused_by_name(call, both, tmp_path):
    """Five classes and not CamVid's eleven."""
    import tensorflow as tf

    def logits(images):
        return {"logits": images @ tf.constant([[0.01, 0.02, 0, 0, 0], [0, 0.02, 0.01, 0, 0], [0, 0, 0, 0.01, 0.02]])}

    signature = tf.function(logits).get_concrete_function(tf.TensorSpec((None, 24, 32, 3), tf.float32, "images"))
    tf.saved_model.save(tf.Module(), str(tmp_path / "five"), signatures={"logits": signature})
    models = f"{both[0]},{tmp_path / 'five'}"
    ended = call("transfer", models, *both[1:], *FEW, f"--output={tmp_path / 'run'}")
    assert ended.returncode == 1 and "five knows 5 classes, but the dataset camvid has 11" in ended.stderr
    assert "say by --class_map what each counts as" in ended.stderr and not (tmp_path / "run").exists()


def test_scales_need_a_network_over_scales(call, both, tmp_path):
    ended = call("scale_transfer", *both, *FEW, f"--output={tmp_path}")
    assert ended.returncode == 1 and "none of conv, thin_enet has them; name the whole model" in ended.stderr
    assert "Name a model over scales in --models" in call("scale_transfer").stderr


def test_the_scales_of_one_network_are_crossed(call, small, undrawn, tmp_path):
    """Of a file that takes images of any size, so that it can be resized around."""
    import tensorflow as tf

    colours = 100 + 0.2 * np.array(CAMVID.palette, np.float32)

    def logits(images):
        return {"logits": images @ tf.constant(colours.T / 60) - (colours**2).sum(1) / 120}

    signature = tf.function(logits).get_concrete_function(tf.TensorSpec((None, None, None, 3), tf.float32, "images"))
    tf.saved_model.save(tf.Module(), str(tmp_path / "any"), signatures={"logits": signature})
    for fusion in ("max", "average"):
        made = call(
            "export",
            f"--models={tmp_path / 'any'}",
            "--scales=0.75,1",
            f"--fusion={fusion}",
            f"--name={fusion}",
            f"--models_folder={tmp_path}",
        )
        assert made.returncode == 0, made.stderr
    flags = (f"--models={tmp_path / 'max'}", f"--average={tmp_path / 'average'}", *small[1:], *FEW)
    ended = call("scale_transfer", *flags, f"--output={tmp_path / 'run'}")
    assert ended.returncode == 0, ended.stderr
    for average, reason in (
        (tmp_path / "max", "max/1 is no ensemble that averages scales"),
        (f"{tmp_path / 'average'},{tmp_path / 'max'}", "--average takes one model; got "),
    ):
        refused = call("scale_transfer", f"--average={average}", flags[0], *flags[2:], f"--output={tmp_path / 'no'}")
        assert refused.returncode == 1 and reason in refused.stderr, average
    design = json.loads((tmp_path / "run" / "design.json").read_text())
    assert design["reduced"] == ["max@75"]
    assert design["models"] == design["sources"] == ["max@75", "max@100", "max", "average"]
    group = {"single": {"75": "max@75", "100": "max@100"}, "ensemble": "max", "average": "average"}
    assert design["scales"] == [group]
    claims = json.loads((tmp_path / "run" / "claims.json").read_text())
    assert {"C39", "C42", "C46", "C47", "C50", "C54"} <= {claim["number"] for claim in claims}

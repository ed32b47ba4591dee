"""Transfer as a user runs it: a matrix, its perturbations kept and shown again, and the scales of one network."""

import json

import pandas as pd
import pytest

COST = ["gradients", "queries", "seconds", "source_model"]


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
    assert design == {"models": ["conv", "thin_enet"], "sources": ["conv", "thin_enet"], "scales": []}
    kept = f"--perturbations={tmp_path / 'made'}"
    again = call("transfer", *both, "--limit=2", kept, f"--output={tmp_path / 'shown'}")
    assert again.returncode == 0 and "0 image gradients" in again.stderr, again.stderr
    assert numbers(tmp_path / "shown") == numbers(tmp_path / "made")
    recipe = json.loads((tmp_path / "shown" / "recipe.json").read_text())["recipe"]
    assert set(recipe["kept"]) == {"conv", "thin_enet"}
    drawn = (tmp_path / "shown" / "results.md").read_text()
    assert call("report", f"--output={tmp_path / 'shown'}").returncode == 0
    assert (tmp_path / "shown" / "results.md").read_text() == drawn
    for words, reason in (
        (
            ("--epsilons=8",),
            "--epsilons means nothing here: --perturbations holds attacks that were made; leave it out.",
        ),
        (("--keep_perturbations",), "--keep_perturbations means nothing here"),
        (("--limit=3",), "no perturbations of 1 of the 3 photographs, such as 1; choose photographs that it has"),
        (("--sources=net",), "Unknown source 'net'; choose one of: conv, thin_enet."),
    ):
        flags = [flag for flag in ("--limit=2",) if not any(word.startswith("--limit") for word in words)]
        refused = call("transfer", *both, *flags, kept, *words, f"--output={tmp_path / 'refused'}")
        assert refused.returncode == 1 and reason in refused.stderr and refused.stderr.count("Error") == 1, words


def test_a_target_of_other_classes_is_refused_by_name_unless_a_map_is_given(call, both, tmp_path):
    """Scenes have others than CamVid."""
    models = "--models=enet_scenes," + both[0].removeprefix("--models=")
    ended = call("transfer", models, *both[1:], *FEW, f"--output={tmp_path}")
    assert ended.returncode == 1 and "saved_models/enet_scenes/1 knows " in ended.stderr
    assert "say by --class_map what each counts as" in ended.stderr and not (tmp_path / "recipe.json").exists()


def test_scales_need_a_network_over_scales(call, both, tmp_path):
    ended = call("scale_transfer", *both, *FEW, f"--output={tmp_path}")
    assert ended.returncode == 1 and "None of the models conv, thin_enet is over scales" in ended.stderr
    assert "Name a model over scales in --models" in call("scale_transfer").stderr


def test_the_scales_of_one_network_are_crossed(call, small, enet_folder, undrawn, tmp_path):
    for fusion in ("max", "average"):
        made = call("export", f"--models={enet_folder}", "--scales=0.5,1", f"--fusion={fusion}", f"--name={fusion}",
                    f"--models_folder={tmp_path}")  # fmt: skip
        assert made.returncode == 0, made.stderr
    flags = (f"--models={tmp_path / 'max'}", f"--average={tmp_path / 'average'}", *small[1:], *FEW)
    ended = call("scale_transfer", *flags, f"--output={tmp_path / 'run'}")
    assert ended.returncode == 0, ended.stderr
    design = json.loads((tmp_path / "run" / "design.json").read_text())
    assert design["models"] == design["sources"] == ["max@50", "max@100", "max", "average"]
    group = {"single": {"50": "max@50", "100": "max@100"}, "ensemble": "max", "average": "average"}
    assert design["scales"] == [group]
    claims = json.loads((tmp_path / "run" / "claims.json").read_text())
    assert {"C39", "C42", "C46", "C47", "C50", "C54"} <= {claim["number"] for claim in claims}

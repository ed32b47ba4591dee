"""The pipelines about defenses as a user runs them."""

import json
import shutil

import pandas as pd
import pytest

from tfadvseg.runs.results import COLUMNS


def test_transforms_are_tried_against_attacks_that_know_them_and_that_do_not(call, small, tmp_path):
    """Both pipelines: cells, claims, figures; and the report draws the same again."""
    flags = (*small, "--limit=1", "--epsilons=2", "--transforms=blur,grayscale", "--trials=2", "--samples=2")
    pairs = {}
    for pipeline in ("transforms", "transform_transfer"):
        ended = call(pipeline, *flags, f"--output={tmp_path / pipeline}")
        assert ended.returncode == 0, ended.stderr
        results = pd.read_csv(tmp_path / pipeline / "results.csv", keep_default_na=False)
        assert tuple(results.columns) == COLUMNS
        attacked = results[results.attack == "ifgsm_ll"]
        pairs[pipeline] = set(zip(attacked.attack_transform, attacked.inference_transform, strict=True))
        assert set(results.trial[results.inference_transform == "blur"]) == {0, 1}
        claims = json.loads((tmp_path / pipeline / "claims.json").read_text())
        assert {claim["about"] for claim in claims} == {"conv, ifgsm_ll"} and "C58 conv" in ended.stderr
        assert {claim["verdict"] for claim in claims} == {"not measured", "undecided (too few images)"}
        assert "Adaptive attack" in ended.stdout
        assert (tmp_path / pipeline / "figures" / "defense_conv_ifgsm_ll.png").stat().st_size > 10_000
    ends = ("none", "blur", "grayscale")
    behind = (*ends, "clip")
    assert pairs["transform_transfer"] == {(known, seen) for known in ends for seen in behind}
    assert pairs["transforms"] == {("none", end) for end in behind} | {(end, end) for end in ends}
    drawn = (tmp_path / "transforms" / "results.md").read_text()
    again = call("report", f"--output={tmp_path / 'transforms'}")
    assert again.returncode == 0 and "blur" in again.stdout
    assert (tmp_path / "transforms" / "results.md").read_text() == drawn


def test_crfs_are_attacked_with_a_verdict_about_masking(call, small, tmp_path):
    """With variants; and the report draws the same again."""
    flags = (
        *small,
        "--limit=1",
        "--epsilons=4",
        "--attacks=fgsm",
        "--iterations=3",
        "--sweep",
        "--theta_alphas=1,20",
        "--theta_betas=3",
        "--theta_gammas=1",
        "--spatial_weights=3",
    )
    ended = call("crf", *flags, f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    results = pd.read_csv(tmp_path / "results.csv")
    assert tuple(results.columns) == COLUMNS and len(set(results.model)) == 2 + 4
    assert set(results.attack) == {"clean", "fgsm", "fgsm_scaled"}
    assert "gradient" in (tmp_path / "results.md").read_text()
    numbers = {claim["number"] for claim in json.loads((tmp_path / "claims.json").read_text())}
    assert {"C72", "C73", "C79", "C82"} <= numbers and "With CRF" in ended.stdout
    drawn = (tmp_path / "results.md").read_text()
    again = call("report", f"--output={tmp_path}")
    assert again.returncode == 0 and (tmp_path / "results.md").read_text() == drawn


def test_export_makes_a_defended_model_that_can_be_attacked(call, conv_folder, small, undrawn, tmp_path):
    folder = f"--models_folder={tmp_path}"
    for defense in ("--transform=blur+grayscale", "--crf=deeplab_vgg"):
        ended = call("export", f"--models={conv_folder}", defense, folder)
        assert ended.returncode == 0, ended.stderr
    _, *data = small
    paired = call(
        "crf",
        *small,
        f"--crf_models={tmp_path}/conv_crf",
        "--limit=1",
        "--epsilons=1",
        "--attacks=ifgsm",
        f"--output={tmp_path}/pair",
    )
    assert paired.returncode == 0, paired.stderr
    assert set(pd.read_csv(tmp_path / "pair" / "results.csv").model) == {"conv", "conv+crf"}
    both = f"--models={tmp_path}/conv_blur+grayscale,{tmp_path}/conv_crf"
    draws = ("--samples=2", "--trials=2")
    attacked = call(
        "robustness", both, *data, "--limit=1", "--epsilons=4", "--attacks=fgsm", *draws, f"--output={tmp_path}/run"
    )
    assert attacked.returncode == 0, attacked.stderr
    assert "conv_crf" in attacked.stdout and "conv_blur+grayscale" in attacked.stdout
    results = pd.read_csv(tmp_path / "run" / "results.csv").set_index(["model", "attack", "trial"])
    assert results.loc[("conv_blur+grayscale", "fgsm", 0)].gradients == 2  # a draw each
    for pipeline in ("transforms", "transform_transfer", "crf"):
        refused = call(pipeline, f"--models={tmp_path}/conv_blur+grayscale", *data, "--limit=1")
        assert refused.returncode == 1 and "conv_blur+grayscale draws at random, which only" in refused.stderr
    assert results.loc[("conv_blur+grayscale", "fgsm", 1)].iou != results.loc[("conv_blur+grayscale", "fgsm", 0)].iou


def test_export_makes_a_model_over_scales_whose_branches_can_be_attacked(call, small, undrawn, tmp_path):
    """By their names with a scale, of a folder or in saved_models/."""
    _, *data = small
    made = call("export", "--models=fcn8s_scenes", "--scales=0.5,1", "--fusion=average", f"--models_folder={tmp_path}")
    assert made.returncode == 0, made.stderr
    folder = tmp_path / "fcn8s_scenes_average"  # and not a version of the one by the maximum
    assert f"SavedModel: {folder / '1'}" in made.stdout
    shutil.copytree(folder / "1", folder / "2")
    names = f"--models={folder}@50,{folder / '1'}@50,{folder},fcn8s_scenes"
    attacked = call("robustness", names, "--limit=1", "--epsilons=4", "--attacks=fgsm", f"--output={tmp_path / 'run'}")
    assert attacked.returncode == 0, attacked.stderr
    name = "fcn8s_scenes_average"
    iou = pd.read_csv(tmp_path / "run" / "results.csv").set_index(["model", "attack"]).iou
    assert set(iou.index.unique("model")) == {f"{name}_v2@50", f"{name}_v1@50", name, "fcn8s_scenes"}
    assert iou[f"{name}_v2@50", "fgsm"] == iou[f"{name}_v1@50", "fgsm"] < iou["fcn8s_scenes", "clean"]
    refused = call("robustness", f"--models={folder}@75", "--limit=1")
    assert refused.returncode == 1 and "has no signature 'logits_75'; it offers " in refused.stderr


def test_the_number_of_samples_can_be_chosen_by_how_far_signs_agree(call, small):
    ended = call("transforms", *small, "--limit=1", "--transforms=blur", "--sign_agreement")
    assert ended.returncode == 0, ended.stderr
    shares = [float(word) for word in ended.stdout.splitlines()[-1].split()[1:]]
    assert len(shares) == 5 and 50 < shares[0] < shares[-1] < 100


@pytest.mark.parametrize(
    ("pipeline", "arguments", "sentence"),
    [
        ("transforms", ["--transforms=sepia"], "Error: Unknown transform 'sepia'; choose one of: blur, gaussian"),
        ("transform_transfer", ["--transforms="], "Error: There is no transform to try"),
        (
            "export",
            ["--crf=crf_rnn", "--scales=0.5"],
            "Error: --transform, --crf and --scales say what the network is; ",
        ),
        ("crf", ["--theta_alpha=0"], "Error: theta_alpha must be more than 0"),
        (
            "crf",
            ["--limit=1", "--attacks=fgsm", "--epsilons=4", "--theta_alpha=0.01", "--theta_beta=0.01"],
            "Error: Points spread over too many standard deviations for 64-bit keys: take larger thetas.",
        ),
        ("crf", ["--attacks=ifgsm", "--sweep"], "Error: --sweep attacks by FGSM; name fgsm in --attacks."),
        ("crf", ["--theta_alphas=", "--sweep"], "Error: --sweep needs values to try; --theta_alphas is empty."),
        (
            "crf",
            ["--crf_models=enet_scenes", "--theta_beta=3"],
            "Error: --crf_models bring their own CRF; leave --theta_b",
        ),
        ("crf", ["--crf_models=enet_scenes", "--tune"], "Error: --tune and --sweep vary a CRF that is added"),
        (
            "crf",
            ["--models=enet_scenes", "--crf_models=enet_scenes,fcn8s_scenes"],
            "Error: --crf_models takes one for each of --models; got 2 for 1: ",
        ),
    ],
)
def test_a_mistake_about_a_defense_ends_in_one_sentence(call, pipeline, arguments, sentence):
    ended = call(pipeline, *arguments)
    assert ended.returncode == 1 and ended.stderr.strip().splitlines()[-1].startswith(sentence)


def test_models_are_suspected_of_masking_at_a_cost_that_is_told_before(call, small, undrawn, tmp_path):
    ended = call("masking", *small, "--limit=1", "--epsilons=4", f"--output={tmp_path}")
    assert ended.returncode == 0, ended.stderr
    first = ended.stderr.splitlines()[0]
    assert first.startswith("Gradients an image, a forward pass counted as a half: conv ")
    assert first.endswith(" for 1 images.")
    assert "Too few images to say whether conv masks its gradient (on 1 image)." in ended.stdout
    refused = call("masking", *small, "--epsilons=4,8")
    assert refused.returncode == 1 and "by one untargeted attack of several steps at one epsilon" in refused.stderr

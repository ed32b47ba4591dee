"""Tables and figures of input transforms, from made-up results whose means and spreads are known."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports import tensorboard, transforms
from tfadvseg.reports.sheets import defense_sheet

TRIALS = (-1.0, 0.0, 1.0)
UNAWARE = {"none": 10.0, "jpeg": 40.0, "blur": 30.0}
AWARE = {("jpeg", "jpeg"): 15.0, ("blur", "blur"): 12.0, ("jpeg", "blur"): 25.0, ("blur", "jpeg"): 35.0}


@pytest.fixture
def crossed(make_results):
    """Clean 60 at any end; at epsilon 8 the values above, at 4 twice them; trials differ by one point each."""
    (base,) = make_results({"enet": 60.0}, attacks=(), epsilons=()).to_dict("records")

    def cell(attack, epsilon, known, seen, iou):
        moves = TRIALS if seen != "none" else (0.0,)
        return [
            base | {"attack": attack, "epsilon": epsilon, "attack_transform": known, "inference_transform": seen,
                    "trial": trial, "iou": iou + move} for trial, move in enumerate(moves)
        ]  # fmt: skip

    rows = []
    for seen in UNAWARE:
        rows += cell("clean", 0.0, "none", seen, 60.0)
    for epsilon, factor in ((4.0, 2), (8.0, 1)):
        for seen, iou in UNAWARE.items():
            rows += cell("ifgsm_ll", epsilon, "none", seen, factor * iou)
        for (known, seen), iou in AWARE.items():
            rows += cell("ifgsm_ll", epsilon, known, seen, factor * iou)
        for known in ("jpeg", "blur"):
            rows += cell("ifgsm_ll", epsilon, known, "none", factor * 8.0)
    return pd.DataFrame(rows)


def only_own(results):
    """Without the pairs in which the two ends differ."""
    known, seen = results["attack_transform"], results["inference_transform"]
    return results[(known == "none") | (known == seen)]


def test_white_box_results_have_no_transforms(make_results, crossed):
    assert not transforms.has_transforms(make_results({"enet": 60.0})) and transforms.has_transforms(crossed)
    assert transforms.is_crossed(crossed) and not transforms.is_crossed(only_own(crossed))
    assert transforms.transforms(crossed) == ["none", "jpeg", "blur"]


def test_mean_and_two_standard_deviations_over_the_trials(crossed):
    """Of -1, 0, 1 the population's is sqrt(2/3)."""
    scores = transforms.over_trials(crossed, "enet")
    assert scores.loc[("ifgsm_ll", 8.0, "none", "jpeg")].tolist() == pytest.approx([40, 2 * np.sqrt(2 / 3)])
    assert scores.loc[("ifgsm_ll", 8.0, "none", "none")].tolist() == [10, 0]


def test_a_line_starts_at_the_clean_images_before_the_same_transform(crossed):
    scores = transforms.over_trials(crossed, "enet")
    assert transforms.line(scores, "ifgsm_ll", "jpeg", "blur")["mean"].to_dict() == pytest.approx(
        {0.0: 60.0, 4.0: 50.0, 8.0: 25.0}
    )
    assert transforms.line(scores, "fgsm", "none", "none").empty


def test_the_defense_table_sets_the_two_attacks_side_by_side(crossed):
    lines = transforms.defense_table(crossed, "enet", "ifgsm_ll").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["Before the network", "Clean", "Attack does not know", "Attack expects it"]
    assert cells[2] == ["no transform", "60.0", "10.0", "-"]
    assert cells[3] == ["JPEG", "60.0 +- 1.6", "40.0 +- 1.6", "15.0 +- 1.6"]


def test_the_transfer_table_is_laid_out_like_the_papers(crossed):
    """Rows: before the network; columns: expected by the attack; none last."""
    lines = transforms.transfer_table(crossed, "enet", "ifgsm_ll").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert [row[0] for row in cells[2:]] == ["JPEG", "blur", "no transform"]
    assert cells[0][1:] == ["JPEG", "blur", "no transform"]
    assert cells[2][2] == "35.0 +- 1.6" and cells[3][1] == "25.0 +- 1.6" and cells[4][1:] == ["8.0", "8.0", "10.0"]


def test_the_headline_names_the_best_defense_before_and_after(crossed):
    (sentence,) = transforms.headlines(crossed)
    assert "from 60.0 to 10.0 % IoU" in sentence and "JPEG: 40.0 %" in sentence and "15.0 % against one" in sentence


def test_figures_hold_a_line_for_each_transform(crossed):
    left, right = transforms.defense_figure(crossed, "enet", "ifgsm_ll").axes[:2]
    assert [line.get_label() for line in left.lines] == ["no transform", "JPEG", "blur"]
    np.testing.assert_allclose(left.lines[1].get_ydata(), [60, 80, 40])
    np.testing.assert_allclose(right.lines[1].get_ydata(), [60, 30, 15])
    panels = transforms.transfer_figure(crossed, "enet", "ifgsm_ll").axes
    assert [axes.get_title() for axes in panels] == ["The attack expects JPEG", "The attack expects blur"]
    np.testing.assert_allclose(panels[0].lines[2].get_ydata(), [60, 50, 25])


def test_results_md_shows_tables_figures_warnings_and_claims(crossed):
    claim = {
        "model": "enet", "attack": "ifgsm_ll", "number": "C58", "statement": "It helps", "verdict": "holds",
        "measured": "+30.0 [28.0, 31.0]",
    }  # fmt: skip
    text = transforms.transform_markdown(crossed, ["figures/a.png"], ["Something is odd."], [claim])
    for part in ("camvid test, 50 images", "- Something is odd.", "| C58 | It helps | holds | +30.0 [28.0, 31.0] |",
                 "(figures/a.png)", "| JPEG "):  # fmt: skip
        assert part in text
    assert "C58" not in transforms.transform_markdown(crossed, [], [], [claim | {"model": "another"}])


def test_figures_are_written_as_png_and_pdf(crossed, tmp_path):
    paths = transforms.draw_transforms(crossed, tmp_path)
    names = {f"{kind}_enet_ifgsm_ll.{form}" for kind in ("defense", "transfer") for form in ("png", "pdf")}
    assert {path.name for path in paths} == names and all(path.stat().st_size > 2000 for path in paths)
    own = transforms.draw_transforms(only_own(crossed), tmp_path)
    assert {path.stem for path in own} == {"defense_enet_ifgsm_ll"}


def test_the_sheet_shows_what_each_network_was_given(make_example, label_space):
    plain = make_example()
    figure = defense_sheet({"none": plain, "jpeg": plain}, "ifgsm", 8.0, label_space)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles[:3] == ["Clean image", "Attacked, no transform", "Attacked, JPEG"]
    attacked = figure.axes[1].get_images()[0].get_array()
    (one,) = (one for one in plain.under("ifgsm") if one.epsilon == 8)
    np.testing.assert_array_equal(attacked, np.clip(np.rint(plain.image + one.perturbation), 0, 255))


def test_tensorboard_has_a_run_for_each_pair(crossed, make_example, label_space, tmp_path):
    """Its scalars are means over the trials; what came through a transform is shown where the attack expects none."""
    import tensorflow as tf

    example = dataclasses.replace(make_example(attacks=("ifgsm_ll",)), transform="jpeg")
    tensorboard.write(crossed, tmp_path / "tb", [example], label_space)
    runs = {path.name for path in (tmp_path / "tb" / "enet").iterdir() if path.is_dir()}
    ends = ("none", "jpeg", "blur")
    assert runs == {f"{known}-{seen}" for known in ends for seen in ends} - {"none-none"} | {"defenses"}

    def summaries(run):
        (path,) = (tmp_path / "tb" / "enet" / run).glob("*.tfevents.*")
        records = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
        events = [tf.compat.v1.Event.FromString(record) for record in records]
        return [(event.step, value) for event in events for value in event.summary.value]

    curve = {step: float(tf.make_ndarray(v.tensor)) for step, v in summaries("jpeg-blur") if v.tag == "iou/ifgsm_ll"}
    assert curve == pytest.approx({0: 60.0, 400: 50.0, 800: 25.0})
    assert {step for step, value in summaries("none-jpeg") if value.tag == "0001/ifgsm_ll"} == {0, 25, 800}
    assert [value.tag for _, value in summaries("defenses")] == ["figures/ifgsm_ll"]

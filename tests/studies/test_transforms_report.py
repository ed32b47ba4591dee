"""What is drawn and told of input transforms, whose means and spreads over the trials are known."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from made_up import IMAGES, OPPOSITE, Answer, cell

from tfadvseg.data.labels import LabelSpace
from tfadvseg.metrics.intervals import interval, resample_weights
from tfadvseg.reports.document import Heading, Paragraph, Table
from tfadvseg.reports.events import at
from tfadvseg.runs.examples import Attacked, Example
from tfadvseg.studies.transforms import report
from tfadvseg.studies.transforms.figures import defense_figure, transfer_figure
from tfadvseg.studies.transforms.tensorboard import events
from tfadvseg.studies.transforms.trials import Trials

SPREAD = 2 * math.sqrt(2 / 3)
"""Two standard deviations of -1, 0, 1, the population's."""


def test_mean_and_two_standard_deviations_over_the_trials(transforms):
    trials = Trials.of(transforms(), "net")
    assert trials.at("ifgsm_ll", 8.0, "none", "jpeg") == pytest.approx((40, SPREAD))
    assert trials.at("ifgsm_ll", 8.0, "none", "none") == pytest.approx((10, np.nan), nan_ok=True)
    assert all(map(math.isnan, trials.at("fgsm", 8.0, "none", "none")))
    assert trials.ends == ("none", "jpeg", "blur")


def test_two_trials_say_nothing_of_a_spread(transforms):
    trials = Trials.of(transforms(trials=2), "net")
    assert math.isnan(trials.at("ifgsm_ll", 8.0, "none", "jpeg")[1])
    assert report.defense_table(trials, "ifgsm_ll", 8.0).rows[1][2] == "39.5"


def test_a_line_starts_at_the_clean_images_behind_the_same_transform(transforms):
    trials = Trials.of(transforms(), "net")
    line = trials.line("ifgsm_ll", "jpeg", "blur")["mean"].to_dict()
    assert line == pytest.approx({0.0: 60.0, 1.0: 50.0, 8.0: 25.0}) and list(line) == [0, 1, 8]
    assert trials.line("fgsm", "none", "none").empty


def test_the_defense_table_sets_the_two_attacks_side_by_side(transforms):
    assert report.defense_table(Trials.of(transforms(), "net"), "ifgsm_ll", 8.0) == Table(
        ["Before the network", "Clean", "Oblivious attack", "Adaptive attack (EOT)"],
        [
            ["no transform", "60.0", "10.0", "-"],
            ["JPEG", "60.0 +- 1.6", "40.0 +- 1.6", "15.0 +- 1.6"],
            ["blur", "60.0 +- 1.6", "30.0 +- 1.6", "12.0 +- 1.6"],
        ],
    )


def test_the_transfer_table_is_laid_out_like_the_papers(transforms):
    """Rows: before the network; columns: what the attack is adapted to; none last."""
    table = report.transfer_table(Trials.of(transforms(), "net"), "ifgsm_ll", 8.0)
    assert table.header == ["Before the network \\ adapted to", "JPEG", "blur", "none (oblivious)"]
    assert [row[0] for row in table.rows] == ["JPEG", "blur", "no transform"]
    assert table.rows[0][2] == "35.0 +- 1.6" and table.rows[1][1] == "25.0 +- 1.6"
    assert table.rows[2][1:] == ["8.0", "9.0", "10.0"]


def test_the_headline_names_the_best_defense_before_and_after(transforms):
    trials = Trials.of(transforms(), "net")
    assert report.headline(trials, "ifgsm_ll", 8.0) == (
        "Iterative FGSM ll at epsilon 8 takes net from 60.0 [60.0, 60.0] to 10.0 [10.0, 10.0] % IoU, on 16 images. The "
        "transform that helps most is JPEG: 40.0 [40.0, 40.0] % against the oblivious attack (+30.0 [+30.0, +30.0] "
        "points), 15.0 [15.0, 15.0] % against the adaptive one (+5.0 [+5.0, +5.0]). It helps more than "
        f"blur: +10.0 [+10.0, +10.0] points. {SURER}"
    )


SURER = "Intervals of differences are of 98.33 %, since any two of the transforms and none might have been compared."


@pytest.fixture
def defended(finish):
    """IoUs under the oblivious attack, by what stands before the network; adaptive ones leave 5. Clean 60."""

    def make(groups=None, **ious) -> Trials:
        answers = {cell("net", inference=seen): Answer(60.0) for seen in ious}
        answers |= {cell("net", "fgsm", 8.0, inference=seen): Answer(iou) for seen, iou in ious.items()}
        for seen in ious:
            answers |= {cell("net", "fgsm", 8.0, expected=seen, inference=seen): Answer(5.0)} if seen != "none" else {}
        names = [name for name in ious if name != "none"]
        run = finish("transforms", answers, {"models": ["net"], "transforms": names, "cross": False})
        if groups:
            run = dataclasses.replace(run, results=dataclasses.replace(run.results, groups=tuple(groups)))
        return Trials.of(run, "net")

    return make


def reach(level: float, values: np.ndarray, groups: Sequence[str] = tuple(f"drive_{i}" for i in range(IMAGES))):
    """How far the lower end of that interval lies below what was measured of values by image."""
    return -interval(np.array([0.0, *(resample_weights(groups) @ values / IMAGES)]), IMAGES, level)[0]


@pytest.mark.parametrize(("beyond", "apart"), [(0.01, True), (-0.01, False)])
def test_transforms_are_told_apart_where_the_paired_interval_excludes_0(defended, beyond, apart):
    """Images differ by 10 points behind either; of three things any two might have been compared."""
    blur, more = 30 + 10 * OPPOSITE, np.round(reach(98 + 1 / 3, OPPOSITE) + beyond, 3) + OPPOSITE
    said = report.headline(defended(none=10.0, blur=blur, jpeg=blur + more), "fgsm", 8.0)
    assert "The transform that helps most is JPEG: 30." in said
    expected = "It helps more than blur" if apart else "It cannot be told apart from blur on these images"
    assert f"{expected}: {more.mean():+.1f} [{'+' if apart else '-'}0.0, " in said and said.endswith(SURER)


@pytest.mark.parametrize(("beyond", "helps"), [(0.01, True), (-0.01, False)])
def test_what_helps_must_surely_help(defended, beyond, helps):
    more = np.round(reach(95, OPPOSITE) + beyond, 3) + OPPOSITE
    plain = 30 + 10 * OPPOSITE
    said = report.headline(defended(none=plain, jpeg=plain + more), "fgsm", 8.0)
    expected = (
        "% against the oblivious attack ("
        if helps
        else "No transform surely helps against the oblivious attack: the largest gain, of JPEG, is "
    )
    assert f"{expected}{more.mean():+.1f} [{'+' if helps else '-'}0.0, " in said and "98" not in said


def test_the_best_of_several_must_help_more_surely(defended):
    """What one transform alone surely brings, one of two does not."""
    plain, more = 30 + 10 * OPPOSITE, np.round(reach(95, OPPOSITE) + 0.02, 3) + OPPOSITE
    assert "No transform surely helps" in report.headline(
        defended(none=plain, jpeg=plain + more, blur=5.0), "fgsm", 8.0
    )


def test_the_headline_says_where_nothing_helps(defended):
    said = report.headline(defended(none=50.0, jpeg=40.0, blur=30.0), "fgsm", 8.0)
    assert said.endswith(
        "on 16 images. No transform surely helps against the oblivious attack: the largest gain, of JPEG, is -10.0 "
        f"[-10.0, -10.0] points, and -45.0 [-45.0, -45.0] against the adaptive one. {SURER}"
    )


def test_of_one_group_of_images_nothing_surely_helps(defended):
    assert report.headline(defended(["drive"] * IMAGES, none=10.0, jpeg=40.0, blur=30.0), "fgsm", 8.0) == (
        "FGSM at epsilon 8 takes net from 60.0 to 10.0 % IoU, on 16 images in 1 group of alike ones. No transform "
        "surely helps against the oblivious attack: the largest gain, of JPEG, is +30.0 points, and -5.0 against "
        "the adaptive one."
    )


def test_tables_headline_and_claims_have_the_same_numbers(transforms):
    run = transforms()
    trials = Trials.of(run, "net")
    where = {"model": "net", "attack": "ifgsm_ll", "epsilon": 8.0, "inference_transform": "jpeg"}
    for expected in ("none", "jpeg"):
        score = run.evidence.iou(**where, attack_transform=expected)
        np.testing.assert_array_equal(trials.iou("ifgsm_ll", 8.0, expected, "jpeg"), score)
        assert trials.at("ifgsm_ll", 8.0, expected, "jpeg")[0] == score[0]
        assert trials.line("ifgsm_ll", expected, "jpeg")["mean"][8.0] == score[0]


@pytest.mark.parametrize("cross", [True, False])
def test_what_is_shown_of_pairs_where_they_were_run(transforms, tmp_path, cross):
    run = transforms(cross=cross)
    stems = {path.stem for path in report.draw(run, tmp_path / "figures")}
    assert stems == {"defense_net_ifgsm_ll", *(["transfer_net_ifgsm_ll"] if cross else [])}
    told = report.document(run, [], [f"figures/{stem}.png" for stem in stems])
    assert len([block for block in told.blocks if isinstance(block, Table)]) == 1 + cross
    assert Heading("net, Iterative FGSM ll, epsilon 8") in told.blocks


def test_adaptive_is_explained_once(transforms):
    for told in (report.document(transforms(), [], []), report.summary(transforms(name="again"))):
        sentences = [block.text for block in told.blocks if isinstance(block, Paragraph)]
        assert sum("expectation" in sentence for sentence in sentences) == 1


def test_figures_hold_a_line_for_each_transform(transforms):
    run = transforms()
    trials = Trials.of(run, "net")
    left, right = defense_figure(run, trials, "ifgsm_ll").axes[:2]
    assert [axes.get_title() for axes in (left, right)] == ["Oblivious attack", "Adaptive attack (EOT)"]
    assert [line.get_label() for line in left.lines] == ["no transform", "JPEG", "blur"]
    np.testing.assert_allclose(left.lines[1].get_xydata(), [[0.5, 60], [1, 80], [8, 40]])
    np.testing.assert_allclose(right.lines[1].get_ydata(), [60, 30, 15])
    shade = left.collections[1].get_paths()[0].vertices
    assert shade[:, 1].min() == pytest.approx(40 - SPREAD) and shade[:, 1].max() == pytest.approx(80 + SPREAD)
    assert [label.get_text() for label in left.get_xticklabels()] == ["clean", "1", "8"]
    panels = transfer_figure(run, trials, "ifgsm_ll").axes
    assert [axes.get_title() for axes in panels] == ["Attack adapted to JPEG", "Attack adapted to blur"]
    np.testing.assert_allclose(panels[0].lines[0].get_ydata(), [60, 20, 10])  # what they are compared with
    np.testing.assert_allclose(panels[0].lines[2].get_ydata(), [60, 50, 25])


def test_tensorboard_has_a_run_for_each_pair(transforms):
    """Its scalars are means over the trials; what came through a transform is shown for the oblivious attack."""
    truth = np.zeros((12, 16), int)
    attacked = (Attacked("ifgsm_ll", 8.0, np.zeros((12, 16, 3), np.float32), truth),)
    example = Example("net", "0001", np.zeros((12, 16, 3)), truth, truth, attacked, "jpeg")
    added = {one.run: one for one in events(transforms(), [example], LabelSpace(("road",), ((1, 2, 3),)))}
    ends = ("none", "jpeg", "blur")
    pairs = {f"net/{expected}-{seen}" for expected in ends for seen in ends} - {"net/none-none"}
    assert set(added) == pairs | {"net/defenses"}
    curve = {scalar.step: scalar.value for scalar in added["net/jpeg-blur"].scalars}
    assert curve == pytest.approx({at(0): 60.0, at(1): 50.0, at(8): 25.0})
    assert {scalar.tag for scalar in added["net/jpeg-blur"].scalars} == {"iou/ifgsm_ll"}
    assert [image.step for image in added["net/none-jpeg"].images] == [at(0), at(8)]
    assert not list(added["net/jpeg-jpeg"].images)
    (figure,) = added["net/defenses"].images
    assert figure.tag == "figures/ifgsm_ll" and figure.pixels.shape[2] == 3


def test_pairs_that_were_not_run_have_no_run_in_tensorboard(transforms):
    runs = {one.run for one in events(transforms(cross=False), [], None)}
    assert runs == {"net/defenses", "net/none-jpeg", "net/none-blur", "net/jpeg-jpeg", "net/blur-blur"}

"""What is drawn and told of a training."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports.document import Bullets, Paragraph, Table
from tfadvseg.reports.markdown import plain
from tfadvseg.reports.trained import (
    MOST,
    Training,
    answer,
    chosen_epoch,
    course,
    document,
    read_history,
    training_figure,
    write_training,
)

TRAINED = Training(
    name="enet_scenes",
    network="enet",
    dataset="scenes",
    split="train",
    photographs=400,
    validated=64,
    parameters=12_345,
    select="best",
    scores={"mean IoU": 61.25, "pixel accuracy": 91.5, "road": 92.0, "sky": float("nan")},
    settings={"crop": "96x128", "epochs": 4, "initial_weights": None, "scales": ["0.5", "1.5"]},
    weights="best.weights.h5",
    model="saved_models/enet_scenes/1",
    following=[("Attack it on eight photographs:", "python -m pipelines.robustness --models=saved_models/enet_scenes")],
    made_of=["Revision: 0123."],
)
NOT = float("nan")


def history(val_iou=(NOT, 40.0, NOT, 61.25), seconds=30.0):
    count = len(val_iou)
    found = {"epoch": np.arange(1.0, count + 1), "loss": np.linspace(2.0, 0.5, count), "val_iou": val_iou}
    found["val_pixel_accuracy"] = np.add(val_iou, 30.0)
    return pd.DataFrame(found | {"seconds": seconds * np.arange(1, count + 1)})


@pytest.mark.parametrize(
    ("val_iou", "select", "expected"),
    [
        ((NOT, 40.0, NOT, 61.25), "best", 4),
        ((NOT, 61.25, NOT, 40.0), "best", 2),
        ((50.0, 61.25, 61.25, 40.0), "best", 2),  # an equal one later is no better
        ((NOT, 61.25, NOT, 40.0), "last", 4),
    ],
)
def test_the_epoch_whose_weights_came_out(val_iou, select, expected):
    assert chosen_epoch(history(val_iou), select) == expected


def test_the_answer_says_what_was_trained_on_what_and_how_good_it_is():
    assert answer(TRAINED, history()) == [
        "enet with 12,345 parameters was trained on 400 photographs of scenes train.",
        "It has a mean IoU of 61.2 % and a pixel accuracy of 91.5 % on 64 validation photographs.",
        "Its weights are those of epoch 4 of 4, the best by validation mean IoU: best.weights.h5.",
        "That epoch was chosen by these very photographs, so the scores are higher than on others.",
        "The best epoch is the last one, so more of them may give more.",
        "It took 2 min, validation with it.",
        "The SavedModel is saved_models/enet_scenes/1.",
    ]


def test_the_answer_says_no_more_than_is_known():
    early = answer(TRAINED, history((NOT, 61.25, NOT, 40.0), seconds=22.25))
    assert not any("more of them" in one for one in early) and "It took 89 s, validation with it." in early
    last = answer(dataclasses.replace(TRAINED, select="last", weights="last.weights.h5"), history())
    assert last[2] == "Its weights are those of epoch 4 of 4, the last one: last.weights.h5."
    assert not any("chosen by" in one for one in last)
    without = answer(dataclasses.replace(TRAINED, model=""), history()[:0])
    assert len(without) == 3 and without[-1] == "No SavedModel was written."


def test_the_table_has_the_chosen_epoch_marked_and_gaps_where_nothing_was_validated():
    (table,) = course(history(), 4)
    assert table.rows == [
        ["1", "2.0000", "", "", "0.5"],
        ["2", "1.5000", "40.00", "70.00", "1.0"],
        ["3", "1.0000", "", "", "1.5"],
        ["4", "0.5000", "61.25", "91.25", "2.0"],
    ]
    assert {row for row, _ in table.marked} == {3}


def test_of_many_epochs_validated_ones_and_the_chosen_one_are_shown():
    scores = np.arange(200.0) % 100
    table, told = course(history(scores), 100)
    epochs = [int(row[0]) for row in table.rows]
    assert len(epochs) <= MOST + 1 and {1, 100, 200} <= set(epochs) and epochs == sorted(epochs)
    assert epochs[next(iter(table.marked))[0]] == 100
    assert told == Paragraph(f"{200 - len(epochs)} other epochs are left out; history.csv has them.")
    table, _ = course(history(np.where(np.arange(1, 201) % 50, np.nan, scores)), 200)
    assert [int(row[0]) for row in table.rows] == [50, 100, 150, 200]


def test_the_figure_has_the_loss_and_the_scores_of_validated_epochs():
    figure = training_figure(history(), 4)
    loss, scores = figure.axes
    np.testing.assert_allclose(loss.get_lines()[0].get_xydata(), [(1, 2), (2, 1.5), (3, 1), (4, 0.5)])
    np.testing.assert_allclose(scores.get_lines()[0].get_xydata(), [(2, 40), (4, 61.25)])
    np.testing.assert_allclose(scores.get_lines()[1].get_xydata(), [(2, 70), (4, 91.25)])
    assert list(scores.get_lines()[2].get_xdata()) == [4, 4] and scores.get_ylim() == (0, 100)


def test_the_folder_has_a_page_that_says_how_to_go_on(tmp_path):
    history().to_csv(tmp_path / "history.csv", index=False)
    write_training(tmp_path, TRAINED)
    html, text = (tmp_path / "report.html").read_text(), (tmp_path / "report.md").read_text()
    assert (
        html.count("<img") == 1 and "data:image/svg+xml;base64," in html and "<h1>Training of enet_scenes</h1>" in html
    )
    for told in (html, text):
        assert "python -m pipelines.robustness --models=saved_models/enet_scenes" in plain(told)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {
        f"training.{end}" for end in ("png", "pdf", "svg")
    }


def test_settings_classes_and_provenance_are_told():
    told = document(TRAINED, history(), [])
    scores, settings = [block for block in told.blocks if isinstance(block, Table)][1:]
    assert scores.rows == [["mean IoU", "61.2"], ["pixel accuracy", "91.5"], ["road", "92.0"], ["sky", "-"]]
    assert settings.rows == [["crop", "96x128"], ["epochs", "4"], ["scales", "0.5, 1.5"]]
    assert told.blocks[-1] == Bullets(["Revision: 0123."], "Provenance")


def test_a_history_that_is_gone_leaves_the_rest_and_a_damaged_one_is_named(tmp_path):
    write_training(tmp_path, TRAINED)
    assert "<img" not in (tmp_path / "report.html").read_text()
    for content in ("epoch,loss\n1,2\n", "epoch,loss,val_iou,val_pixel_accuracy,seconds\n1,two,,,3\n"):
        (tmp_path / "history.csv").write_text(content)
        with pytest.raises(ValueError, match=r"history\.csv is damaged .*; delete it, and the report goes without it"):
            read_history(tmp_path / "history.csv")


def test_the_axis_of_the_loss_has_room_above_its_highest_point():
    axes = training_figure(history().assign(loss=2.0), 4).axes[0]
    assert axes.get_ylim() == (0, pytest.approx(2.1))


def test_a_loss_that_is_no_number_leaves_its_axis_empty():
    axes = training_figure(history().assign(loss=NOT), 4).axes[0]
    assert np.isfinite(axes.get_ylim()).all() and not any(line.get_marker() == "o" for line in axes.lines)

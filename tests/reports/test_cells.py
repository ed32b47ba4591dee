import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports import cells


def test_networks_ascend_by_clean_iou_and_unknown_ones_come_last(make_results):
    results = make_results({"b": 70.0, "a": 75.0, "c": 43.0, "d": 60.0})
    results = results[~((results["model"] == "d") & (results["attack"] == "clean"))]
    assert cells.models(cells.white_box(results)) == ["c", "b", "a", "d"]


def test_attacks_come_in_the_order_of_the_paper(make_results):
    results = make_results({"a": 50.0}, attacks=("pgd", "ifgsm_ll", "fgsm"))
    assert cells.attacks(cells.white_box(results)) == ["fgsm", "ifgsm_ll", "pgd"]
    assert cells.attack_title("ifgsm_ll") == "Iterative FGSM ll" and cells.attack_title("pgd") == "pgd"


def test_only_white_box_rows_without_transformations_count(make_results):
    results = make_results({"a": 50.0, "b": 60.0}, attacks=("fgsm",), epsilons=(8.0,))
    attacked = results["attack"] == "fgsm"
    others = [
        results[attacked].assign(source_model="c", iou=1.0),
        results[attacked].assign(attack_transform="jpeg", iou=2.0),
        results[attacked].assign(inference_transform="blur", iou=3.0),
    ]
    chosen = cells.white_box(pd.concat([results, *others]))
    assert sorted(chosen["iou"]) == sorted(results["iou"])
    pd.testing.assert_frame_equal(cells.white_box(chosen), chosen)


def test_trials_are_averaged(make_results):
    results = make_results({"a": 50.0}, attacks=("fgsm",), epsilons=(8.0,))
    again = results.assign(trial=1, iou=results["iou"] + 2)
    np.testing.assert_allclose(cells.white_box(pd.concat([results, again]))["iou"], [51.0, 49.0])


def test_read_results_keeps_names_as_text(make_results, tmp_path):
    make_results({"101": 50.0}).to_csv(tmp_path / "results.csv", index=False)
    results = cells.read_results(tmp_path / "results.csv")
    assert cells.models(cells.white_box(results)) == ["101"]
    pd.testing.assert_frame_equal(
        cells.white_box(results)[list(cells.SCORES)], cells.white_box(make_results({"101": 50.0}))[list(cells.SCORES)]
    )


def test_headline_epsilon_is_eight_or_else_the_largest(make_results):
    assert cells.headline_epsilon(make_results({"a": 50.0})) == 8
    assert cells.headline_epsilon(make_results({"a": 50.0}, epsilons=(0.5, 4.0))) == 4


def test_scores_that_were_not_run_are_nan(make_results):
    chosen = cells.white_box(make_results({"a": 50.0}, epsilons=(1.0,)))
    assert np.isnan(cells.score_at(chosen, "a", "fgsm", 8.0)["iou"])
    assert np.isnan(cells.clean_score(chosen, "z"))


def test_refusals(make_results):
    results = make_results({"a": 50.0})
    with pytest.raises(ValueError, match="lacks the columns: split, iou_low"):
        cells.white_box(results.drop(columns=["split", "iou_low"]))
    with pytest.raises(ValueError, match="camvid/test, voc/test"):
        cells.white_box(pd.concat([results, results.assign(dataset="voc")]))

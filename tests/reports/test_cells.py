import numpy as np
import pandas as pd

from tfadvseg.reports import cells


def test_networks_ascend_by_clean_iou_and_unknown_ones_come_last(make_results):
    results = make_results({"b": 70.0, "a": 75.0, "c": 43.0, "d": 60.0})
    results = results[~((results["model"] == "d") & (results["attack"] == "clean"))]
    assert cells.models(cells.white_box(results)) == ["c", "b", "a", "d"]


def test_attacks_come_in_the_order_of_the_paper(make_results):
    results = make_results({"a": 50.0}, attacks=("pgd", "ifgsm_ll", "fgsm"))
    assert cells.attacks(cells.white_box(results)) == ["fgsm", "ifgsm_ll", "pgd"]


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


def test_attacks_that_all_look_through_a_transform_count(make_results):
    """As those of a run with --inside, of which what follows no gradient has none."""
    results = make_results({"a": 50.0}, attacks=("fgsm", "noise"), epsilons=(4.0, 8.0))
    within = results.assign(attack_transform=np.where(results["attack"] == "fgsm", "rescale", "none"))
    chosen = cells.white_box(within)
    pd.testing.assert_series_equal(chosen["iou"], cells.white_box(results)["iou"])
    assert chosen["attack_transform"].tolist() == ["none", "rescale", "rescale", "none", "none"]
    pd.testing.assert_frame_equal(cells.white_box(chosen), chosen)


def test_trials_are_averaged(make_results):
    results = make_results({"a": 50.0}, attacks=("fgsm",), epsilons=(8.0,))
    again = results.assign(trial=1, iou=results["iou"] + 2)
    np.testing.assert_allclose(cells.white_box(pd.concat([results, again]))["iou"], [51.0, 49.0])


def test_ends_of_intervals_are_averaged_over_trials_too(make_results):
    """They are no interval of the mean."""
    results = make_results({"a": 50.0}, attacks=("fgsm",), epsilons=(8.0,))
    again = results.assign(trial=1, iou_low=results["iou_low"] - 4, iou_high=results["iou_high"] + 2)
    found = cells.white_box(pd.concat([results, again]))
    np.testing.assert_allclose(found["iou_low"], results["iou_low"] - 2)
    np.testing.assert_allclose(found["iou_high"], results["iou_high"] + 1)


def test_headline_epsilon_is_eight_or_else_the_largest(make_results):
    assert cells.headline_epsilon(make_results({"a": 50.0})) == 8
    assert cells.headline_epsilon(make_results({"a": 50.0}, epsilons=(0.5, 4.0))) == 4


def test_scores_that_were_not_run_are_nan(make_results):
    chosen = cells.white_box(make_results({"a": 50.0}, epsilons=(1.0,)))
    assert np.isnan(cells.score_at(chosen, "a", "fgsm", 8.0)["iou"])
    assert np.isnan(cells.clean_score(chosen, "z"))


def test_attacks_that_find_their_own_norm_have_no_place_among_epsilons(make_results):
    results = make_results({"b": 60.0, "a": 50.0}, attacks=("fgsm", "smallest"), epsilons=(8.0,))
    results.loc[results["attack"] == "smallest", "epsilon"] = np.nan
    chosen = cells.white_box(results)
    assert cells.attacks(chosen) == ["fgsm"] and cells.epsilons(chosen) == [8] and cells.headline_epsilon(chosen) == 8
    assert cells.curve(chosen, "a", "smallest").empty
    assert cells.own_norm(chosen)["model"].tolist() == ["a", "b"]
    assert cells.own_norm(cells.white_box(results[results["attack"] != "smallest"])).empty


def test_epsilons_that_are_all_missing_are_numbers_still(make_results):
    results = make_results({"a": 50.0}, attacks=("smallest",), epsilons=(8.0,))
    results["epsilon"] = results["epsilon"].astype(object)
    results.loc[results["attack"] == "smallest", "epsilon"] = None
    chosen = cells.white_box(results)
    assert chosen["epsilon"].dtype == float and cells.attacks(chosen) == [] and cells.headline_epsilon(chosen) == 0


def test_a_curve_may_be_of_attacks_on_another_network(make_results):
    results = make_results({"a": 50.0, "b": 60.0}, attacks=("fgsm",), epsilons=(8.0,))
    there = results[(results["model"] == "a") & (results["attack"] == "fgsm")].assign(source_model="b", iou_ratio=33.0)
    every = pd.concat([results, there])
    assert cells.curve(every, "a", "fgsm", "b")["iou_ratio"].to_dict() == {8.0: 33.0}
    assert cells.curve(every, "a", "fgsm")["iou_ratio"].to_dict() == {8.0: 96.0}
    assert cells.score_at(every, "a", "fgsm", 8.0, "b")["iou_ratio"] == 33


def test_the_subject_of_a_report(make_results):
    results = make_results({"a": 50.0})
    assert cells.subject(results) == "camvid test, 50 images"
    assert cells.subject(results.assign(images=1, groups=1)) == "camvid test, 1 image"
    assert cells.subject(results.assign(images=101, groups=5)) == "camvid test, 101 images in 5 groups of alike ones"
    assert (
        cells.subject(cells.white_box(results.assign(groups=2))) == "camvid test, 50 images in 2 groups of alike ones"
    )

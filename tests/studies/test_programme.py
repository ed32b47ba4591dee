"""Which jobs there are for which networks and budgets."""

import pytest
from made_up import networks

from tfadvseg.paper import claims
from tfadvseg.studies.programme import BUDGETS, SCALES, Export, Network, picked, programme, words
from tfadvseg.studies.robustness.architectures import CLAIMS, MULTISCALE
from tfadvseg.studies.robustness.facts import Facts

DEEPLAB = Network("deeplab", "deeplab", Facts("deeplab_v2_resnet101", "resnet101"))
FCN8S = Network("runs/fcn8s/", "fcn8s", Facts("fcn8s_vgg", "vgg"))
ENET = Network("enet", "enet", Facts("enet", "own"))
CRF_RNN = Network("crf_rnn", "crf_rnn", Facts("crf_rnn", "vgg", crf=True))
STRANGER = Network("mine", "mine")
ALL = (ENET, CRF_RNN, FCN8S, DEEPLAB)


def by_name(networks, budget="fast"):
    return {job.name: job for job in programme(networks, budget)}


def models(job):
    (flag,) = [flag for flag in job.flags if flag.startswith("--models=")]
    return flag.removeprefix("--models=").split(",")


def test_the_zoo_allows_every_job():
    assert {name: job.missing for name, job in by_name(ALL).items()} == dict.fromkeys(
        [
            "robustness",
            "multiscale",
            "transfer",
            "scale_transfer",
            "scale_transfer_fcn8s",
            "transform_transfer",
            "crf",
            "crf_added",
            "masking",
            "modern",
        ],
        "",
    )
    assert list(by_name(ALL, "full")) == [
        "robustness",
        "multiscale",
        "transfer",
        "scale_transfer",
        "scale_transfer_fcn8s",
        "transforms",
        "transform_transfer",
        "crf",
        "crf_added",
        "masking",
        "modern",
    ]


def test_networks_behind_a_crf_are_compared_in_their_own_job_alone():
    jobs = by_name(ALL)
    assert models(jobs["robustness"]) == models(jobs["transfer"]) == ["enet", "runs/fcn8s/", "deeplab"]
    assert models(jobs["crf"]) == ["runs/fcn8s/", "deeplab"]
    assert models(jobs["crf_added"]) == ["runs/fcn8s/"] and "--sweep" in jobs["crf_added"].flags


def test_a_study_of_one_network_takes_the_papers_where_it_is_here():
    assert models(by_name(ALL)["transform_transfer"]) == ["deeplab"]
    assert models(by_name((ENET, FCN8S))["transform_transfer"]) == ["runs/fcn8s/"]
    assert models(by_name((STRANGER, ENET))["transform_transfer"]) == ["enet"]
    assert models(by_name((STRANGER,))["transform_transfer"]) == ["mine"]


@pytest.mark.parametrize(
    ("networks", "missing"),
    [
        (
            (ENET,),
            {
                "multiscale": "needs deeplab_v2_resnet101, which is not here",
                "transfer": "needs two networks, of which there is one at most here",
                "scale_transfer": "needs deeplab_v2_resnet101, which is not here",
                "scale_transfer_fcn8s": "needs fcn8s_vgg, which is not here",
                "crf": "needs fcn8s_vgg and crf_rnn, which are not here",
            },
        ),
        (
            (FCN8S, ENET),
            {
                "multiscale": "needs deeplab_v2_resnet101, which is not here",
                "scale_transfer": "needs deeplab_v2_resnet101, which is not here",
                "crf": "needs crf_rnn, which is not here",
            },
        ),
        ((DEEPLAB, FCN8S, CRF_RNN), {}),
    ],
)
def test_what_is_missing_is_named_and_has_no_command(networks, missing):
    jobs = programme(networks, "fast")
    assert {job.name: job.missing for job in jobs if job.missing} == missing
    assert all((job.flags == job.networks == job.exports == ()) == bool(job.missing) for job in jobs)


def test_nothing_but_label_maps_leaves_no_job():
    jobs = programme([Network("labels", "labels", attackable=False), CRF_RNN], "full")
    assert all(job.missing for job in jobs)


def test_a_trained_crf_and_one_added_to_deeplab_stand_in_one_run():
    job = by_name(ALL)["crf"]
    assert job.exports == (Export("deeplab", "deeplab_crf", ("--crf=deeplab_resnet",)),)
    assert "--crf_models=crf_rnn,{deeplab_crf}" in job.flags and {"C85", "C86"} < set(job.claims)
    assert job.networks == ("runs/fcn8s/", "deeplab", "crf_rnn") and "added to Deeplab v2" in job.asks
    vgg = Network("v", "v", Facts("deeplab_v2_vgg", "vgg"))
    assert by_name((FCN8S, CRF_RNN, vgg))["crf"].exports == (Export("v", "v_crf", ("--crf=deeplab_vgg",)),)
    for alone in (by_name((FCN8S, CRF_RNN)), {one.name: one for one in programme(ALL, "fast", apart="read otherwise")}):
        assert models(alone["crf"]) == ["runs/fcn8s/"] and "--crf_models=crf_rnn" in alone["crf"].flags
        assert not alone["crf"].exports and "Deeplab" not in alone["crf"].asks


def test_a_network_that_draws_at_random_is_in_no_job_but_robustness():
    jobs = by_name((Network("random", "random", random=True), ENET))
    assert models(jobs["robustness"]) == ["random", "enet"]
    assert [name for name, job in jobs.items() if any("random" in flag for flag in job.flags)] == ["robustness"]


def test_scales_are_made_of_the_network_in_both_fusions():
    job = by_name(ALL)["scale_transfer_fcn8s"]
    assert job.exports == (
        Export("runs/fcn8s/", "fcn8s_multiscale", (SCALES, "--fusion=max")),
        Export("runs/fcn8s/", "fcn8s_average", (SCALES, "--fusion=average")),
    )
    arguments = words(job, lambda one: f"out/models/{one.name}", ["--limit=2"], "out/s")
    assert arguments[:2] == ["--models=out/models/fcn8s_multiscale", "--average=out/models/fcn8s_average"]
    assert "scale_transfer_fcn8s" not in [
        one.name for one in programme([Network("f", "f", Facts("fcn8s_vgg"), scales=3)], "fast") if not one.missing
    ]


def test_deeplab_over_scales_stands_among_all_that_can_be_attacked():
    random = Network("random", "random", random=True)
    job = by_name((*ALL, random))["multiscale"]
    assert job.exports == (Export("deeplab", "deeplab_multiscale", (SCALES, "--fusion=max")),)
    assert job.exports[0] in by_name(ALL)["scale_transfer"].exports  # exported once for both
    arguments = words(job, lambda one: f"out/models/{one.name}", [], "out/multiscale")
    assert job.pipeline == "robustness" and arguments == [
        "--models=out/models/deeplab_multiscale,enet,runs/fcn8s/,deeplab",
        "--epsilons=0.25,0.5,1,2,4,8",
        "--limit=4",
        "--output=out/multiscale",
    ]
    assert job.networks == ("enet", "runs/fcn8s/", "deeplab")


def test_what_is_claimed_of_deeplab_over_scales_is_judged_where_it_stands():
    fast, small = by_name(ALL), by_name(ALL, "small")
    lacking = networks({("enet", "fgsm", 8.0): 20.0}, {"enet": 50.0}, {"enet": ENET.facts})
    asked = {claim.number for claim in CLAIMS if MULTISCALE in claim.needs(lacking)}
    assert asked == set(fast["multiscale"].claims) == {"C14", "C16", "C92", "C96"}
    assert not asked & set(fast["robustness"].claims) and asked < set(small["robustness"].claims)
    assert set(small["robustness"].claims) - asked == set(fast["robustness"].claims)
    assert asked < set(by_name((ENET, FCN8S))["robustness"].claims)  # which says what is not here


def test_a_network_that_is_over_scales_by_itself_needs_no_ensemble():
    trained = Network("trained", "trained", Facts(MULTISCALE, "resnet101"), scales=3)
    jobs = by_name((*ALL, trained))
    assert jobs["multiscale"].missing == "deeplab_v2_multiscale is here, and robustness measures it"
    assert {"C14", "C16", "C92", "C96"} < set(jobs["robustness"].claims) and "trained" in models(jobs["robustness"])


def test_networks_that_are_read_otherwise_stand_beside_no_ensemble():
    jobs = {job.name: job for job in programme(ALL, "fast", apart="cannot be told apart")}
    assert {name: job.missing for name, job in jobs.items() if job.missing} == {"multiscale": "cannot be told apart"}
    assert {"C14", "C16", "C92", "C96"} < set(jobs["robustness"].claims)


@pytest.mark.parametrize(
    ("word", "name"), [("saved_models/dl/1", "dl"), ("nets.v2/{fcn}", "{fcn}"), ("a=b/fcn.v1", "fcn.v1")]
)
def test_an_ensemble_has_the_networks_name_whatever_that_is_and_wherever_it_lies(word, name):
    job = by_name((Network(word, name, Facts("fcn8s_vgg")),))["scale_transfer_fcn8s"]
    assert [(one.network, one.name) for one in job.exports] == [
        (word, f"{name}_multiscale"),
        (word, f"{name}_average"),
    ]
    arguments = words(job, lambda one: f"out/{one.flags[1]}", [], "out/s")
    assert arguments[:2] == ["--models=out/--fusion=max", "--average=out/--fusion=average"]


def test_a_job_knows_whom_it_measures_whatever_their_words_are():
    odd = Network("a=b/net", "net", Facts("fcn8s_vgg"))
    jobs = by_name((odd, CRF_RNN, DEEPLAB))
    assert {name: job.networks for name, job in jobs.items()} == {
        "robustness": ("a=b/net", "deeplab"),
        "multiscale": ("a=b/net", "deeplab"),
        "transfer": ("a=b/net", "deeplab"),
        "scale_transfer": ("deeplab",),
        "scale_transfer_fcn8s": ("a=b/net",),
        "transform_transfer": ("deeplab",),
        "crf": ("a=b/net", "deeplab", "crf_rnn"),
        "crf_added": ("a=b/net",),
        "masking": ("deeplab", "a=b/net"),
        "modern": ("deeplab", "a=b/net"),
    }
    assert by_name((odd, DEEPLAB), "full")["transforms"].networks == ("deeplab",)


def test_full_is_the_papers_grid_on_all_photographs():
    grid = "--epsilons=0.25,0.5,1,2,4,8,16,32"
    fast, full = by_name(ALL), by_name(ALL, "full")
    for name in set(full) - {"masking", "modern"}:
        assert grid in full[name].flags
    assert not any(flag.startswith("--limit") for job in full.values() for flag in job.flags)
    assert all(any(flag.startswith("--limit=") for flag in job.flags) for job in fast.values())
    assert "--epsilons=8" in fast["transfer"].flags and grid in fast["robustness"].flags
    assert len(models(full["masking"])) == 3 and len(models(fast["masking"])) == 2


def test_small_has_every_job_of_fast_but_that_over_scales_on_two_photographs_at_most():
    small, fast = by_name(ALL, "small"), by_name(ALL)
    assert [*small] == [name for name in fast if name != "multiscale"]
    assert {flag for job in small.values() for flag in job.flags if flag.startswith("--limit")} == {
        "--limit=1",
        "--limit=2",
    }
    assert small["robustness"].flags[1:] == ("--epsilons=0.25,0.5,1,2,4,8,16,32", "--limit=2")


@pytest.mark.parametrize("budget", BUDGETS)
def test_no_flag_is_without_a_value(budget):
    """crf --sweep refuses an empty list."""
    jobs = by_name(ALL, budget)
    assert [flag for job in jobs.values() for flag in job.flags if flag.endswith("=")] == []


def test_what_is_given_counts_more_than_what_the_job_says():
    job = by_name(ALL)["robustness"]
    arguments = words(job, lambda one: "", ["--limit=2", "--workers=0"], "out/robustness")
    assert arguments.index("--limit=4") < arguments.index("--limit=2")
    assert arguments[-2:] == ["--workers=0", "--output=out/robustness"]


def test_jobs_answer_claims_of_the_paper_and_other_protocols_none():
    jobs = by_name(ALL)
    assert set().union(*(job.claims for job in jobs.values())) <= set(claims())
    assert jobs["modern"].claims == jobs["masking"].claims == ()
    assert {"C40", "C41"} == set(jobs["transfer"].claims) < set(jobs["scale_transfer"].claims)
    assert "C58" in jobs["transform_transfer"].claims and "C72" in jobs["crf"].claims
    assert {"C3", "C9"} < set(jobs["robustness"].claims)


def test_jobs_are_picked_by_name_in_their_order():
    jobs = programme(ALL, "fast")
    assert [job.name for job in picked(jobs, ["crf", "transfer"])] == ["transfer", "crf"]
    assert picked(jobs, []) == jobs
    with pytest.raises(ValueError, match="Unknown job 'transfre'; choose one of: transfer, "):
        picked(jobs, ["transfre"])
    with pytest.raises(ValueError, match="Unknown budget 'slow'; choose one of: "):
        programme(ALL, "slow")
    assert set(BUDGETS) == {"small", "fast", "full"}

import numpy as np
import pandas as pd
import pytest

from tfadvseg.reports import tables


@pytest.fixture
def small(make_results):
    """Two networks, one attack, two epsilons: ratios 96 % and 96 / 2 ** 0.25 = 80.7 %."""
    return make_results({"pspnet": 75.0, "enet": 50.0}, attacks=("fgsm",), epsilons=(0.25, 8.0))


def test_iou_table_is_laid_out_as_in_the_paper(small):
    assert tables.iou_table(small, "fgsm") == (
        "| Network \\ epsilon |    0 | 0.25 |    8 |\n"
        "| :---------------- | ---: | ---: | ---: |\n"
        "| enet              | 50.0 | 48.0 | 40.4 |\n"
        "| pspnet            | 75.0 | 72.0 | 60.5 |"
    )


def test_headline_table_holds_intervals(small):
    assert tables.headline_table(small) == (
        "| Network |         Clean IoU |              FGSM |\n"
        "| :------ | ----------------: | ----------------: |\n"
        "| enet    | 50.0 [49.0, 51.0] | 80.7 [78.7, 82.7] |\n"
        "| pspnet  | 75.0 [74.0, 76.0] | 80.7 [78.7, 82.7] |"
    )


def test_headline_names_the_strongest_attack_and_both_ends(make_results):
    results = make_results({"enet": 50.0, "pspnet": 75.0})
    results.loc[(results["model"] == "enet") & (results["attack"] == "ifgsm_ll"), "iou_ratio"] += 1
    assert tables.headline(results) == (
        "At epsilon 8 the attack that hurts most is Iterative FGSM ll: enet keeps 4.0 % of its clean IoU (the most), "
        "pspnet keeps 3.0 % of its clean IoU (the least)."
    )
    assert tables.headline(results[results["model"] == "pspnet"]).endswith("ll: pspnet keeps 3.0 % of its clean IoU.")
    assert tables.headline(results[results["attack"] == "clean"]) == "No network was attacked."


def test_results_markdown_has_each_part(make_results):
    text = tables.results_markdown(
        make_results({"enet": 50.0}), ["figures/iou_ratio.png"], ["A quarter of the gradients is zero."]
    )
    assert text.startswith("# Robustness on camvid test, 50 images\n\nAt epsilon 8 ")
    assert [line for line in text.splitlines() if line.startswith("##")] == [
        "## Warnings", "## IoU ratio at epsilon 8", "## IoU", "### FGSM", "### FGSM ll", "### Iterative FGSM",
        "### Iterative FGSM ll",
    ]  # fmt: skip
    assert "- A quarter of the gradients is zero." in text and "](figures/iou_ratio.png)" in text
    assert "bootstrap" in text and text.isascii()


def test_terminal_table(small):
    assert tables.terminal_table(small) == (
        "IoU ratio (% of clean IoU), white-box, camvid test, 50 images\n"
        "\n"
        "model   attack  clean  0.25     8\n"
        "enet    FGSM     50.0  96.0  80.7\n"
        "pspnet  FGSM     75.0  96.0  80.7\n"
    )


@pytest.mark.parametrize("name", ["enet", "deeplab_v2_resnet101_multiscale_with_a_very_long_name"])
@pytest.mark.parametrize("count", [8, 20])
def test_terminal_table_fits_its_width_and_shows_every_epsilon(make_results, name, count):
    epsilons = tuple(0.25 * (n + 1) for n in range(count))
    text = tables.terminal_table(make_results({name: 50.0}, epsilons=epsilons))
    assert max(map(len, text.splitlines())) <= 110
    assert [float(value) for line in text.splitlines() if line.startswith("model") for value in line.split()[3:]] == [
        *epsilons
    ]


def test_missing_numbers_are_dashes(small):
    small.loc[(small["model"] == "enet") & (small["epsilon"] == 8), ["iou", "iou_ratio"]] = np.nan
    assert "| enet              | 50.0 | 48.0 |    - |" in tables.iou_table(small, "fgsm")
    assert "enet    FGSM     50.0  96.0     -" in tables.terminal_table(small)
    assert "|                 - |" in tables.headline_table(small)
    no_clean = small[small["attack"] != "clean"]
    assert "| pspnet            |   - | 72.0 | 60.5 |" in tables.iou_table(no_clean, "fgsm")


def test_clean_rows_alone_and_no_rows_at_all(small):
    clean = small[small["attack"] == "clean"]
    assert "enet    -" in tables.terminal_table(clean)
    assert "No network was attacked." in tables.results_markdown(clean)
    nothing = small.assign(source_model="other")[small["attack"] != "clean"]
    for results in (nothing, pd.DataFrame(columns=small.columns)):
        assert "no cells" in tables.terminal_table(results) and "no cells" in tables.results_markdown(results)

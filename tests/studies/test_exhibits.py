"""Where a programme has what the paper's tables and figures show."""

from tfadvseg.studies.chapter import Chapter
from tfadvseg.studies.exhibits import EXHIBITS, pointers

SECTIONS = ("In short", "IoU ratio at epsilon 8", "Beside the paper", "Attacked photographs")
DONE = Chapter("robustness", "How?", "386 gradients.", "robustness/results.md", SECTIONS, ("clean_against_ratio.png",))


def of(chapters, name):
    return {one.text.partition(",")[0]: one for one in pointers(chapters)}[name]


def test_every_table_and_figure_stands_there_once_in_order():
    names = [*(f"Table {n}" for n in range(1, 21)), *(f"Figure {n}" for n in range(1, 24))]
    assert [one.name for one in EXHIBITS] == names
    assert [one.text.partition(",")[0] for one in pointers([])] == names
    assert all(one.text.endswith(": none here. No job shows it.") for one in pointers([]))


def test_a_link_leads_to_the_section():
    (link,) = of([DONE], "Table 7").links
    assert (link.text, link.path, link.fragment) == (
        "robustness, Beside the paper",
        "robustness/results.md",
        "#beside-the-paper",
    )
    assert of([DONE], "Figure 2").links == (link,) or list(of([DONE], "Figure 2").links) == [link]
    assert list(of([DONE], "Figure 14").links) == [link]


def test_what_the_paper_shows_on_voc_is_also_where_a_network_over_scales_is():
    over = Chapter("multiscale", "And?", "8 gradients.", "multiscale/results.md", SECTIONS)
    for name in ("Table 7", "Table 10", "Figure 2", "Figure 14"):
        assert [one.text for one in of([DONE, over], name).links] == [
            "robustness, Beside the paper",
            "multiscale, Beside the paper",
        ]
    assert len(of([DONE, over], "Table 11").links) == len(of([DONE, over], "Figure 3").links) == 1


def test_figures_without_a_section_and_photographs_are_linked_where_they_are():
    assert [one.path for one in of([DONE], "Figure 4").links] == ["robustness/figures/clean_against_ratio.png"]
    assert [one.path for one in of([DONE], "Figure 12").links] == ["robustness/report.html"]


def test_a_figure_is_found_by_the_pattern_of_its_name():
    figures = ("crf_net.png", "crf_confidence_net.png", "crf_entropy_net.png", "crf_sweep_net.png")
    run = Chapter("crf_added", "And?", "8 gradients.", "crf_added/results.md", ("In short",), figures)
    for name, figure in (
        ("Figure 19", "sweep"),
        ("Figure 20", "sweep"),
        ("Figure 21", "sweep"),
        ("Figure 22", "confidence"),
        ("Figure 23", "entropy"),
    ):
        assert [one.path for one in of([run], name).links] == [f"crf_added/figures/crf_{figure}_net.png"]
    scales = Chapter("scale_transfer_fcn8s", "?", "", "s/results.md", ("FGSM, epsilon 8",))
    assert [one.fragment for one in of([scales], "Figure 18").links] == ["#fgsm-epsilon-8"]


def test_without_the_paper_beside_it_the_curves_are_linked_and_the_tables_say_why_not():
    other = Chapter("robustness", "How?", "386 gradients.", "robustness/results.md", SECTIONS[:2])
    assert [one.fragment for one in of([other], "Figure 3").links] == ["#iou-ratio-at-epsilon-8"]
    assert not of([other], "Table 11").links and not of([other], "Figure 4").links
    assert "none here. robustness holds nothing to put beside it" in of([other], "Table 11").text


def test_a_job_without_results_says_why():
    missing = Chapter("crf", "And?", "It is left out: needs crf_rnn, which is not here.")
    assert of([missing], "Figure 9").text.endswith("none here. crf: It is left out: needs crf_rnn, which is not here.")


def test_each_job_that_has_it_is_linked():
    found = [
        Chapter(name, "?", "", f"{name}/report.html", ("Beside the paper",)) for name in ("transfer", "scale_transfer")
    ]
    assert [one.path for one in of(found, "Table 1").links] == ["scale_transfer/report.html", "transfer/report.html"]
    assert [one.path for one in of(found, "Table 17").links] == ["scale_transfer/report.html"]

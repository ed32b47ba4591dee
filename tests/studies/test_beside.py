"""The paper's numbers beside a run's: printed cells by hand from the tables, own cells as results.csv has them."""

import json

import pytest
from made_up import Answer, cell, write_run

from tfadvseg.reports.document import Heading, Paragraph, Picture, Table
from tfadvseg.runs.results import CLEAN, NONE
from tfadvseg.studies import beside
from tfadvseg.studies.crf import report as crf_report
from tfadvseg.studies.robustness import beside as white_box
from tfadvseg.studies.robustness import report as robustness_report
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transfer import report as transfer_report
from tfadvseg.studies.transforms import report as transforms_report

PAPERS = "Protocol arnab2018: away from the network's own prediction. Other than it: nothing."
NOT_ITS_OWN = (
    "",
    "Protocol literature: away from the ground truth. Other than it: nothing.",
    "Protocol arnab2018: away from the network's own prediction. Other than it: --norm=l2.",
    f"{PAPERS} Nothing may change but cars.",
)
IOUS = {"mine": 40.0, "theirs": 60.0, "strange": 80.0}
EPSILONS = ["Clean IoU", "0.25", "0.5", "1", "2", "3", "4", "8", "16", "32"]


@pytest.fixture
def robust(tmp_path):
    """E-Net, PSPNet and a network that the paper has not, at epsilon 1, 3 and 8; PSPNet was not attacked at 3."""

    def make(told=PAPERS, facts=None, attacks=("ifgsm_ll", "fgsm", "segpgd")) -> FinishedRun:
        answers = {}
        for name, iou in IOUS.items():
            answers[cell(name)] = Answer(iou)
            for attack in attacks:
                for epsilon in (1.0, 8.0) if name == "theirs" else (1.0, 3.0, 8.0):
                    answers[cell(name, attack, epsilon)] = Answer(round(iou / (1 + epsilon), 4))
        known = {"mine": {"architecture": "enet", "parameters": 2**19}, "theirs": {"architecture": "pspnet"}}
        design = {"networks": known if facts is None else facts}
        folder = tmp_path / f"run_{len(list(tmp_path.iterdir()))}"
        return FinishedRun.read(write_run(folder, "robustness", answers, design, attacked_as=told))

    return make


def blocks_of(document):
    """Those of the part beside the paper."""
    start = document.blocks.index(Heading(beside.TITLE))
    ends = [
        n for n, block in enumerate(document.blocks) if n > start and isinstance(block, Heading) and block.level == 2
    ]
    return document.blocks[start : ends[0] if ends else None]


def tables_of(document):
    """{heading: table} of that part."""
    found = blocks_of(document)
    pairs = zip(found, found[1:], strict=False)
    return {one.text: table for one, table in pairs if isinstance(one, Heading) and isinstance(table, Table)}


def titles(document):
    return [block.text for block in document.blocks if isinstance(block, Heading)]


def row(table, name):
    """{column: cell} of the row that begins so."""
    (found,) = (one for one in table.rows if one[0].startswith(name))
    return dict(zip(table.header, found, strict=True))


def test_white_box_ratios_stand_above_the_papers_of_the_same_architecture(robust):
    run = robust()
    found = tables_of(robustness_report.document(run, [], []))
    assert list(found) == [
        "FGSM, with Tables 7 and 11 of the paper",
        "Iterative FGSM ll, with Tables 10 and 14 of the paper",
        "Clean IoU by the size of the image, with Table 5 of the paper",
        "Size in MB of 32-bit floats, with Table 6 of the paper",
    ]
    fgsm, ll, *_ = found.values()
    assert fgsm.header[1:] == EPSILONS
    assert [one[0] for one in fgsm.rows] == [
        "E-Net (mine), here on made_up",
        "E-Net, the paper on Cityscapes",
        "PSPNet (theirs), here on made_up",
        "PSPNet, the paper on Cityscapes",
        "PSPNet, the paper on Pascal VOC",
        "strange, here on made_up",
    ]
    on_voc, on_cityscapes = row(fgsm, "PSPNet, the paper on Pascal"), row(fgsm, "PSPNet, the paper on City")
    assert (on_voc["Clean IoU"], on_voc["8"], on_voc["32"]) == ("75.9", "38.5", "27.9")  # 29.2 and 21.2 of 75.9
    assert (on_cityscapes["Clean IoU"], on_cityscapes["0.25"], on_cityscapes["16"]) == ("74.4", "78.6", "3.8")
    enet = row(ll, "E-Net, the paper")
    assert [enet[column] for column in EPSILONS] == [
        "53.4",
        "72.1",
        "59.4",
        "36.0",
        "27.3",
        "",
        "17.2",
        "9.6",
        "6.6",
        "5.1",
    ]


def test_own_cells_are_those_of_results_csv_and_what_was_not_run_is_empty(robust):
    run = robust()
    table = tables_of(robustness_report.document(run, [], []))["FGSM, with Tables 7 and 11 of the paper"]
    written = run.table[run.table["attack"] == "fgsm"].set_index(["model", "epsilon"])["iou_ratio"]
    for name, title in (("mine", "E-Net (mine)"), ("theirs", "PSPNet (theirs)"), ("strange", "strange")):
        own = row(table, title)
        assert own["Clean IoU"] == f"{IOUS[name]:.1f}"
        found = {float(column): own[column] for column in EPSILONS[1:] if own[column]}
        assert found == {epsilon: f"{ratio:.1f}" for epsilon, ratio in written[name].items()}, name
    assert row(table, "PSPNet (theirs)")["3"] == "" and row(table, "E-Net (mine)")["3"] == "25.0"


def test_the_larger_images_of_table_5_stand_beside(robust):
    """E-Net has a dash there."""
    document = robustness_report.document(robust(), [], [])
    table = tables_of(document)["Clean IoU by the size of the image, with Table 5 of the paper"]
    assert table.header == [
        "Network",
        "Here on made_up",
        "The paper on Cityscapes, 1024 x 512",
        "The paper on Cityscapes, 2048 x 1024",
    ]
    assert table.rows == [["E-Net (mine)", "40.0", "53.4", ""], ["PSPNet (theirs)", "60.0", "74.4", "79.7"]]
    assert Paragraph(white_box.OF_SIZES) in blocks_of(document)
    for form, ious in beside.by_size().items():
        clean = beside.white_box()["fgsm", beside.CITYSCAPES, form][0.0]
        assert set(ious) <= set(white_box.PRINTED_SIZES) and ious[white_box.PRINTED_SIZES[0]] == clean


def test_a_network_that_table_5_has_not_has_no_row_of_it(robust):
    """SegNet is on VOC alone."""
    facts = {"mine": {"architecture": "segnet"}}
    found = tables_of(robustness_report.document(robust(facts=facts), [], []))
    assert found and not any("Table 5" in title for title in found)


def test_sizes_are_beside_table_6(robust):
    table = tables_of(robustness_report.document(robust(), [], []))[
        "Size in MB of 32-bit floats, with Table 6 of the paper"
    ]
    assert table.header == ["Network", "Here", "The paper on Cityscapes", "The paper on Pascal VOC"]
    assert table.rows == [["E-Net (mine)", "2.0", "1.5", ""], ["PSPNet (theirs)", "", "260.2", "272.7"]]


def test_the_words_above_say_what_may_be_compared_and_the_terminal_is_spared(robust):
    run = robust()
    told, *_ = [one for one in blocks_of(robustness_report.document(run, [], [])) if isinstance(one, Paragraph)]
    assert told.text.endswith(beside.DIFFER) and "not the size of numbers" in beside.DIFFER
    assert beside.TITLE not in titles(robustness_report.summary(run))
    assert all(
        "the paper on" not in cells[0]
        for one in robustness_report.summary(run).blocks
        if isinstance(one, Table)
        for cells in one.rows
    )


@pytest.mark.parametrize("told", NOT_ITS_OWN)
def test_by_another_protocol_nothing_stands_beside(robust, told):
    run = robust(told)
    assert beside.TITLE not in titles(robustness_report.document(run, [], []))
    assert white_box.beside_drawings(run, robustness_report.cells_of(run)) == []


@pytest.mark.parametrize(
    "facts", [{}, {"mine": {"architecture": "enet", "crf": True}}, {"mine": {"architecture": "crf_rnn"}}]
)
def test_without_a_network_of_the_papers_nothing_stands_beside(robust, facts):
    assert beside.TITLE not in titles(robustness_report.document(robust(facts=facts), [], []))


def test_an_attack_that_the_paper_has_not_has_no_table(robust):
    run = robust(attacks=("segpgd",))
    assert beside.TITLE not in titles(robustness_report.document(run, [], []))


def test_the_figure_has_the_papers_panels_and_ours_in_the_same_colours(robust):
    run = robust()
    cells = robustness_report.cells_of(run)
    (drawing,) = white_box.beside_drawings(run, cells)
    figure = drawing.make()
    assert [axes.get_title() for axes in figure.axes] == [
        f"{attack}\n{where}"
        for attack in ("FGSM", "Iterative FGSM ll")
        for where in ("the paper, Cityscapes", "the paper, Pascal VOC", "here, made_up")
    ]
    coloured = [
        {line.get_color(): line for line in axes.lines if line.get_color() != white_box.OTHER} for axes in figure.axes
    ]
    assert [len(one) for one in coloured] == [2, 1, 2] * 2 and len(figure.axes[0].lines) == 6
    assert set(coloured[0]) == set(coloured[2]) and set(coloured[1]) < set(coloured[2])
    (pspnet,) = coloured[1].values()
    assert dict(zip(*pspnet.get_data(), strict=True))[8.0] == pytest.approx(100 * 29.2 / 75.9)
    ours = coloured[2][pspnet.get_color()]
    assert dict(zip(*ours.get_data(), strict=True)) == pytest.approx({1.0: 50.0, 8.0: 100 / 9}, abs=1e-3)
    assert len({axes.get_xlim() for axes in figure.axes}) == len({axes.get_ylim() for axes in figure.axes}) == 1
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["E-Net", "PSPNet", "other networks"]
    shown = robustness_report.document(run, [], ["figures/beside_the_paper.png"])
    assert [one.path for one in blocks_of(shown) if isinstance(one, Picture)] == ["figures/beside_the_paper.png"]


SCALES = ["net@50", "net@75", "net@100", "net", "mean", "vgg"]
FORMS = {
    "net@50": "deeplab_v2_resnet101_scale50",
    "net@75": "deeplab_v2_resnet101_scale75",
    "net@100": "deeplab_v2_resnet101",
    "net": "deeplab_v2_multiscale",
    "mean": "deeplab_v2_multiscale_average",
    "vgg": "deeplab_v2_vgg",
}


@pytest.fixture
def scaled(tmp_path):
    """The forms of a network and one beside it, at one epsilon: the IoU on what was made on the n-th is half of n + 10
    per cent; clean 50."""

    def make(told=PAPERS, forms=FORMS, epsilon=8.0) -> FinishedRun:
        answers = {cell(name): Answer(50.0) for name in SCALES}
        for place, source in enumerate(SCALES):
            answers |= {cell(name, "fgsm", epsilon, source): Answer((10 + place) / 2) for name in SCALES}
        design = {"models": SCALES, "sources": SCALES, "scales": [], "printed": forms}
        folder = tmp_path / f"run_{len(list(tmp_path.iterdir()))}"
        return FinishedRun.read(write_run(folder, "transfer", answers, design, attacked_as=told))

    return make


def test_transfer_between_scales_stands_above_the_papers(scaled):
    run = scaled()
    found = tables_of(transfer_report.document(run, [], []))
    table = found["FGSM, epsilon 8"]
    sources = {form: name for name, form in FORMS.items() if name != "vgg"}
    assert table.header == ["Evaluated \\ attacked", *sources.values()]
    small = row(table, "Deeplab v2 ResNet, 50 % scale, the paper")
    assert [small[title] for title in sources.values()] == ["(37.3)", "70.5", "84.8", "60.3", "48.8"]  # Tables 1, 17
    mean, vgg = row(table, "Deeplab v2 multiscale, averaged, the paper"), row(table, "Deeplab v2 VGG, the paper")
    assert [mean[title] for title in sources.values()] == ["75.1", "54.2", "59.0", "", "(51.6)"]
    assert [vgg[title] for title in sources.values()] == ["94.3", "70.6", "66.9", "66.5", ""]
    own = row(table, "Deeplab v2 VGG (vgg), here")
    written = run.table[(run.table["model"] == "vgg") & (run.table["attack"] == "fgsm")].set_index("source_model")
    assert [own[title] for title in sources.values()] == [
        f"{written.loc[name, 'iou_ratio']:.1f}" for name in SCALES if name != "vgg"
    ]
    assert row(table, "Deeplab v2 ResNet (net@100), here")[sources["deeplab_v2_resnet101"]] == "(12.0)"


def test_clean_ious_by_scale_are_beside_tables_15_and_16(scaled):
    blocks = blocks_of(transfer_report.document(scaled(), [], []))
    table = blocks[-1]
    assert table.header == ["Network", "Here on made_up", "The paper on Pascal VOC"]
    assert [one[1:] for one in table.rows] == [["50.0", iou] for iou in ("67.8", "71.9", "73.3", "73.9", "73.4")]


def test_transfer_that_the_paper_has_not_or_at_another_epsilon_has_no_matrix(scaled):
    for run in (scaled(told=NOT_ITS_OWN[1]), scaled(epsilon=4.0)):
        assert list(tables_of(transfer_report.document(run, [], []))) == []
    for forms in ({}, {"vgg": "deeplab_v2_vgg"}, {"net@100": "fcn8s_vgg"}):
        assert beside.TITLE not in titles(transfer_report.document(scaled(forms=forms), [], []))


def test_transforms_stand_above_table_2(transforms):
    run = transforms()
    run.design["printed"] = {"net": "deeplab_v2_resnet101"}
    assert beside.TITLE not in titles(transforms_report.document(run, [], []))
    run.settings["attacked_as"] = PAPERS
    document = transforms_report.document(run, [], [])
    (table,) = tables_of(document).values()
    assert table.header[1:] == ["JPEG", "blur", "HSV jitter", "grayscale", "no transform"] and len(table.rows) == 10
    jpeg, theirs = row(table, "JPEG, net here on made_up"), row(table, "JPEG, Deeplab v2 multiscale, the paper")
    assert list(theirs.values())[1:] == ["19.7", "30.9", "17.2", "17.4", "47.7"]
    trials = run.table[(run.table["epsilon"] == 8) & (run.table["inference_transform"] == "jpeg")]
    own = trials.groupby("attack_transform")["iou"].mean()
    assert list(jpeg.values())[1:] == [f"{own['jpeg']:.1f}", f"{own['blur']:.1f}", "", "", f"{own[NONE]:.1f}"]
    assert set(list(row(table, "HSV jitter, net").values())[1:]) == {""}
    assert beside.TITLE not in titles(transforms_report.summary(run))


def test_a_crf_stands_beside_tables_3_and_4(crf):
    run = crf()
    assert beside.TITLE not in titles(crf_report.document(run, [], []))
    run.design["printed"] = {"net": "fcn8s_vgg"}
    (table,) = [one for one in blocks_of(crf_report.document(run, [], [])) if isinstance(one, Table)]
    clean = run.table[run.table["attack"] == CLEAN].set_index("model")["iou"]
    assert table.rows == [
        ["FCN8s VGG (net), here on made_up", f"{clean['net']:.1f}", f"{clean['net with CRF']:.1f}"],
        ["FCN8s VGG, the paper on Pascal VOC", "68.7", "72.8"],
    ]
    run.design["printed"] = {"net": "deeplab_v2_multiscale"}
    (table,) = [one for one in blocks_of(crf_report.document(run, [], [])) if isinstance(one, Table)]
    assert table.rows[1][1:] == ["73.9", "74.9"]


def test_names_of_scales_do_not_hide_a_cell_behind_another():
    """Cells that several tables print are the same in all of them: as many are left as there are different ones."""
    assert beside.transferred()["ifgsm", "fcn8s_vgg", "fcn8s_vgg"] == 14.7
    of_deeplab = {key: value for key, value in beside.transferred().items() if "deeplab" in key[1]}
    assert len(of_deeplab) == 56 + 48 + 4 * 7 and len(beside.transferred()) == len(of_deeplab) + 64
    assert json.dumps(beside.by_scale()["fcn8s_vgg_scale50"]) == "60.8"

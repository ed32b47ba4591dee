import dataclasses

import numpy as np
import pytest

from tfadvseg.data.labels import PASCAL_VOC
from tfadvseg.reports import sheets


def picture(axes):
    return np.asarray(axes.get_images()[0].get_array())


@pytest.mark.parametrize("epsilon, factor", [(0, 1), (0.25, 256), (1, 64), (3, 16), (8, 8), (32, 2), (64, 1), (100, 1)])
def test_amplification_stays_within_64_grey_levels(epsilon, factor):
    assert sheets.amplification(epsilon) == factor


def test_grey_is_no_perturbation():
    np.testing.assert_array_equal(sheets.around_grey(np.array([0.0, 8.0, -8.0, -80.0]), 4), [128, 160, 96, 0])


def test_attack_sheet_shows_each_epsilon(make_example, label_space):
    example = make_example()
    figure = sheets.attack_sheet(example, "ifgsm", label_space)
    axes = np.reshape(figure.axes, (3, 4))
    assert [row[0].get_ylabel() for row in axes] == ["epsilon 0", "epsilon 0.25", "epsilon 8"]
    small, large = example.under("ifgsm")
    np.testing.assert_array_equal(picture(axes[0, 0]), example.image)
    np.testing.assert_array_equal(picture(axes[0, 1]), label_space.colours(example.truth))
    np.testing.assert_array_equal(picture(axes[1, 0]), 128 + 256 * small.perturbation)
    assert axes[1, 0].get_title() == "128 + 256 x perturbation"
    np.testing.assert_array_equal(picture(axes[2, 1]), np.clip(example.image + large.perturbation, 0, 255))
    np.testing.assert_array_equal(picture(axes[2, 2]), label_space.colours(large.prediction))
    assert axes[0, 3].get_title() == "Wrong: 0.0 % of labelled pixels"
    assert axes[2, 3].get_title() == "Changed: 25.0 % of pixels" and picture(axes[2, 3])[:, :4].min() == 255
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["road", "sky", "car", "void"]


def test_prediction_sheet_has_a_column_a_network(make_example, label_space):
    columns = {"ENet": (make_example("enet"), "fgsm"), "PSPNet": (make_example("pspnet", epsilons=(8.0,)), "fgsm")}
    axes = np.reshape(sheets.prediction_sheet(columns, label_space).axes, (3, 3))
    assert [a.get_title() for a in axes[0]] == ["Clean image", "ENet\nepsilon 0", "PSPNet\nepsilon 0"]
    assert [a.get_title() for a in axes[:, 1]] == ["ENet\nepsilon 0", "epsilon 0.25", "epsilon 8"]
    assert not axes[1, 2].get_images() and axes[2, 2].get_title() == "epsilon 8"


def test_draw_sheets_is_repeatable(make_example, label_space, tmp_path):
    example = make_example(name="seq/0001", epsilons=(8.0,))
    first = sheets.draw_sheets([example], label_space, tmp_path / "first")
    second = sheets.draw_sheets([example], label_space, tmp_path / "second")
    assert [path.name for path in first if path.suffix == ".png"] == [
        "sheet_enet_seq_0001_ifgsm.png",
        "sheet_enet_seq_0001.png",
    ]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_side_by_side(make_example, label_space):
    example = make_example()
    image = sheets.side_by_side(example, None, label_space)
    assert image.shape == (12, 32, 3) and image.dtype == np.uint8
    np.testing.assert_array_equal(image[:, :16], example.image)
    np.testing.assert_array_equal(image[:, 16:], label_space.colours(example.prediction))


def test_side_by_side_under_attack(make_example, label_space):
    example = make_example()
    attacked = example.under("ifgsm")[-1]
    image = sheets.side_by_side(example, attacked, label_space)
    shown = np.clip(np.rint(example.image + attacked.perturbation), 0, 255)
    np.testing.assert_array_equal(image[:, :16], shown)
    np.testing.assert_array_equal(image[:, 16:], label_space.colours(attacked.prediction))
    assert (shown != example.image).any() and (attacked.prediction != example.prediction).any()


def test_networks_stand_in_the_title(make_example, label_space):
    columns = {"ENet": (make_example("enet"), "fgsm"), "PSPNet": (make_example("pspnet"), "fgsm")}
    assert sheets.prediction_sheet(columns, label_space).get_suptitle() == "enet, pspnet, image 0001"


def test_what_a_sheet_shows_of_an_attack_that_found_its_own_norm(make_example, label_space, tmp_path):
    """It is amplified by what it did, and has a row of its own below the epsilons."""
    example = make_example(attacks=("fgsm",), epsilons=(8.0,))
    (one,) = example.attacked
    free = dataclasses.replace(one, attack="smallest", epsilon=None, perturbation=one.perturbation / 4)
    assert sheets.largest_change(one) == 8 and sheets.largest_change(free) == 2
    both = dataclasses.replace(example, attacked=(one, free))
    axes = np.reshape(sheets.attack_sheet(both, "smallest", label_space).axes, (2, 4))
    assert axes[1, 0].get_title() == "128 + 32 x perturbation" and axes[1, 0].get_ylabel() == "own norm"
    columns = {"FGSM": (both, "fgsm"), "smallest": (both, "smallest")}
    axes = np.reshape(sheets.prediction_sheet(columns, label_space).axes, (3, 3))
    assert [a.get_title() for a in axes[:, 1]] == ["FGSM\nepsilon 0", "epsilon 8", ""]
    assert [a.get_title() for a in axes[:, 2]] == ["smallest\nepsilon 0", "", "own norm"]
    stems = {path.stem for path in sheets.draw_sheets([both], label_space, tmp_path)}
    assert stems == {"sheet_enet_0001", "sheet_enet_0001_smallest"}


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, []),
        (2, ["networks_0001_ifgsm"]),
        (5, ["networks_0001_ifgsm"]),
        (6, ["networks_0001_ifgsm_from_1", "networks_0001_ifgsm_from_6"]),
    ],
)
def test_networks_that_were_attacked_on_one_image_stand_abreast(
    make_example, label_space, tmp_path, monkeypatch, count, expected
):
    shown = []
    monkeypatch.setattr(sheets, "save_figure", lambda figure, folder, name, dpi: shown.append((name, figure)) or [])
    examples = [make_example(f"net{place}", epsilons=(8.0,)) for place in range(count)]
    other = dataclasses.replace(examples[0], model="other", name="0002")
    unlike = [dataclasses.replace(other, transform="jpeg"), dataclasses.replace(other, attacked=())]
    sheets.draw_sheets([*examples, other, *unlike], label_space, tmp_path)
    own = [(name, figure) for name, figure in shown if name.startswith("networks_")]
    assert [name for name, _ in own] == expected
    titles = [axes.get_title() for _, figure in own for axes in figure.axes if "\nepsilon 0" in axes.get_title()]
    networks = range(count) if count > 1 else ()
    assert titles == [f"net{place}, Iterative FGSM\nepsilon 0" for place in networks]


def test_the_defense_sheet_shows_what_each_network_was_given(make_example, label_space):
    plain = make_example()
    figure = sheets.defense_sheet({"none": plain, "jpeg": plain}, "ifgsm", 8.0, label_space)
    assert [axes.get_title() for axes in figure.axes[:3]] == ["Clean image", "Attacked, no transform", "Attacked, JPEG"]
    (one,) = (one for one in plain.under("ifgsm") if one.epsilon == 8)
    np.testing.assert_array_equal(picture(figure.axes[1]), np.clip(np.rint(plain.image + one.perturbation), 0, 255))


@pytest.mark.parametrize("attacks, shown", [(("fgsm", "ifgsm_ll", "scaled"), "ifgsm_ll"), (("fgsm", "pgd"), "pgd")])
def test_the_papers_attack_is_shown_where_it_was_run(make_example, label_space, tmp_path, attacks, shown):
    plain = make_example(attacks=attacks, epsilons=(8.0,))
    behind = dataclasses.replace(plain, transform="jpeg")
    stems = {path.stem for path in sheets.draw_sheets([plain, behind], label_space, tmp_path)}
    assert stems == {"sheet_enet_0001", f"sheet_enet_0001_{shown}", f"defense_enet_0001_{shown}"}


def test_examples_of_clean_images_alone_have_no_sheet(make_example, label_space, tmp_path):
    assert sheets.draw_sheets([make_example(attacks=())], label_space, tmp_path) == []


@pytest.mark.parametrize(("count", "columns"), [(1, 2), (2, 4), (3, 4)])
def test_a_sheet_of_samples_has_each_beside_its_labels(count, columns):
    """Of fractions of grey levels, too; long names lose their beginning."""
    labels = np.array([[0, 255], [3, 3]], np.uint8)
    samples = [(f"{'folder/' * 9}{i}", np.full((2, 2, 3), 7.5, np.float32), labels) for i in range(count)]
    figure = sheets.sample_sheet("mine", samples, PASCAL_VOC)
    shown = [axes for axes in figure.axes if axes.axison]
    assert len(shown) == 2 * count and len(figure.axes) == columns * -(-count // 2)
    titles = [axes.get_title() for axes in shown]
    assert titles[0].startswith("...") and titles[0].endswith("/0") and len(titles[0]) == 36
    assert titles[1] == "Labels, 25.0 % void"
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["background", "bird", "void"]
    np.testing.assert_array_equal(shown[1].images[0].get_array()[0, 1], PASCAL_VOC.void)

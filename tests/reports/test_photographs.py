"""What is drawn and told of attacked photographs."""

import numpy as np
import pytest
from PIL import Image

from tfadvseg.reports import sheets
from tfadvseg.reports.document import Bullets, Heading, Paragraph, Table
from tfadvseg.reports.photographs import document, save_pictures, table, write_tables
from tfadvseg.runs.attacked import COLUMNS, AttackedPhotograph


def made(name="a", model="enet", epsilon=8.0, shape=(12, 16), share=0.25):
    """An attacked photograph whose left part has another label."""
    rng = np.random.default_rng(0)
    photograph = rng.integers(8, 240, (*shape, 3)).astype(np.uint8)
    saved = (photograph + rng.choice([-int(epsilon), int(epsilon)], (*shape, 3))).astype(np.uint8)
    before = np.repeat([np.arange(shape[1]) % 2], shape[0], 0).astype(np.uint8)
    after = np.where(np.arange(shape[1]) < share * shape[1], 2, before).astype(np.uint8)
    return AttackedPhotograph(name, model, "ifgsm_ll", epsilon, photograph, saved, before, after)


def row(space, made_share=26.0, **settings):
    return made(**settings).row(
        space,
        file="f",
        changed_float=25.5,
        changed_input=made_share,
        confidence_before=0.875,
        confidence_after=0.5,
        seconds=2.25,
    )


def test_of_each_model_norms_labels_and_classes_are_told(label_space):
    rows = [row(label_space), row(label_space, name="b", share=0.75, made_share=99.9), row(label_space, model="fcn")]
    told = document(rows, ["Something is left out."])
    assert told.blocks[0] == Bullets(["Something is left out."], heading="Warnings")
    assert [block.text for block in told.blocks if isinstance(block, Heading)] == ["enet", "fcn"]
    assert told.blocks[2] == Paragraph(
        "At epsilon 8, Iterative FGSM ll changes the labels of 50.0 % of a photograph's pixels (median of 2; 25.0 to "
        "75.0 %), counted on the saved file as the model sees it. The perturbation as it was made changes 63.0 % on "
        "the model's own input, and 25.5 % on the photograph before it is rounded to whole levels."
    )
    norms, labels, lost = (block for block in told.blocks[:8] if isinstance(block, Table))
    assert norms.rows[0] == ["a", "16x12", "8", "8", "192.0", "2.2"]
    assert labels.rows == [
        ["a", "25.0", "25.5", "26.0", "87.5", "50.0", "yes"],
        ["b", "75.0", "25.5", "99.9", "87.5", "50.0", "yes"],
    ]
    assert lost == Table(["Image", "road", "sky"], [["a", "25.0", "25.0"], ["b", "75.0", "75.0"]])
    (alone,) = (block for block in document(rows[2:], []).blocks if isinstance(block, Paragraph) and "8" in block.text)
    assert "25.0 % of a photograph's pixels, counted" in alone.text


def test_the_row_says_where_a_file_fools_much_less(label_space):
    (block,) = (b for b in document([row(label_space, made_share=50.0)], []).blocks[2:4] if "After" in b.header)
    assert block.rows[0][-1] == "much less"


def test_the_table_has_a_column_for_each_class_that_occurs(label_space, tmp_path):
    other = {key: value for key, value in row(label_space, name="b").items() if key != "lost_sky"}
    found = table([row(label_space), other | {"lost_bus": 3.0}])
    assert tuple(found.columns) == (*COLUMNS, "lost_road", "lost_sky", "lost_bus")
    assert found["lost_sky"].isna().tolist() == [False, True]
    write_tables(tmp_path, [row(label_space)], [])
    assert (tmp_path / "attacked.csv").read_text() == table([row(label_space)]).to_csv(index=False)
    assert (tmp_path / "attacked.md").read_text().startswith("# Attacked photographs\n")
    assert "<img" not in (tmp_path / "report.html").read_text()


def test_the_page_shows_the_sheets_that_are_there(label_space, tmp_path):
    one = made("a & b")
    (tmp_path / "enet" / "a & b").mkdir(parents=True)
    save_pictures(tmp_path / "enet" / "a & b", one, label_space)
    write_tables(tmp_path, [row(label_space, name="a & b"), row(label_space, name="gone")], ["One warns."])
    text = (tmp_path / "report.html").read_text()
    assert text.count("<img") == 1 and 'src="data:image/png;base64,' in text and "a &amp; b before enet" in text
    assert "One warns." in text and "<h2" in text


@pytest.mark.parametrize("name", ["seq/0001", "gr\u00f6\u00dfe $x$ \u65e5\u672c"])
def test_pictures_of_any_name_are_written(label_space, tmp_path, name):
    one = made(name)
    save_pictures(tmp_path, one, label_space)
    assert {path.name for path in tmp_path.iterdir()} == {
        "perturbation.npz",
        "perturbation.png",
        "labels_before.png",
        "labels_after.png",
        "sheet.png",
    }
    amplified = np.asarray(Image.open(tmp_path / "perturbation.png")).astype(int)
    np.testing.assert_array_equal(amplified, 128 + 8 * one.perturbation)
    assert (tmp_path / "sheet.png").stat().st_size > 10_000


def test_the_sheet_shows_files_and_labels(label_space):
    one = made("seq/0001")
    figure = sheets.photograph_sheet(one, label_space)
    assert figure.get_suptitle() == "Iterative FGSM ll, epsilon 8, on enet, image seq/0001"
    shown = {axes.get_title(): np.asarray(axes.get_images()[0].get_array()) for axes in figure.axes}
    np.testing.assert_array_equal(shown["Photograph"], one.photograph)
    np.testing.assert_array_equal(shown["Attacked, as saved"], one.saved)
    np.testing.assert_array_equal(shown["128 + 8 x perturbation"], 128 + 8 * one.perturbation)
    np.testing.assert_array_equal(shown["Labels of the attacked file"], label_space.colours(one.after))
    np.testing.assert_array_equal(shown["Changed: 25.0 % of pixels"][..., 0], 255 * (one.before != one.after))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["road", "sky", "car"]


def test_of_a_large_photograph_the_sheet_shows_some_pixels_and_counts_all(label_space):
    one = made(shape=(8, 2 * sheets.MOST), share=0.1)
    (first, *_, last) = sheets.photograph_sheet(one, label_space).axes
    assert np.asarray(first.get_images()[0].get_array()).shape == (4, sheets.MOST, 3)
    assert last.get_title() == "Changed: 10.0 % of pixels"

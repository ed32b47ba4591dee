from matplotlib.figure import Figure

from tfadvseg.reports.document import Picture
from tfadvseg.reports.drawing import Drawing, pictures, save_drawings


def make():
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1], [1, 0])
    return figure


def test_drawings_are_written_and_found_again(tmp_path):
    drawings = [Drawing("a/b", "A falls", make), Drawing("c", "C falls", make)]
    paths = save_drawings(drawings, tmp_path / "figures")
    assert [path.name for path in paths] == ["a_b.png", "a_b.pdf", "a_b.svg", "c.png", "c.pdf", "c.svg"]
    assert all(path.stat().st_size > 1000 for path in paths)
    assert pictures(drawings, ["figures/a_b.png", "figures/z.png"]) == [Picture("figures/a_b.png", "A falls")]


def test_drawing_again_gives_the_same_bytes(tmp_path):
    first, second = (save_drawings([Drawing("a", "", make)], tmp_path / name) for name in ("first", "second"))
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]

"""Lists as they come from any system: the right files, or a sentence that names the line."""

import pathlib

import pytest

from tfadvseg.data.listing import ids, read_pairs

FILES = (
    "val/0.png",
    "val/1.png",
    "valannot/0.png",
    "valannot/1.png",
    "my images/a b.png",
    "my labels/a b.png",
    "seq1/val/0.png",
    "seq1/valannot/0.png",
    "val/é.png",
    "valannot/é.png",
    "val/a,b.png",
    "VAL2/X.PNG",
)
PLAIN = "val/0.png valannot/0.png"


@pytest.fixture
def root(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def read(root, content):
    """The pairs of a list of that content, as paths relative to the root."""
    (root / "val.txt").write_bytes(content.encode() if isinstance(content, str) else content)
    pairs = read_pairs(root / "val.txt", root)
    return [tuple(str(path.resolve().relative_to(root.resolve())) for path in pair) for pair in pairs]


TWO = f"{PLAIN}\nval/1.png valannot/1.png\n"


@pytest.mark.parametrize(
    "content",
    [
        TWO,
        TWO.replace("\n", "\r\n"),
        TWO.replace("\n", "\r"),
        TWO.replace("\n", "\n\n \t\n"),
        TWO.strip(),
        TWO.replace(" ", "\t"),
        TWO.replace(" ", ","),
        TWO.replace(" ", " , "),
        TWO.replace(" ", ";"),
        TWO.replace(" ", "   ").replace("val/", " val/"),
        *(TWO.encode(name) for name in ("utf-8-sig", "utf-16", "utf-32")),
        b"\xfe\xff" + TWO.encode("utf-16-be"),
    ],
)
def test_lists_of_every_system_are_read(root, content):
    assert read(root, content) == [("val/0.png", "valannot/0.png"), ("val/1.png", "valannot/1.png")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "cp1252"])
def test_accents_are_read_in_every_encoding(root, encoding):
    assert read(root, "val/é.png valannot/é.png".encode(encoding)) == [("val/é.png", "valannot/é.png")]


@pytest.mark.parametrize(
    "line",
    [
        "/val/0.png /valannot/0.png",
        "/home/u/CamVid/val/0.png /home/u/CamVid/valannot/0.png",
        "/home/u/source code/val/0.png /home/u/source code/valannot/0.png",
        "./val/0.png ./valannot/0.png",
        "/home/u/.. /x/val/0.png /home/u/valannot/0.png",
        r"D:\data\CamVid\val\0.png D:\data\CamVid\valannot\0.png",
        r"val\0.png valannot\0.png",
        r"C:\my data\val\0.png,C:\my data\valannot\0.png",
        "D:/data/val/0.png D:/data/valannot/0.png",
        r"\\server\share\val\0.png \\server\share\valannot\0.png",
        r".\val\0.png .\valannot\0.png",
        "'val/0.png' 'valannot/0.png'",
        '"val/0.png" valannot/0.png',
        '"/a b/val/0.png","/a b/valannot/0.png"',
        "val/../val/0.png seq1/../valannot/0.png",
        "/x/seq1/../val/0.png /x/valannot/0.png",
        "copy/of/val/0.png copy/of/valannot/0.png",
    ],
)
def test_paths_of_other_machines_are_found(root, line):
    assert read(root, line) == [("val/0.png", "valannot/0.png")]


@pytest.mark.parametrize(
    ("line", "image", "labels"),
    [
        ("my images/a b.png my labels/a b.png", "my images/a b.png", "my labels/a b.png"),
        ("my images/a b.png\tmy labels/a b.png", "my images/a b.png", "my labels/a b.png"),
        ("my images/a b.png, my labels/a b.png", "my images/a b.png", "my labels/a b.png"),
        ("val/0.png my labels/a b.png", "val/0.png", "my labels/a b.png"),
        ("val/a,b.png valannot/0.png", "val/a,b.png", "valannot/0.png"),
        ("/x/seq1/val/0.png /x/seq1/valannot/0.png", "seq1/val/0.png", "seq1/valannot/0.png"),
    ],
)
def test_names_may_hold_spaces_and_the_longest_end_counts(root, line, image, labels):
    assert read(root, line) == [(image, labels)]


def test_a_path_of_this_machine_under_the_root_or_elsewhere_is_itself(root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("other") / "deep" / "9.png"
    elsewhere.parent.mkdir()
    elsewhere.write_text("")
    (root / "val.txt").write_text(f"{elsewhere} {root}/seq1/valannot/0.png\n")
    assert read_pairs(root / "val.txt", root) == [(elsewhere, root / "seq1/valannot/0.png")]
    (root / "val.txt").write_text(f"../{root.name}/val/0.png valannot/0.png\n")
    assert read_pairs(root / "val.txt", root)[0][0].samefile(root / "val/0.png")


@pytest.mark.parametrize("content", ["", "\n", " \r\n\t\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_empty_lists_are_refused(root, content):
    with pytest.raises(ValueError, match="val.txt lists no photograph; a line is 'image labels'"):
        read(root, content)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("val/0.png", "^Line 1 of .*val.txt is not 'image labels': 'val/0.png'.$"),
        (f"{PLAIN}\n\nval/1.png", "^Line 3 of .*val.txt is not 'image labels': 'val/1.png'"),
        ("my images/a b.png", "Line 1 of .* is not 'image labels': 'my images/a b.png'"),
        ("val/0.png,", "Line 1 of .* is not 'image labels'"),
        (f"{PLAIN} val/1.png", r"Line 1 of .* names valannot/0.png val/1.png, which is not under"),
        ("# all of", "Line 1 of .* is not 'image labels'"),
        ("a/val/0.png b/valannot/0.png c/val/1.png", "Line 1 of .* names b/valannot/0.png c/val/1.png, which is not"),
        (f"{PLAIN}\r\nval/7.png valannot/1.png", "Line 2 of .* names val/7.png, .* ROOT: there is no ROOT/val/7.png.$"),
        ("val/0.png valannot/7.png", "names valannot/7.png, which is not under ROOT: there is no ROOT/valannot/7"),
        ("/h/u/val/7.png /h/u/valannot/0.png", "names /h/u/val/7.png, which .* there is no ROOT/val/7.png.$"),
        (r"D:\u\val\7.png D:\u\valannot\0.png", r"names D:\\u\\val\\7.png, which .* there is no ROOT/val/7.png.$"),
        ("my images/c d.png my labels/a b.png", "names my images/c d.png, which .* no ROOT/my images/c d.png.$"),
        ("VAL/0.PNG valannot/0.png", "names VAL/0.PNG, .* there is no ROOT/VAL/0.PNG, but there is ROOT/val/0.png.$"),
        ("/x/val2/x.png valannot/0.png", "no ROOT/val2/x.png, but there is ROOT/VAL2/X.PNG.$"),
        ("val/e\u0301.png valannot/0.png", "but there is ROOT/val/é.png.$"),
        ("val valannot/0.png", "names val, which is not under"),
        (f"{'x' * 300} valannot/0.png", "names x+, which is not under"),
        (f"{PLAIN}\n{PLAIN}", "^Lines 1 and 2 of .*val.txt both end at the image ROOT/val/0.png; list each image once"),
        (f"{PLAIN}\nval/1.png valannot/1.png\n./val/0.png valannot/1.png", "Lines 1 and 3 of .* both end at the image"),
        ("/o/s1/val/0.png /o/s1/valannot/0.png\n/o/s2/val/0.png /o/s2/valannot/0.png", "Lines 1 and 2 .* the image"),
        ("val/0.png /s1/valannot/0.png\nval/1.png /s2/valannot/0.png", "Lines 1 and 2 .* end at the labels ROOT/val"),
        ("val/0.png val/0.png", "Line 1 of .* names ROOT/val/0.png as image and as labels"),
        ("val/0.png valannot/0.png".encode("utf-16-le"), "The list .*val.txt is not text; save it as UTF-8"),
        (b"\x89PNG\0\0\0", "The list .*val.txt is not text"),
    ],
)
def test_lines_that_will_not_do_are_refused_by_their_number(root, content, message):
    with pytest.raises(ValueError, match=message.replace("ROOT", str(root))):
        read(root, content)


def test_a_line_that_can_be_read_in_two_ways_is_refused(root):
    for name in ("a", "a b", "b c", "c"):
        (root / name).write_text(name)
    with pytest.raises(ValueError, match="Line 1 of .* can be read in 2 ways; put quotation marks around both names"):
        read(root, "a b c")
    assert read(root, '"a b" c') == [("a b", "c")]


def test_links_to_one_image_are_one_image(root):
    (root / "val" / "link.png").symlink_to(root / "val" / "0.png")
    with pytest.raises(ValueError, match="Lines 1 and 2 of .* both end at the image"):
        read(root, f"{PLAIN}\nval/link.png valannot/1.png")


def test_images_may_share_labels_that_they_name_alike(root):
    assert len(read(root, f"{PLAIN}\nval/1.png valannot/0.png")) == 2


def test_a_list_that_is_a_folder_is_refused(root):
    with pytest.raises(ValueError, match=r"The list .*/val cannot be read \(Is a directory\)"):
        read_pairs(root / "val", root)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["/d/val/0016E5_07959.png", "/d/val/b.c.jpg"], ["0016E5_07959", "b.c"]),
        (["/d/seq1/0.png", "/d/seq2/0.png", "/d/seq2/1.png"], ["seq1/0", "seq2/0", "1"]),
        (["/d/s1/x/0.png", "/d/s2/x/0.png"], ["s1/x/0", "s2/x/0"]),
        (["/d/a.png", "/d/a.jpg"], ["a.png", "a.jpg"]),
        (["d/a.png", "d/a.jpg", "d/a.png.jpg"], ["d/a.png", "a.jpg", "a.png.jpg"]),
    ],
)
def test_an_id_is_the_shortest_end_of_a_path_that_no_other_has(paths, expected):
    assert list(ids([pathlib.Path(path) for path in paths])) == expected

"""A class map from a CSV file: by names or numbers, whole, and refused by the line that does not fit."""

import pytest

from tfadvseg.models.class_map import read_class_map

NAMES = ("road", "sidewalk", "sky", "void")
WHOLE = "model,dataset\nroad,street\n1,street\nsky,sky\nvoid,\n"


def write(tmp_path, text):
    path = tmp_path / "map.csv"
    path.write_text(text)
    return path


def test_names_and_numbers_lead_to_the_datasets_classes(tmp_path):
    assert read_class_map(write(tmp_path, WHOLE), NAMES) == ("street", "street", "sky", "")


@pytest.mark.parametrize("sign", [" , ", ";", "\t"])
def test_as_spreadsheets_save_it(tmp_path, sign):
    path = tmp_path / "map.csv"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace(",", sign).replace("\n", "\r\n").encode())
    assert read_class_map(path, NAMES) == ("street", "street", "sky", "")


def test_columns_are_known_by_their_names(tmp_path):
    turned = "\n".join(",".join(line.split(",")[::-1]) for line in WHOLE.splitlines()).replace("model", "Model")
    assert read_class_map(write(tmp_path, turned), NAMES) == ("street", "street", "sky", "")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace("model", "network"), "a class map has the columns model and dataset"),
        (WHOLE.replace("sky,sky", "sea,sky"), "Line 4 of .*map.csv names 'sea', which is none of the network's 4"),
        (WHOLE.replace("sky,sky", "4,sky"), "Line 4 of .*map.csv names '4'"),
        (WHOLE.replace("1,street", "0,street"), "Line 3 of .*map.csv names '0' again"),
        (WHOLE.replace("1,", "\n1,").replace("void,", "void"), "Line 6 of .*map.csv has 1 columns and its head 2"),
        ("", r"map.csv has the columns \[\]; a class map has the columns model and dataset"),
        (WHOLE.replace("void,\n", ""), "does not say what 'void' counts as"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_class_map(write(tmp_path, text), NAMES)

"""The grammar of requirements: what each form means, and a sentence for what means nothing or two things."""

import pytest

from tfadvseg.release.requirement import lines, parse


def test_a_whole_requirement():
    one = parse(" iou_ratio @ ifgsm_ll , 4,net, jpeg >=  0.5 ")
    assert (one.metric, one.attack, one.epsilon, one.where) == ("iou_ratio", "ifgsm_ll", 4.0, ("net", "jpeg"))
    assert (one.relation, one.bound, one.unit, one.from_below) == (">=", 50.0, "%", True)
    assert one.text == "iou_ratio @ ifgsm_ll , 4,net, jpeg >= 0.5"


@pytest.mark.parametrize(
    ("text", "attack", "epsilon", "where"),
    [
        ("iou@4 > 0.1", None, 4.0, ()),
        ("iou@.25,net > 0.1", None, 0.25, ("net",)),
        ("iou@clean > 0.1", "clean", 0.0, ()),
        ("iou@clean,0,net > 0.1", "clean", 0.0, ("net",)),
        ("iou@clean,net > 0.1", "clean", 0.0, ("net",)),
        ("iou@worst_case,8 > 0.1", "worst_case", 8.0, ()),
        ("iou@alma_prox > 0.1", "alma_prox", None, ()),
        ("iou@segpgd@50,8 > 0.1", "segpgd@50", 8.0, ()),
        ('iou@fgsm,8,"a,b" > 0.1', "fgsm", 8.0, ("a,b",)),
        ("iou@fgsm,8,16 > 0.1", "fgsm", 8.0, ("16",)),
    ],
)
def test_what_is_left_out(text, attack, epsilon, where):
    one = parse(text)
    assert (one.attack, one.epsilon, one.where) == (attack, epsilon, where)


@pytest.mark.parametrize(
    ("number", "bound"), [("0.5", 50), ("50%", 50), ("50 %", 50), ("1", 100), ("0.07", 7), ("1e-3", 0.1), ("110%", 110)]
)
def test_shares_are_of_1_or_per_cent(number, bound):
    assert parse(f"iou_ratio@4 >= {number}").bound == bound


def test_a_change_may_be_below_0_and_is_in_points():
    one = parse("iou_ratio@4 >= -0.02", change=True)
    assert one.bound == -2 and one.unit == "points" and parse("iou@4 >= -2%", change=True).bound == -2


def test_entropy_is_in_nats():
    one = parse("mean_entropy@4 < 1.5")
    assert one.bound == 1.5 and one.unit == "nats" and not one.from_below


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("iou_ratio@4", "is written metric@attack"),
        ("iou_ratio@4 = 0.5", "is written metric@attack"),
        ("iou_ratio@4 == 0.5", "is written metric@attack"),
        ("iou_ratio >= 0.5", "is written metric@attack"),
        ("", "is written metric@attack"),
        ("iou_ratoi@4 >= 0.5", "Unknown metric 'iou_ratoi'; choose one of: iou_ratio"),
        ("seconds@4 >= 0.5", "Unknown metric 'seconds'"),
        ("iou@4 >= 50", "50 is no share of 1; write 50%; got"),
        ("iou_ratio@4 >= 1.05", "1.05 is no share of 1; write 105% for 1.05 times the clean IoU, or 1.05%; got"),
        ("iou@4 >= half", "stands a number"),
        ("iou@4 >= nan", "stands a number"),
        ("iou@4 >= 1e999%", "finite number"),
        ("iou@4 >= 101%", "would say nothing"),
        ("iou@4 >= -0.1", "would say nothing"),
        ("mean_entropy@4 < 50%", "knows no per cent"),
        ("iou@,4 >= 0.5", "stand attack and epsilon"),
        ("iou@ >= 0.5", "stand attack and epsilon"),
        ("iou@0 >= 0.5", "write @clean"),
        ("iou@clean,4 >= 0.5", "no epsilon"),
        ("iou@worst_case >= 0.5", "at an epsilon"),
        ("pixel_accuracy@worst_case,4 >= 0.5", "iou and iou_ratio"),
        ("iou@fgsm,4,net,jpeg,blur >= 0.5", "no more"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(text, says):
    with pytest.raises(ValueError, match=".") as error:
        parse(text)
    assert says in str(error.value) and str(error.value).endswith(".") is not str(error.value).endswith("'")


def test_a_file_has_comments_and_changes():
    found = lines("# gate\n\niou@4 >= 0.3   # why\n  change iou@4 > -1%\r\niou@fgsm,4,net#2 < 0.9\n")
    assert [(one.text, one.change, one.where) for one in found] == [
        ("iou@4 >= 0.3", False, ()),
        ("iou@4 > -1%", True, ()),
        ("iou@fgsm,4,net#2 < 0.9", False, ("net#2",)),
    ]

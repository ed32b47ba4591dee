"""Five answers from the finished jobs of a programme."""

from tfadvseg.studies.recommendation import recommendation

OPENINGS = ["Which network to deploy:", "Where each breaks:", "Defenses:", "Masked gradients:", "How sure:"]


def test_each_question_has_its_answer_from_its_job(robustness, transforms, crf, masking):
    found = recommendation(
        {
            "robustness": robustness(name="1"),
            "transform_transfer": transforms(name="2"),
            "crf": crf(name="3"),
            "crf_added": crf(name="6"),
            "masking": masking(name="4"),
            "modern": robustness(name="5", warnings=["One warns."]),
        }
    )
    assert [one.partition(": ")[0] + ":" for one in found] == OPENINGS
    which, where, defenses, masks, sure = found
    assert which.startswith(
        f"{OPENINGS[0]} At epsilon 8 a+crf keeps the largest share of its clean IoU: 30.0 [30.0, 30.0] %"
    )
    assert "By newer attacks, on 2 of the networks: At epsilon 8 a+crf keeps" in which
    assert "half of the clean IoU is gone at epsilon" in where and "(a);" in where and "(a+crf)" in where
    assert "The transform that helps most is JPEG: 40.0 [40.0, 40.0] % against the oblivious attack" in defenses
    assert "15.0 [15.0, 15.0] % against the adaptive one" in defenses
    assert "b masks its gradient" in masks and masks.count("net: ") == 1  # two jobs that say the same say it once
    assert sure == (
        "How sure: Numbers rest on these photographs: robustness, transform_transfer, crf, crf_added, masking, "
        "modern on 16 images. In brackets are intervals for other images like these, of 95 % or, of differences among "
        "several, surer ones; what has none decides nothing. Warnings came up in modern."
    )


def test_where_each_breaks_has_a_number_for_each_of_many_networks(finish):
    from made_up import Answer, cell

    answers = {cell(name): Answer(50.0) for name in "abcde"}
    answers |= {
        cell(name, "fgsm", epsilon): Answer(iou)
        for place, name in enumerate("abcde")
        for epsilon, iou in ((1.0, 40.0), (8.0, 20.0 - place))
    }
    run = finish("robustness", answers, {"models": list("abcde")})
    where = recommendation({"robustness": run})[1]
    assert where.count(";") == 4 and all(f"({name})" in where for name in "abcde")


def test_what_is_not_finished_is_named(robustness):
    which, where, defenses, masks, sure = recommendation({"robustness": robustness()})
    assert "By newer attacks" not in which and "half of the clean IoU" in where
    assert defenses == "Defenses: Not known, since transform_transfer is not finished."
    assert masks == "Masked gradients: Not known, since masking is not finished."
    assert "robustness on 16 images" in sure and sure.endswith("No warning came up.")
    assert recommendation({}) == [
        f"{OPENINGS[0]} Not known, since robustness is not finished.",
        f"{OPENINGS[1]} Not known, since robustness is not finished.",
        defenses,
        masks,
        "How sure: Nothing is finished.",
    ]


def test_a_network_over_scales_is_told_of_where_it_stands(robustness):
    which = recommendation({"robustness": robustness(name="1"), "multiscale": robustness(name="2")})[0]
    assert " With one over scales among them: At epsilon 8 a+crf keeps" in which


def test_transforms_alone_answer_where_they_were_not_crossed(transforms):
    assert "JPEG" in recommendation({"transforms": transforms(cross=False)})[2]

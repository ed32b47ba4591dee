from tfadvseg.reports.titles import attack_title, transform_title
from tfadvseg.transforms import TRANSFORMS


def test_what_has_no_title_keeps_its_name():
    assert attack_title("ifgsm_ll") == "Iterative FGSM ll" and attack_title("pgd") == "pgd"
    assert attack_title("segpgd@50") == "SegPGD, 50 steps" and attack_title("ifgsm@1") == "Iterative FGSM, 1 step"
    assert attack_title("minimal_ifgsm") == "Minimal Iterative FGSM" and attack_title("alma_prox") == "ALMA prox"
    assert transform_title("jpeg") == "JPEG" and transform_title("jpeg+blur") == "JPEG+blur"


def test_titles_of_transforms_differ():
    assert len({transform_title(name) for name in TRANSFORMS}) == len(TRANSFORMS)

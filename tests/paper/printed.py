"""The tables of the paper as grids."""

import pandas as pd

from tfadvseg import paper

EPSILONS = [0.25, 0.5, 1, 2, 4, 8, 16, 32]
ATTACKS = ["fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll"]
TRANSFORMS = ["jpeg", "blur", "hsv", "grayscale", "none"]
MULTISCALE = "deeplab_v2_multiscale"
RESNETS = ["fcn8s_resnet101", "deeplab_v2_resnet101", MULTISCALE, "pspnet"]
DEEPLAB_SCALES = [f"deeplab_v2_resnet101_scale{scale}" for scale in (50, 75, 100)]
FCN8S_SCALES = [f"fcn8s_vgg_scale{scale}" for scale in (50, 75, 100)]
TRANSFER = [1, 17, 18, 19, 20]


def numbered(number):
    """The paper's table of that number."""
    (name,) = (name for name in paper.tables() if name.startswith(f"table{number:02}_"))
    return paper.table(name)


def attacked(dataset):
    """Attack -> IoU, a row for each network and a column for each epsilon, 0 first (Tables 7 to 14)."""
    found = pd.concat([numbered(number) for number in range(7, 15)])
    of_attack = {attack: rows for attack, rows in found[found.dataset == dataset].groupby("attack")}
    return {attack: of_attack[attack].pivot(index="network", columns="epsilon", values="iou") for attack in ATTACKS}


def ratios(dataset):
    """Attack -> IoU ratio, likewise."""
    return {attack: iou.div(iou[0], axis=0) * 100 for attack, iou in attacked(dataset).items()}


def transfer(number):
    """Attack -> IoU ratio, a row for each evaluated network and a column for each source."""
    found = numbered(number)
    return {
        attack: rows.pivot(index="evaluated", columns="source", values="iou_ratio")
        for attack, rows in found.groupby("attack")
    }


def clean(number, dataset="pascal_voc"):
    """Network -> clean IoU of Tables 3, 4, 5, 15 and 16, at the size and on the images of the attacks."""
    found = numbered(number)
    found = found[(found.dataset == dataset) & (found.split == "val")]
    if "image_width" in found:
        found = found[found.image_width == 1024]
    return found.set_index("network").iou

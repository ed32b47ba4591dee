"""What people call the attacks, transforms, networks and datasets whose names stand in results."""

from tfadvseg.runs.results import NONE

ATTACKS = {
    "fgsm": "FGSM", "fgsm_ll": "FGSM ll", "ifgsm": "Iterative FGSM", "ifgsm_ll": "Iterative FGSM ll",
    "mi_fgsm": "MI-FGSM", "fgsm_class": "FGSM to a class", "ifgsm_class": "Iterative FGSM to a class",
    "segpgd": "SegPGD", "cospgd": "CosPGD", "cospgd_sigmoid": "CosPGD by sigmoids", "padam": "PAdam-CE",
    "padam_cos": "PAdam-Cos", "apgd_ce": "APGD-CE", "apgd_dlr": "APGD-DLR", "sea_mce": "SEA MCE",
    "sea_mce_bal": "SEA MCE-Bal", "sea_js": "SEA JS", "ladder_mce": "Ladder MCE",
    "ladder_mce_bal": "Ladder MCE-Bal", "ladder_js": "Ladder JS", "ifgsm_unseen": "Iterative FGSM, unseen",
    "alma_prox": "ALMA prox", "dag": "DAG", "dag_permuted": "DAG to permuted classes", "fspgd": "FSPGD",
    "noise": "random signs", "dla": "DLA", "hide": "Hide", "universal": "Universal",
}  # fmt: skip
ATTACKS |= {f"minimal_{name}": f"Minimal {title}" for name, title in ATTACKS.items()}
"""Those of the paper in its order, then others."""

TRANSFORMS = {
    NONE: "no transform",
    "clip": "clip to 0..255",
    "jpeg": "JPEG",
    "jpeg_simulated": "simulated JPEG",
    "hsv": "HSV jitter",
    "rescale": "zoom",
    "gaussian": "Gaussian noise",
}

NETWORKS = {
    "enet": "E-Net",
    "icnet": "ICNet",
    "segnet": "SegNet",
    "pspnet": "PSPNet",
    "crf_rnn": "CRF-RNN",
    "fcn8s_vgg": "FCN8s VGG",
    "fcn8s_resnet101": "FCN8s ResNet",
    "fcn8s_vgg_multiscale": "FCN8s VGG multiscale",
    "deeplab_v2_vgg": "Deeplab v2 VGG",
    "deeplab_v2_resnet101": "Deeplab v2 ResNet",
    "deeplab_v2_multiscale": "Deeplab v2 multiscale",
    "deeplab_v2_multiscale_crf": "Deeplab v2 multiscale with CRF",
    "dilated_frontend": "Dilated Frontend",
    "dilated_context": "Dilated Context",
}
"""Those of the paper."""

DATASETS = {
    "ade20k": "ADE20K",
    "camvid": "CamVid",
    "cityscapes": "Cityscapes",
    "cityscapes_full": "Cityscapes",
    "pascal_voc": "Pascal VOC",
    "voc": "Pascal VOC",
}


def attack_title(attack: str) -> str:
    """Of any attack, name or name@steps; its own name where it has no other."""
    name, _, steps = attack.partition("@")
    title = ATTACKS.get(name, name)
    return f"{title}, {steps} step{'' if steps == '1' else 's'}" if steps else title


def transform_title(transform: str) -> str:
    """Of any transform, or of several in sequence; its own name where it has no other."""
    return "+".join(TRANSFORMS.get(part, part) for part in transform.split("+"))


def network_title(network: str) -> str:
    """Of a network of the paper's tables, also at one scale of the image, or with averaged scales."""
    name, _, scale = network.removesuffix("_average").partition("_scale")
    title = NETWORKS.get(name, name)
    return f"{title}, {scale} % scale" if scale else f"{title}, averaged" if network.endswith("_average") else title


def dataset_title(dataset: str) -> str:
    """Of any dataset; its own name where it has no other."""
    return DATASETS.get(dataset, dataset)

"""What claims.csv says of the tables, counted again."""

import itertools
import re

import pytest
from printed import (
    ATTACKS,
    DEEPLAB_SCALES,
    EPSILONS,
    FCN8S_SCALES,
    MULTISCALE,
    RESNETS,
    TRANSFER,
    TRANSFORMS,
    attacked,
    numbered,
    ratios,
    transfer,
)

from tfadvseg import paper


def share(checks):
    checks = [bool(check) for check in checks]
    return f"{sum(checks)} of {len(checks)}"


def cells(dataset):
    """Pairs of attack and epsilon, and what each attack does: IoU and IoU ratio."""
    return itertools.product(ATTACKS, EPSILONS), attacked(dataset), ratios(dataset)


def any_drop():
    for dataset in ("pascal_voc", "cityscapes"):
        for iou in attacked(dataset).values():
            yield from iou[0.25] < iou[0]


def falling_steps():
    for dataset in ("pascal_voc", "cityscapes"):
        for iou in attacked(dataset).values():
            for before, after in itertools.pairwise(iou.columns):
                yield from iou[after] < iou[before]


def resnet_above_vgg():
    pairs = [("fcn8s_resnet101", "fcn8s_vgg"), ("deeplab_v2_resnet101", "deeplab_v2_vgg")]
    grid, _, ratio = cells("pascal_voc")
    return [ratio[attack].loc[a, e] > ratio[attack].loc[b, e] for attack, e in grid for a, b in pairs]


def resnet_mean_above_the_others():
    grid, _, ratio = cells("pascal_voc")
    others = ratio["fgsm"].index.difference(RESNETS)
    return [ratio[attack].loc[RESNETS, e].mean() > ratio[attack].loc[others, e].mean() for attack, e in grid]


def highest_iou(networks, dataset="pascal_voc"):
    grid, iou, _ = cells(dataset)
    return [iou[attack][e].idxmax() in networks for attack, e in grid]


def context_below_frontend(dataset):
    grid, _, ratio = cells(dataset)
    return [ratio[a].loc["dilated_context", e] < ratio[a].loc["dilated_frontend", e] for a, e in grid]


def pspnet_above_vgg_networks():
    grid, _, ratio = cells("cityscapes")
    others = ["fcn8s_vgg", "dilated_frontend", "dilated_context"]
    return [ratio[a].loc["pspnet", e] > ratio[a].loc[others, e].max() for a, e in grid]


def residual_above_chains():
    grid, _, ratio = cells("cityscapes")
    chains = ["fcn8s_vgg", "dilated_frontend", "dilated_context"]
    residual = ["enet", "icnet", "pspnet"]
    return [ratio[a].loc[residual, e].mean() > ratio[a].loc[chains, e].mean() for a, e in grid]


def multiscale_above_single_scale():
    grid, _, ratio = cells("pascal_voc")
    return [ratio[a].loc[MULTISCALE, e] > ratio[a].loc["deeplab_v2_resnet101", e] for a, e in grid]


def pspnet_most_robust_to_ifgsm_ll():
    ratio = ratios("cityscapes")["ifgsm_ll"][EPSILONS]
    return ratio.loc["pspnet"] > ratio.loc[["icnet", "dilated_context"]].max()


def half_size_costs():
    iou = numbered(5).pivot(index="network", columns="image_width", values="iou").dropna()
    return iou[2048] > iou[1024]


def transfer_rows(tables=TRANSFER):
    """(evaluated network, its row, single scales, multiscale network) of all grids."""
    for number in tables:
        scales = FCN8S_SCALES if number >= 19 else DEEPLAB_SCALES
        multiscale = "fcn8s_vgg_multiscale" if number >= 19 else MULTISCALE
        for grid in transfer(number).values():
            for target, row in grid.iterrows():
                yield target, row, scales, multiscale


def white_box_is_lowest():
    return [row.idxmin() == target for target, row, *_ in transfer_rows() if target in row.index]


def half_scale_transfers_worst():
    return [
        row.drop(target, errors="ignore").idxmax() == scales[0]
        for target, row, scales, _ in transfer_rows()
        if target != scales[0]
    ]


def ordered_by_scale():
    networks = ["deeplab_v2_vgg", "fcn8s_vgg", "fcn8s_resnet101"]
    return [
        list(row.sort_values().index) == [multiscale, *scales[::-1]]
        for target, row, scales, multiscale in transfer_rows([1, 18])
        if target in networks
    ]


def multiscale_transfers_best():
    return [
        row.drop(target, errors="ignore").idxmin() == multiscale
        for target, row, _, multiscale in transfer_rows()
        if target != multiscale
    ]


SHARES = {
    "C4": any_drop,
    "C5": falling_steps,
    "C8": resnet_above_vgg,
    "C9": resnet_mean_above_the_others,
    "C18": lambda: highest_iou(["pspnet"]),
    "C19": lambda: highest_iou(RESNETS),
    "C20": lambda: highest_iou(["fcn8s_vgg"], "cityscapes"),
    "C23": lambda: context_below_frontend("cityscapes"),
    "C24": lambda: context_below_frontend("pascal_voc"),
    "C28": pspnet_above_vgg_networks,
    "C29": residual_above_chains,
    "C40": white_box_is_lowest,
    "C42": half_scale_transfers_worst,
    "C43": ordered_by_scale,
    "C46": multiscale_transfers_best,
    "C51": multiscale_above_single_scale,
    "C93": pspnet_most_robust_to_ifgsm_ll,
    "C94": half_size_costs,
}


@pytest.mark.parametrize("number", SHARES)
def test_shares_are_those_of_the_tables(number):
    printed = re.search(r"\d+ of \d+", paper.claims()[number].paper)
    assert printed and printed[0] == share(SHARES[number]())


def test_clean_iou_rises_with_the_scale_and_with_pooling():
    """C39."""
    assert numbered(15).iou.is_monotonic_increasing and numbered(16).iou.is_monotonic_increasing
    printed = [*numbered(15).iou, *numbered(16).iou]
    assert [float(n) for n in re.findall(r"\d+\.\d", paper.claims()["C39"].paper)] == printed


def test_the_strongest_foreign_attack_on_each_transform():
    """C69."""
    grid = numbered(2).pivot(index="inference_transform", columns="attack_transform", values="iou")
    found = {row: grid.loc[row].drop(row) for row in TRANSFORMS}
    printed = "; ".join(f"{row}: {iou.idxmin()} {iou.min()}" for row, iou in found.items())
    assert paper.claims()["C69"].paper == printed


def test_gains_of_transforms():
    """C63 and C64: against the plain attack, and against the one that expects the transform."""
    grid = numbered(2).set_index(["inference_transform", "attack_transform"]).iou
    for number, attack in (("C63", lambda name: "none"), ("C64", lambda name: name)):
        gains = [round(grid[name, attack(name)] - 15.5, 1) for name in TRANSFORMS[:4]]
        said = re.findall(r"[-+]?\d+\.\d", paper.claims()[number].paper)
        assert [float(gain) for gain in said] == gains

"""Tables 1 to 20 and Figures 1 to 23 of the paper: what each shows, in our words, and where a programme has ours."""

import dataclasses
import fnmatch
import re
from collections.abc import Sequence

from tfadvseg.reports.document import Link, Pointer
from tfadvseg.reports.page import PHOTOGRAPHS
from tfadvseg.studies import beside
from tfadvseg.studies.chapter import Chapter

BESIDE, CURVES = f"^{beside.TITLE}$", "^IoU ratio at epsilon "
PICTURES, MATRIX, DEFENSE, PAGE = f"^{PHOTOGRAPHS}$", "^FGSM, epsilon ", ", Iterative FGSM ll, epsilon ", ""
"""Patterns of the titles of sections; PAGE is the whole report."""
WHITE_BOX, ON_VOC = ("robustness",), ("robustness", "multiscale")
"""Of the networks on Pascal VOC one is over scales."""
SHIFTED, CRFS = ("transform_transfer", "transforms"), ("crf", "crf_added")
DEEPLAB, FCN8S = ("scale_transfer", "transfer"), ("scale_transfer_fcn8s",)
NOTHING = "holds nothing to put beside it: other networks, attacks or epsilons"


@dataclasses.dataclass(frozen=True)
class Exhibit:
    """name: as Table 7. shows: what is in it. jobs: those of a programme that may have ours. section: a pattern of the
    title there. figure: a pattern of the names in figures/ instead."""

    name: str
    shows: str
    jobs: tuple[str, ...]
    section: str = BESIDE
    figure: str = ""


def _white_box() -> list[Exhibit]:
    titles = ("FGSM", "FGSM ll", "Iterative FGSM", "Iterative FGSM ll")
    places = [
        (dataset, title, jobs)
        for dataset, jobs in (("Pascal VOC", ON_VOC), ("Cityscapes", WHITE_BOX))
        for title in titles
    ]
    return [
        Exhibit(f"Table {number}", f"IoU under {title} at eight epsilons, on {dataset}", jobs)
        for number, (dataset, title, jobs) in enumerate(places, start=7)
    ]


EXHIBITS = (
    Exhibit(
        "Table 1",
        "transfer between the scales of Deeplab v2 and to other networks, FGSM and Iterative FGSM ll",
        DEEPLAB,
    ),
    Exhibit("Table 2", "attacks adapted to one input transform, before a network behind another", SHIFTED),
    Exhibit("Table 3", "clean IoU of public networks on Pascal VOC", (*WHITE_BOX, *CRFS)),
    Exhibit("Table 4", "clean IoU of retrained networks on Pascal VOC", (*WHITE_BOX, *CRFS)),
    Exhibit("Table 5", "clean IoU on Cityscapes at two sizes", WHITE_BOX),
    Exhibit("Table 6", "sizes of the networks", WHITE_BOX),
    *_white_box(),
    Exhibit("Table 15", "clean IoU of Deeplab v2 by scale of the image", DEEPLAB[:1]),
    Exhibit("Table 16", "clean IoU of FCN8s by scale of the image", FCN8S),
    Exhibit("Table 17", "transfer between the scales of Deeplab v2, averaged", DEEPLAB[:1]),
    Exhibit("Table 18", "the same as Table 1 under FGSM ll and Iterative FGSM", DEEPLAB),
    Exhibit("Table 19", "transfer between the scales of FCN8s, FGSM and Iterative FGSM ll", FCN8S),
    Exhibit("Table 20", "the same under FGSM ll and Iterative FGSM", FCN8S),
    Exhibit("Figure 1", "one photograph attacked before several networks", WHITE_BOX, figure="networks_*.png"),
    Exhibit(
        "Figure 2", "IoU ratio over epsilon on Pascal VOC, FGSM and Iterative FGSM ll", ON_VOC, f"{BESIDE}|{CURVES}"
    ),
    Exhibit("Figure 3", "the same on Cityscapes", WHITE_BOX, f"{BESIDE}|{CURVES}"),
    Exhibit("Figure 4", "IoU ratio against clean IoU", WHITE_BOX, figure="clean_against_ratio.png"),
    Exhibit("Figure 5", "an attacked photograph and its prediction behind each transform", SHIFTED, PICTURES),
    Exhibit("Figure 6", "IoU behind each transform under an oblivious attack", SHIFTED, DEFENSE),
    Exhibit("Figure 7", "the same under the attack that is adapted to it", SHIFTED, DEFENSE),
    Exhibit("Figure 8", "the same under the attacks that are adapted to the others", SHIFTED[:1], DEFENSE),
    Exhibit("Figure 9", "IoU ratio of FCN8s and of CRF-RNN, which is trained with its CRF", CRFS[:1], PAGE),
    Exhibit(
        "Figure 10",
        "IoU ratio of a network, there Deeplab v2, with and without a CRF that is added to it; with Deeplab v2 at hand "
        "it is in crf",
        CRFS,
        PAGE,
    ),
    Exhibit("Figure 11", "perturbations of several epsilons", WHITE_BOX, PICTURES),
    Exhibit("Figure 12", "predictions under four attacks at several epsilons", WHITE_BOX, PICTURES),
    Exhibit("Figure 13", "predictions of several networks at several epsilons", WHITE_BOX, figure="networks_*.png"),
    Exhibit(
        "Figure 14", "IoU ratio over epsilon on Pascal VOC, Iterative FGSM and FGSM ll", ON_VOC, f"{BESIDE}|{CURVES}"
    ),
    Exhibit("Figure 15", "the same on Cityscapes", WHITE_BOX, f"{BESIDE}|{CURVES}"),
    Exhibit("Figure 16", "IoU ratio over epsilon of Deeplab v2 at one scale and at three", DEEPLAB[:1], MATRIX),
    Exhibit("Figure 17", "IoU ratio under FGSM from the other scales of Deeplab v2", DEEPLAB[:1], MATRIX),
    Exhibit("Figure 18", "the same of FCN8s", FCN8S, MATRIX),
    Exhibit("Figure 19", "IoU ratio of a CRF's variants by theta_alpha, FGSM", CRFS, figure="crf_sweep_*.png"),
    Exhibit("Figure 20", "the same by theta_beta", CRFS, figure="crf_sweep_*.png"),
    Exhibit("Figure 21", "the same by theta_gamma and the spatial weight", CRFS, figure="crf_sweep_*.png"),
    Exhibit("Figure 22", "mean confidence of a CRF's variants against IoU ratio", CRFS, figure="crf_confidence_*.png"),
    Exhibit("Figure 23", "mean entropy of the same against IoU ratio", CRFS, figure="crf_entropy_*.png"),
)
"""In the paper's order."""


def pointers(chapters: Sequence[Chapter]) -> list[Pointer]:
    """Of each exhibit where ours is, or why there is none. chapters: of all jobs of a programme."""
    known = {one.name: one for one in chapters}
    return [_pointer(exhibit, [known[name] for name in exhibit.jobs if name in known]) for exhibit in EXHIBITS]


def _pointer(exhibit: Exhibit, chapters: Sequence[Chapter]) -> Pointer:
    links = [link for chapter in chapters for link in _links(exhibit, chapter)]
    about = f"{exhibit.name}, {exhibit.shows}"
    if links:
        return Pointer(f"{about}:", links)
    why = [f"{one.name} {NOTHING}." if one.results else f"{one.name}: {one.told}" for one in chapters]
    return Pointer(f"{about}: none here. {' '.join(why) or 'No job shows it.'}")


def _links(exhibit: Exhibit, chapter: Chapter) -> list[Link]:
    """At most one."""
    if not chapter.results:
        return []
    if exhibit.figure:
        drawn = fnmatch.filter(chapter.figures, exhibit.figure)
        return [Link(f"{chapter.name}, {name}", f"{chapter.name}/figures/{name}") for name in drawn[:1]]
    if exhibit.section == PAGE:
        return [Link(chapter.name, chapter.results)]
    # In the order of the patterns, not of the page: what stands beside the paper's comes first.
    for pattern in exhibit.section.split("|"):
        for title in chapter.sections:
            if re.search(pattern, title):
                path = f"{chapter.name}/report.html" if title == PHOTOGRAPHS else chapter.results
                return [Link(f"{chapter.name}, {title}", path, title)]
    return []

"""What is drawn and told of smoothed networks: the certificate beside the attack."""

import math
import pathlib
from collections.abc import Sequence

from tfadvseg.metrics.certificate import radius
from tfadvseg.reports.cells import clean_score, subject
from tfadvseg.reports.document import Block, Bullets, Document, Heading, Paragraph, Table
from tfadvseg.reports.drawing import pictures, save_drawings
from tfadvseg.reports.numbers import number
from tfadvseg.studies.answer import listed
from tfadvseg.studies.certificate.certified import Certified, read
from tfadvseg.studies.certificate.figures import drawings
from tfadvseg.studies.certificate.names import CertificateDesign
from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, warnings_part


def draw(run: FinishedRun, folder: pathlib.Path) -> list[pathlib.Path]:
    """The sandwich of each network."""
    return save_drawings(drawings(run, read(run)), folder)


def document(run: FinishedRun, judgements: Sequence[Judgement], shown: Sequence[str]) -> Document:
    """The tables, the pictures, and how to read them."""
    del judgements
    found = read(run)
    defects = [Bullets(refuted, heading="Defects")] if (refuted := contradictions(found)) else []
    blocks = [*defects, *warnings_part(run), *_tables(run, found), *pictures(drawings(run, found), shown)]
    return Document(_title(run), [*blocks, Heading("How to read this"), Bullets(how_to_read(run))])


def summary(run: FinishedRun) -> Document:
    """The tables, and what makes them mean less."""
    found = read(run)
    told = [Bullets(lines)] if (lines := contradictions(found)) else []
    return Document(_title(run), [*_tables(run, found), *told])


def answer(run: FinishedRun) -> list[str]:
    """What is certified of each network and sigma; of one that an attack refutes, this instead; and first, where
    nothing can be."""
    found = read(run)
    held = [certified(one, run) for one in found if not one.contradicted.sum()]
    return listed([*contradictions(found), *few_draws(run), *held], "networks and sigmas")


def certified(one: Certified, run: FinishedRun) -> str:
    """Of the IoU of a smoothed network, what no perturbation below SegCertify's radius can take."""
    iou, left = (run.evidence.format(score(run.evidence), least=0.0) for score in (one.clean_iou, one.iou_at_radius))
    return (
        f"{one.model} smoothed by noise of sigma {one.sigma:g} has an IoU of {iou} %, of which {left} % are certified "
        f"against every perturbation of a Euclidean norm below {number(float(one.radius))} grey levels."
    )


REPORT = Report(draw, document, summary, answer)


def certificate_table(run: FinishedRun, found: Sequence[Certified]) -> Table:
    """A row a network and sigma: what noise costs on untouched images, and what SegCertify leaves below its radius."""
    evidence, rows = run.evidence, []
    for one in found:
        accuracy, certified = one.accuracies(evidence)
        iou = [evidence.format(score, least=0.0) for score in (one.clean_iou(evidence), one.iou_at_radius(evidence))]
        rows.append(
            [
                one.model,
                f"{one.sigma:g}",
                number(clean_score(run.table, one.model)),
                iou[0],
                number(accuracy[0]),
                number(one.abstained(evidence)[0]),
                number(float(one.radius)),
                number(certified[0]),
                iou[1],
            ]
        )
    header = [
        "Network",
        "Sigma",
        "Plain",
        "IoU",
        "Accuracy",
        "Abstain",
        "Radius",
        "Certified right",
        "Certified IoU",
    ]
    return Table(header, rows, labels=2)


def sandwich_table(run: FinishedRun, found: Sequence[Certified]) -> Table:
    """A row a network and sigma, a column a norm: the certified IoU and the IoU under attack, between which it lies."""
    norms = sorted({float(epsilon) for one in found for epsilon in one.epsilons if epsilon > 0})
    rows = [
        [
            one.model,
            f"{one.sigma:g}",
            *(
                f"{number(one.certified_iou(run.evidence, n)[0])} to {number(one.attacked_iou(run.evidence, n)[0])}"
                for n in norms
            ),
        ]
        for one in found
    ]
    return Table(["Network", "Sigma", *(f"{norm:g}" for norm in norms)], rows, labels=2)


def contradictions(found: Sequence[Certified]) -> list[str]:
    """Of each network and sigma whose certificate an attack refutes, a sentence."""
    return [
        f"{one.model} at sigma {one.sigma:g}: attacks refute what is certified at {int(one.contradicted.sum())} "
        "pixels; this is a defect of the program or of its random numbers, so believe none of its certificates."
        for one in found
        if one.contradicted.sum()
    ]


def few_draws(run: FinishedRun) -> list[str]:
    """A sentence where SegCertify can certify nothing, whatever the draws say."""
    design = run.designed(CertificateDesign)
    pixels = max(height * width for height, width in design.sizes.values())
    error = design.error / (len(run.results.ids) + len(run.results.left_out))  # as it is shared out at the start
    needed = math.ceil(math.log(error / pixels) / math.log(design.tau))
    if design.draws >= needed:
        return []
    return [
        f"{design.draws} draws are too few for SegCertify to certify an image of {pixels:,} pixels at tau "
        f"{design.tau:g}, even if all agree; take at least {needed}."
    ]


def how_to_read(run: FinishedRun) -> list[str]:
    """What is certified, in which norm, and what is not."""
    design, images = run.designed(CertificateDesign), len(run.results.ids)
    return [
        "The smoothed network names at each pixel what the network names most often when Gaussian noise of standard "
        "deviation sigma (grey levels) is added to its input; it is another network than the one without noise, whose "
        "curve is drawn to compare with. Attack and certificate are of the same smoothed network.",
        f"SegCertify: {design.guesses} draws guess the class of each pixel, {design.draws} others count it, and "
        f"pixels whose class surely has more than {100 * design.tau:g} % of the votes (Holm's test over all pixels "
        "of an image) keep it under every perturbation of a Euclidean norm below the radius; the others abstain and "
        "count as wrong. Certified by norm: each pixel has a radius of its own (Bonferroni's correction).",
        "Certified IoU is the least mean IoU whatever the pixels that are not certified are taken for, all images "
        "together. IoU under attack is that of the strongest attack tried of at most that norm; a stronger one leaves "
        f"less. It is the vote of {design.guesses} draws, which stands for the smoothed network and is an estimate.",
        f"Each certified number, of one network and sigma and one of the two certificates, holds for these {images} "
        f"images together with a probability of at least {1 - design.error:.6g} over the draws of the noise. "
        "Brackets are 95 % intervals of a bootstrap over images, and say how far other images may differ.",
        *(norm_sentence(name, size, found_radius(design)) for name, size in design.sizes.items()),
        "Nothing is certified about larger perturbations, about changes that are no small sums such as another light "
        "or place, or about photographs that were not among these.",
    ]


def found_radius(design: CertificateDesign) -> float:
    """SegCertify's at the largest sigma."""
    return float(radius(design.tau, max(design.sigmas)))


def norm_sentence(model: str, size: Sequence[int], norm: float) -> str:
    """What a Euclidean norm on an input of (height, width) is in grey levels."""
    height, width = size
    whole = math.sqrt(3 * height * width)
    return (
        f"{model} takes images of {height}x{width}: a perturbation that moves each value by e has a norm of "
        f"{whole:.0f} e, so one of {norm:.1f} grey levels is {norm / whole:.2g} of a level everywhere, or "
        f"{norm / math.sqrt(300):.2g} levels in 100 pixels."
    )


def _title(run: FinishedRun) -> str:
    return f"Certified by randomised smoothing, {subject(run.table)}"


def _tables(run: FinishedRun, found: Sequence[Certified]) -> list[Block]:
    blocks: list[Block] = [Paragraph(text) for text in few_draws(run)]
    told = (
        "In per cent; sigma and radius in grey levels. Plain: the IoU without noise. All others are of the smoothed "
        "network: IoU and pixel accuracy of its vote, pixels at which SegCertify abstains, and what it certifies below "
        "the radius, in the Euclidean norm: pixel accuracy (certified right) and IoU."
    )
    between = (
        "IoU in per cent of the smoothed network under perturbations of at most a Euclidean norm, a column each, in "
        "grey levels: from what is certified to what the strongest attack leaves."
    )
    return [
        *blocks,
        Heading("What is certified"),
        Paragraph(told),
        certificate_table(run, found),
        Heading("Between certificate and attack"),
        Paragraph(between),
        sandwich_table(run, found),
    ]

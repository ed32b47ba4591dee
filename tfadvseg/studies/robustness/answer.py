"""What a run of white-box attacks answers: which network keeps most, whether that is decided, and where each breaks."""

import math
from collections.abc import Sequence

from tfadvseg.metrics.radii import radius_text
from tfadvseg.reports.cells import attacks, headline_epsilon, models, white_box
from tfadvseg.reports.titles import attack_title
from tfadvseg.studies.answer import LISTED
from tfadvseg.studies.robustness.comparison import Lead, leads, least_kept
from tfadvseg.studies.robustness.envelope import Envelope, envelopes
from tfadvseg.studies.robustness.facts import facts_of
from tfadvseg.studies.robustness.hidden import Hid, hid
from tfadvseg.studies.run import FinishedRun


def answer(run: FinishedRun) -> list[str]:
    """At most three sentences."""
    kept = keeping(run)
    if not kept:
        return ["No network was attacked within a given epsilon."]
    return [*kept, *(hidden(run) or broken(envelopes_of(run), limits(run)))]


def keeping(run: FinishedRun) -> list[str]:
    """Which network keeps most under its worst attack, and whether that is decided; at most two sentences, none
    where no network was attacked within a given epsilon."""
    cells, evidence = white_box(run.table), run.evidence
    epsilon = headline_epsilon(cells)
    kept = least_kept(evidence, models(cells), attacks(cells), epsilon)
    if not kept:
        return []
    most = kept[-1]
    left, title = evidence.format(most.score, least=0.0), attack_title(most.attack)
    share = f"the largest share of its clean IoU: {left} %" if len(kept) > 1 else f"{left} % of its clean IoU"
    crf = facts_of(run.design, most.model).crf
    first = (
        f"At epsilon {epsilon:g}{limits(run)} {most.model} keeps {share} under the worst of the attacks that were "
        f"run on it ({title}); a stronger one may leave less{', and its CRF may hide the gradient' if crf else ''}."
    )
    return [first, *decided(leads(evidence, kept), run, crf)]


def limits(run: FinishedRun) -> str:
    """What a number at an epsilon is not to be quoted without: the norm, where it is not the largest change, and the
    only pixels that could change, where not all could."""
    norm = " in the Euclidean norm of an image" if run.settings.get("norm") == "l2" else ""
    region = run.settings.get("region")
    if not region:
        return norm
    where = f"pixels predicted as {region['class']}" if "class" in region else "the pixels of a mask"
    return f"{norm}, where nothing but {where} could change,"


def hidden(run: FinishedRun) -> list[str]:
    """Of a class that was to be hidden: how much of it each network still finds, at least."""
    form, name = run.evidence.format, run.settings.get("hidden", "the class")
    by_model: dict[str, Hid] = {}
    for one in hid(run.evidence):
        least = by_model.get(one.cell.model)
        if least is None or one.found[0] < least.found[0]:
            by_model[one.cell.model] = one
    if not by_model:
        return []
    each = sorted(by_model.items(), key=lambda item: item[1].found[0])
    told = [f"{form(one.found, least=0.0)} % ({model}, {attack_title(one.cell.attack)})" for model, one in each]
    more = f"; {len(told) - LISTED} more networks are told below" if len(told) > LISTED else ""
    return [f"Of the pixels predicted as {name} this many still are, at least: {'; '.join(told[:LISTED])}{more}."]


def decided(found: Sequence[Lead], run: FinishedRun, crf: bool = False) -> list[str]:
    """Whether the network that keeps most surely does so under these attacks; nothing of one network alone. crf:
    whether it has one, behind which an attack by the gradient may be weak."""
    close = [lead.less for lead in found if not lead.told_apart]
    if crf and found and not close:
        return [
            f"Which network is the more robust this does not decide, since the CRF of {found[0].more} may hide the "
            "gradient; pipelines.crf tells whether it does."
        ]
    if len(found) < 2:
        return [told(lead, run) for lead in found]
    most, others = found[0].more, len(found)
    if not close:
        return [f"Under these attacks this is decided: {most} keeps more than each of the {others} other networks."]
    apart = others - len(close)
    which = ", ".join(close) if len(close) <= LISTED else f"{len(close)} of the others"
    more = f"; it keeps more than the other {apart}" if apart else ""
    return [f"This is not decided: {most} cannot be told apart from {which} on these images{more}."]


def told(lead: Lead, run: FinishedRun) -> str:
    """Who keeps more than whom, or that these images do not say it."""
    difference = run.evidence.format(lead.difference, "+.1f", level=lead.level)
    if lead.told_apart:
        return f"{lead.more} keeps more than {lead.less}: {difference} points."
    return f"{lead.more} and {lead.less} cannot be told apart on these images: {difference} points."


def broken(found: Sequence[Envelope], limited: str = "", most: int = LISTED) -> list[str]:
    """At which epsilon half of the clean IoU is gone; of many networks the least and the largest. Those that were only
    shown what was made on others have no part in it. limited: as `limits` says it. most: so many have a number each."""
    own = [one for one in found if any(cell.source_model == one.model for cell in one.choices.cells[1:])]
    order = sorted((one for one in own if not math.isnan(one.radius[0])), key=lambda one: one.radius[0])
    if not order:
        return []
    opening = f"In the worst case of all that was tried{limited.rstrip(',')}, half of the clean IoU is gone at epsilon"
    if len(order) > most:
        return [f"{opening} {_radius(order[0])} at the earliest and {_radius(order[-1])} at the latest."]
    return [f"{opening} {'; '.join(map(_radius, order))}."]


def envelopes_of(run: FinishedRun) -> tuple[Envelope, ...]:
    """Of every network, at all epsilons of the run."""
    return envelopes(run.evidence, tuple(run.epsilons), run.settings.get("norm", "linf"))


def _radius(one: Envelope) -> str:
    """As 0.62 [0.50, 0.71] (enet)."""
    radius, low, high = (radius_text(end, one.epsilons) for end in one.radius)
    interval = f" [{low}, {high}]" if one.evidence.units > 1 else ""
    return f"{radius}{interval} ({one.model})"

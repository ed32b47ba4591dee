"""What was measured of an endpoint, photograph by photograph: the rows of served.csv, and what they say of the server.

Units hold, of K images shown (the clean one first) and S ways to send them: as_floats, in_8_bits [K, 3, C] and arrived,
served [K, S, 3, C], the counts of `metrics.counts` by the local model on the perturbed floats, on whole levels and on
what arrives, and by the endpoint; equal [K, S], pixels of equal label in the last two, of `pixels`; bytes and seconds
[K, S] of a request; linf, l2 [K] of what was added in 8 bits. Of a served defense `equal` compares with draws here, and
of one that draws by itself there is equal_draws, pixels of equal label in two draws here of the clean photograph.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfadvseg.metrics.counts import Counts
from tfadvseg.metrics.intervals import iou_interval
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs.results import CLEAN

COLUMNS = (
    "attack", "epsilon", "sent", "images", "iou_floats", "iou_8_bits", "iou_arrived", "iou_served", "iou_served_low",
    "iou_served_high", "lost_rounding", "lost_jpeg", "lost_server", "agreement", "agreement_least", "linf", "l2",
    "bytes", "seconds",
)  # fmt: skip
"""One row an image shown and a way to send it. IoU in per cent, by the local model on the perturbed floats, in 8 bits
and as it arrives, and by the endpoint, of that with its 95 % interval. Lost are points of IoU that the image gains on
the way and an attack so loses, below zero where it is the other way round: by rounding to 8 bits, by JPEG, and at the
server, which is given the very bytes that the local model was given. agreement: pixels of equal label there, in per
cent, and of the image in which they are fewest. linf, l2: the largest change of any value, and the mean length of all
of an image. bytes, seconds: means of a request."""

Units = Mapping[str, Mapping[str, np.ndarray]]
"""By the name of a photograph."""

SAME = 99.5
"""Per cent of the pixels of clean photographs whose labels agree on the same bytes, from which on the server is said to
serve the local model. Sums in another order change no label or hardly any; another way to resize one in a hundred, and
another network more."""


def rows(
    units: Units, attacks: Sequence[tuple[str, float]], sendings: Sequence[str], groups: Sequence[str]
) -> list[dict[str, Any]]:
    """Rows of served.csv. attacks: (name, epsilon), without the clean images. groups: of the photographs."""
    found, each = [], list(units.values())
    pixels = np.array([unit["pixels"] for unit in each])

    def counts(key: str, *place: int) -> Counts:
        whole = np.stack([unit[key][place] for unit in each])
        return Counts(*(whole[:, part] for part in range(3)))

    for k, (name, epsilon) in enumerate([(CLEAN, 0.0), *attacks]):
        floats, rounded = (float(mean_iou(counts(key, k).total())) for key in ("as_floats", "in_8_bits"))
        for s, sent in enumerate(sendings):
            served = counts("served", k, s)
            arrived, at_server = (float(mean_iou(one.total())) for one in (counts("arrived", k, s), served))
            low, high = iou_interval(served, groups)
            equal = np.array([unit["equal"][k, s] for unit in each])
            found.append(
                {
                    "attack": name,
                    "epsilon": epsilon,
                    "sent": sent,
                    "images": len(each),
                    "iou_floats": floats,
                    "iou_8_bits": rounded,
                    "iou_arrived": arrived,
                    "iou_served": at_server,
                    "iou_served_low": low,
                    "iou_served_high": high,
                    "lost_rounding": rounded - floats,
                    "lost_jpeg": arrived - rounded,
                    "lost_server": at_server - arrived,
                    "agreement": 100 * float(equal.sum() / pixels.sum()),
                    "agreement_least": 100 * float((equal / pixels).min()),
                    "linf": int(max(unit["linf"][k] for unit in each)),
                    "l2": float(np.mean([unit["l2"][k] for unit in each])),
                    "bytes": float(np.mean([unit["bytes"][k, s] for unit in each])),
                    "seconds": float(np.mean([unit["seconds"][k, s] for unit in each])),
                }
            )
    return found


def serves_the_same(found: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the label maps of clean photographs agree by every way to send them."""
    return agreement(found) >= SAME


def agreement(found: Sequence[Mapping[str, Any]]) -> float:
    """Of clean photographs, in per cent, by the way by which it is least."""
    return min(row["agreement"] for row in found if row["attack"] == CLEAN)


def agreement_of_draws(units: Units) -> float:
    """Of two draws here of the clean photographs, in per cent."""
    equal, pixels = (sum(int(unit[key]) for unit in units.values()) for key in ("equal_draws", "pixels"))
    return 100 * equal / pixels


def told_of_draws(found: Sequence[Mapping[str, Any]], units: Units) -> str:
    """In a sentence, in place of a verdict, of a server that draws anew in each call."""
    return (
        f"The server draws at random: its clean labels agree with those of other draws here in {agreement(found):.2f} "
        f"%, and these with each other in {agreement_of_draws(units):.2f} %, of the pixels. Draws of the same seeds, "
        "and so a verdict, are had from `defended_of_seeds`."
    )


def told_of_attacks(differences: Sequence[tuple[float, str]]) -> str:
    """In a sentence, of (epsilon, how the server's attacked photograph differs from that of the local model)."""
    if wrong := [(epsilon, text) for epsilon, text in differences if text]:
        epsilon, text = wrong[0]
        return (
            f"The server attacks in another way, at {len(wrong)} of {len(differences)} epsilons; at {epsilon:g} "
            f"{text}. Last digits, and so single values, differ where its processor or its number of threads does."
        )
    sizes = ", ".join(f"{epsilon:g}" for epsilon, _ in differences)
    return f"The server attacks as this model does here, bit by bit on the first photograph (epsilon {sizes})."


def verdict(found: Sequence[Mapping[str, Any]]) -> str:
    """In a sentence. A share is rounded down, so that nothing below a limit reads like it."""
    share = math.floor(100 * agreement(found)) / 100
    if serves_the_same(found):
        return f"The server serves this model: on the same bytes {share:.2f} % of the clean labels agree with it."
    return (
        "The server serves another model, or prepares its images in another way: clean label maps agree in only "
        f"{share:.2f} % of the pixels, on the same bytes."
    )

import numpy as np
import pandas as pd
import pytest

from tfadvseg.data.labels import LabelSpace
from tfadvseg.runs.examples import Attacked, Example

ATTACKS = ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll")
EPSILONS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)


def row(model, attack, epsilon, clean, ratio, width=2.0, images=50, groups=50):
    """One line of results.csv; IoU and its interval are per cent."""
    return {
        "dataset": "camvid", "split": "test", "model": model, "source_model": model, "attack": attack,
        "epsilon": epsilon, "attack_transform": "none", "inference_transform": "none", "trial": 0,
        "iou": clean * ratio / 100, "iou_low": clean * ratio / 100 - 1, "iou_high": clean * ratio / 100 + 1,
        "iou_ratio": ratio, "iou_ratio_low": ratio - width, "iou_ratio_high": ratio + width,
        "nmiou": 0.9 * clean * ratio / 100, "pixel_accuracy": 90.0, "mean_confidence": 0.9,
        "mean_entropy": 0.25, "images": images, "groups": groups, "linf": epsilon, "linf_median": epsilon,
        "l2": 100.0, "broken": 0.0,
        "gradients": 90 * images, "queries": 0, "seconds": 1.5,
    }  # fmt: skip


@pytest.fixture
def make_results():
    """Results of networks with the given clean IoUs; the ratio halves with each epsilon, faster for later attacks."""

    def make(clean, attacks=ATTACKS, epsilons=EPSILONS):
        rows = []
        for model, iou in clean.items():
            rows.append(row(model, "clean", 0.0, iou, 100.0, width=0.0))
            for i, attack in enumerate(attacks):
                rows += [row(model, attack, e, iou, 96 * 0.5 ** ((i + 1) * n / 4)) for n, e in enumerate(epsilons)]
        return pd.DataFrame(rows)

    return make


@pytest.fixture
def label_space():
    return LabelSpace(("road", "sky", "car"), ((128, 64, 128), (70, 130, 180), (0, 0, 142)))


@pytest.fixture
def make_example():
    """A 12 x 16 image with a void strip; the attack changes all of the prediction's left column at epsilon 8."""

    def make(model="enet", name="0001", attacks=("fgsm", "ifgsm"), epsilons=(8.0, 0.25)):
        rng = np.random.default_rng(0)
        truth = np.repeat([[0] * 8 + [1] * 7 + [255]], 12, axis=0).astype(np.int32)
        prediction = np.where(truth == 255, 1, truth)
        changed = np.where(np.arange(16) < 4, 2, prediction)
        attacked = tuple(
            Attacked(
                attack,
                e,
                (e * rng.choice([-1.0, 1.0], (12, 16, 3))).astype(np.float32),
                changed if e > 1 else prediction,
            )
            for attack in attacks
            for e in epsilons
        )
        image = rng.integers(0, 256, (12, 16, 3)).astype(np.float32)
        return Example(model, name, image, truth, prediction, attacked)

    return make

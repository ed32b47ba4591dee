"""What the paper says, as data: its claims (claims.csv), its tables (tables/*.csv), its protocol (protocol.md).

The paper is Arnab, Miksik and Torr, "On the Robustness of Semantic Segmentation Models to Adversarial Attacks", CVPR
2018 (arXiv:1711.09856). "Eq.", "Fig.", "Table" and section numbers anywhere in this project are its own, those of the
appendix in letters (D.1). C1, C2, ... number its claims in the order of its sections; D1, D2, ... number what follows
from its method for any network. They are our wording, not quotations.

Tables, numbers as printed:

- iou, iou_ratio: per cent, one decimal. The ratio is 100 IoU(attacked) / IoU(clean) of the evaluated network, both over
  the whole set of images. A missing number (NaN) is a dash in print: four IoUs of the original authors in Table 4, and
  E-Net at full size in Table 5.
- epsilon: grey levels of 0..255; 0 is the clean image. attack: fgsm, fgsm_ll, ifgsm, ifgsm_ll (Eq. 3 to 6).
- dataset: pascal_voc (346 images of its validation set, 21 classes), cityscapes (the 500 validation images, 19 classes,
  at 1024 x 512 where no size is given).
- network: names as in `tfadvseg.models.zoo`, without its ending for the data set, which is a column here. Besides, all
  on VOC: deeplab_v2_multiscale pools the scores of one set of weights over the image at 50, 75 and 100 % of its size;
  deeplab_v2_resnet101_scale50, _scale75 and _scale100 are these weights fed with it at one size (at 100 %, by its
  numbers, deeplab_v2_resnet101); fcn8s_vgg_multiscale, fcn8s_vgg_scale50, ... likewise; deeplab_v2_multiscale_crf has
  a dense CRF after it.
- source, evaluated: the network the examples were made on, and the one that is fed with them; white-box where equal.
- pooling: how multiscale networks of that table pool their scales. It means nothing between single scales.
- inference_transform, attack_transform: what is before the network, and what the attack expects there; none for none.
- parameters_mb: parameters as 32-bit floats, in 2^20 bytes for the VGG networks.

The ResNet networks on VOC are fcn8s_resnet101, deeplab_v2_resnet101, deeplab_v2_multiscale and pspnet; with segnet,
deeplab_v2_vgg, dilated_frontend, fcn8s_vgg and dilated_context they make the nine of Tables 7 to 10.

Odd in print and kept: Table 15 names its average-pooled row "100% scale"; the multiscale row of Table 17 under fgsm_ll
(96.0, 91.4, 94.7) looks like that of an iterative attack; ratios of 100 and a little more are in Tables 1, 17 and 18;
white-box cells of Tables 1 and 17 to 20 under iterative attacks are up to 1 point off what Tables 9 and 10 give.
"""

import csv
import dataclasses
import functools
import pathlib
from typing import TYPE_CHECKING

from tfadvseg.registry import choose

if TYPE_CHECKING:
    import pandas as pd

KINDS = {
    "exact": "holds for any weights",
    "trend": "an order or a sign, which needs trained networks",
    "number": "a value, which needs the original weights and images",
    "look": "seen in a figure; its test is a stand-in",
    "argument": "concluded, not measured",
    "derived": "not in the paper; follows from its method for any network, or from its tables",
}
"""Kind of claim -> what it takes to test one."""

_FOLDER = pathlib.Path(__file__).parent


@dataclasses.dataclass(frozen=True)
class PaperClaim:
    """A claim of the paper.

    number: C1 to C98, D1 to D13. kind: of KINDS. section, where: the sections, and the figures, tables and equations,
    that make it; where may be empty. statement: what is claimed. test: how numbers decide it. paper: what the paper's
    own tables say to that test, shares of cells for the most part; empty where it prints no numbers.
    """

    number: str
    kind: str
    section: str
    where: str
    statement: str
    test: str
    paper: str


@functools.cache
def claims() -> dict[str, PaperClaim]:
    """Number -> claim, C1 to C98 and then D1 to D13."""
    with (_FOLDER / "claims.csv").open(encoding="utf-8", newline="") as file:
        return {row["number"]: PaperClaim(**row) for row in csv.DictReader(file)}


def tables() -> tuple[str, ...]:
    """Names of the tables, in the paper's order: table01_scale_transfer and so on."""
    return tuple(sorted(path.stem for path in (_FOLDER / "tables").glob("*.csv")))


def table(name: str) -> "pd.DataFrame":
    """One row for each number of the table; raises ValueError with the known names for another one."""
    import pandas as pd

    path = choose({known: _FOLDER / "tables" / f"{known}.csv" for known in tables()}, name, "table of the paper")
    # "none" is a transform and a pooling here; only an empty cell is missing, whatever pandas takes for it.
    return pd.read_csv(path, keep_default_na=False, na_values=[""], dtype={"epsilon": float})


def numbered(number: int) -> "pd.DataFrame":
    """The same of the table of that number, 1 to 20."""
    return table(tables()[number - 1])


def protocol() -> str:
    """Markdown: the paper's equations and the parameters of its attacks."""
    return (_FOLDER / "protocol.md").read_text(encoding="utf-8")

"""Which network of the paper's tables a model is, by its card and the zoo."""

from collections.abc import Sequence

from tfadvseg.models import card
from tfadvseg.models.architectures import ARCHITECTURES, AT_SCALES, ENSEMBLE, Architecture
from tfadvseg.models.spec import ModelSpec

OVER_SCALES = {"deeplab_v2_resnet101": "deeplab_v2_multiscale", "fcn8s_vgg": "fcn8s_vgg_multiscale"}
"""{network: the same over scales}, as Tables 15 to 20 call them."""


def architecture_of(model: ModelSpec) -> Architecture | None:
    """Which of the paper's it is. None for one that draws at random, for a single scale of an ensemble, and for an
    ensemble over other scales or fused otherwise than Deeplab's, whatever they are made of."""
    found = card.read(model.path)
    if found is None or model.seeded or "transform" in found.added or model.scale is not None:
        return None
    if "scales" not in found.added:
        return ARCHITECTURES.get(found.architecture)
    like_deeplab = all(found.added.get(name) == value for name, value in ENSEMBLE.items())
    return ARCHITECTURES.get(AT_SCALES.get(found.architecture, "")) if like_deeplab else None


def form_of(model: ModelSpec) -> str:
    """Its name in the paper's tables, as `beside` reads them; "" for none, and for one with a CRF behind it.

    Beside whole networks these are <network>_scale50 and _scale75 for one scale of the image, and for all three pooled
    <network>_multiscale, or <network>_multiscale_average by their mean."""
    found = card.read(model.path)
    if found is None or model.refinement is not None or "crf" in found.added:
        return ""
    if whole := architecture_of(model):
        return whole.network
    part = ARCHITECTURES.get(found.architecture)
    single = {many: one for one, many in OVER_SCALES.items()}.get(part.network, part.network) if part else ""
    if single not in OVER_SCALES or model.seeded or "transform" in found.added:
        return ""
    if model.scale is not None:
        return {100: single, 75: f"{single}_scale75", 50: f"{single}_scale50"}.get(model.scale, "")
    pooling = {"max": "", "average": "_average"}.get(found.added.get("fusion", ""))
    of_all = found.added.get("scales") == ENSEMBLE["scales"]
    return "" if pooling is None or not of_all else OVER_SCALES[single] + pooling


def forms(models: Sequence[ModelSpec]) -> dict[str, str]:
    """For design.json, as `printed`: {network of the run: its name in the paper's tables}, of those that have one."""
    return {model.name: form for model in models if (form := form_of(model))}

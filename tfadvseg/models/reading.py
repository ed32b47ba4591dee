"""How a SavedModel that this package did not write wants its images, and what it returns."""

import dataclasses

from tfadvseg.registry import choose

CHANNEL_ORDERS = {"rgb": "red, green, blue", "bgr": "blue, green, red, as Caffe has it"}
OUTPUTS = {"logits": "scores before the softmax", "probabilities": "after it"}


@dataclasses.dataclass(frozen=True)
class Reading:
    """signature: its name in the file. intensity_range: the values that 0 and 255 become. channel_order: of
    CHANNEL_ORDERS. output: of OUTPUTS."""

    signature: str = "logits"
    intensity_range: tuple[float, float] = (0.0, 255.0)
    channel_order: str = "rgb"
    output: str = "logits"

    def __post_init__(self) -> None:
        choose(CHANNEL_ORDERS, self.channel_order, "channel order")
        choose(OUTPUTS, self.output, "model output")
        low, high = self.intensity_range
        if not low < high:
            raise ValueError(f"An intensity range goes from its low to its high end; got {low} to {high}.")

"""Colour order of the public Caffe models."""

from collections.abc import Sequence

from keras import KerasTensor, ops


def bgr(images: KerasTensor) -> KerasTensor:
    """RGB [N, H, W, 3] -> BGR, the channel order in which the public Caffe models were trained."""
    return ops.flip(images, axis=-1)


def caffe_bgr(images: KerasTensor, mean: Sequence[float]) -> KerasTensor:
    """RGB [N, H, W, 3] in 0..255 -> BGR minus `mean`, given in the order (B, G, R)."""
    return bgr(images) - ops.convert_to_tensor(mean, dtype=images.dtype)

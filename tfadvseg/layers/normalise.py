"""Colour order of the public Caffe models."""

from keras import ops


def bgr(images):
    """RGB [N, H, W, 3] -> BGR, the channel order in which the public Caffe models were trained."""
    return ops.flip(images, axis=-1)


def caffe_bgr(images, mean):
    """RGB [N, H, W, 3] in 0..255 -> BGR minus `mean`, given in the order (B, G, R)."""
    return bgr(images) - ops.convert_to_tensor(mean, dtype=images.dtype)

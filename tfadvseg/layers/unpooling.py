"""Max pooling that remembers where each maximum was, and unpooling that puts values back there.

Windows are 2 x 2 with stride 2, as in SegNet (Badrinarayanan et al. 2017) and E-Net (Paszke et al. 2016). The first
maximum in scan order wins a tie, as in Caffe. Where a size is odd, the last window has what is left of it: sizes are
rounded up, as Caffe's, and unpooling cuts back to the size before.
"""

from collections.abc import Sequence

from keras import KerasTensor, ops


def max_pool_with_mask(x: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """(pooled [N, ceil(H/2), ceil(W/2), C], mask [N, ceil(H/2), ceil(W/2), 4, C]) of x [N, H, W, C].

    The mask is 1 at the window's first maximum and 0 at the other three; its gradient is zero.
    """
    windows = _to_windows(ops.stop_gradient(x))
    mask = ops.moveaxis(ops.one_hot(ops.argmax(windows, axis=3), 4, dtype=x.dtype), -1, 3)
    return ops.max_pool(x, 2, 2, padding="same"), ops.stop_gradient(mask)


def max_unpool(x: KerasTensor, mask: KerasTensor, size: Sequence[int] | None = None) -> KerasTensor:
    """Values x [N, H, W, C] at the places of `mask` [N, H, W, 4, C], zeros elsewhere: [N, 2H, 2W, C], or the first
    `size` (rows, columns) of these, where what was pooled had an odd size."""
    _, height, width, _, channels = mask.shape
    windows = ops.reshape(ops.expand_dims(x, 3) * mask, (-1, height, width, 2, 2, channels))
    found = ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, channels))
    return found if size in (None, (2 * height, 2 * width)) else found[:, : size[0], : size[1]]


def _to_windows(x: KerasTensor) -> KerasTensor:
    """[N, H, W, C] -> [N, ceil(H/2), ceil(W/2), 4, C], each window in scan order.

    An odd size is filled up with copies of its last row or column. They come later in the window than what they
    are copies of, so none of them is ever its first maximum.
    """
    missing = [size % 2 for size in x.shape[1:3]]
    if any(missing):
        x = ops.pad(x, [(0, 0), *((0, more) for more in missing), (0, 0)], mode="symmetric")
    _, height, width, channels = x.shape
    blocks = ops.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (-1, height // 2, width // 2, 4, channels))

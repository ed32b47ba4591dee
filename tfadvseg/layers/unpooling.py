"""Max pooling that remembers where each maximum was, and unpooling that puts values back there.

Windows are 2 x 2 with stride 2, as in SegNet (Badrinarayanan et al. 2017) and E-Net (Paszke et al. 2016). The first
maximum in scan order wins a tie, as in Caffe.
"""

from keras import ops


def max_pool_with_mask(x):
    """(pooled [N, H/2, W/2, C], mask [N, H/2, W/2, 4, C]) of x [N, H, W, C] with even H and W.

    The mask is 1 at the window's first maximum and 0 at the other three; its gradient is zero.
    """
    height, width = x.shape[1:3]
    if height % 2 or width % 2:
        raise ValueError(f"Pooling with indices needs even sizes; got height {height}, width {width}.")
    windows = _to_windows(ops.stop_gradient(x))
    mask = ops.moveaxis(ops.one_hot(ops.argmax(windows, axis=3), 4, dtype=x.dtype), -1, 3)
    return ops.max_pool(x, 2, 2, padding="valid"), ops.stop_gradient(mask)


def max_unpool(x, mask):
    """Values x [N, H, W, C] at the places of `mask` [N, H, W, 4, C], zeros elsewhere: [N, 2H, 2W, C]."""
    _, height, width, _, channels = mask.shape
    windows = ops.reshape(ops.expand_dims(x, 3) * mask, (-1, height, width, 2, 2, channels))
    return ops.reshape(ops.transpose(windows, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, channels))


def _to_windows(x):
    """[N, H, W, C] -> [N, H/2, W/2, 4, C], each window in scan order."""
    _, height, width, channels = x.shape
    blocks = ops.reshape(x, (-1, height // 2, 2, width // 2, 2, channels))
    return ops.reshape(ops.transpose(blocks, (0, 1, 3, 2, 4, 5)), (-1, height // 2, width // 2, 4, channels))

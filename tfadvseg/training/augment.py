"""Random views of a labelled photograph: flip, scale, crop and colour, with NumPy and Pillow."""

import numpy as np
from PIL import Image

from tfadvseg.conventions import IGNORED


def augment(
    image: np.ndarray,
    labels: np.ndarray,
    crop: tuple[int, int],
    rng: np.random.Generator,
    scales: tuple[float, float] = (0.75, 1.75),
    colour: float = 0.25,
) -> tuple[np.ndarray, np.ndarray]:
    """One random view: (float32 [h, w, 3] in 0..255, uint8 [h, w]) with (h, w) = `crop`.

    The scale is log-uniform in `scales`; `colour` is the strength of the colour jitter, 0 for none. Where the scaled
    photograph is smaller than the crop, its border is filled with mid grey and ignored labels.
    """
    if rng.random() < 0.5:
        image, labels = image[:, ::-1], labels[:, ::-1]
    image, labels = _scaled_crop(image, labels, np.exp(rng.uniform(*np.log(scales))), crop, rng)
    return _jitter_colour(image.astype(np.float32), colour, rng), labels


def _scaled_crop(image, labels, scale, crop, rng):
    """A crop of the photograph scaled by `scale`, resampled from the source window alone."""
    height, width = labels.shape
    source = np.minimum((height, width), np.maximum(1, np.round(np.array(crop) / scale))).astype(int)
    target = np.minimum(crop, np.maximum(1, np.round(source * scale))).astype(int)
    top, left = (rng.integers(0, full - part + 1) for full, part in zip((height, width), source, strict=True))
    window = np.s_[top : top + source[0], left : left + source[1]]
    size = (int(target[1]), int(target[0]))
    image = _resized(image[window], size, Image.Resampling.BILINEAR)
    labels = _resized(labels[window], size, Image.Resampling.NEAREST)
    missing = [(0, int(c - t)) for c, t in zip(crop, target, strict=True)]
    return (
        np.pad(image, [*missing, (0, 0)], constant_values=128),
        np.pad(labels, missing, constant_values=IGNORED),
    )


def _resized(image, size, how):
    """Of any type; Pillow takes channels of fractions one by one."""
    if image.dtype == np.uint8:
        return np.asarray(Image.fromarray(np.ascontiguousarray(image)).resize(size, how))
    channels = (Image.fromarray(np.ascontiguousarray(channel)) for channel in np.moveaxis(image, -1, 0))
    return np.stack([np.asarray(channel.resize(size, how)) for channel in channels], -1)


def _jitter_colour(image, strength, rng):
    """Gain, contrast and saturation by factors within 1 +- `strength`, brightness by up to 80 * `strength` levels."""
    gain, contrast, saturation = rng.uniform(1 - strength, 1 + strength, 3).astype(np.float32)
    grey = image.mean(-1, keepdims=True)
    image = grey + (image - grey) * saturation
    image = image.mean() + (image - image.mean()) * contrast
    return np.clip(image * gain + np.float32(rng.uniform(-80, 80) * strength), 0, 255)

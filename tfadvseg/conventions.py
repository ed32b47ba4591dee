"""The tensor convention of the whole package.

Images: float32 RGB [N, H, W, 3], intensities 0..255. Epsilon, step size and noise are in the same grey levels.
Labels: int32 [N, H, W] (uint8 on disk); IGNORED marks pixels that no score counts.
Logits: float32 [N, H, W, C] at the resolution of the images, before softmax.
Sizes are (height, width), as in arrays.
"""

IGNORED = 255
"""Label of void pixels, from file to score."""

LEFT_OUT = -1
"""In labels that an attack is given: pixels that count in no objective, such as padding where it shall not. Void
pixels, IGNORED, have no label to lead away from, but a targeted attack leads them to its own target as it does all
others."""

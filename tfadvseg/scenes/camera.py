"""The pinhole camera, and the flat patches of which everything but sky and ground is made.

World coordinates are metres (x to the right, y up, z along the road); the camera stands at z = 0. It is turned about
the vertical only; a tilt is a shift of the horizon, so that upright things stay upright in the image.
"""

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

NEAR = 0.4
"""Nothing closer than this is drawn, metres."""

Texture = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Coordinates on the patch, [n] and [n] -> colours [n, 3] in 0..1 and opacity [n]; where it is 0 the patch ends."""


@dataclasses.dataclass(frozen=True)
class Patch:
    """A flat textured thing: points origin + a * across + b * up with (a, b) in its box.

    origin, across, up: [3], metres. box: (least a, most a, least b, most b). label: class of its pixels.
    sheer: whether what is behind shows through; then it is drawn after everything that is not.
    """

    origin: np.ndarray
    across: np.ndarray
    up: np.ndarray
    box: tuple[float, float, float, float]
    texture: Texture
    label: int
    sheer: bool = False

    def middle(self) -> np.ndarray:
        """The middle of the box [3]."""
        left, right, bottom, top = self.box
        return self.origin + (left + right) / 2 * self.across + (bottom + top) / 2 * self.up

    def normal(self) -> np.ndarray:
        """One of the two directions [3] perpendicular to the patch."""
        (ax, ay, az), (ux, uy, uz) = self.across.tolist(), self.up.tolist()
        normal = np.array([ay * uz - az * uy, az * ux - ax * uz, ax * uy - ay * ux])
        return normal / math.sqrt(normal @ normal)


@dataclasses.dataclass(frozen=True)
class Camera:
    """position: [3], metres. yaw: radians, to the right. focal, horizon: pixels. size: (height, width) in pixels."""

    position: np.ndarray
    yaw: float
    focal: float
    horizon: float
    size: tuple[int, int]

    @functools.cached_property
    def turn(self) -> np.ndarray:
        """Matrix [3, 3] from world directions to the camera's frame, whose last coordinate is the depth."""
        sine, cosine = math.sin(self.yaw), math.cos(self.yaw)
        return np.array([[cosine, 0.0, -sine], [0.0, 1.0, 0.0], [sine, 0.0, cosine]])

    def rays(self, rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray]:
        """Slopes of the rays: to the right [1, columns] and up [rows, 1], for a depth of 1."""
        x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5 - self.size[1] / 2) / self.focal
        y = (self.horizon - np.arange(rows.start, rows.stop, dtype=np.float32) - 0.5) / self.focal
        return x[None, :], y[:, None]

    def window(self, corners: np.ndarray) -> tuple[slice, slice] | None:
        """Rows and columns of the frame that a polygon [n, 3] (camera frame) may touch; None if it is outside."""
        seen = _clip(corners)
        if len(seen) == 0:
            return None
        columns = seen[:, 0] / seen[:, 2] * self.focal + self.size[1] / 2
        rows = self.horizon - seen[:, 1] / seen[:, 2] * self.focal
        top, bottom = max(int(rows.min()), 0), min(int(rows.max()) + 1, self.size[0])
        left, right = max(int(columns.min()), 0), min(int(columns.max()) + 1, self.size[1])
        return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None

    def facing(self, foot: np.ndarray) -> np.ndarray:
        """The level direction [3] that runs to the right across the line of sight to `foot` [3]."""
        x, _, z = foot - self.position
        return np.array([z, 0.0, -x]) / math.hypot(x, z)

    def trace(self, patch: Patch, behind: np.ndarray) -> "Trace | None":
        """Where the patch is seen in front of what is drawn so far; None if nowhere.

        behind: 1 / depth [height, width] of what is drawn so far.
        """
        left, right, bottom, top = patch.box
        basis = self.turn @ np.stack([patch.across, patch.up, patch.origin - self.position], -1)
        corners = np.array([[left, bottom, 1], [right, bottom, 1], [right, top, 1], [left, top, 1]]) @ basis.T
        window = self.window(corners)
        inverse = _inverse(basis)
        if window is None or inverse is None:
            return None
        if corners[:, 2].min() > 1 / max(float(behind[window].min()), 1e-9):
            return None
        x, y = self.rays(*window)
        # A point at depth d on the ray (x, y, 1) has a = d * along, b = d * upward and d = 1 / closeness.
        along, upward, nearness = ([np.float32(value) for value in row] for row in inverse)
        closeness = nearness[0] * x + (nearness[1] * y + nearness[2])
        visible = (closeness > behind[window]) & (closeness < 1 / NEAR)
        row, column = np.nonzero(visible)
        x, y, closeness = x[0, column], y[row, 0], closeness[visible]
        a = (along[0] * x + along[1] * y + along[2]) / closeness
        b = (upward[0] * x + upward[1] * y + upward[2]) / closeness
        inside = (a >= left) & (a <= right) & (b >= bottom) & (b <= top)
        if not inside.any():
            return None
        pixels = (row[inside] + window[0].start, column[inside] + window[1].start)
        return Trace(pixels, a[inside], b[inside], closeness[inside])


class Trace(NamedTuple):
    """The n pixels at which a patch is seen: (rows, columns), its coordinates there, and 1 / depth; each [n]."""

    pixels: tuple[np.ndarray, np.ndarray]
    a: np.ndarray
    b: np.ndarray
    closeness: np.ndarray


def _inverse(matrix: np.ndarray) -> list[list[float]] | None:
    """The inverse of a matrix [3, 3]; None where it has none, as for a patch seen edge-on."""
    (a, b, c), (d, e, f), (g, h, i) = matrix.tolist()
    cofactors = [[e * i - f * h, c * h - b * i, b * f - c * e], [f * g - d * i, a * i - c * g, c * d - a * f]]
    cofactors.append([d * h - e * g, b * g - a * h, a * e - b * d])
    determinant = a * cofactors[0][0] + b * cofactors[1][0] + c * cofactors[2][0]
    if abs(determinant) < 1e-4:
        return None
    return [[value / determinant for value in row] for row in cofactors]


def _clip(corners: np.ndarray) -> np.ndarray:
    """The part of a polygon [n, 3] beyond the near plane, as corners [m, 3]."""
    if (corners[:, 2] >= NEAR).all():
        return corners
    kept = []
    for start, end in zip(corners, np.roll(corners, -1, 0), strict=True):
        if start[2] >= NEAR:
            kept.append(start)
        if (start[2] >= NEAR) != (end[2] >= NEAR):
            kept.append(start + (end - start) * (NEAR - start[2]) / (end[2] - start[2]))
    return np.array(kept)

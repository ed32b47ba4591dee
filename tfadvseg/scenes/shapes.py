"""Outlines on a patch, from which figures, plants and street furniture are composed."""

import numpy as np

from tfadvseg.scenes.camera import Camera, Patch, Texture

UPWARD = np.array([0.0, 1.0, 0.0])


def upright(
    camera: Camera,
    foot: np.ndarray,
    box: tuple[float, float, float, float],
    texture: Texture,
    label: int,
    sheer: bool = False,
) -> Patch:
    """A patch that stands at `foot` [3] and faces the camera; its coordinates are metres from the foot."""
    return Patch(foot, camera.facing(foot), UPWARD, box, texture, label, sheer)


def disc(a: np.ndarray, b: np.ndarray, x: float, y: float, radius: float) -> np.ndarray:
    """Mask [n] of the points within `radius` of (x, y)."""
    return (a - x) ** 2 + (b - y) ** 2 < radius**2


def limb(
    a: np.ndarray, b: np.ndarray, start: tuple[float, float], end: tuple[float, float], radius: float
) -> np.ndarray:
    """Mask [n] of the points within `radius` of the line from `start` to `end`, both (x, y)."""
    x, y = end[0] - start[0], end[1] - start[1]
    along = np.clip(((a - start[0]) * x + (b - start[1]) * y) / (x * x + y * y), 0, 1)
    return (a - start[0] - along * x) ** 2 + (b - start[1] - along * y) ** 2 < radius**2

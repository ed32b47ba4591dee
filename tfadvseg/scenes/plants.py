"""Trees and hedges."""

import numpy as np

from tfadvseg.scenes.camera import Camera, Patch
from tfadvseg.scenes.classes import TREE
from tfadvseg.scenes.light import Light
from tfadvseg.scenes.noise import clumps, grain
from tfadvseg.scenes.shapes import upright

LEAVES = np.array([[0.22, 0.36, 0.12], [0.14, 0.26, 0.1], [0.36, 0.42, 0.16], [0.48, 0.36, 0.14], [0.3, 0.3, 0.2]])


def tree(camera: Camera, light: Light, foot: np.ndarray, rng: np.random.Generator, height: float, bare: float) -> Patch:
    """A tree of this height whose lowest `bare` metres are trunk; the crown is lit from the sun's side."""
    half_height = (height - bare) / 2
    middle = bare + half_height
    half_width = half_height * rng.uniform(0.6, 1.1)
    trunk = rng.uniform(0.11, 0.22)
    leaves = LEAVES[rng.choice(len(LEAVES), p=[0.35, 0.3, 0.2, 0.08, 0.07])] * rng.uniform(0.7, 1.4)
    bark = rng.uniform(0.2, 0.45) * np.array([1.0, 0.85, 0.7])
    palette = np.stack([leaves, bark]).astype(np.float32)
    sunward = 4 if float(camera.facing(foot) @ light.toward_sun) > 0 else -4
    shift, ragged, cells = rng.integers(0, 256, 2).tolist(), rng.uniform(0.15, 0.35), rng.uniform(14, 26)

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = a * cells + shift[0], b * cells + shift[1]
        density = clumps(x, y)
        inside = 1 - np.hypot(a / half_width, (b - middle) / half_height) + ragged * density
        crown = inside > 0.12
        relief = density - clumps(x + sunward, y + 4)
        shade = 0.8 + 0.28 * (b - middle) / half_height + 0.35 * relief + 0.7 * (grain(x, y) - 0.5)
        stem = (np.abs(a) < trunk * (1.25 - 0.5 * b / middle)) & (b < middle)
        material = (~crown).astype(np.uint8)
        shade = np.where(crown, shade, 0.8 + 0.5 * a / trunk * np.sign(sunward) * 0.5 + 0.2 * (grain(x, y / 4) - 0.5))
        return palette[material] * np.clip(shade, 0.15, 1.8)[:, None], (crown | stem).astype(np.float32)

    reach = half_width * 1.35
    return upright(camera, foot, (-reach, reach, 0.0, height * 1.1), texture, TREE)


def bush(camera: Camera, light: Light, foot: np.ndarray, rng: np.random.Generator) -> Patch:
    """A crown without trunk, at most as high as a person."""
    return tree(camera, light, foot, rng, height=rng.uniform(1.2, 2.5), bare=-0.5)

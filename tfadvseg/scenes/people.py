"""Pedestrians and bicyclists: figures of limbs that face the camera, clothed in any colour."""

import numpy as np

from tfadvseg.scenes.camera import Camera, Patch
from tfadvseg.scenes.classes import BICYCLIST, PEDESTRIAN
from tfadvseg.scenes.noise import any_colour, clumps
from tfadvseg.scenes.shapes import disc, limb, upright

SKINS = np.array([[0.85, 0.66, 0.54], [0.72, 0.52, 0.4], [0.5, 0.34, 0.24], [0.34, 0.23, 0.17]])
COAT, TROUSERS, SKIN, HAIR, SHOES, EXTRA = range(6)


def _wardrobe(rng: np.random.Generator) -> np.ndarray:
    """Colours [6, 3] of coat, trousers, skin, hair, shoes and whatever is carried or ridden."""
    hair = rng.uniform(0.05, 0.45) * np.array([1.0, 0.85, 0.65])
    skin = SKINS[rng.integers(len(SKINS))]
    coat, trousers, carried = (any_colour(rng, 0.75) for _ in range(3))
    return np.stack([coat, trousers, skin, hair, trousers * 0.4, carried]).astype(np.float32)


def _dress(
    palette: np.ndarray, parts: list[tuple[int, np.ndarray]], a: np.ndarray, b: np.ndarray, half: float
) -> tuple[np.ndarray, np.ndarray]:
    """Colours and opacity of a figure whose later parts cover earlier ones; shaded from side to side."""
    material, solid = np.zeros(len(a), np.uint8), np.zeros(len(a), bool)
    for colour, mask in parts:
        material[mask] = colour
        solid |= mask
    shade = 1 + 0.2 * a / half + 0.08 * clumps(a * 60, b * 60)
    return palette[material] * np.clip(shade, 0.5, 1.5)[:, None].astype(np.float32), solid.astype(np.float32)


def pedestrian(camera: Camera, foot: np.ndarray, rng: np.random.Generator) -> Patch:
    """Someone who stands or walks, in a short or long coat, with or without a bag."""
    palette, size = _wardrobe(rng), rng.uniform(0.88, 1.08)
    stride, swing = rng.uniform(0.05, 0.34), rng.uniform(0.05, 0.3)
    girth, hem = rng.uniform(0.17, 0.24), float(rng.choice([0.9, 0.8, 0.5], p=[0.5, 0.3, 0.2]))
    bag, side = rng.random() < 0.35, float(rng.choice([-1.0, 1.0]))
    lean = side * 0.2 * stride

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = a / size, b / size
        parts = [
            (SHOES, limb(x, y, (-stride, 0.06), (-stride + 0.12 * side, 0.05), 0.06)),
            (SHOES, limb(x, y, (stride, 0.06), (stride + 0.12 * side, 0.05), 0.06)),
            (TROUSERS, limb(x, y, (-0.08, 0.88), (-stride, 0.12), 0.095)),
            (TROUSERS, limb(x, y, (0.08, 0.88), (stride, 0.12), 0.095)),
            (SKIN, disc(x, y, -0.26 - swing / 2, 0.82, 0.06) | disc(x, y, 0.26 + swing / 2, 0.82, 0.06)),
            (COAT, limb(x, y, (-girth + 0.02, 1.38), (-0.24 - swing / 2, 0.9), 0.07)),
            (COAT, limb(x, y, (girth - 0.02, 1.38), (0.24 + swing / 2, 0.9), 0.07)),
            (COAT, limb(x, y, (lean, 1.32), (0, max(hem + 0.15, 0.72)), girth)),
            (COAT, (np.abs(x) < girth * 1.1) & (y > hem) & (y < 1.1)),
            (SKIN, limb(x, y, (lean, 1.45), (lean, 1.6), 0.07)),
            (SKIN, disc(x, y, lean, 1.63, 0.125)),
            (HAIR, disc(x, y, lean - 0.03 * side, 1.68, 0.12) & (y > 1.63)),
        ]
        if bag:
            parts.append((EXTRA, limb(x, y, (-0.3 * side, 0.62), (-0.3 * side, 0.85), 0.15)))
        return _dress(palette, parts, x, y, 0.3)

    return upright(camera, foot, (-0.6, 0.6, 0.0, 1.85 * size), texture, PEDESTRIAN)


def bicyclist(camera: Camera, foot: np.ndarray, rng: np.random.Generator) -> Patch:
    """Someone on a bicycle, seen from the side (more or less turned) or from front or back."""
    palette, size = _wardrobe(rng), rng.uniform(0.92, 1.08)
    palette[SHOES] = 0.08
    if rng.random() < 0.55:
        return _from_side(camera, foot, palette, size, rng)
    return _from_end(camera, foot, palette, size)


def _from_side(camera: Camera, foot: np.ndarray, palette: np.ndarray, size: float, rng: np.random.Generator) -> Patch:
    turned = float(rng.choice([-1.0, 1.0])) * rng.uniform(0.45, 1.0) * size
    pedal = rng.uniform(0, 2 * np.pi)
    feet = [(0.16 * np.cos(angle), 0.3 + 0.16 * np.sin(angle)) for angle in (pedal, pedal + np.pi)]

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = a / turned, b / size
        hubs = [np.hypot(x - hub, y - 0.34) for hub in (-0.52, 0.52)]
        spokes = (hubs[0] < 0.31) | (hubs[1] < 0.31)
        frame = limb(x, y, (-0.52, 0.34), (-0.16, 0.8), 0.035) | limb(x, y, (0.42, 0.8), (0.52, 0.34), 0.035)
        frame |= limb(x, y, (-0.16, 0.75), (0.42, 0.78), 0.04) | limb(x, y, (0, 0.3), (0.4, 0.7), 0.04)
        frame |= limb(x, y, (-0.2, 0.92), (0, 0.3), 0.035) | limb(x, y, (-0.5, 0.34), (0, 0.3), 0.03)
        parts = [(SHOES, (hubs[0] < 0.37) | (hubs[1] < 0.37)), (EXTRA, frame)]
        for x_foot, y_foot in feet:
            knee = (0.17 + x_foot * 0.5, 0.72 + (y_foot - 0.3) * 0.6)
            parts += [
                (TROUSERS, limb(x, y, (-0.18, 1.0), knee, 0.1)),
                (TROUSERS, limb(x, y, knee, (x_foot, y_foot + 0.05), 0.075)),
                (SHOES, limb(x, y, (x_foot - 0.06, y_foot), (x_foot + 0.1, y_foot), 0.05)),
            ]
        parts += [
            (COAT, limb(x, y, (-0.18, 1.05), (0.14, 1.45), 0.17)),
            (COAT, limb(x, y, (0.15, 1.45), (0.3, 1.15), 0.075)),
            (SKIN, limb(x, y, (0.3, 1.15), (0.45, 1.02), 0.055)),
            (SKIN, limb(x, y, (0.18, 1.5), (0.26, 1.66), 0.1)),
            (HAIR, disc(x, y, 0.24, 1.73, 0.14) & (y > 1.69)),
        ]
        colours, opacity = _dress(palette, parts, x, y, 0.9)
        rider = np.logical_or.reduce([mask for _, mask in parts[1:]])
        opacity[spokes & ~rider] = 0.35
        return colours, opacity

    return upright(camera, foot, (-0.98, 0.98, 0.0, 1.95 * size), texture, BICYCLIST, sheer=True)


def _from_end(camera: Camera, foot: np.ndarray, palette: np.ndarray, size: float) -> Patch:
    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = a / size, b / size
        aside = np.abs(x)
        parts = [
            (SHOES, limb(x, y, (0, 0.05), (0, 0.65), 0.055)),
            (EXTRA, limb(x, y, (0, 0.6), (0, 1.0), 0.05) | limb(aside, y, (0, 1.0), (0.3, 1.04), 0.035)),
            (TROUSERS, limb(x, y, (-0.1, 0.95), (-0.16, 0.3), 0.1) | limb(x, y, (0.1, 0.95), (0.16, 0.5), 0.1)),
            (SHOES, disc(x, y, -0.16, 0.24, 0.08) | disc(x, y, 0.16, 0.44, 0.08)),
            (COAT, limb(aside, y, (0.2, 1.42), (0.32, 1.08), 0.075)),
            (COAT, limb(x, y, (0, 1.35), (0, 1.05), 0.23)),
            (SKIN, disc(x, y, 0, 1.66, 0.13)),
            (HAIR, disc(x, y, 0, 1.7, 0.14) & (y > 1.66)),
        ]
        return _dress(palette, parts, x, y, 0.4)

    return upright(camera, foot, (-0.45, 0.45, 0.0, 1.9 * size), texture, BICYCLIST)

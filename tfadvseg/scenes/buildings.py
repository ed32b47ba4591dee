"""Houses and fences: upright walls along the street."""

import numpy as np

from tfadvseg.scenes.camera import Patch, Texture
from tfadvseg.scenes.classes import BUILDING, FENCE
from tfadvseg.scenes.noise import any_colour, clumps, grain, mineral

UPWARD = np.array([0.0, 1.0, 0.0])


def wall(start: np.ndarray, end: np.ndarray, height: float, texture: Texture, label: int, sheer: bool = False) -> Patch:
    """An upright wall from `start` to `end`, points [3] on the ground; its coordinates are metres along and up."""
    length = float(np.linalg.norm(end - start))
    return Patch(start, (end - start) / length, UPWARD, (0.0, length, 0.0, height), texture, label, sheer)


def house(start: np.ndarray, end: np.ndarray, inward: np.ndarray, rng: np.random.Generator) -> list[Patch]:
    """The sides that the street sees of a house whose front runs from `start` (nearer) to `end`, points [3].

    inward: the level direction [3] into the house.
    """
    height = rng.uniform(5, 15)
    depth = 9 * inward
    texture = facade(height, rng)
    patches = [
        wall(start, end, height, texture, BUILDING),
        wall(start, start + depth, height, facade(height, rng) if rng.random() < 0.5 else texture, BUILDING),
    ]
    if rng.random() < 0.6:
        patches += _pitched_roof(start, end, depth / 2, height, rng.uniform(1.5, 4), rng)
    return patches


def _pitched_roof(
    start: np.ndarray, end: np.ndarray, halfway: np.ndarray, eaves: float, rise: float, rng: np.random.Generator
) -> list[Patch]:
    """The slope toward the street and the nearer gable."""
    length = float(np.linalg.norm(end - start))
    tiles, gable_wall = mineral(rng) * 0.8, mineral(rng)

    def slope(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        row = np.floor(b * 18)
        shade = 0.85 + 0.3 * grain(a * 5 + 3 * row, row) - 0.12 * (b * 18 % 1 < 0.2)
        return _tint(tiles, shade), np.ones_like(a)

    def gable(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inside = b / rise < 1 - np.abs(a - 1)
        return _tint(gable_wall, 1 + 0.06 * clumps(a * 90, b * 20)), inside.astype(np.float32)

    up = eaves * UPWARD
    along = (end - start) / length
    roof = Patch(start + up, along, halfway + rise * UPWARD, (-0.3, length + 0.3, -0.08, 1.0), slope, BUILDING)
    return [roof, Patch(start + up, halfway, UPWARD, (0.0, 2.0, 0.0, rise), gable, BUILDING)]


def facade(height: float, rng: np.random.Generator) -> Texture:
    """Storeys of windows on plaster, brick or cladding, over shops or doors."""
    base = mineral(rng) if rng.random() < 0.75 else 0.3 + 0.6 * any_colour(rng)
    glass = rng.uniform(0.08, 0.3) * np.array([0.9, 1.0, 1.15])
    trim = np.clip(base * rng.uniform(0.5, 1.6), 0.05, 0.95)
    palette = np.stack([base, trim, glass, glass + rng.uniform(0.1, 0.4), any_colour(rng), any_colour(rng)])
    palette = palette.astype(np.float32)
    bay, storey = rng.uniform(1.6, 4), rng.uniform(2.7, 3.6)
    half_width, half_height = rng.uniform([0.2, 0.22], [0.4, 0.36]).tolist()
    shops, bricks, banded = rng.random() < 0.45, rng.random() < 0.5, rng.random() < 0.3
    shift = rng.integers(0, 256, 2).tolist()

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        column, floor = np.floor(a / bay), np.floor(b / storey)
        u, v = np.abs(a / bay - column - 0.5), np.abs(b / storey - floor - 0.52)
        chance = grain(column + shift[0], floor + shift[1])
        upper = (floor > 0) & (b < (height // storey) * storey) & (chance > 0.06)
        material = np.zeros(len(a), np.uint8)
        if banded:
            material[(b / storey - floor < 0.08) | (u > 0.47)] = 1
        material[upper & (u < half_width + 0.04) & (v < half_height + 0.05)] = 1
        pane = upper & (u < half_width) & (v < half_height) & (u > 0.015)
        material[pane] = np.where(chance[pane] > 0.65, 3, 2)
        street = floor == 0
        if shops:
            material[street & (u < 0.45) & (b < 0.75 * storey) & (b > 0.4)] = 2
            material[street & (b > 0.78 * storey)] = 4
            material[street & (b < 0.4)] = 1
        else:
            door = street & (column % 3 == shift[0] % 3)
            material[door & (u < 0.18) & (b < 2.2)] = 5
            material[street & ~door & (u < half_width) & (v < half_height)] = 2
        material[b > height - 0.35] = 1
        shade = 1 + 0.07 * clumps(a * 12 + shift[0], b * 12 + shift[1]) + 0.06 * (grain(a * 25, b * 25) - 0.5)
        if bricks:
            shade[b % 0.24 < 0.06] *= 0.88
        shade = shade + (material == 2) * (0.5 * (b / storey - floor))
        return palette[material] * shade[:, None], np.ones_like(a)

    return texture


def fence(start: np.ndarray, end: np.ndarray, rng: np.random.Generator, height: float | None = None) -> Patch:
    """Boards, metal sheets, wire mesh or a railing from `start` to `end`, points [3] on the ground."""
    height = height or rng.uniform(1.1, 2.1)
    kind = rng.choice(["boards", "sheets", "mesh", "railing"])
    paints = [0.18, 0.3, 0.16], [0.4, 0.28, 0.18], [0.85, 0.85, 0.82]
    colour = rng.choice(np.array([mineral(rng), any_colour(rng), *paints]))
    step = rng.uniform(0.12, 0.3)
    posts = rng.uniform(1.8, 2.6)

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        post = (a % posts < 0.1) | (b > height - 0.07)
        slat = np.floor(a / step)
        within = a / step - slat
        shade = 0.85 + 0.25 * grain(slat, 0 * slat) + 0.06 * clumps(a * 20, b * 8)
        opacity = np.ones(len(a), np.float32)
        if kind == "boards":
            shade = shade * np.where(within < 0.14, 0.5, 1)
            opacity[b > height - 0.1 * grain(slat, slat)] = 0
        elif kind == "sheets":
            shade = 0.95 + 0.14 * np.sin(2 * np.pi * within) + 0.05 * clumps(a * 9, b * 9)
        elif kind == "mesh":
            wire = ((a + b) % 0.22 < 0.07) | ((a - b) % 0.22 < 0.07)
            opacity[~(wire | post)] = 0.2
        else:
            rail = (within < 0.38) | (np.abs(b - 0.2) < 0.06)
            opacity[~(rail | post)] = 0.1
        shade = np.where(post, 0.8, shade)
        return _tint(colour, shade), opacity

    return wall(start, end, height, texture, FENCE, sheer=kind in ("mesh", "railing"))


def _tint(colour: np.ndarray, shade: np.ndarray) -> np.ndarray:
    """One colour [3] at each brightness [n], float32 [n, 3]."""
    return shade[:, None].astype(np.float32) * np.asarray(colour, np.float32)

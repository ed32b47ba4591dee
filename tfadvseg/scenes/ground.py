"""The ground: a road that may bend, its markings, and the pavements on both sides."""

import dataclasses

import numpy as np

from tfadvseg.scenes.classes import PAVEMENT, ROAD
from tfadvseg.scenes.noise import clumps, grain, mineral


@dataclasses.dataclass(frozen=True)
class Road:
    """half: half the width of the carriageway, metres. bend: curvature, 1 / metres. Driving is on the left."""

    half: float
    bend: float

    def centre(self, z: np.ndarray | np.float64) -> np.ndarray | np.float64:
        """The x of the centre line at z, metres."""
        return 0.5 * self.bend * z * np.abs(z)

    def point(self, offset: float, z: float) -> np.ndarray:
        """The point [3] on the ground `offset` metres to the right of the centre line at z."""
        return np.array([self.centre(np.float64(z)) + offset, 0.0, z])

    def heading(self, z: float) -> np.ndarray:
        """The direction [3] of the road at z."""
        direction = np.array([self.bend * abs(z), 0.0, 1.0])
        return direction / np.linalg.norm(direction)


def ground(
    road: Road, x: np.ndarray, z: np.ndarray, depth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Colours [h, w, 3] and labels [h, w] of the ground at x, z [h, w]; depth [h, 1] is the distance to the camera."""
    offset = x - road.centre(z)
    aside = np.abs(offset)
    paved = aside > road.half
    asphalt, slabs = mineral(rng) * 0.8, mineral(rng)
    palette = np.stack([asphalt, slabs, *_extra_colours(asphalt, slabs, rng)]).astype(np.float32)
    material = paved.astype(np.uint8)
    _mark_road(material, road, offset, z, rng)
    kerb = (aside > road.half) & (aside < road.half + 0.18)
    material[kerb] = 2
    near = np.clip(1.3 - depth / 22, 0.15, 1)
    roughness = rng.uniform([0.03, 0.02], [0.14, 0.12]).tolist()
    shade = 1 + roughness[0] * clumps(x * 9, z * 9) + roughness[1] * 2 * (grain(x * 40, z * 40) - 0.5)
    worn = rng.uniform(0, 0.1) * np.cos(offset * (2 * np.pi / road.half * 2))
    shade = 1 + (shade - 1 + np.where(paved, 0, worn)) * near
    shade = shade * _slab_pattern(offset, z, near, paved, rng)
    return palette[material] * shade[..., None], np.where(paved, PAVEMENT, ROAD).astype(np.uint8)


def _extra_colours(asphalt: np.ndarray, slabs: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Kerb, white paint, yellow paint, cycle lane, mended asphalt."""
    kerb = slabs * rng.uniform(0.7, 1.35)
    lane = asphalt * rng.choice([[1.35, 0.8, 0.7], [0.75, 1.15, 0.85]])
    white = np.full(3, rng.uniform(0.7, 0.9))
    return [kerb, white, np.array([0.8, 0.66, 0.22]), lane, asphalt * rng.uniform(0.7, 1.25)]


def _mark_road(material: np.ndarray, road: Road, offset: np.ndarray, z: np.ndarray, rng: np.random.Generator) -> None:
    """Sets the material (3 white, 4 yellow, 5 cycle lane, 6 mended) where the road is marked."""
    aside, on_road = np.abs(offset), np.abs(offset) < road.half
    where = rng.uniform([-road.half, 2], [road.half, 25]).tolist()
    length = rng.uniform([0.4, 2], [2, 14]).tolist()
    material[on_road & (np.abs(offset - where[0]) < length[0]) & (np.abs(z - where[1]) < length[1])] = 6
    if rng.random() < 0.2:
        material[on_road & (aside > road.half - 1.5)] = 5
    period, phase = float(rng.choice([4.0, 6.0, 9.0])), rng.uniform(0, 9)
    dashed = (z + phase) % period < period * rng.uniform(0.4, 0.7)
    material[(aside < 0.08) & (dashed | (rng.random() < 0.15))] = 3
    edge = rng.choice([0, 3, 4], p=[0.4, 0.3, 0.3])
    if edge:
        material[on_road & (np.abs(aside - road.half + 0.35) < 0.07)] = edge
    if edge == 4:
        material[on_road & (np.abs(aside - road.half + 0.62) < 0.06)] = edge
    if rng.random() < 0.3:
        start = rng.uniform(6, 25)
        crossing = on_road & (z > start) & (z < start + 3)
        material[crossing & (offset % 1.1 < 0.55)] = 3
        material[on_road & (offset < 0) & (np.abs(z - start + 1.5) < 0.15)] = 3


def _slab_pattern(
    offset: np.ndarray, z: np.ndarray, near: np.ndarray, paved: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Brightness [h, w] of the pavement's slabs and their joints; 1 on the road and far away."""
    if rng.random() < 0.2:
        return np.ones_like(offset)
    width, length = rng.uniform(0.35, 0.9), rng.uniform(0.4, 1.2)
    column, row = offset / width, z / length
    joint = (column % 1 < 0.07) | (row % 1 < 0.05)
    tone = 1 + rng.uniform(0.05, 0.25) * (grain(np.floor(column), np.floor(row)) - 0.5)
    tone[joint] *= 0.75
    return 1 + np.where(paved, tone - 1, 0) * near

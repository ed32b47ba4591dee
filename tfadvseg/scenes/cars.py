"""Cars: a profile drawn across the width, so that they can be seen from any side."""

import dataclasses

import numpy as np

from tfadvseg.scenes.camera import Patch, Texture
from tfadvseg.scenes.classes import CAR
from tfadvseg.scenes.noise import any_colour, grain
from tfadvseg.scenes.shapes import UPWARD, disc

FLOOR = 0.22
"""Height of a car's underside, metres."""


@dataclasses.dataclass(frozen=True)
class Body:
    """Heights and places, metres. The cabin stands on the belt between `back` and `cowl`; its roof is shorter.

    half: half the width. length, height: overall. belt, nose: height of the body at the cabin and at the front.
    back, roof_back, roof_front, cowl: from the rear (0) to the front (length).
    """

    half: float
    length: float
    height: float
    belt: float
    nose: float
    back: float
    roof_back: float
    roof_front: float
    cowl: float


BODIES = {
    "hatchback": Body(0.87, 3.9, 1.48, 0.92, 0.75, 0.02, 0.45, 2.15, 3.0),
    "saloon": Body(0.9, 4.6, 1.45, 0.93, 0.75, 0.65, 1.3, 2.6, 3.45),
    "estate": Body(0.9, 4.6, 1.5, 0.93, 0.76, 0.02, 0.3, 2.7, 3.45),
    "off_roader": Body(0.95, 4.5, 1.75, 1.08, 1.0, 0.02, 0.2, 2.7, 3.3),
    "van": Body(0.98, 4.8, 2.1, 1.15, 1.05, 0.0, 0.08, 3.4, 4.3),
}
PAINT, GLASS, TYRE, HUB, BUMPER, RED, WHITE, PLATE = range(8)


def car(
    centre: np.ndarray, heading: np.ndarray, viewpoint: np.ndarray, rng: np.random.Generator
) -> tuple[list[Patch], Patch]:
    """The faces of a random car that can be seen from `viewpoint` [3], and the ground under it, for its shadow.

    centre: [3], the middle of its footprint. heading: level direction [3] of its front.
    """
    body = BODIES[rng.choice(list(BODIES), p=[0.3, 0.2, 0.15, 0.2, 0.15])]
    right = np.array([heading[2], 0.0, -heading[0]])
    rear = centre - heading * body.length / 2
    palette = _palette(rng)
    faces = _sides(body, rear, heading, right, palette, rng) + _across(body, rear, heading, right, palette)
    middle = centre + UPWARD * body.belt * 0.7
    under = Patch(centre, right, heading, (-body.half, body.half, -body.length / 2, body.length / 2), _solid, CAR)
    return [face for face in faces if _faces(face, middle, viewpoint)], under


def _solid(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((len(a), 3), np.float32), np.ones(len(a), np.float32)


def _palette(rng: np.random.Generator) -> np.ndarray:
    """Colours [8, 3]: most cars are black, grey, silver or white."""
    grey = rng.choice([0.07, 0.2, 0.35, 0.5, 0.65, 0.85]) * (np.ones(3) + rng.normal(0, 0.02, 3))
    paint = grey if rng.random() < 0.6 else any_colour(rng, 0.95)
    bumper = paint * 0.9 if rng.random() < 0.5 else np.full(3, 0.15)
    glass = rng.uniform(0.08, 0.25) * np.array([0.95, 1.0, 1.1])
    plate = rng.choice([[0.85, 0.72, 0.2], [0.85, 0.85, 0.85]])
    rest = [[0.05, 0.05, 0.055], np.full(3, rng.uniform(0.2, 0.6)), bumper, [0.6, 0.06, 0.06], [0.9, 0.9, 0.85], plate]
    return np.stack([paint, glass, *rest]).astype(np.float32)


def _faces(face: Patch, middle: np.ndarray, viewpoint: np.ndarray) -> bool:
    """Whether the outside of this face of a body around `middle` is seen."""
    at, normal = face.middle(), face.normal()
    return float(normal @ (at - middle)) * float(normal @ (viewpoint - at)) > 0


def _sides(
    body: Body, rear: np.ndarray, heading: np.ndarray, right: np.ndarray, palette: np.ndarray, rng: np.random.Generator
) -> list[Patch]:
    """Both flanks with their wheels, and the windows above them, which lean inward."""
    rise, lean = body.height - body.belt, 0.17 * body.half
    wheel = 0.31 + 0.03 * (body.height > 1.6)
    axles = (0.19 * body.length, 0.81 * body.length)
    pillar, panelled = rng.uniform(0.45, 0.6), rng.random() < 0.5 and body.height > 2

    def flank(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        front = body.belt + (body.nose - body.belt) * np.clip((a - body.cowl) / (body.length - body.cowl), 0, 1) ** 2
        solid = (b > FLOOR) & (b < front) & ~((b > front - 0.06) & ((a < 0.06) | (a > body.length - 0.06)))
        material = np.where(b < FLOOR + 0.1, BUMPER, PAINT).astype(np.uint8)
        material[((a < 0.18) & (b > 0.62 * body.belt))] = RED
        material[((a > body.length - 0.25) & (b > body.nose - 0.18))] = WHITE
        for axle in axles:
            material[disc(a, b, axle, wheel, wheel + 0.06) & solid] = TYRE
            solid |= disc(a, b, axle, wheel, wheel)
            material[disc(a, b, axle, wheel, wheel)] = TYRE
            material[disc(a, b, axle, wheel, wheel * 0.62)] = HUB
        seams = (np.abs(a - 0.33 * body.length) < 0.02) | (np.abs(a - 0.56 * body.length) < 0.02)
        shade = 0.8 + 0.3 * b / body.belt - 0.3 * (seams & (material == PAINT)) - 0.12 * (np.abs(b - 0.55) < 0.03)
        return palette[material] * shade[:, None].astype(np.float32), solid.astype(np.float32)

    def cabin(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        start = body.back + (body.roof_back - body.back) * b
        end = body.cowl + (body.roof_front - body.cowl) * b
        glass = (a > start + 0.14) & (a < end - 0.14) & (b > 0.08) & (b < 0.86)
        glass &= np.abs(a - pillar * body.length) > 0.05
        if panelled:
            glass &= a > 0.62 * body.length
        shade = np.where(glass, 0.8 + 0.9 * b * grain(a * 3, b * 3 + 7), 1.0)
        material = np.where(glass, GLASS, PAINT)
        return palette[material] * shade[:, None].astype(np.float32), ((a > start) & (a < end)).astype(np.float32)

    patches = []
    for side in (-1, 1):
        edge = rear + side * body.half * right
        slope = rise * UPWARD - side * lean * right
        patches.append(Patch(edge, heading, UPWARD, (0.0, body.length, 0.0, body.belt), flank, CAR))
        patches.append(Patch(edge + body.belt * UPWARD, heading, slope, (0.0, body.length, 0.0, 1.0), cabin, CAR))
    return patches


def _across(body: Body, rear: np.ndarray, heading: np.ndarray, right: np.ndarray, palette: np.ndarray) -> list[Patch]:
    """Rear, boot, rear window, roof, windscreen, bonnet and front, from edge to edge of the profile."""
    roof = 0.83 * body.half
    along, up, width = 0.0, 0.0, body.half
    profile = [
        (0.0, body.belt, body.half, end_texture(body, palette, body.belt, RED)),
        (body.back, body.belt, body.half, panel(body.half, body.half, palette, PAINT)),
        (body.roof_back, body.height, roof, panel(body.half, roof, palette, GLASS)),
        (body.roof_front, body.height, roof, panel(roof, roof, palette, PAINT)),
        (body.cowl, body.belt, body.half, panel(roof, body.half, palette, GLASS)),
        (body.length, body.nose, body.half, panel(body.half, body.half, palette, PAINT)),
        (body.length, 0.0, body.half, end_texture(body, palette, body.nose, WHITE)),
    ]
    patches = []
    for next_along, next_up, next_width, texture in profile:
        if (along, up) != (next_along, next_up):
            step = (next_along - along) * heading + (next_up - up) * UPWARD
            half = max(width, next_width)
            start = rear + along * heading + up * UPWARD
            patches.append(Patch(start, right, step, (-half, half, 0.0, 1.0), texture, CAR))
        along, up, width = next_along, next_up, next_width
    return patches


def panel(start: float, end: float, palette: np.ndarray, material: int) -> Texture:
    """A face whose half width goes from `start` to `end` metres; glass keeps a frame of paint."""

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        inside = start + (end - start) * b - np.abs(a)
        kind = np.full(len(a), material)
        if material == GLASS:
            kind[(inside < 0.09) | (b < 0.06) | (b > 0.9)] = PAINT
        shade = 0.85 + 0.35 * grain(a * 2 + 40, b * 2 + 9) * (material == GLASS) + 0.1 * (a / start) + 0.1 * b
        return palette[kind] * shade[:, None].astype(np.float32), (inside > 0).astype(np.float32)

    return texture


def end_texture(body: Body, palette: np.ndarray, top: float, lamps: int) -> Texture:
    """Rear or front: lamps at the corners, a plate in the middle, a bumper, tyres below. Coordinate b is 0..1."""
    downward = lamps == WHITE

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        up = (1 - b if downward else b) * top
        aside = np.abs(a)
        material = np.where(up < 0.5 * top, BUMPER, PAINT).astype(np.uint8)
        material[(aside > body.half - 0.3) & (np.abs(up - 0.78 * top) < 0.11)] = lamps
        material[(aside < 0.26) & (np.abs(up - 0.56 * top) < 0.065)] = PLATE
        if downward:
            material[(aside < 0.5) & (np.abs(up - 0.78 * top) < 0.07)] = TYRE
        material[up < FLOOR] = TYRE
        shade = 0.8 + 0.3 * up / top - 0.1 * (np.abs(up - 0.5 * top) < 0.015)
        solid = (up > FLOOR) | (aside > body.half - 0.22)
        return palette[material] * shade[:, None].astype(np.float32), solid.astype(np.float32)

    return texture

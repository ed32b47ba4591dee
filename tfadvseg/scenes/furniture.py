"""What stands on pavements: lamp posts, signs, traffic lights, and bins that no score counts."""

import numpy as np

from tfadvseg.conventions import IGNORED
from tfadvseg.scenes.camera import Camera, Patch, Texture
from tfadvseg.scenes.classes import POLE, SIGN
from tfadvseg.scenes.noise import any_colour, grain, mineral
from tfadvseg.scenes.shapes import disc, limb, upright


def post(camera: Camera, foot: np.ndarray, rng: np.random.Generator, height: float, arm: float = 0.0) -> Patch:
    """A post, `height` metres; with an arm (metres, signed) it carries a lamp over the road."""
    radius = rng.uniform(0.09, 0.14)
    colour = mineral(rng) if rng.random() < 0.7 else 0.7 * any_colour(rng)
    palette = np.stack([colour, colour * 0.75, [0.85, 0.84, 0.78]]).astype(np.float32)
    skirt = rng.uniform(0, 1.2)

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        thick = radius * np.where(b < skirt, 1.35, 1.1 - 0.25 * b / height)
        solid = np.abs(a) < thick
        material = (b < skirt).astype(np.uint8)
        if arm:
            solid |= limb(a, b, (0, height - 0.5), (arm, height - 0.1), 0.07)
            lamp = limb(a, b, (arm, height - 0.14), (arm * 0.7, height - 0.16), 0.13)
            material[lamp] = 2
            solid |= lamp
        shade = 0.95 + 0.25 * a / radius * np.where(np.abs(a) < radius * 1.4, 1, 0)
        return palette[material] * np.clip(shade, 0.6, 1.3)[:, None].astype(np.float32), solid.astype(np.float32)

    reach = max(0.2, abs(arm) + 0.2)
    return upright(camera, foot, (-reach, reach, 0.0, height), texture, POLE)


def signs(camera: Camera, foot: np.ndarray, rng: np.random.Generator) -> list[Patch]:
    """A post with one or two signs, or with a traffic light."""
    kind = rng.choice(["signs", "light", "board"], p=[0.5, 0.28, 0.22])
    before = foot + np.array([0.0, 0.0, -0.16])
    if kind == "light":
        height = rng.uniform(2.9, 3.6)
        return [post(camera, foot, rng, height), _board(camera, before, height - 0.45, 0.24, 0.62, traffic_light(rng))]
    if kind == "board":
        half_width, half_height = rng.uniform([0.7, 0.4], [1.3, 0.75]).tolist()
        height = rng.uniform(2.4, 3.4)
        texture = lettered(half_width, half_height, rng)
        return [post(camera, foot, rng, height), _board(camera, before, height - 0.3, half_width, half_height, texture)]
    patches, height = [], rng.uniform(2.4, 3.2)
    for level in range(rng.integers(1, 3)):
        radius = rng.uniform(0.36, 0.5)
        patches.append(_board(camera, before, height - 0.95 * level, radius, radius, traffic_sign(radius, rng)))
    return [post(camera, foot, rng, height), *patches]


def _board(
    camera: Camera, foot: np.ndarray, middle: float, half_width: float, half_height: float, texture: Texture
) -> Patch:
    """A sign whose coordinates have their origin at its middle, that many metres up."""
    box = (-half_width, half_width, -half_height, half_height)
    return upright(camera, foot + np.array([0.0, middle, 0.0]), box, texture, SIGN)


def traffic_light(rng: np.random.Generator) -> Texture:
    """Three lamps, one of which is on, in a dark or light case."""
    case = rng.choice([0.06, 0.1, 0.45]) * np.ones(3)
    lamps = np.array([[0.95, 0.15, 0.1], [0.98, 0.7, 0.15], [0.2, 0.9, 0.5]])
    lit = rng.integers(3)
    lamps[np.arange(3) != lit] *= 0.22
    palette = np.stack([case, *lamps]).astype(np.float32)

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        material = np.zeros(len(a), np.uint8)
        for lamp, height in enumerate((0.38, 0.0, -0.38), start=1):
            material[disc(a, b, 0, height, 0.15)] = lamp
        return palette[material], np.ones(len(a), np.float32)

    return texture


def traffic_sign(radius: float, rng: np.random.Generator) -> Texture:
    """A disc, triangle, diamond or square with a rim and a symbol; sometimes its grey back."""
    shape = rng.choice(["disc", "triangle", "square", "diamond"], p=[0.45, 0.25, 0.2, 0.1])
    red, blue, white = np.array([0.75, 0.1, 0.1]), np.array([0.1, 0.25, 0.6]), np.array([0.88, 0.88, 0.86])
    dark, grey = np.array([0.1, 0.1, 0.12]), mineral(rng)
    rim, field, symbol = [(red, white, dark), (blue, blue, white), (white, red, white), (grey * 0.8, grey, grey)][
        rng.choice(4, p=[0.5, 0.25, 0.1, 0.15])
    ]
    palette = np.stack([rim, field, symbol]).astype(np.float32) * np.float32(rng.uniform(0.7, 1.1))
    pattern = int(rng.integers(0, 256))

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x, y = np.abs(a) / radius, b / radius
        edge = {
            "disc": np.hypot(x, y),
            "triangle": np.maximum(-y * 1.15, x * 1.1 + y * 0.5 + 0.45) * 0.98,
            "square": np.maximum(x, np.abs(y)),
            "diamond": x + np.abs(y),
        }[shape]
        material = (edge < 0.78).astype(np.uint8)
        material[(edge < 0.5) & (grain(x * 3 + pattern, y * 3 + 8 + pattern) > 0.5)] = 2
        return palette[material], (edge < 1).astype(np.float32)

    return texture


def lettered(half_width: float, half_height: float, rng: np.random.Generator) -> Texture:
    """A board with lines of writing."""
    field = rng.choice([[0.1, 0.25, 0.55], [0.1, 0.35, 0.22], [0.85, 0.85, 0.82], [0.85, 0.7, 0.15]])
    letters = np.full(3, 0.9 if field[0] < 0.5 else 0.1)
    palette = np.stack([field, letters]).astype(np.float32)
    line, pattern = rng.uniform(0.22, 0.36), int(rng.integers(0, 256))

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        row = np.floor((b + half_height) / line)
        within = (b + half_height) / line - row
        written = (within > 0.3) & (within < 0.75) & (grain(a * 11 + 64 + pattern, row + pattern) > 0.35)
        border = np.maximum(np.abs(a) - half_width, np.abs(b) - half_height) > -0.06
        return palette[(written & (np.abs(a) < half_width * 0.8) | border).astype(np.uint8)], np.ones_like(a)

    return texture


def bin_(camera: Camera, foot: np.ndarray, rng: np.random.Generator) -> Patch:
    """A litter bin: void."""
    half, height = rng.uniform([0.22, 0.8], [0.38, 1.2]).tolist()
    palette = np.stack([any_colour(rng), np.full(3, 0.1)]).astype(np.float32)

    def texture(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        slot = (np.abs(b - height * 0.78) < 0.09) & (np.abs(a) < half * 0.7)
        shade = (0.9 + 0.3 * a / half) * np.where(b > height * 0.92, 1.2, 1)
        return palette[slot.astype(np.uint8)] * shade[:, None].astype(np.float32), np.ones(len(a), np.float32)

    return upright(camera, foot, (-half, half, 0.0, height), texture, IGNORED)

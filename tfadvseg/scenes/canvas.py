"""The frame in the making: colours, labels and depths at twice the final size, and the photograph made of them."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from tfadvseg.conventions import IGNORED
from tfadvseg.scenes.camera import Camera, Patch
from tfadvseg.scenes.classes import SKY
from tfadvseg.scenes.ground import Road, ground
from tfadvseg.scenes.light import Light
from tfadvseg.scenes.noise import any_colour, clumps

SIZE = (192, 256)
"""Height and width of the images."""
FRAME = (2 * SIZE[0], 2 * SIZE[1])
"""What is drawn: two by two of its pixels become one."""
FARTHEST = 1e-4
"""Closeness of the sky."""


@dataclasses.dataclass(frozen=True)
class Shadow:
    """darkness: share of the light that the patch, which lies on the ground, takes away."""

    patch: Patch
    darkness: float


class Canvas:
    """image: float32 [384, 512, 3] in 0..1. labels: uint8 [384, 512]. closeness: 1 / depth [384, 512], per metre."""

    def __init__(self, camera: Camera, light: Light):
        self.camera = camera
        self.light = light
        self.image = np.zeros((*FRAME, 3), np.float32)
        self.labels = np.full(FRAME, SKY, np.uint8)
        self.closeness = np.full(FRAME, FARTHEST, np.float32)
        self._ground = slice(min(max(int(camera.horizon) + 1, 0), FRAME[0]), FRAME[0])

    def paint_sky(self, rng: np.random.Generator) -> None:
        """A gradient from the haze at the horizon to the zenith, with clouds in perspective."""
        rows = slice(0, self._ground.start)
        x, y = self.camera.rays(rows, slice(0, FRAME[1]))
        zenith = self.light.haze * (1 - rng.uniform(0, 1) * rng.uniform([0.5, 0.3, 0.02], [0.65, 0.42, 0.12]))
        height = np.clip(np.maximum(y, 0) / rng.uniform(0.3, 0.8), 0, 1)[..., None]
        shift = rng.uniform(0, 256, 2).tolist()
        distance = 1 / (np.maximum(y, 0) + 0.12)
        cloud = clumps(x * distance * 18 + shift[0], distance * 18 + shift[1])
        cloud = np.clip(cloud * rng.uniform(0.1, 0.6) + rng.uniform(-0.4, 0.6), 0, 1)[..., None]
        haze, zenith = self.light.haze.astype(np.float32), zenith.astype(np.float32)
        sky = haze + height * (zenith - haze)
        self.image[rows] = sky + cloud * (np.float32(rng.uniform(0.7, 0.95)) - sky)

    def paint_ground(self, road: Road, rng: np.random.Generator) -> None:
        """Road and pavements, to the horizon."""
        x, y = self.camera.rays(self._ground, slice(0, FRAME[1]))
        depth = float(self.camera.position[1]) / -np.minimum(y, -1e-3)
        sine, cosine = np.float32(np.sin(self.camera.yaw)), np.float32(np.cos(self.camera.yaw))
        east = np.float32(self.camera.position[0]) + depth * (x * cosine + sine)
        north = depth * (cosine - x * sine)
        colours, self.labels[self._ground] = ground(road, east, north, depth, rng)
        self.image[self._ground] = colours * self.light.on(np.array([0, 1, 0])).astype(np.float32)
        self.closeness[self._ground] = 1 / depth

    def cast_shadows(self, shadows: Sequence[Shadow]) -> None:
        """Darkens the ground; where shadows overlap the darkest counts. To be done before anything is drawn on it."""
        dark, settled = np.zeros(FRAME, np.float32), np.zeros(FRAME, np.float32)
        for shadow in sorted(shadows, key=lambda shadow: shadow.darkness, reverse=True):
            trace = self.camera.trace(shadow.patch, behind=settled)
            if trace is not None:
                opacity = shadow.patch.texture(trace.a, trace.b)[1]
                dark[trace.pixels] = np.maximum(dark[trace.pixels], np.float32(shadow.darkness) * opacity)
                settled[trace.pixels] = np.where(opacity >= 1, np.float32(np.inf), np.float32(0))
        self.image[self._ground] *= 1 - _soften(dark[self._ground], 0.5)[..., None]

    def draw_all(self, patches: Sequence[Patch]) -> None:
        """Draws in any order; what is sheer comes last, from far to near."""

        def distance(patch: Patch) -> float:
            return float(np.linalg.norm(patch.middle() - self.camera.position))

        for patch in sorted((patch for patch in patches if not patch.sheer), key=distance):
            self.draw(patch)
        for patch in sorted((patch for patch in patches if patch.sheer), key=distance, reverse=True):
            self.draw(patch)

    def draw(self, patch: Patch) -> None:
        """Colours, labels and depth of the patch, where nothing drawn so far is nearer."""
        trace = self.camera.trace(patch, behind=self.closeness)
        if trace is None:
            return
        colours, opacity = patch.texture(trace.a, trace.b)
        colours = colours * self._light_on(patch)
        pixels, closeness = trace.pixels, trace.closeness
        if patch.sheer:
            colours = self.image[pixels] + opacity[:, None] * (colours - self.image[pixels])
        solid = opacity > 0
        if not solid.all():
            pixels = pixels[0][solid], pixels[1][solid]
            colours, closeness = colours[solid], closeness[solid]
        self.image[pixels] = colours
        self.labels[pixels] = patch.label
        self.closeness[pixels] = closeness

    def _light_on(self, patch: Patch) -> np.ndarray:
        """Light [3] on the side of the patch that the camera sees."""
        normal = patch.normal()
        toward_camera = self.camera.position - patch.middle()
        return self.light.on(normal if normal @ toward_camera > 0 else -normal).astype(np.float32)

    def photograph(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """What the camera records: image uint8 [192, 256, 3] and labels uint8 [192, 256]."""
        if rng.random() < 0.3:
            self._bonnet(rng)
        clear = np.exp(-self.light.thickness / np.maximum(self.closeness, 1e-3))
        clear[self.closeness <= FARTHEST] = 1
        haze = self.light.haze.astype(np.float32)
        image = _halve(haze + (self.image - haze) * clear[..., None])
        image = _soften(image, rng.uniform(0.0, 0.5))
        tint = np.exp(rng.normal(0, 0.05) * np.array([1, 0, -1])) * rng.uniform(0.85, 1.2)
        image = np.clip(image * tint.astype(np.float32), 0, 1) ** np.float32(rng.uniform(0.6, 0.9))
        image += rng.standard_normal(image.shape, np.float32) * np.float32(rng.uniform(0.004, 0.025))
        return (np.clip(image, 0, 1) * 255).round().astype(np.uint8), _majority(self.labels)

    def _bonnet(self, rng: np.random.Generator) -> None:
        """The bonnet of the car that carries the camera, which no score counts."""
        rows = slice(FRAME[0] - 40, FRAME[0])
        x = np.linspace(-1, 1, FRAME[1], dtype=np.float32)[None, :] + np.float32(rng.normal(0, 0.1))
        up = np.arange(40, 0, -1, dtype=np.float32)[:, None]
        over = np.float32(rng.uniform(10, 36)) * (1 - np.abs(x) ** 3) - up
        shine = 0.5 + 0.5 * np.exp(-np.abs(over) / 8)
        bonnet = over > 0
        self.image[rows][bonnet] = (any_colour(rng) * 0.7 * shine[..., None])[bonnet]
        self.labels[rows][bonnet] = IGNORED
        self.closeness[rows][bonnet] = 1


def _halve(image: np.ndarray) -> np.ndarray:
    """Means of two by two pixels."""
    rows = image[0::2] + image[1::2]
    return (rows[:, 0::2] + rows[:, 1::2]) / 4


def _soften(image: np.ndarray, weight: float) -> np.ndarray:
    """Blurs with (weight, 2, weight) / (2 + 2 weight) along both axes; the border repeats."""
    share = np.float32(weight / (2 + 2 * weight))
    for _ in range(2):
        steps = np.diff(image, axis=0) * share
        image = image.copy()
        image[:-1] += steps
        image[1:] -= steps
        image = image.swapaxes(0, 1)
    return image


def _majority(labels: np.ndarray) -> np.ndarray:
    """The most frequent label of two by two pixels; among equals the last class."""
    corners = np.stack([labels[0::2, 0::2], labels[0::2, 1::2], labels[1::2, 0::2], labels[1::2, 1::2]])
    first, second, third, last = np.sort(corners, axis=0)
    paired = np.where(second == third, second, np.where(first == second, first, last))
    return np.where(third == last, last, paired)

"""What stands where: a random street, as seen from a car that drives on the left."""

import dataclasses

import numpy as np

from tfadvseg.scenes.buildings import facade, fence, house
from tfadvseg.scenes.camera import Camera, Patch
from tfadvseg.scenes.canvas import FRAME, Shadow
from tfadvseg.scenes.cars import car
from tfadvseg.scenes.classes import BUILDING
from tfadvseg.scenes.furniture import bin_, post, signs
from tfadvseg.scenes.ground import Road
from tfadvseg.scenes.light import Light, random_light
from tfadvseg.scenes.people import bicyclist, pedestrian
from tfadvseg.scenes.plants import bush, tree
from tfadvseg.scenes.shapes import upright

END = 70.0
"""The street is furnished up to here, metres."""
SHADED = 45.0
"""Up to here things cast shadows, metres; farther ones are too small to see."""
LEFT, RIGHT = -1, 1


@dataclasses.dataclass
class Street:
    """A scene, ready to be drawn; the functions below add to `patches` and `shadows`."""

    camera: Camera
    light: Light
    road: Road
    patches: list[Patch] = dataclasses.field(default_factory=list)
    shadows: list[Shadow] = dataclasses.field(default_factory=list)

    def add(self, *patches: Patch) -> None:
        """Adds upright patches together with their shadows on the ground."""
        self.patches += patches
        sun = self.light.on(np.array([0.0, 1.0, 0.0])).sum()
        darkness = 1 - self.light.sky.sum() / sun
        if darkness > 0.25:
            fall = self.light.fall()
            self.shadows += [
                Shadow(dataclasses.replace(patch, up=fall), darkness)
                for patch in patches
                if patch.up[1] == 1 and patch.origin[1] == 0 and patch.origin[2] < SHADED
            ]

    def add_car(self, offset: float, z: float, heading: np.ndarray, rng: np.random.Generator) -> None:
        """A car, `offset` metres to the right of the centre line, and the dark below it."""
        faces, under = car(self.road.point(offset, z), heading, self.camera.position, rng)
        left, right, rear, front = under.box
        wide = dataclasses.replace(under, box=(left - 0.15, right + 0.15, rear - 0.15, front + 0.15))
        self.shadows += [Shadow(wide, 0.45), Shadow(under, 0.75)]
        self.add(*faces)


def random_street(rng: np.random.Generator) -> Street:
    """A street of random width, bend, light and population."""
    road = Road(half=rng.uniform(3.3, 5.2), bend=rng.normal(0, 0.0035))
    street = Street(_random_camera(road, rng), random_light(rng), road)
    pavements = {side: rng.uniform(1.8, 3.8) for side in (LEFT, RIGHT)}
    _end_of_street(street, rng)
    for side, pavement in pavements.items():
        _plots(street, side, road.half + pavement, rng)
        _furniture(street, side, pavement, rng)
        _parked(street, side, rng)
        _walkers(street, side, pavement, rng)
    _traffic(street, rng)
    _riders(street, rng)
    return street


def _random_camera(road: Road, rng: np.random.Generator) -> Camera:
    """In the left lane, looking about along the road."""
    x = -road.half / 2 + rng.normal(0, 0.4)
    focal = FRAME[1] / 2 / np.tan(np.radians(rng.uniform(44, 58)) / 2)
    return Camera(
        position=np.array([x, rng.uniform(1.25, 1.9), 0.0]),
        yaw=float(np.clip(rng.normal(0, 0.07), -0.16, 0.16)),
        focal=float(focal),
        horizon=float(FRAME[0] * rng.uniform(0.42, 0.56)),
        size=FRAME,
    )


def _end_of_street(street: Street, rng: np.random.Generator) -> None:
    """Far houses and trees, side by side, where the street ends."""
    x = -110.0
    while x < 110:
        width = rng.uniform(8, 25)
        foot = np.array([x + width / 2, 0.0, rng.uniform(95, 130)])
        if rng.random() < 0.45:
            street.patches.append(tree(street.camera, street.light, foot, rng, rng.uniform(8, 16), -4.0))
        else:
            height = rng.uniform(6, 18)
            box = (-width / 2, width / 2, 0.0, height)
            street.patches.append(upright(street.camera, foot, box, facade(height, rng), BUILDING))
        x += width * rng.uniform(0.6, 1.1)


def _plots(street: Street, side: int, line: float, rng: np.random.Generator) -> None:
    """Houses at the pavement, houses behind fences, and fenced gardens, from the camera to the end of the street."""
    z = rng.uniform(-6, 2)
    while z < END:
        length = rng.uniform(7, 18)
        kind = rng.choice(["house", "front garden", "garden"], p=[0.4, 0.35, 0.25])
        inward = np.array([float(side), 0.0, 0.0])
        setback = 0.0 if kind == "house" else rng.uniform(2.5, 7)
        near, far = (street.road.point(side * line, at) for at in (z, z + length))
        if kind != "garden":
            street.add(*house(near + setback * inward, far + setback * inward, inward, rng))
        if kind != "house":
            street.add(fence(near, far, rng))
            for at in np.arange(z + 1, z + length, rng.uniform(2, 5) if kind == "garden" else rng.uniform(4, 9)):
                foot = street.road.point(side * (line + rng.uniform(0.8, 3.5)), at)
                if kind == "garden" and rng.random() < 0.6:
                    street.add(tree(street.camera, street.light, foot, rng, rng.uniform(4, 9), rng.uniform(0.8, 2)))
                else:
                    street.patches.append(bush(street.camera, street.light, foot, rng))
        z += length + (rng.uniform(0, 4) if rng.random() < 0.3 else 0)


def _furniture(street: Street, side: int, pavement: float, rng: np.random.Generator) -> None:
    """Lamp posts, signs, trees, bins and railings near the kerb."""
    kerb = street.road.half
    lamp_height, arm = rng.uniform(5, 8), -side * rng.choice([0.0, 0.9, 1.6])
    for z in np.arange(rng.uniform(5, 11), 28, rng.uniform(8, 14)):
        street.add(post(street.camera, street.road.point(side * (kerb + 0.5), z), rng, lamp_height, arm))
    for z in np.arange(rng.uniform(6, 11), 26, rng.uniform(7, 12)):
        street.add(*signs(street.camera, street.road.point(side * (kerb + rng.uniform(0.4, 1.0)), z), rng))
    if rng.random() < 0.5:
        height, bare = rng.uniform(4.5, 8), rng.uniform(1.6, 2.4)
        for z in np.arange(rng.uniform(8, 14), END, rng.uniform(8, 15)):
            foot = street.road.point(side * (kerb + 0.9), z)
            street.add(tree(street.camera, street.light, foot, rng, height * rng.uniform(0.85, 1.15), bare))
    for z in rng.uniform(5, 25, rng.integers(0, 3)):
        street.add(bin_(street.camera, street.road.point(side * (kerb + pavement - 0.5), z), rng))
    if rng.random() < 0.35:
        start = rng.uniform(6, 14)
        near, far = (street.road.point(side * (kerb + 0.25), at) for at in (start, start + rng.uniform(6, 14)))
        street.add(fence(near, far, rng, height=rng.uniform(0.9, 1.15)))


def _parked(street: Street, side: int, rng: np.random.Generator) -> None:
    """A row of cars at the kerb, with gaps."""
    if rng.random() < 0.35:
        return
    z = rng.uniform(7, 16)
    while z < 50:
        if rng.random() < 0.7:
            turned = street.road.heading(z) * rng.choice([-1, 1], p=[0.2, 0.8])
            street.add_car(side * (street.road.half - 1.05), z, -side * turned, rng)
        z += rng.uniform(5.2, 7.5)


def _traffic(street: Street, rng: np.random.Generator) -> None:
    """Cars ahead in the left lane and coming in the right one; sometimes one that turns."""
    lane = street.road.half / 2 - 0.3
    for z in np.cumsum(rng.uniform(7, 30, 3)):
        street.add_car(-lane + rng.normal(0, 0.2), z + 3, street.road.heading(z), rng)
    for z in np.cumsum(rng.uniform(6, 25, 3)):
        street.add_car(lane + rng.normal(0, 0.2), z, -street.road.heading(z), rng)
    if rng.random() < 0.2:
        angle = rng.uniform(0, 2 * np.pi)
        street.add_car(rng.normal(0, 1), rng.uniform(14, 30), np.array([np.sin(angle), 0.0, np.cos(angle)]), rng)


def _walkers(street: Street, side: int, pavement: float, rng: np.random.Generator) -> None:
    """People on the pavement, some together, and now and then one who crosses the road."""
    for z in np.concatenate([rng.uniform(6, 13, rng.integers(1, 3)), rng.uniform(9, 24, rng.integers(1, 4))]):
        offset = street.road.half + rng.uniform(0.4, pavement - 0.3)
        for beside in range(1 + (rng.random() < 0.3)):
            foot = street.road.point(side * (offset + 0.55 * beside), z + 0.3 * beside)
            street.add(pedestrian(street.camera, foot, rng))
    if rng.random() < 0.25:
        foot = street.road.point(rng.uniform(-1, 1) * street.road.half, rng.uniform(8, 20))
        street.add(pedestrian(street.camera, foot, rng))


def _riders(street: Street, rng: np.random.Generator) -> None:
    """Bicyclists at both sides of the road."""
    for z in np.concatenate([rng.uniform(6, 12, rng.integers(1, 3)), rng.uniform(9, 20, rng.integers(1, 3))]):
        side = rng.choice([LEFT, RIGHT])
        foot = street.road.point(side * (street.road.half - rng.uniform(0.5, 2.2)), z)
        street.add(bicyclist(street.camera, foot, rng))

"""The light of a scene: sun, sky and haze."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Light:
    """toward_sun: [3], of length 1. sun, sky, haze: colours [3]. thickness: share of light lost to haze a metre."""

    toward_sun: np.ndarray
    sun: np.ndarray
    sky: np.ndarray
    haze: np.ndarray
    thickness: float

    def on(self, normal: np.ndarray) -> np.ndarray:
        """Light [3] on a white surface with this normal [3]."""
        from_sky = self.sky * (0.8 + 0.2 * normal[1])
        return from_sky + self.sun * max(float(normal @ self.toward_sun), 0.0)

    def fall(self) -> np.ndarray:
        """Where on the ground [3] the shadow of a point lies that is one metre up."""
        return np.array([-self.toward_sun[0], 0, -self.toward_sun[2]]) / self.toward_sun[1]


def random_light(rng: np.random.Generator) -> Light:
    """From a clear evening to a grey noon."""
    azimuth, elevation = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(22, 65))
    toward_sun = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    clear = float(rng.choice([0.12, 0.6, 1.0], p=[0.3, 0.25, 0.45]))
    sun = clear * np.array([1.0, 0.93, 0.82])
    sky = (0.92 - 0.42 * clear) * (np.array([0.95, 0.99, 1.05]) + rng.normal(0, 0.015, 3))
    haze = rng.uniform(0.62, 0.9) * np.array([0.95, 0.98, 1.02])
    return Light(toward_sun, sun, sky, haze, thickness=rng.uniform(0.001, 0.008))

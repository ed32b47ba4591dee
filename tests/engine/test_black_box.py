"""An endpoint that gives label maps alone: how many requests it bears at once, and in which order they come."""

import threading
import time

import numpy as np
import pytest
from six_images import split

from tfadvseg.attacks.dla import Dla
from tfadvseg.attacks.noise import Noise
from tfadvseg.engine.black_box import BlackBox, attack_endpoint
from tfadvseg.engine.in_flight import finished
from tfadvseg.engine.sending import Sending
from tfadvseg.runs.folder import RunFolder

QUERIES = 4


class Client:
    """Labels by brightness; counts requests, and how many it works on at once."""

    def __init__(self):
        self.asked = self.working = self.at_once = 0
        self._lock = threading.Lock()

    def __call__(self, signature, inputs):
        with self._lock:
            self.asked, self.working = self.asked + 1, self.working + 1
            self.at_once = max(self.at_once, self.working)
        time.sleep(0.005)
        with self._lock:
            self.working -= 1
        return {"labels": (inputs["images"].mean(-1) // 32).astype(np.uint8)}


@pytest.mark.parametrize("labels", ["prediction", "ground_truth"])
@pytest.mark.parametrize("concurrency", [1, 3])
def test_no_more_requests_than_allowed_are_under_way(tmp_path, concurrency, labels):
    """The first one about a photograph included, for which its attacks wait in threads of the same pool."""
    attacks = (("noise", Noise(8.0, True, True)), ("dla", Dla(8.0, QUERIES, True, True)))
    client, folder = Client(), RunFolder(tmp_path / "run", {}, {})
    one = BlackBox(attacks, Sending.named("uint8"), client, labels, 11, 0)
    assert attack_endpoint(one, split(), folder, concurrency) == {}
    assert client.asked == 6 * one.queries == 6 * (1 + 1 + 1 + QUERIES)
    assert client.at_once <= concurrency
    for unit in finished(split(), folder).values():
        assert unit["changed"][0] == 0 < unit["changed"][2] and unit["linf"].tolist() == [0, 8, 8]

"""A server on this machine that turns what it is given round, of every type."""

import numpy as np
import pytest
from loopback import Loopback, Signature

from tfadvseg.endpoints import connect
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import Settings
from tfadvseg.endpoints.kserve_tensors import DATATYPES

ENDPOINTS = {
    "tfserving grpc": ("tfserving", "grpc", {}),
    "tfserving columns": ("tfserving", "http", {}),
    "tfserving rows": ("tfserving", "http", {"rows": True}),
    "kserve grpc": ("kserve_v2", "grpc", {}),
    "kserve rest": ("kserve_v2", "http", {}),
}
"""(API, scheme, settings) of every way in."""


def turned(inputs):
    """Each array with its images in reverse order."""
    return {f"{name}_turned": value[::-1] for name, value in inputs.items()}


def signatures():
    """One of each type, one of two arrays, and what a segmentation network may do wrong."""
    found = {
        str(np.dtype(kind)): Signature(turned, {"x": np.dtype(kind)}, {"x_turned": np.dtype(kind)})
        for kind in DATATYPES.values()
    }
    two = {"a": np.dtype(np.uint8), "b": np.dtype(np.float32)}
    return found | {"two": Signature(turned, two, {f"{name}_turned": kind for name, kind in two.items()})}


@pytest.fixture
def server():
    with Loopback(signatures()) as found:
        yield found


@pytest.fixture(params=ENDPOINTS)
def way(request):
    """(API, scheme, settings), each in turn."""
    return ENDPOINTS[request.param]


@pytest.fixture
def client_of():
    """(server, way, **settings) -> a client, closed at the end."""
    clients = []

    def make(server, way, **settings):
        api, scheme, own = way
        known = {"name": "net", "retries": 0, "timeout": 20.0} | own | settings
        clients.append(connect(api, Settings(Address.of(server.address(scheme)), **known)))
        return clients[-1]

    yield make
    for client in clients:
        client.close()

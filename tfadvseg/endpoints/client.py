"""What every client is, and which one an endpoint takes."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np

from tfadvseg.endpoints.address import Address
from tfadvseg.registry import choose

Arrays = Mapping[str, np.ndarray]
"""By name; strings are object arrays of bytes."""

LARGEST = 1 << 30
"""Bytes of an answer."""
DEFAULT = "serving_default"
"""The signature that is meant where nobody names one."""


class Client(Protocol):
    """(signature, arrays by name) -> arrays by name, from any thread."""

    def __call__(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """ValueError in a sentence where there is no answer: `failures.Unreachable` where another time there may be
        one, `failures.Refused` where the server will not, or answers by another version of the model than it did
        before, `failures.Unreadable` where it is no answer to this."""

    def close(self) -> None:
        """Ends its connections."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """address: of the endpoint. name, version: of the model there, the newest version where it is None. names: models
    that stand for a signature each, by its name. timeout: seconds for one answer. retries: how often a request is
    repeated where nobody answers. rows: whether TensorFlow Serving's REST is sent `instances`, a row an image, in place
    of columns."""

    address: Address
    name: str
    version: int | None = None
    names: Mapping[str, str] = dataclasses.field(default_factory=dict)
    timeout: float = 60.0
    retries: int = 5
    rows: bool = False

    def model_of(self, signature: str) -> str:
        """The model that has this signature, where one model has all."""
        return self.names.get(signature, self.name)


def _tfserving_grpc(settings: Settings) -> Client:
    from tfadvseg.endpoints.tfserving_grpc import TfServingGrpc

    return TfServingGrpc(settings)


def _tfserving_rest(settings: Settings) -> Client:
    from tfadvseg.endpoints.tfserving_rest import TfServingRest

    return TfServingRest(settings)


def _kserve_grpc(settings: Settings) -> Client:
    from tfadvseg.endpoints.kserve_grpc import KserveGrpc

    return KserveGrpc(settings)


def _kserve_rest(settings: Settings) -> Client:
    from tfadvseg.endpoints.kserve_rest import KserveRest

    return KserveRest(settings)


API: dict[str, dict[str, Callable[[Settings], Client]]] = {
    "tfserving": {"grpc": _tfserving_grpc, "http": _tfserving_rest, "https": _tfserving_rest},
    "kserve_v2": {"grpc": _kserve_grpc, "http": _kserve_rest, "https": _kserve_rest},
}
"""By name and the scheme of an address."""


def connect(api: str, settings: Settings) -> Client:
    """A client of the endpoint; nothing is sent yet."""
    return choose(API, api, "API")[settings.address.scheme](settings)

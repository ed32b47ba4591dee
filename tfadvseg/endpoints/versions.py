"""Which version of a model answers, where a server says so."""

import threading

from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.failures import changed


class Versions:
    """Of each model the one that answered first; from any thread."""

    def __init__(self, address: Address):
        self.address, self._first, self._lock = address, dict[str, str](), threading.Lock()

    def note(self, model: str, version: str) -> None:
        """Of an answer; "" where it says none. Refused where another version has answered before: a server that loads
        a newer one meanwhile would otherwise be measured as a mixture of two networks."""
        if not version:
            return
        with self._lock:
            first = self._first.setdefault(model, version)
        if version != first:
            raise changed(self.address, model, first, version)

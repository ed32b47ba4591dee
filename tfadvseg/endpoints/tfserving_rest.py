"""TensorFlow Serving by REST: /v1/models/NAME[/versions/V]:predict."""

import threading
import urllib.parse

import numpy as np

from tfadvseg.endpoints import tfserving_json
from tfadvseg.endpoints.client import Arrays, Settings
from tfadvseg.endpoints.failures import Patience, refused, unreadable
from tfadvseg.endpoints.http import Http, parsed, said
from tfadvseg.endpoints.tfserving_json import Types, signature_types


class TfServingRest:
    """A `client.Client`. What types a model's numbers have is asked once, of its metadata. This API does not say which
    version answers."""

    def __init__(self, settings: Settings):
        self.settings, self._http = settings, Http(settings.address, settings.timeout)
        self._types: dict[str, dict[str, tuple[Types, Types]]] = {}
        self._lock, self._patiently = threading.Lock(), Patience(settings.retries)

    def __call__(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """All outputs of one POST, in the types that the model's metadata says; `failures.Refused` names the signatures
        there are where this is none of them."""
        model, address = self.settings.model_of(signature), self.settings.address
        offered = self._offered(model, signature)
        if signature not in offered:
            raise refused(address, model, signature, f"it has {', '.join(sorted(offered))}", unknown=True)
        body = tfserving_json.request(signature, inputs, self.settings.rows)
        answer = self._asked("POST", f"{self._place(model)}:predict", model, signature, body)
        try:
            return tfserving_json.answer(parsed(address, answer), offered[signature][1])
        except (ValueError, TypeError) as error:
            raise unreadable(address, str(error)) from error

    def _offered(self, model: str, signature: str) -> dict[str, tuple[Types, Types]]:
        with self._lock:
            if model not in self._types:
                found = self._asked("GET", f"{self._place(model)}/metadata", model, signature)
                try:
                    self._types[model] = signature_types(parsed(self.settings.address, found))
                except (KeyError, TypeError, AttributeError) as error:
                    raise unreadable(self.settings.address, f"metadata without {error}") from error
            return self._types[model]

    def _asked(self, method: str, path: str, model: str, signature: str, body: bytes = b"") -> bytes:
        headers = {"Content-Type": "application/json"} if body else {}

        def ask() -> bytes:
            answer = self._http(method, path, body, headers)
            if answer.status != 200:
                raise refused(self.settings.address, model, signature, said(answer), unknown=answer.status == 404)
            return answer.body

        return self._patiently(f"{method} {model} {signature}", ask)

    def _place(self, model: str) -> str:
        version = "" if self.settings.version is None else f"/versions/{self.settings.version}"
        return f"/v1/models/{urllib.parse.quote(model, safe='')}{version}"

    def close(self) -> None:
        """Ends the connections of all threads."""
        self._http.close()

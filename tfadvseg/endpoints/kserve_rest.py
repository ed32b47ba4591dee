"""KServe v2 by REST, with the binary tensor data extension: /v2/models/NAME[/versions/V]/infer.

A body is a JSON object, of as many bytes as the header Inference-Header-Content-Length says, and behind it the raw
values of the tensors, of as many bytes each as its binary_data_size.
"""

import json
import re
import urllib.parse
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfadvseg.endpoints.client import Arrays, Settings
from tfadvseg.endpoints.failures import Patience, refused, unreadable
from tfadvseg.endpoints.http import Answer, Http, parsed, said
from tfadvseg.endpoints.kserve_names import model_of
from tfadvseg.endpoints.kserve_tensors import DATATYPES, array_of, datatype, filled, raw
from tfadvseg.endpoints.typed import typed
from tfadvseg.endpoints.versions import Versions

HEADER = "Inference-Header-Content-Length"
UNKNOWN = (400, 404)
"""Status codes with which a server may answer that it has no such model; its text says whether it is that."""


class KserveRest:
    """A `client.Client`."""

    def __init__(self, settings: Settings):
        self.settings, self._http = settings, Http(settings.address, settings.timeout)
        self._versions, self._patiently = Versions(settings.address), Patience(settings.retries)

    def __call__(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """All outputs of one POST, whether the server answers with raw values or with JSON."""
        settings, model = self.settings, model_of(self.settings, signature)
        version = "" if settings.version is None else f"/versions/{settings.version}"
        path = f"/v2/models/{urllib.parse.quote(model, safe='')}{version}/infer"
        head, values = body(inputs, "inputs", {"parameters": {"binary_data_output": True}})
        headers = {"Content-Type": "application/octet-stream", HEADER: str(len(head))}

        def ask() -> Answer:
            answer = self._http("POST", path, head + values, headers)
            if answer.status != 200:
                text = said(answer)
                unknown = answer.status == 404 or (answer.status in UNKNOWN and "unknown model" in text)
                raise refused(settings.address, model, signature, text, unknown)
            return answer

        return self._read(self._patiently(f"{model} {signature}", ask), model)

    def _read(self, answer: Answer, model: str) -> dict[str, np.ndarray]:
        stated = answer.headers.get(HEADER.lower(), "")
        length = int(stated) if re.fullmatch("[0-9]{1,18}", stated) else len(answer.body)
        found = parsed(self.settings.address, answer.body[:length])
        self._versions.note(model, str(found.get("model_version") or ""))
        try:
            return tensors(found["outputs"], memoryview(answer.body)[length:])
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise unreadable(self.settings.address, f"{type(error).__name__} {error}") from error

    def close(self) -> None:
        """Ends the connections of all threads."""
        self._http.close()


def body(arrays: Arrays, side: str, more: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """(its JSON, with the arrays described under `side` and `more` beside them; the values behind it)."""
    contents = {name: raw(array) for name, array in arrays.items()}
    described = [
        {
            "name": name,
            "datatype": datatype(array),
            "shape": list(array.shape),
            "parameters": {"binary_data_size": len(contents[name])},
        }
        for name, array in arrays.items()
    ]
    return json.dumps({side: described, **more}).encode(), b"".join(contents.values())


def tensors(described: list[dict[str, Any]], values: memoryview) -> dict[str, np.ndarray]:
    """The arrays that a body holds, those without values behind it from its JSON; ValueError, KeyError, TypeError or
    AttributeError where they do not fit together."""
    found, place = {}, 0
    for one in described:
        name, kind, shape = one["name"], one["datatype"], one["shape"]
        size = (one.get("parameters") or {}).get("binary_data_size")
        if size is None:
            found[name] = _of_json(one["data"], kind, shape)
        else:
            if size < 0:
                raise ValueError(f"{name} of {size} bytes")
            found[name] = array_of(values[place : place + size], kind, shape)
            place += size
    if place != len(values):
        raise ValueError(f"{len(values)} bytes behind the JSON, of which {place} are described")
    return found


def _of_json(data: Any, kind: str, shape: list[int]) -> np.ndarray:
    """Numbers row by row, whether nested or not; strings as text."""
    if kind not in DATATYPES:
        raise ValueError(f"a tensor of the type {kind}")
    return filled(typed(data, np.dtype(DATATYPES[kind])), shape)

"""TensorFlow Serving by gRPC: PredictionService/Predict."""

import numpy as np

from tfadvseg.endpoints.client import Arrays, Settings
from tfadvseg.endpoints.failures import Patience, unreadable
from tfadvseg.endpoints.grpc_call import GrpcCall
from tfadvseg.endpoints.tfserving_messages import MESSAGES, PREDICT, predict_request, tensors, version_of
from tfadvseg.endpoints.versions import Versions


class TfServingGrpc:
    """A `client.Client`."""

    def __init__(self, settings: Settings):
        self.settings, self._versions = settings, Versions(settings.address)
        self._patiently = Patience(settings.retries)
        self._call = GrpcCall(settings, PREDICT, MESSAGES["PredictResponse"])

    def __call__(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """All outputs of one Predict."""
        model = self.settings.model_of(signature)
        request = predict_request(model, self.settings.version, signature, inputs)
        answer = self._patiently(f"{model} {signature}", lambda: self._call(request, model, signature))
        self._versions.note(model, version_of(answer))
        try:
            return tensors(answer.outputs)
        except ValueError as error:
            raise unreadable(self.settings.address, str(error)) from error

    def close(self) -> None:
        """Ends the channel, and with it what is still under way."""
        self._call.close()

"""KServe v2 by gRPC, as Triton speaks it: GRPCInferenceService/ModelInfer."""

import numpy as np

from tfadvseg.endpoints.client import Arrays, Settings
from tfadvseg.endpoints.failures import Patience, unreadable
from tfadvseg.endpoints.grpc_call import GrpcCall
from tfadvseg.endpoints.kserve_messages import INFER, MESSAGES, infer_request, tensors
from tfadvseg.endpoints.kserve_names import model_of
from tfadvseg.endpoints.versions import Versions


class KserveGrpc:
    """A `client.Client`."""

    def __init__(self, settings: Settings):
        self.settings, self._versions = settings, Versions(settings.address)
        self._patiently = Patience(settings.retries)
        self._call = GrpcCall(settings, INFER, MESSAGES["ModelInferResponse"])

    def __call__(self, signature: str, inputs: Arrays) -> dict[str, np.ndarray]:
        """All outputs of one ModelInfer; which model a signature means, `kserve_names.model_of` says."""
        model = model_of(self.settings, signature)
        request = infer_request(model, self.settings.version, inputs)
        answer = self._patiently(f"{model} {signature}", lambda: self._call(request, model, signature))
        self._versions.note(model, answer.model_version)
        try:
            return tensors(answer.outputs, answer.raw_output_contents)
        except ValueError as error:
            raise unreadable(self.settings.address, str(error)) from error

    def close(self) -> None:
        """Ends the channel, and with it what is still under way."""
        self._call.close()

"""One method of a gRPC service, called from any number of threads over one channel."""

from typing import Any

import grpc

from tfadvseg.endpoints.client import LARGEST, Settings
from tfadvseg.endpoints.failures import Refused, late, refused, too_large, unreachable, unreadable

OPTIONS = (
    ("grpc.max_send_message_length", -1),  # without a limit, as gRPC's own is 4 MB
    ("grpc.max_receive_message_length", LARGEST),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_http_proxy", 0),
)
RECEIVED = "CLIENT: Received message larger"
"""Of an answer, which our own limit refuses."""
BEYOND_A_LIMIT = ("larger than max", "message length")
"""What gRPC says of a message that is too large, to tell it from other exhausted resources."""


class GrpcCall:
    """method: as /package.Service/Method. answer: the class of message that comes back."""

    def __init__(self, settings: Settings, method: str, answer: Any):
        self.settings, self.method = settings, method
        self._channel = grpc.insecure_channel(settings.address.target, options=OPTIONS)
        self._call = self._channel.unary_unary(
            method,
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=answer.FromString,
        )

    def __call__(self, request: Any, model: str, signature: str) -> Any:
        """The answer; model, signature: what is asked for, for a sentence."""
        try:
            return self._call(request, timeout=self.settings.timeout)
        except grpc.RpcError as error:
            raise self._failure(error.code(), error.details() or "", model, signature) from error

    def _failure(self, code: grpc.StatusCode, text: str, model: str, signature: str) -> ValueError:
        address = self.settings.address
        match code:
            case grpc.StatusCode.UNAVAILABLE:
                return unreachable(address, text)
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return late(address, self.settings.timeout)
            case grpc.StatusCode.RESOURCE_EXHAUSTED if RECEIVED in text:
                return unreadable(address, f"it has more than {LARGEST:,} bytes")
            case grpc.StatusCode.RESOURCE_EXHAUSTED if any(words in text for words in BEYOND_A_LIMIT):
                return too_large(address, text)
            case grpc.StatusCode.UNIMPLEMENTED:
                return Refused(f"{address} knows no {self.method}; is it another `api`?")
            case grpc.StatusCode.INTERNAL if "deserializing" in text:
                return unreadable(address, text)
        unknown = code == grpc.StatusCode.NOT_FOUND or "not found" in text
        return refused(address, model, signature, f"{code.name} {text}", unknown)

    def close(self) -> None:
        """Ends the channel."""
        self._channel.close()

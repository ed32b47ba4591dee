"""PredictionService of a SavedModel by the messages of the real tensorflow-serving-api, where that is, without the
package: tfserving_server.py FOLDER NAME ADDRESS."""

import concurrent.futures
import pathlib
import sys

import grpc
import tensorflow as tf
from google.protobuf.unknown_fields import UnknownFieldSet
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc


class Service(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers as version `version` of the model `name`; what a message has beyond its definition is refused."""

    def __init__(self, folder: pathlib.Path, name: str):
        self.loaded, self.name, self.version = tf.saved_model.load(str(folder)), name, int(folder.name)

    def Predict(self, request, context):
        asked = request.model_spec
        version = asked.version.value if asked.HasField("version") else self.version
        if (asked.name, version) != (self.name, self.version):
            context.abort(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {asked.name} {version}")
        parts = request, asked, asked.version, *request.inputs.values()
        if any(len(UnknownFieldSet(part)) for part in parts):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "a field that no message has")
        name = asked.signature_name or "serving_default"
        if name not in self.loaded.signatures:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"Serving signature key {name!r} not found.")
        given = {key: tf.constant(tf.make_ndarray(tensor)) for key, tensor in request.inputs.items()}
        try:
            found = self.loaded.signatures[name](**given)
        except tf.errors.OpError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.message)
        outputs = {key: tf.make_tensor_proto(value.numpy(), value.dtype) for key, value in found.items()}
        answered = {"name": self.name, "version": {"value": self.version}, "signature_name": name}
        return predict_pb2.PredictResponse(outputs=outputs, model_spec=answered)


def main() -> None:
    folder, name, address = sys.argv[1:]
    tf.config.threading.set_intra_op_parallelism_threads(2)
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", -1)])
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(Service(pathlib.Path(folder), name), server)
    server.add_insecure_port(address)
    server.start()
    server.wait_for_termination()


if __name__ == "__main__":
    main()

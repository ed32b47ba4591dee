"""A frozen graph of TensorFlow 1 from ImageTensor to SemanticPredictions, as DeepLab's networks were published.

    python docs/examples/frozen_network.py runs/own/keras_net.keras runs/own/frozen_net.pb

It takes one uint8 image of any size and answers with label maps, resized to the image. Its weights are those of the
Keras network.
"""

import sys

import keras
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def main() -> None:
    network = keras.models.load_model(sys.argv[1])

    @tf.function(input_signature=[tf.TensorSpec([1, None, None, 3], tf.uint8, "ImageTensor")])
    def segment(images):
        scores = network(tf.cast(images, tf.float32), training=False)
        resized = tf.image.resize(scores, tf.shape(images)[1:3])
        return tf.argmax(resized, 3, name="SemanticPredictions")

    graph = convert_variables_to_constants_v2(segment.get_concrete_function()).graph.as_graph_def()
    graph = tf.compat.v1.graph_util.extract_sub_graph(graph, ["SemanticPredictions"])
    tf.io.write_graph(graph, "", sys.argv[2], as_text=False)


if __name__ == "__main__":
    main()

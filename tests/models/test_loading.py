"""Files that TensorFlow itself does not load as they are."""

import numpy as np
import tensorflow as tf

from tests.models.strangers import IMAGES, NHWC, Net, network
from tfadvseg.models import load


def with_an_optimizer(folder):
    """As Keras 2 saves: an object that is called an optimizer, with a slot for the kernel."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    net = Net()
    net.optimizer = tf.Module()
    net.optimizer.moment = tf.Variable(tf.zeros_like(net.kernel))
    served = tf.function(lambda x: net(x)).get_concrete_function(NHWC)
    tf.saved_model.save(net, str(folder), signatures={"serving_default": served})
    path = folder / "saved_model.pb"
    file = SavedModel.FromString(path.read_bytes())
    nodes = file.meta_graphs[0].object_graph_def.nodes
    root = {child.local_name: child.node_id for child in nodes[0].children}
    optimizer = nodes[root["optimizer"]]
    moment = next(child.node_id for child in optimizer.children if child.local_name == "moment")
    optimizer.slot_variables.add(original_variable_node_id=root["kernel"], slot_name="m", slot_variable_node_id=moment)
    path.write_bytes(file.SerializeToString())


def test_the_state_of_an_optimizer_is_left_out(tmp_path):
    with_an_optimizer(tmp_path / "net")
    np.testing.assert_allclose(load(tmp_path / "net")(IMAGES), network(IMAGES), rtol=1e-4, atol=1e-4)

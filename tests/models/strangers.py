"""SavedModels as people build them, each around one small network whose logits are known.

A form is a function that writes a SavedModel into a folder; `FORMS` says how it is to be read, and what its logits are.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

SIZE = 16, 24
_RNG = np.random.default_rng(0)
KERNEL = _RNG.normal(0, 0.02, (3, 3, 3, 8)).astype(np.float32)
HEAD = _RNG.normal(0, 0.1, (8, 4)).astype(np.float32)
IMAGES = tf.constant(np.random.default_rng(1).integers(0, 256, (3, *SIZE, 3)), tf.float32)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def network(images: tf.Tensor, kernel=KERNEL, head=HEAD, stride: int = 1) -> tf.Tensor:
    """RGB images [N, H, W, 3] in 0..255 -> logits [N, H / stride, W / stride, 4]."""
    hidden = tf.nn.silu(tf.nn.conv2d(images, kernel, stride, "SAME"))
    return tf.einsum("nhwi,ic->nhwc", hidden, head)


class Net(tf.Module):
    """The network with variables."""

    def __init__(self):
        super().__init__()
        self.kernel, self.head = tf.Variable(KERNEL), tf.Variable(HEAD)

    def __call__(self, images, stride=1):
        return network(images, self.kernel, self.head, stride)


def save(folder, function: Callable, spec: tf.TensorSpec, name: str = "serving_default", **more) -> None:
    """A SavedModel with the signature `name`, of function(net, images), and `more` of {name: (function, spec)}."""
    net = Net()
    signatures = {}
    for key, (one, its_spec) in {name: (function, spec), **more}.items():
        signatures[key] = tf.function(lambda x, one=one: one(net, x)).get_concrete_function(its_spec)
    tf.saved_model.save(net, str(folder), signatures=signatures)


def images_of(*shape, dtype=tf.float32) -> tf.TensorSpec:
    """A signature's input."""
    return tf.TensorSpec(shape, dtype, name="x")


NHWC, FREE = images_of(None, *SIZE, 3), images_of(None, None, None, 3)


@dataclasses.dataclass(frozen=True)
class Form:
    """write: (folder) -> the file. logits: images -> what it must be read as. reading: fields that must be said.
    differentiable: whether it can be attacked."""

    write: Callable
    logits: Callable = network
    reading: dict = dataclasses.field(default_factory=dict)
    differentiable: bool = True


def of(function: Callable, spec: tf.TensorSpec = NHWC, **more) -> Callable:
    """Writes a signature."""
    return lambda folder: save(folder, function, spec, **more)


def turned(images: tf.Tensor) -> tf.Tensor:
    """Channels first to channels last."""
    return tf.transpose(images, [0, 2, 3, 1])


def channels_first(tensor: tf.Tensor) -> tf.Tensor:
    """Channels last to channels first."""
    return tf.transpose(tensor, [0, 3, 1, 2])


def rounded(images: tf.Tensor) -> tf.Tensor:
    """As whole numbers hold them, with the identity's gradient."""
    return images + tf.stop_gradient(tf.clip_by_value(tf.round(images), 0, 255) - images)


def rounded_beyond(images: tf.Tensor) -> tf.Tensor:
    """As wide whole numbers hold them, below 0 and above 255, too."""
    return images + tf.stop_gradient(tf.round(images) - images)


def enlarged(stride: int) -> Callable:
    """Logits at a stride, resized to the images."""
    return lambda images: tf.image.resize(network(images, stride=stride), images.shape[1:3])


def foreground(images: tf.Tensor) -> tf.Tensor:
    """[0, logit of the first class]."""
    first = network(images)[..., :1]
    return tf.concat([tf.zeros_like(first), first], -1)


def of_a_tf1_graph(folder) -> None:
    """As TensorFlow 1 exported: one uint8 image of any size, label maps, a graph without functions."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        images = v1.placeholder(tf.uint8, [1, None, None, 3], "ImageTensor")
        kernel, head = (v1.get_variable(name, initializer=value) for name, value in (("k", KERNEL), ("h", HEAD)))
        logits = tf.identity(network(tf.cast(images, tf.float32), kernel, head), "ResizeBilinear_2")
        labels = tf.argmax(logits, 3, name="SemanticPredictions")
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder), {"ImageTensor": images}, {"SemanticPredictions": labels})


def of_a_tf1_graph_that_fills_up(folder) -> None:
    """As DeepLab's published graphs: filled up to a square within, the labels cut to the image."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        images = v1.placeholder(tf.uint8, [1, None, None, 3], "ImageTensor")
        shape = tf.shape(images)
        square = tf.pad(tf.cast(images, tf.float32), [[0, 0], [0, 128 - shape[1]], [0, 128 - shape[2]], [0, 0]])
        logits = tf.identity(network(tf.ensure_shape(square, [1, 128, 128, 3])), "ResizeBilinear_2")
        labels = tf.slice(tf.argmax(logits, 3), [0, 0, 0], [1, shape[1], shape[2]], name="SemanticPredictions")
        v1.saved_model.simple_save(session, str(folder), {"ImageTensor": images}, {"SemanticPredictions": labels})


def resized_to_whole_images(net: Net, images: tf.Tensor) -> tf.Tensor:
    """Labels at the size of images that are whole numbers, as DeepLab's files give them."""
    return tf.argmax(tf.image.resize(net(tf.cast(images, tf.float32), 4), tf.shape(images)[1:3]), 3)


def decoded(net: Net, files: tf.Tensor) -> tf.Tensor:
    """Logits of encoded files."""
    images = tf.map_fn(lambda f: tf.io.decode_jpeg(f, 3), files, fn_output_signature=tf.uint8)
    return net(tf.ensure_shape(tf.cast(images, tf.float32), [None, *SIZE, 3]))


FILES = tf.TensorSpec([None], tf.string, name="x")

FORMS = {
    "any height and width": Form(of(lambda net, x: net(x), FREE)),
    "a batch of 1": Form(of(lambda net, x: net(x), images_of(1, *SIZE, 3))),
    "a batch of 2": Form(of(lambda net, x: net(x), images_of(2, *SIZE, 3))),
    "half precision out": Form(
        of(lambda net, x: tf.cast(net(x), tf.float16)), lambda x: tf.cast(tf.cast(network(x), tf.float16), tf.float32)
    ),
    "half precision in": Form(
        of(lambda net, x: net(tf.cast(x, tf.float32)), images_of(None, *SIZE, 3, dtype=tf.float16)),
        lambda x: network(tf.cast(tf.cast(x, tf.float16), tf.float32)),
    ),
    "whole numbers in": Form(
        of(lambda net, x: net(tf.cast(x, tf.float32)), images_of(None, *SIZE, 3, dtype=tf.uint8)),
        lambda x: network(rounded(x)),
    ),
    "whole numbers in 0..1 inside": Form(
        of(
            lambda net, x: net(tf.image.convert_image_dtype(x, tf.float32) * 255),
            images_of(None, *SIZE, 3, dtype=tf.uint8),
        ),
        lambda x: network(rounded(x)),
    ),
    "int32 in": Form(
        of(lambda net, x: net(tf.cast(x, tf.float32)), images_of(None, *SIZE, 3, dtype=tf.int32)),
        lambda x: network(rounded_beyond(x)),
    ),
    "quantised, int8 in": Form(
        of(lambda net, x: net(tf.cast(x, tf.float32) + 128), images_of(None, *SIZE, 3, dtype=tf.int8)),
        lambda x: network(rounded(x)),
        {"intensity_range": (-128.0, 127.0)},
    ),
    "a stride of 4": Form(of(lambda net, x: net(x, 4)), enlarged(4)),
    "a stride of 8, any size": Form(of(lambda net, x: net(x, 8), FREE), enlarged(8)),
    "channels first": Form(of(lambda net, x: channels_first(net(turned(x))), images_of(None, 3, *SIZE))),
    "channels first, any size": Form(of(lambda net, x: channels_first(net(turned(x))), images_of(None, 3, None, None))),
    "channels first out": Form(of(lambda net, x: channels_first(net(x)))),
    "several outputs, one of scores": Form(
        of(lambda net, x: {"out": net(x), "label": tf.argmax(net(x), -1), "mean": tf.reduce_mean(net(x), (1, 2))})
    ),
    "several outputs of scores": Form(
        of(lambda net, x: {"aux": -net(x), "main": net(x)}), reading={"output_name": "main"}
    ),
    "logits among several": Form(of(lambda net, x: {"probabilities": tf.nn.softmax(net(x)), "logits": net(x)})),
    "probabilities": Form(
        of(lambda net, x: tf.nn.softmax(net(x))),
        lambda x: tf.nn.log_softmax(network(x)),
        {"output": "probabilities"},
    ),
    "probabilities, channels first": Form(
        of(lambda net, x: tf.nn.softmax(channels_first(net(turned(x))), 1), images_of(None, 3, *SIZE)),
        lambda x: tf.nn.log_softmax(network(x)),
        {"output": "probabilities"},
    ),
    "probabilities at a stride of 4": Form(
        of(lambda net, x: tf.nn.softmax(net(x, 4))), enlarged(4), {"output": "probabilities"}
    ),
    "labels of an argmax at a stride of 4, any size": Form(
        of(lambda net, x: tf.argmax(net(x, 4), -1), FREE), enlarged(4)
    ),
    "one channel of a sigmoid": Form(of(lambda net, x: tf.sigmoid(net(x)[..., :1])), foreground, {"output": "sigmoid"}),
    "one channel of logits": Form(of(lambda net, x: net(x)[..., :1]), foreground),
    "one channel without an axis": Form(of(lambda net, x: net(x)[..., 0]), foreground),
    "sigmoids of several classes": Form(of(lambda net, x: tf.sigmoid(net(x))), reading={"output": "sigmoid"}),
    "labels of an argmax": Form(of(lambda net, x: tf.argmax(net(x), -1))),
    "labels as fractions": Form(
        of(lambda net, x: tf.cast(tf.argmax(net(x), -1), tf.float32)), reading={"output": "labels"}
    ),
    "labels of a softmax's argmax": Form(
        of(lambda net, x: tf.cast(tf.argmax(tf.nn.softmax(net(x)), -1)[..., None], tf.uint8))
    ),
    "labels of an argmax, channels first": Form(
        of(lambda net, x: tf.argmax(channels_first(net(turned(x))), 1), images_of(None, 3, *SIZE))
    ),
    "labels without an argmax": Form(
        of(lambda net, x: tf.math.top_k(net(x), 1).indices),
        lambda x: 1e4 * tf.one_hot(tf.argmax(network(x), -1), 4),
        {"classes": tuple("abcd")},
        differentiable=False,
    ),
    "TensorFlow 1": Form(of_a_tf1_graph, lambda x: network(rounded(x))),
    "TensorFlow 1, filled up within": Form(of_a_tf1_graph_that_fills_up, lambda x: network(rounded(x))),
    "labels at the size of whole numbers in": Form(
        of(resized_to_whole_images, images_of(1, None, None, 3, dtype=tf.uint8)), lambda x: enlarged(4)(rounded(x))
    ),
    "labels of probabilities that were resized": Form(
        of(lambda net, x: tf.argmax(tf.image.resize(tf.nn.softmax(net(x, 4)), SIZE), -1)),
        lambda x: tf.math.log(tf.image.resize(tf.nn.softmax(network(x, stride=4)), SIZE)),
    ),
    "encoded files beside images": Form(of(decoded, FILES, pictures=(lambda net, x: net(x), NHWC))),
    "mean and std outside": Form(
        of(lambda net, x: net((x * STD + MEAN) * 255)),
        reading={"intensity_range": (0.0, 1.0), "mean": MEAN, "std": STD},
    ),
    "Caffe's mean outside": Form(
        of(lambda net, x: net((x + (103.939, 116.779, 123.68))[..., ::-1])),
        reading={"channel_order": "bgr", "mean": (103.939, 116.779, 123.68)},
    ),
    "a tensor within": Form(of(lambda net, x: tf.identity(net(x), "deep") * 0), reading={"tensor": "deep"}),
    "classes that the file does not say": Form(of(lambda net, x: tf.reshape(net(x), tf.shape(net(x))))),
    "tiles": Form(
        of(lambda net, x: net(x), images_of(None, 8, 8, 3)),
        lambda x: tf.concat(
            [tf.concat([network(x[:, r : r + 8, c : c + 8]) for c in range(0, 24, 8)], 2) for r in range(0, 16, 8)], 1
        ),
        {"fit": "tiles"},
    ),
    "tiles one by one": Form(
        of(lambda net, x: net(x), images_of(1, 8, 8, 3)),
        lambda x: tf.concat(
            [tf.concat([network(x[:, r : r + 8, c : c + 8]) for c in range(0, 24, 8)], 2) for r in range(0, 16, 8)], 1
        ),
        {"fit": "tiles"},
    ),
}

"""A defense that is served: draws that nobody can foresee, draws that can be repeated, and the mean of them."""

import contextlib
import json
import subprocess
import sys
from concurrent import futures

import numpy as np
import pytest
import tensorflow as tf
from loopback import Loopback, of_saved_model
from models import strangers
from scipy import stats

from tfadvseg.endpoints import connect
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import Settings
from tfadvseg.models import load
from tfadvseg.seeds import at_sample
from tfadvseg.serving.defended import averaged, randomised
from tfadvseg.serving.servable import export_servable, of_file
from tfadvseg.serving.served import Served, serve
from tfadvseg.transforms import TRANSFORMS, named
from tfadvseg.transforms.jpeg import jpeg

SEEDS = tf.constant([[3, 5], [7, 11]])
TRIALS = 3


def photographs(count, size=(32, 48)):
    return np.random.default_rng(size).integers(0, 256, (count, *size, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(conv_model, tmp_path_factory):
    """Behind JPEG and then a blur, written after seeds had been set for all of the process."""
    tf.keras.utils.set_random_seed(0)
    served = serve(of_file(conv_model), Served(defense="jpeg+blur", trials=TRIALS))
    try:
        return export_servable(served, "behind", {}, tmp_path_factory.mktemp("behind"))
    finally:
        tf.random.set_seed(None)


@pytest.fixture(scope="module")
def loaded(folder):
    return tf.saved_model.load(str(folder))


@pytest.mark.parametrize("size", [(32, 48), (28, 41), (64, 90)])
def test_probabilities_are_averaged_over_the_draws_of_each_images_seeds(loaded, conv_model, size):
    """By NumPy, a draw after the other; each image by its own seed, whatever lies beside it."""
    images = photographs(2, size)
    found = loaded.signatures["defended_of_seeds"](images=images, seeds=SEEDS)
    placed, inside = conv_model.frame.place(tf.constant(images))
    total = 0
    for trial in range(TRIALS):
        drawn = named("jpeg+blur")(placed, at_sample(SEEDS, tf.constant(trial)))
        logits = conv_model(drawn).numpy().astype(np.float64)
        p = np.exp(logits - logits.max(-1, keepdims=True))
        total = total + p / p.sum(-1, keepdims=True) / TRIALS
    for i in range(2):
        part = total[i, : int(inside[0]), : int(inside[1])]
        np.testing.assert_allclose(found["confidence"][i], part.max(-1).mean(), rtol=1e-4)
        entropy = -(part * np.log(np.maximum(part, 1e-300))).sum(-1).mean()
        np.testing.assert_allclose(found["entropy"][i], entropy, rtol=1e-3)
        if size != (64, 90):
            assert np.mean(found["labels"][i].numpy() == part.argmax(-1)) > 0.999
        alone = loaded.signatures["defended_of_seeds"](images=images[i : i + 1], seeds=SEEDS[i : i + 1])
        assert np.mean(alone["labels"][0] == found["labels"][i]) > 0.999


def test_seeds_repeat_their_answer_and_others_give_another(loaded):
    of_seeds = loaded.signatures["defended_of_seeds"]
    images = photographs(2)
    first, again, other = (of_seeds(images=images, seeds=seeds) for seeds in (SEEDS, SEEDS, SEEDS + 1))
    for key in first:
        np.testing.assert_array_equal(first[key], again[key])
    assert (first["confidence"].numpy() != other["confidence"].numpy()).all()


def test_every_call_draws_anew(loaded):
    images = photographs(2)
    found = [loaded.signatures["defended"](images=images)["confidence"].numpy() for _ in range(4)]
    assert len({float(value) for call in found for value in call}) == 8


def seeds_in(folder):
    """(seed, seed2) of each operation of a graph and its functions that takes them; a file leaves zeros out."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
    from tensorflow.python.framework import op_def_registry

    graph = SavedModel.FromString((folder / "saved_model.pb").read_bytes()).meta_graphs[0].graph_def
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    known = {node.op: op_def_registry.get(node.op) for node in nodes}
    seeded = {op for op, one in known.items() if one and "seed2" in {attribute.name for attribute in one.attr}}
    return [(node.attr["seed"].i, node.attr["seed2"].i) for node in nodes if node.op in seeded]


def test_no_seed_is_left_in_the_graph(folder, conv_model, tmp_path):
    tf.random.set_seed(5)
    try:
        behind = export_servable(randomised(conv_model, TRANSFORMS["blur"]), "blur", {}, tmp_path)
    finally:
        tf.random.set_seed(None)
    for one in (folder, behind):
        assert set(seeds_in(one)) == {(0, 0)}


def test_a_seed_that_is_left_in_a_graph_would_be_seen(tmp_path):
    """As tf.random.uniform leaves it."""
    tf.random.set_seed(5)
    try:
        draw = tf.function(lambda x: {"y": x + tf.random.uniform([])}, [tf.TensorSpec([])])
        tf.saved_model.save(tf.Module(), str(tmp_path), {"draw": draw})
    finally:
        tf.random.set_seed(None)
    assert seeds_in(tmp_path) and seeds_in(tmp_path)[0][0] == 5


FRESH = """
import json, sys
import numpy as np, tensorflow as tf
loaded = tf.saved_model.load(sys.argv[1])
images = np.random.default_rng(0).integers(0, 256, (2, 32, 48, 3), np.uint8)
print(json.dumps([loaded.signatures["defended"](images=images)["confidence"].numpy().tolist() for _ in range(2)]))
"""


def test_two_servers_draw_other_numbers(folder):
    """In fresh processes, of a graph that was made where seeds were set."""
    found = []
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", FRESH, str(folder)], capture_output=True, text=True, check=True)
        found += [value for call in json.loads(ended.stdout.splitlines()[-1]) for value in call]
    assert len(set(found)) == 8


def in_process(folder, images, calls):
    """The confidences of so many answers of `defended`."""
    loaded = tf.saved_model.load(str(folder))
    return [loaded.signatures["defended"](images=images)["confidence"].numpy() for _ in range(calls)]


def by_a_client(folder, images, calls):
    """The same by a server, of which four threads ask at once."""
    with Loopback(of_saved_model(folder), name="grey") as server, futures.ThreadPoolExecutor(4) as pool:
        client = connect("tfserving", Settings(Address.of(server.address("grpc")), "grey"))
        with contextlib.closing(client):
            found = list(pool.map(lambda _: client("defended", {"images": images}), range(calls)))
    return [answer["confidence"] for answer in found]


@pytest.mark.parametrize("asked", [in_process, by_a_client])
def test_draws_of_200_calls_follow_the_transform(tmp_path, asked):
    """Of a network whose two logits are 0 and the brightness, behind one draw of grey weights: on a red photograph the
    confidence tells the weight of red, which is that of a flat Dirichlet, Beta(1, 2)."""
    module = tf.Module()

    def logits(images):
        bright = tf.reduce_mean(images, -1, keepdims=True) / 255
        return {"logits": tf.concat([tf.zeros_like(bright), bright], -1)}

    tf.saved_model.save(
        module, str(tmp_path / "reveals"), {"logits": tf.function(logits, [tf.TensorSpec((None, 4, 4, 3))])}
    )
    network = serve(of_file(load(tmp_path / "reveals")), Served(defense="grayscale", trials=1))
    red = np.zeros((5, 4, 4, 3), np.uint8)
    red[..., 0] = 255
    p = np.concatenate(asked(export_servable(network, "grey", {}, tmp_path), red, 200)).astype(np.float64)
    weights = np.clip(np.log(p / (1 - p)), 0, 1)  # the logit, so the weight of red
    assert len(np.unique(weights)) > 990
    assert stats.kstest(weights, stats.beta(1, 2).cdf).pvalue > 1e-3
    lag = np.corrcoef(weights[:-1], weights[1:])[0, 1]
    assert abs(lag) < 4 / np.sqrt(len(weights))


def test_of_one_draw_the_mean_is_that_draw(conv_model, images):
    once = averaged(conv_model, jpeg, 1)(images, SEEDS)
    plain = conv_model(jpeg(images, at_sample(SEEDS, tf.constant(0))))
    np.testing.assert_allclose(tf.nn.softmax(once), tf.nn.softmax(plain), atol=1e-5)


def test_what_cannot_be_defended_is_refused(conv_model, tmp_path):
    strangers.save(tmp_path / "free", lambda net, images: {"logits": net(images)}, strangers.FREE)
    with pytest.raises(ValueError, match="takes images of any size, but a transform needs one"):
        serve(of_file(load(tmp_path / "free")), Served(defense="blur"))
    with pytest.raises(ValueError, match="draws at random already, so draws of a defense could not be repeated"):
        serve(randomised(conv_model, TRANSFORMS["blur"]), Served(defense="blur"))
    with pytest.raises(ValueError, match="got 0 `trials`"):
        Served(defense="blur", trials=0)

"""A real Triton Inference Server answers every signature as this process does, to many clients at once.

`make serve-test` makes the environment of server and clients, and runs this.
"""

import itertools
import subprocess

import numpy as np
import pytest
import tensorflow as tf

from tests.serving import served
from tests.serving.servers import PYTHON, TRITON, model_of, without_this_environment

PROTOCOLS = "http", "grpc"
pytestmark = pytest.mark.serve


def test_server_and_clients_have_no_code_of_the_package(triton):
    code = "import importlib.util as u; print([u.find_spec(n) for n in ('tfadvseg', 'pipelines')])"
    call = [PYTHON, "-I", "-c", code]
    assert subprocess.run(call, capture_output=True, text=True).stdout == "[None, None]\n"


def test_every_signature_answers_over_http_and_grpc(triton, served_folder, served_answers, tmp_path):
    cases = list(itertools.product(PROTOCOLS, served_answers))
    requests = [(protocol, model_of(name), served.inputs(served_folder, name)) for protocol, name in cases]
    for (_, name), found in zip(cases, triton.ask(requests, tmp_path / "all"), strict=True):
        expected = served_answers[name]
        assert not isinstance(found, str), found
        assert found.keys() == expected.keys()
        for key, array in expected.items():
            assert found[key].shape == array.shape and found[key].dtype == array.dtype
            if name != served.DRAWN:
                np.testing.assert_array_equal(found[key], array, err_msg=f"{key} of {name}")


def test_a_random_defense_draws_anew_for_each_request(triton, served_folder, tmp_path):
    given = served.inputs(served_folder, served.DRAWN)
    one, other = triton.ask([("http", model_of(served.DRAWN), given)] * 2, tmp_path / "twice")
    assert (one["entropy"] != other["entropy"]).all()


def test_many_clients_at_once_get_each_their_own_answer(triton, served_folder, served_answers, tmp_path):
    """Photographs of other and odd sizes, in turns by both protocols; and the server counts them."""
    loaded = tf.saved_model.load(str(served_folder))
    sizes = [(1, 1, 1), (1, 7, 301), (3, 31, 33), (2, 64, 48), (1, 299, 5), (1, 128, 97)] * 4
    photographs = [served.photographs(*size) for size in sizes]
    before = triton.metrics()["served"]
    requests = [(PROTOCOLS[n % 2], "served", {"images": images}) for n, images in enumerate(photographs)]
    found = triton.ask(requests, tmp_path / "many", clients=8)
    for images, answer in zip(photographs, found, strict=True):
        for key, expected in loaded.signatures["serving_default"](images=tf.constant(images)).items():
            np.testing.assert_array_equal(answer[key], expected)
    after = triton.metrics()["served"]
    assert (after[0] - before[0], after[1] - before[1]) == (len(requests), 0)


def test_what_the_signature_refuses_is_told_and_counted_and_does_no_harm(triton, served_folder, tmp_path):
    noise, wrong = np.array([b"\x00no picture\x00"], object), np.zeros((1, 8, 8, 1), np.uint8)
    good = served.inputs(served_folder, "encoded")
    before = triton.metrics()
    requests = [("http", "served_encoded", {"image_bytes": noise}), ("grpc", "served_encoded", {"image_bytes": noise})]
    requests += [("grpc", "served", {"images": wrong}), ("http", "served_encoded", good)]
    *refused, answer = triton.ask(requests, tmp_path / "bad", clients=1)
    assert all("served_encoded cannot answer this: " in text for text in refused[:2])
    assert "[-1,-1,-1,3]" in refused[2]
    assert answer["labels_bytes"].shape == (2,)
    after = triton.metrics()
    assert after["served_encoded"] == (before["served_encoded"][0] + 1, before["served_encoded"][1] + 2)


def test_a_folder_without_a_savedmodel_is_refused_in_a_line(tmp_path):
    call = [PYTHON, TRITON, tmp_path]
    done = subprocess.run(call, capture_output=True, text=True, env=without_this_environment())
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith(f"{tmp_path} holds no SavedModel and no numbered version of one")

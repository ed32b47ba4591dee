"""Verifying what a server on this machine serves, as a user does."""

import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest
import served_network
import tensorflow as tf
from loopback import Loopback, Signature, free_port, of_saved_model
from PIL import Image
from serving import served as exported
from six_images import example

from tfadvseg.attacks.noise import Noise
from tfadvseg.data.labels import CAMVID
from tfadvseg.metrics.counts import Counts, class_counts
from tfadvseg.metrics.scores import mean_iou
from tfadvseg.runs.verified import COLUMNS
from tfadvseg.seeds import image_seeds
from tfadvseg.transforms.jpeg import encode_decode

ROOT = pathlib.Path(__file__).parents[2]
IMAGES = 4


@pytest.fixture(scope="module")
def served(conv_model, tmp_path_factory):
    """Signatures of the network that knows colours."""
    return of_saved_model(served_network.export(conv_model, tmp_path_factory.mktemp("served") / "1"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder like CamVid's with photographs of several sizes, each of another drive."""
    root = tmp_path_factory.mktemp("camvid")
    (root / "val").mkdir()
    lines = []
    for number in range(IMAGES):
        for path, pixels in zip((f"val/{number}.png", f"val/{number}_labels.png"), example(number), strict=True):
            labels = pixels.ndim == 2
            Image.fromarray(np.where(pixels == 255, 11, pixels) if labels else pixels).save(root / path)
        lines.append(f"val/{number}.png val/{number}_labels.png\n")
    (root / "val.txt").write_text("".join(lines))
    return root


@pytest.fixture
def server(served):
    with Loopback(served, name="conv") as found:
        yield found


@pytest.fixture
def flags(conv_folder, data, tmp_path):
    """Of a local model, its photographs and a run folder."""
    return (
        f"--saved_model={conv_folder}",
        "--dataset=camvid",
        f"--data_dir={data}",
        "--attacks=ifgsm_ll",
        "--epsilons=4",
        f"--output={tmp_path / 'out'}",
    )


WAYS = {
    "tfserving grpc": ("grpc", "tfserving", ()),
    "tfserving columns": ("http", "tfserving", ()),
    "tfserving rows": ("http", "tfserving", ("--rows",)),
    "kserve grpc": ("grpc", "kserve_v2", ()),
    "kserve rest": ("http", "kserve_v2", ()),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_server_of_the_same_model_agrees_to_the_pixel(call, server, flags, tmp_path, way):
    scheme, api, more = WAYS[way]
    ended = call("verify_served", *flags, f"--endpoint={server.address(scheme)}", f"--api={api}", *more)
    assert ended.returncode == 0, ended.stderr
    told = re.sub(r"\s+", " ", ended.stdout)
    assert "The server serves this model: on the same bytes 100.00 % of the clean labels agree with it." in told
    table = pd.read_csv(tmp_path / "out" / "served.csv")
    assert tuple(table.columns) == COLUMNS and len(table) == 2 * 3
    assert (table["agreement"] == 100).all() and (table["agreement_least"] == 100).all()
    assert (table["lost_server"] == 0).all() and (table["images"] == IMAGES).all()
    clean, attacked = table[table["attack"] == "clean"], table[table["attack"] == "ifgsm_ll"]
    assert (clean["linf"] == 0).all() and (attacked["linf"] == 4).all()
    assert (clean["lost_rounding"] == 0).all()
    assert attacked["iou_served"].max() < clean["iou_served"].min() - 10
    assert (table.loc[table["sent"] != "jpeg95", "lost_jpeg"] == 0).all()
    assert (attacked.loc[attacked["sent"] == "jpeg95", "lost_jpeg"] != 0).all()
    assert server.asked == {"serving_default": 2 * IMAGES + 1, "encoded": 4 * IMAGES + 2}
    assert server.at_once <= 4
    assert "| ifgsm" not in ended.stdout and "| Iterative FGSM ll | 4" in (tmp_path / "out" / "served.md").read_text()
    assert "Iterative FGSM ll" in (tmp_path / "out" / "report.html").read_text()


def unit_of(folder, name):
    from tfadvseg.engine.in_flight import unit_of

    with np.load(folder / "units" / f"{unit_of(name)}.npz") as unit:
        return dict(unit)


def test_every_step_is_the_direct_computation(call, server, conv_model, flags, tmp_path):
    """Of a photograph that is neither resized nor filled up, and of one that is shrunk."""
    ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}", "--send=jpeg60", "--attacks=fgsm")
    assert ended.returncode == 0, ended.stderr
    from tfadvseg.attacks import ATTACKS

    for number in (0, 3):
        image, labels = example(number)
        unit = unit_of(tmp_path / "out", str(number))
        placed, inside = conv_model.frame.place(tf.constant(image))
        predicted = tf.argmax(conv_model(placed[None]), -1, tf.int32)
        on_input = ATTACKS["fgsm"](4.0, in_range=True)(conv_model, placed[None], predicted)[0]
        floats = image + conv_model.frame.lift(on_input, inside, image.shape[:2]).numpy()
        whole = np.clip(np.rint(floats), 0, 255)
        assert np.abs(whole - image).max() <= 4
        through = encode_decode(tf.constant(np.stack([image, whole]), tf.float32), tf.constant([60, 60])).numpy()
        shown = {"as_floats": [image, floats], "in_8_bits": [image, whole], "arrived": through, "served": through}
        for key, images in shown.items():
            for k, one in enumerate(images):
                found = conv_model.segment(tf.constant(one, tf.float32)).numpy()
                counts = np.stack(class_counts(labels[None], found[None], CAMVID.classes))[:, 0]
                np.testing.assert_array_equal(unit[key][k] if unit[key].ndim == 3 else unit[key][k, 0], counts)
        assert unit["equal"].tolist() == [[labels.size], [labels.size]] and unit["pixels"] == labels.size
        np.testing.assert_array_equal(unit["linf"], [0, np.abs(whole - image).max()])
        np.testing.assert_allclose(unit["l2"], [0, np.linalg.norm((whole - image).ravel())])


def test_losses_are_differences_of_pooled_counts(call, server, flags, tmp_path):
    ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}", "--send=png,jpeg50")
    assert ended.returncode == 0, ended.stderr
    table = pd.read_csv(tmp_path / "out" / "served.csv").set_index(["attack", "sent"])
    units = [unit_of(tmp_path / "out", str(number)) for number in range(IMAGES)]

    def iou(key, *place):
        return float(mean_iou(Counts(*sum(unit[key][place] for unit in units))))

    row = table.loc[("ifgsm_ll", "jpeg50")]
    assert row["lost_jpeg"] == pytest.approx(iou("arrived", 1, 1) - iou("in_8_bits", 1))
    assert row["lost_rounding"] == pytest.approx(iou("in_8_bits", 1) - iou("as_floats", 1))
    assert row["lost_server"] == pytest.approx(iou("served", 1, 1) - iou("arrived", 1, 1)) == 0
    assert row["lost_jpeg"] != 0 and table.loc[("clean", "jpeg50"), "lost_jpeg"] != 0


def test_a_server_of_another_model_ends_in_its_verdict(call, server, flags, tmp_path):
    """It turns labels round; what was measured is kept and told."""
    whole = server.signatures["serving_default"]

    def other(inputs):
        return whole.call({"images": 255 - inputs["images"]})

    server.signatures["serving_default"] = Signature(other, whole.inputs, whole.outputs)
    ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}", "--send=uint8")
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    share = pd.read_csv(tmp_path / "out" / "served.csv")["agreement"][0]
    assert share < 90
    (line,) = [line for line in ended.stderr.splitlines() if line.startswith("Error: ")]
    assert line.startswith(
        "Error: The server serves another model, or prepares its images in another way: clean label "
    )
    assert "agree in only" in line and f"{np.floor(100 * share) / 100:.2f} % of the pixels" in line
    assert "The server serves another model" in ended.stdout


def test_a_run_that_its_server_leaves_goes_on(call, server, flags, tmp_path):
    """Finished photographs are kept, and asked about no more."""
    asked = []

    def leave(signature):
        asked.append(signature)
        if len(asked) == 10:
            threading.Thread(target=server.stop).start()
            time.sleep(0.2)

    server.before = leave
    arguments = (*flags, f"--endpoint={server.address('grpc')}", "--send=uint8,png", "--retries=0", "--concurrency=1")
    ended = call("verify_served", *arguments)
    assert ended.returncode == 1 and "cannot be reached" in ended.stderr
    assert len([line for line in ended.stderr.splitlines() if line.startswith("Error: ")]) == 1
    kept = list((tmp_path / "out" / "units").glob("photograph-*.npz"))
    assert kept and len(kept) < IMAGES
    before = {path.name: path.stat().st_mtime_ns for path in kept}
    server.before = lambda signature: None
    server.asked.clear()
    server.start()
    ended = call("verify_served", *arguments)
    assert ended.returncode == 0, ended.stderr
    units = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "out" / "units").glob("photograph-*.npz")}
    assert len(units) == IMAGES and before.items() <= units.items()
    assert server.asked["serving_default"] == 2 * (IMAGES - len(kept)) + 1
    server.stop()
    assert call("verify_served", *arguments).returncode == 0, "what is finished needs no server"
    server.start()


@pytest.mark.parametrize("scheme", ["grpc", "http"])
def test_a_restart_in_the_middle_changes_nothing(call, server, flags, tmp_path, scheme):
    """The same table as without one, but for the seconds."""

    def table(folder):
        ended = call("verify_served", *flags[:-1], f"--output={folder}", f"--endpoint={server.address(scheme)}")
        assert ended.returncode == 0, ended.stderr
        return pd.read_csv(folder / "served.csv").drop(columns="seconds")

    whole, asked = table(tmp_path / "whole"), []

    def restart(signature):
        asked.append(signature)
        if len(asked) == 9:
            server.before = lambda signature: None
            threading.Thread(target=again).start()
            time.sleep(0.3)

    def again():
        server.stop()
        time.sleep(0.5)
        server.start()

    server.before = restart
    pd.testing.assert_frame_equal(table(tmp_path / "restarted"), whole)
    assert len(asked) == 9


def test_a_newer_version_in_the_middle_ends_the_run(call, server, flags, tmp_path):
    """What the one version answered is kept."""
    asked = []

    def load(signature):
        asked.append(signature)
        server.version = "2" if len(asked) > 5 else "1"

    server.before = load
    endpoint = f"--endpoint={server.address('grpc')}"
    ended = call("verify_served", *flags, endpoint, "--send=uint8", "--concurrency=1")
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert "answered by version 1 of 'conv' before and answers by version 2 now" in ended.stderr.splitlines()[-1]
    assert "ask for one of them by --served_version" in ended.stderr.splitlines()[-1]
    assert len(list((tmp_path / "out" / "units").glob("photograph-*.npz"))) == 2


def test_an_interrupt_says_how_to_go_on(server, flags, tmp_path):
    server.delay = 0.5
    command = [sys.executable, "-m", "pipelines.verify_served", *flags, f"--endpoint={server.address('grpc')}"]
    started = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, env=dict(os.environ))
    while not list((tmp_path / "out" / "units").glob("photograph-*.npz")):
        assert started.poll() is None
        time.sleep(0.05)
    started.terminate()
    _, errors = started.communicate(timeout=60)
    assert started.returncode == 130 and "Interrupted; nothing finished is lost. Go on with: " in errors


def test_answers_that_are_none(call, server, flags, tmp_path):
    def ended(change, *more):
        server.change, own = change, f"--output={tmp_path / str(len(more))}{'-'.join(more)}"
        arguments = (*flags, f"--endpoint={server.address('grpc')}", "--retries=0", own, *more)
        result = call("verify_served", *arguments)
        assert result.returncode == 1 and "Traceback" not in result.stderr
        return result.stderr.splitlines()[-1]

    assert (
        "should answer labels, whole numbers [1, 32, 48]; got confidence float32 [1], entropy float32 [1], labels "
        "uint8 [1, 16, 48]." in ended(lambda _, found: found | {"labels": found["labels"][:, ::2]})
    )
    assert "got confidence float32 [1], entropy float32 [1], labels float32 [1, 32, 48]." in ended(
        lambda _, found: found | {"labels": found["labels"].astype(np.float32)}
    )
    assert "got confidence float32 [1]." in ended(lambda _, found: {"confidence": found["confidence"]})
    assert "answers labels from -1 to " in ended(
        lambda _, found: found | {"labels": found["labels"].astype(np.int32) - 1}
    )
    assert "The served label maps hold class 12, but there are 11 classes" in ended(
        lambda _, found: found | {"labels": np.full_like(found["labels"], 12)}, "--send=uint8"
    )
    broken = np.array([b"no picture"], object)
    assert "answers labels_bytes that are no PNG" in ended(
        lambda _, found: found | {"labels_bytes": broken}, "--send=png"
    )
    assert "should answer labels_bytes, 1 string; got labels_bytes uint8 [1]." in ended(
        lambda signature, found: {"labels_bytes": np.zeros(1, np.uint8)}, "--send=jpeg90"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "--endpoint is needed: Where it is served: "),
        (("--endpoint=localhost:8500",), "http://host:port; got 'localhost:8500'."),
        (("--endpoint=SERVER", "--served_name=net"), "does not serve the signature 'serving_default' of 'net'"),
        (("--endpoint=SERVER", "--served_version=7"), "Servable not found for request: Specific(conv, 7)"),
        (("--endpoint=SERVER", "--served_name=a,b"), "is one name, and others as signature=name; got a,b."),
        (("--endpoint=SERVER", "--send=gif"), "To --send there are uint8, png and jpeg with its quality of 1 to 100"),
        (("--endpoint=SERVER", "--send=jpeg0"), "as jpeg95; got jpeg0."),
        (("--endpoint=SERVER", "--send="), "There is no way to send an image; name at least one in --send"),
        (("--endpoint=SERVER", "--epsilons=0.5,4"), "so --epsilons are 1 or more; got 0.5,4."),
        (("--endpoint=SERVER", "--attacks=dag"), "dag finds its own norm, while an image in 8 bits"),
        (("--endpoint=SERVER", "--noin_range"), "--in_range means nothing here: what is sent is"),
        (("--endpoint=SERVER", "--api=kserve"), "--api should be one of <"),
        (("--endpoint=SERVER", "--black_box=dla"), "--attacks means nothing here: --black_box asks the endpoint and"),
        (("--endpoint=NOBODY", "--retries=1"), "is the server up, and is this its port? It was tried 2 times."),
    ],
)
def test_a_mistake_ends_in_one_sentence(call, server, flags, arguments, sentence):
    nobody = f"grpc://localhost:{free_port()}"
    given = [word.replace("SERVER", server.address("grpc")).replace("NOBODY", nobody) for word in arguments]
    ended = call("verify_served", *flags, *given)
    assert ended.returncode == 1 and "Traceback" not in ended.stderr
    assert sentence in ended.stderr.splitlines()[-1], ended.stderr


def test_a_limit_of_the_server_is_explained(call, served, flags):
    with Loopback(served, name="conv", limit=2000) as server:
        ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}")
    assert ended.returncode == 1 and "takes no message of this size" in ended.stderr
    assert "send PNG or JPEG files in place of pixels" in ended.stderr


def test_a_damaged_photograph_costs_itself(call, server, flags, data, tmp_path):
    copy = tmp_path / "data"
    subprocess.run(["cp", "-r", str(data), str(copy)], check=True)
    (copy / "val" / "1.png").write_bytes((copy / "val" / "1.png").read_bytes()[:400])
    arguments = (*flags, f"--data_dir={copy}", f"--endpoint={server.address('grpc')}", "--send=uint8")
    ended = call("verify_served", *arguments)
    assert ended.returncode == 0, ended.stderr
    assert "Left out: 1: " in ended.stdout and pd.read_csv(tmp_path / "out" / "served.csv")["images"].unique() == [3]
    ended = call("verify_served", *arguments[:-2], *arguments[-2:], "--strict", f"--output={tmp_path / 'strict'}")
    assert ended.returncode == 1 and "1.png" in ended.stderr


def test_another_endpoint_is_another_run(call, server, flags, tmp_path):
    assert call("verify_served", *flags, f"--endpoint={server.address('grpc')}", "--limit=1").returncode == 0
    ended = call("verify_served", *flags, f"--endpoint={server.address('http')}", "--limit=1", "--concurrency=2")
    assert ended.returncode == 1 and "belongs to a run of another recipe: endpoint was " in ended.stderr
    recipe = json.loads((tmp_path / "out" / "recipe.json").read_text())["recipe"]
    assert recipe["api"] == "tfserving" and set(recipe["models"]) == {"conv"} and "concurrency" not in recipe


@pytest.fixture(scope="module")
def folder(conv_model, tmp_path_factory):
    """What the package exports, with a defense and an attack."""
    return exported.write(conv_model, tmp_path_factory.mktemp("exported"))


@pytest.fixture(scope="module")
def signatures(folder):
    return of_saved_model(folder)


class TestDefendedAndAttacked:
    """Other signatures than the usual ones."""

    @pytest.fixture
    def server(self, signatures):
        with Loopback(signatures, name="served") as found:
            yield found

    @pytest.fixture
    def ask(self, call, server, folder, data, tmp_path):
        """(flags) -> how the command ended."""
        own = (
            f"--saved_model={folder}",
            "--dataset=camvid",
            f"--data_dir={data}",
            "--limit=2",
            "--attacks=fgsm",
            "--epsilons=4",
            "--timeout=600",
            f"--output={tmp_path / 'out'}",
            f"--endpoint={server.address('grpc')}",
        )
        return lambda *flags: call("verify_served", *own, *flags)

    def test_draws_of_the_same_seeds_agree_to_the_pixel(self, ask, server, tmp_path):
        ended = ask("--served_signature=defended_of_seeds")
        assert ended.returncode == 0, ended.stderr
        assert "The server serves this model: on the same bytes 100.00 %" in re.sub(r"\s+", " ", ended.stdout)
        assert "The server answers behind its defense" in ended.stdout
        table = pd.read_csv(tmp_path / "out" / "served.csv")
        assert table["sent"].tolist() == ["uint8", "uint8"] and (table["agreement"] == 100).all()
        assert (table["lost_server"] != 0).all()  # behind a defense others labels are right
        assert server.asked == {"defended_of_seeds": 2 * 2 + 1}

    def test_a_server_without_the_defense_is_another_one(self, ask, server):
        plain, of_seeds = server.signatures["serving_default"], server.signatures["defended_of_seeds"]

        def undefended(inputs):
            return plain.call({"images": inputs["images"]})

        server.signatures["defended_of_seeds"] = Signature(undefended, of_seeds.inputs, of_seeds.outputs)
        ended = ask("--served_signature=defended_of_seeds")
        assert ended.returncode == 1 and "Error: The server serves another model" in ended.stderr

    def test_a_server_that_draws_is_compared_with_draws_here(self, ask, server, signatures, tmp_path):
        ended = ask("--served_signature=defended", f"--limit={IMAGES}")
        assert ended.returncode == 0, ended.stderr
        told, equal, pixels = re.sub(r"\s+", " ", ended.stdout), 0, 0
        for number in range(IMAGES):
            image, _ = example(number)
            one, other = (
                signatures["defended_of_seeds"].call(
                    {"images": image[None], "seeds": image_seeds(0, [str(number)], trial, "defense")}
                )["labels"]
                for trial in range(2)
            )
            assert unit_of(tmp_path / "out", str(number))["equal_draws"] == np.sum(one == other)
            equal, pixels = equal + np.sum(one == other), pixels + one.size
        share = pd.read_csv(tmp_path / "out" / "served.csv")["agreement"][0]
        assert 50 < share < 100 and equal < pixels
        assert (
            f"of other draws here in {share:.2f} %, and these with each other in {100 * equal / pixels:.2f} %" in told
        )
        assert server.asked == {"defended": 2 * IMAGES + 1}

    def test_a_served_defense_is_attacked_by_queries(self, ask, server, call, data, tmp_path):
        ended = call(
            "verify_served",
            f"--endpoint={server.address('http')}",
            "--served_name=served",
            "--black_box=dla",
            "--served_signature=defended",
            "--dataset=camvid",
            f"--data_dir={data}",
            "--limit=1",
            "--queries=3",
            "--epsilons=8",
            f"--output={tmp_path / 'out'}",
        )
        assert ended.returncode == 0, ended.stderr
        assert server.asked == {"defended": 1 + 1 + 4}

    def test_what_the_server_attacks_is_compared_bit_by_bit(self, ask, server, tmp_path):
        ended = ask("--check_attacked", "--send=uint8", "--epsilons=2,4")
        assert ended.returncode == 0, ended.stderr
        sentence = "The server attacks as this model does here, bit by bit on the first photograph (epsilon 2, 4)."
        assert sentence in re.sub(r"\s+", " ", ended.stdout)
        assert sentence in (tmp_path / "out" / "served.md").read_text()
        assert server.asked["attacked"] == 2

    def test_a_damaged_first_photograph_leaves_it_to_the_next(self, ask, server, data, tmp_path):
        copy = tmp_path / "data"
        subprocess.run(["cp", "-r", str(data), str(copy)], check=True)
        (copy / "val" / "0.png").write_bytes((copy / "val" / "0.png").read_bytes()[:400])
        shown = []

        def noted(signature, found):
            shown.extend([found["adversarial"].shape[1:3]] if signature == "attacked" else [])
            return found

        server.change = noted
        ended = ask("--check_attacked", "--send=uint8", f"--data_dir={copy}")
        assert ended.returncode == 0, ended.stderr
        assert "Left out: 0: " in ended.stdout and "bit by bit" in ended.stdout
        assert shown == [example(2)[0].shape[:2]]  # of two spread over four, the other one

    def test_one_value_is_enough_to_differ(self, ask, server):
        def nudged(signature, found):
            if signature == "attacked":
                found["adversarial"] = found["adversarial"].copy()
                found["adversarial"][0, 3, 4, 1] += 0.5
            return found

        server.change = nudged
        ended = ask("--check_attacked", "--send=uint8")
        assert ended.returncode == 1 and "The server serves this model" in ended.stdout
        share = f"{100 / example(0)[0].size:.3g} %"
        assert (
            f"Error: The server attacks in another way, at 1 of 1 epsilons; at 4 adversarial differs at {share} of its "
            "values by up to 0.5."
        ) in ended.stderr

    @pytest.mark.parametrize(
        ("flags", "sentence"),
        [
            (
                ("--served_signature=defended", "--send=png"),
                "defended takes pixels alone, so --send is uint8; got png.",
            ),
            (("--served_signature=defended", "--saved_model=CONV"), "Unknown signature of"),
            (("--check_attacked", "--saved_model=CONV"), "Unknown signature of"),
            (("--check_attacked", "--served_name=net"), "does not serve the signature 'attacked' of 'net'"),
            (("--served_signature=encoded",), "--served_signature should be one of <"),
        ],
    )
    def test_a_mistake_ends_in_one_sentence(self, ask, conv_folder, flags, sentence):
        ended = ask("--served_name=served", *(flag.replace("CONV", str(conv_folder)) for flag in flags))
        assert ended.returncode == 1 and "Traceback" not in ended.stderr
        assert sentence in ended.stderr.splitlines()[-1], ended.stderr


class TestBlackBox:
    """No local model: label maps are all that is seen."""

    @pytest.fixture
    def flags(self, data, tmp_path):
        return (
            "--dataset=camvid",
            f"--data_dir={data}",
            "--served_name=conv",
            "--black_box=dla",
            "--queries=40",
            "--epsilons=8",
            f"--output={tmp_path / 'out'}",
        )

    def test_queries_do_more_than_noise_and_are_counted(self, call, server, flags, conv_model, tmp_path):
        ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}")
        assert ended.returncode == 0, ended.stderr
        table = pd.read_csv(tmp_path / "out" / "served.csv").set_index("attack")
        assert table.index.tolist() == ["clean", "noise", "dla"] and table["queries"].tolist() == [0, 0, 40]
        assert table["linf"].tolist() == [0, 8, 8] and table["iou_ratio"]["clean"] == 100
        assert table["changed"]["dla"] > table["changed"]["noise"] > 0 == table["changed"]["clean"]
        assert server.asked == {"serving_default": IMAGES * (1 + 1 + 41)}
        assert "The endpoint as a black box" in ended.stdout and "DLA" in ended.stdout

    def test_it_is_the_attack_on_the_local_labels(self, call, server, flags, conv_model, tmp_path):
        """And noise is drawn from the photograph's name, in one process as in the other."""
        from tfadvseg.attacks.dla import Dla

        ended = call("verify_served", *flags, f"--endpoint={server.address('http')}", "--send=png", "--limit=1")
        assert ended.returncode == 0, ended.stderr
        image, labels = example(0)
        unit, seeds = unit_of(tmp_path / "out", "0"), image_seeds(0, ["0"])

        def segment(images):
            return np.stack([conv_model.segment(tf.constant(one)).numpy() for one in images])

        images = image[None].astype(np.float32)
        clean = segment(images)
        made = [
            np.zeros_like(images),
            Noise(8.0, True, True)(None, tf.constant(images), tf.constant(clean), tf.constant(seeds)).numpy(),
            Dla(8.0, 40, True, True)(segment, images, clean, seeds),
        ]
        for k, perturbation in enumerate(made):
            found = segment(images + perturbation)
            counts = np.stack(class_counts(labels[None], found, CAMVID.classes))[:, 0]
            np.testing.assert_array_equal(unit["counts"][k], counts)
            assert unit["changed"][k] == np.sum(found != clean)

    def test_attacks_run_at_once_up_to_the_bound(self, call, server, flags):
        server.delay = 0.01
        ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}", "--concurrency=3", "--queries=5")
        assert ended.returncode == 0, ended.stderr
        assert 1 < server.at_once <= 3

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (("--served_name=",), "--served_name is needed with --black_box"),
            (("--send=uint8,png",), "With --black_box images are sent in one way; got --send=uint8,png."),
            (("--served_signature=defended_of_seeds",), "With --black_box nobody knows seeds: ask serving_default or"),
            (
                ("--saved_model=net",),
                "--saved_model means nothing here: --black_box asks the endpoint and nothing else",
            ),
        ],
    )
    def test_a_mistake_ends_in_one_sentence(self, call, server, flags, arguments, sentence):
        ended = call("verify_served", *flags, f"--endpoint={server.address('grpc')}", *arguments)
        assert ended.returncode == 1 and sentence in ended.stderr, ended.stderr

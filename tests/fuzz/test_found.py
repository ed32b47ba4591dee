"""Faults that the fuzzers have found, one of each, and the sentences that they have become."""

import contextlib
import dataclasses
import io
import json
import os
import socket
import threading
import time

import numpy as np
import pytest
from PIL import Image
from tensorflow.core.framework.node_def_pb2 import NodeDef

from pipelines.common.conclusion import chapter, judged
from pipelines.common.ledger import Ledger
from pipelines.common.sentences import sentence
from pipelines.common.standing import FINISHED, Speeds, Standing
from tests.fuzz.inputs import write
from tests.fuzz.targets import cards, experiments, perturbations, programmes, runs, studies
from tfadvseg.attacks.gradient_ascent import MOST_STEPS, GradientAscent
from tfadvseg.data import coco
from tfadvseg.data.files import read_photograph
from tfadvseg.data.framing import Frame
from tfadvseg.data.listing import read_names, read_pairs
from tfadvseg.endpoints import http as http_module
from tfadvseg.endpoints import kserve_rest, tfserving_messages
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.failures import Refused, Unreadable
from tfadvseg.endpoints.http import Answer, Http, said
from tfadvseg.engine.kept import FOLDER, SOURCE, kept_sources
from tfadvseg.json_text import DEEPEST, parsed
from tfadvseg.models import card, initial, reading, safety
from tfadvseg.models.class_map import read_class_map
from tfadvseg.models.interface import find
from tfadvseg.models.signatures import Signature, Tensor
from tfadvseg.release.requirement import lines
from tfadvseg.reports.page import sort_values
from tfadvseg.runs import curves
from tfadvseg.runs.folder import recipe_of, whole
from tfadvseg.runs.perturbations import _digest, file_of
from tfadvseg.runs.results import Results
from tfadvseg.runs.tiles import load_tile
from tfadvseg.studies import STUDIES
from tfadvseg.studies.certificate import certified
from tfadvseg.studies.programme import Job
from tfadvseg.studies.report import summary_text
from tfadvseg.studies.robustness.facts import facts_of
from tfadvseg.studies.run import FinishedRun

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


def nested(depth):
    return b"[" * depth + b"]" * depth


def test_json_may_be_deep_but_not_too_deep():
    assert parsed(nested(DEEPEST)) is not None
    for depth in (DEEPEST + 1, 100_000):
        with pytest.raises(ValueError, match="nested too deeply"):
            parsed(nested(depth))


def test_text_of_json_can_be_written_again():
    assert parsed(b'{"\\ud83d\\ude00": "\\u00e9 \\\\udx"}') == {"\U0001f600": "\u00e9 \\udx"}
    for text in (b'["\\ud800"]', '{"\\uDC00": 1}'):
        with pytest.raises(ValueError, match="halves of characters"):
            parsed(text)


@pytest.mark.parametrize(
    "read",
    [
        read_photograph,
        read_names,
        lambda path: read_pairs(path, path.parent),
        coco.read_instances,
        reading.read,
        load_tile,
        initial._refuse_other_files,
        lambda path: recipe_of(path.parent),
    ],
)
def test_a_pipe_is_not_waited_for(read, tmp_path):
    os.mkfifo(tmp_path / "recipe.json")
    with pytest.raises(ValueError, match="pipe or a device|is damaged|is no tile"):
        read(tmp_path / "recipe.json")


@pytest.mark.parametrize(
    "change",
    [
        {"names": 3},
        {"names": ["a", 1]},
        {"palette": [[1, 2]]},
        {"pad_colour": ["a", 1, 2]},
        {"input_size": [1]},
        {"provenance": {"added": []}},
        {"provenance": {"of the network": "x"}},
        {"scores": []},
        {"width": "x"},
        {"unknown": 1},
        {"parameters": 1.5},
        {"pad_colour": [10**400, 0, 0]},
    ],
)
def test_a_card_of_other_types_is_damaged(change, tmp_path):
    (tmp_path / card.FILE).parent.mkdir()
    good = dataclasses.asdict(cards.CARD)
    (tmp_path / card.FILE).write_text(json.dumps(good))
    assert card.read(tmp_path) == cards.CARD
    (tmp_path / card.FILE).write_text(json.dumps(good | change))
    with pytest.raises(ValueError, match="is damaged"):
        card.read(tmp_path)


def test_a_preset_is_a_word():
    with pytest.raises(ValueError, match="preset is of type str"):
        reading.of({"preset": ["imagenet"]})


@pytest.mark.parametrize("sides", [(0, 8), (8, 0), (0, 0)])
def test_images_without_pixels_fit_no_signature(sides, tmp_path):
    signature = Signature((Tensor("x", "float32", (None, *sides, 3)),), (Tensor("y", "float32", (None, 4, 4, 2)),))
    with pytest.raises(ValueError, match="has not the aspect of its images"):
        find(tmp_path, reading.PLAIN, {"logits": signature})


def test_long_words_take_no_long_time():
    digits, begun = "1" * 100_000, time.process_time()
    for text in (f"iou@clean >= {digits}x", f"iou@{digits}x,4 >= 0.5"):
        with pytest.raises(ValueError, match="number|share"):
            lines(text)
            raise ValueError("a number is an attack's name where it is none")
    assert sort_values([f"{digits}x", "1"], strict=True) == [f"{digits}x", "1"]
    assert time.process_time() - begun < 5


def test_a_line_of_very_many_words_is_no_pair(tmp_path):
    (tmp_path / "list").write_text("a " * 5000)
    with pytest.raises(ValueError, match="10,000|9,999 characters"):
        read_pairs(tmp_path / "list", tmp_path)


@pytest.mark.parametrize("size, message", [(-1, "of -1 bytes"), (3, "3 bytes for")])
def test_values_do_not_go_backwards(size, message):
    described = [{"name": "x", "datatype": "UINT8", "shape": [2], "parameters": {"binary_data_size": size}}]
    with pytest.raises(ValueError, match=message):
        kserve_rest.tensors(described, memoryview(b"abc"))


def test_a_tensor_is_no_larger_than_its_bytes_say():
    response = tfserving_messages.MESSAGES["PredictResponse"]()
    tfserving_messages.add_tensors(response.outputs, {"x": np.zeros(2, np.int64)})
    tensor = tfserving_messages.TensorProto.FromString(response.outputs[0].value)
    tensor.tensor_shape.dim[0].size = 2**40
    response.outputs[0].value = tensor.SerializeToString()
    with pytest.raises(ValueError, match="1,099,511,627,776 values in"):
        tfserving_messages.tensors(response.outputs)


def test_a_refusal_may_be_deep():
    assert said(Answer(500, {}, nested(100_000))).startswith("500 [[[")


@pytest.fixture
def serve():
    """(function of a connection) -> a client of a server that does this, and no more."""
    listening = socket.create_server(("127.0.0.1", 0))
    clients = []

    def make(answer, timeout=1.0):
        def run():
            with listening.accept()[0] as connection, contextlib.suppress(OSError):  # who hears enough hangs up
                connection.recv(65536)
                answer(connection)

        threading.Thread(target=run, daemon=True).start()
        clients.append(Http(Address.of(f"http://127.0.0.1:{listening.getsockname()[1]}"), timeout))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    listening.close()


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 ", ANSWER, b"HTTP/1.1 100 Continue\r\n\r\n"])
def test_a_server_that_sends_a_byte_now_and_then_is_late(serve, begin):
    def drip(connection):
        connection.sendall(begin)
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    begun = time.monotonic()
    with pytest.raises(Refused, match="has not answered within 1 seconds"):
        serve(drip)("GET", "/")
    assert time.monotonic() - begun < 8


def test_an_answer_has_a_largest_size(serve, monkeypatch):
    monkeypatch.setattr(http_module, "LARGEST", 1000)
    assert serve(lambda one: one.sendall(ANSWER + bytes(1000)), 20.0)("GET", "/").body == bytes(1000)
    larger = ANSWER.replace(b"1000", b"1001") + bytes(1001)
    with pytest.raises(Unreadable, match="more than 1,000 bytes"):
        serve(lambda one: one.sendall(larger), 20.0)("GET", "/")


@pytest.fixture
def run(tmp_path):
    for name, content in runs.seeds()[0].items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize(
    "change",
    [
        {"hits": np.zeros(3)},
        {"gradients": np.full(5, np.inf)},
        {"cell_model": np.arange(5)},
        {"linf": np.zeros((5, 2))},
        {"classes": np.array(["a", "b"])},
        {"cell_attack": np.array(["fgsm"] * 5)},
        {"predicted": -np.ones((5, 16, 1))},
        {"surplus": np.zeros(1)},
        {"cell_model": np.array(["net", "net", "net", "\ud800", "\ud800"])},
        {"cell_epsilon": np.array([0.0, 1.0, np.inf, 0.0, 8.0])},
        {"cell_epsilon": np.array([0.0, 1.0, -8.0, 0.0, 8.0])},
        {"region": np.ones((5, 16))},
    ],
)
def test_results_that_do_not_fit_together_are_damaged(change, run):
    found = Results.read(run / "cells.npz")
    with np.load(run / "cells.npz") as file:
        arrays = {name: file[name] for name in file.files}
    assert len(found.cells) == 5
    np.savez(run / "cells.npz", **arrays | change)
    with pytest.raises(ValueError, match="cells.npz is damaged"):
        FinishedRun.read(run)


@pytest.mark.parametrize(
    "file, content",
    [
        ("design.json", []),
        ("findings.json", {}),
        ("recipe.json", {"recipe": {"study": []}}),
        ("recipe.json", {"recipe": {"study": "robustness", "models": []}}),
    ],
)
def test_a_run_of_other_types_is_damaged(file, content, run):
    (run / file).write_text(json.dumps(content))
    with pytest.raises(ValueError, match="damaged"):
        FinishedRun.read(run)


@pytest.mark.parametrize(
    "recipe",
    [
        {"recipe": []},
        {"recipe": {"study": "robustness", "readings": ["as it is"]}},
        {"recipe": {"study": "robustness", "models": {"net": 1}}},
        {"recipe": {"study": "robustness", "region": {"class": {}}}},
        {"recipe": {"study": "robustness"}, "notes": {"command": [1]}},
        {"recipe": {"study": "robustness"}, "notes": []},
    ],
)
def test_a_recipe_of_other_types_is_damaged(recipe, run):
    (run / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(ValueError, match=r"recipe\.json.* is damaged"):
        assert FinishedRun.read(run).notes


def test_facts_are_of_a_design():
    for design in ({"networks": []}, {"networks": {"a": 1}}, {"networks": {"a": {"unknown": 1}}}):
        with pytest.raises(ValueError, match="holds no facts of the network 'a'"):
            facts_of(design, "a")


@pytest.fixture(scope="module")
def made_runs():
    return dict(zip(studies.MADE, studies.seeds(), strict=True))


@pytest.fixture
def study(made_runs, tmp_path):
    """(name of a seed, changes to its design) -> the folder of its run."""

    def make(name, **changes):
        folder = write(made_runs[name], tmp_path)
        design = json.loads((folder / "design.json").read_text())
        (folder / "design.json").write_text(json.dumps(design | changes))
        return folder

    return make


@pytest.mark.parametrize(
    "name, changes",
    [
        ("transforms", {"printed": [1]}),
        ("transforms", {"transforms": []}),
        ("transforms", {"transforms": {"jpeg": 1}}),
        ("transforms", {"models": "net"}),
        ("transforms", {"cross": None}),
        ("crf", {"pairs": [{"network": "net"}]}),
        ("crf", {"pairs": [{"network": "net", "with_crf": "crf", "variants": {"v1": {"theta_alpha": "1"}}}]}),
        ("crf", {"scaled": []}),
        ("transfer", {"sources": None}),
        ("transfer", {"kept": {"a": 1}}),
        ("scales", {"scales": [{"single": {}, "ensemble": "net"}]}),
        ("scales", {"scales": [{"single": {"all": "net@50"}, "ensemble": "net"}]}),
        ("scales", {"reduced": 50}),
        ("masking", {"tries": [{"name": "ifgsm"}]}),
        ("masking", {"tries": [{"name": "x", "kind": "y", "what": "z", "remedy": "", "epsilon": 8.0}]}),
        ("masking", {"epsilon": "8"}),
        ("certificate", {"sizes": {"net": [0, 9]}}),
        ("certificate", {"tau": 1.0}),
        ("certificate", {"sigmas": []}),
    ],
)
def test_a_design_of_other_types_is_damaged(name, changes, study):
    run = FinishedRun.read(study(name, **changes))
    report = STUDIES[run.study].report()
    with pytest.raises(ValueError, match=r"design\.json is damaged \("):
        report.document(run, STUDIES[run.study].judged(run), [])
    study(name)
    assert summary_text(FinishedRun.read(run.folder))


def test_a_design_that_is_of_other_networks_names_them(study):
    run = FinishedRun.read(study("masking", plain="another"))
    with pytest.raises(ValueError, match="has 0 cells and not one of model 'a', .* attack 'another'"):
        STUDIES["masking"].report().answer(run)


@pytest.mark.parametrize(
    "file, change, of",
    [
        ("initial_gradients.npz", {"a/away": np.zeros((2, 3))}, "masking"),
        ("initial_gradients.npz", {"a/away": np.zeros((3, 2))}, "masking"),
        ("initial_gradients.npz", {"a/away": np.array(["a"])}, "masking"),
        ("initial_gradients.npz", {"a/away": None}, "masking"),
        ("initial_gradients.npz", {"crf/toward": None}, "crf"),
        ("certificate.npz", {"net/16/voted": np.zeros((2, 3, 3, 1))}, "certificate"),
        ("certificate.npz", {"net/16/by_radius": np.zeros((3, 3, 1))}, "certificate"),
        ("certificate.npz", {"net/16/norms": np.array([1.0, 2.0, 5.0])}, "certificate"),
        ("certificate.npz", {"net/16/radius": np.array(np.nan)}, "certificate"),
        ("certificate.npz", {"net/16/contradicted": np.array(["a", "b"])}, "certificate"),
        ("certificate.npz", {"net/16/by_norm": np.zeros((3, 4, 2, 1))}, "certificate"),
    ],
)
def test_what_a_study_measured_beside_its_attacks_fits_its_run(file, change, of, study):
    folder = study(of)
    with np.load(folder / file) as packed:
        arrays = {name: packed[name] for name in packed.files} | change
    np.savez(folder / file, **{name: array for name, array in arrays.items() if array is not None})
    run = FinishedRun.read(folder)
    with pytest.raises(ValueError, match=rf"{file} (is damaged|holds nothing of)"):
        certified.read(run) if of == "certificate" else STUDIES[of].report().summary(run)
        STUDIES[of].judged(run)


@pytest.mark.parametrize("row", ["a,b,fgsm,x,0,0,1,1,1,1", "a,b,fgsm,8,0.5,0,1,1,1,1", ",b,fgsm,8,0,0,1,1,1,1"])
def test_steps_of_other_types_are_damaged(row, tmp_path):
    (tmp_path / curves.FILE).write_text(f"{','.join(curves.COLUMNS)}\n{row}\n")
    with pytest.raises(ValueError, match=r"curves\.csv is damaged"):
        whole(tmp_path / curves.FILE, curves.read)


@pytest.mark.parametrize("number", ["\u00b2", "9" * 5000, "-1", "\u0664"])
def test_a_class_has_a_number_that_is_one(number, tmp_path):
    (tmp_path / "map.csv").write_text(f"model,dataset\n{number},car\n", encoding="utf-8")
    with pytest.raises(ValueError, match="is none of the network's 5 classes"):
        read_class_map(tmp_path / "map.csv", [f"class {number}" for number in range(5)])


def test_a_cell_has_an_end(tmp_path):
    (tmp_path / "map.csv").write_text('model,dataset\n0,"' + "x" * 200_000)
    with pytest.raises(ValueError, match=r"Line 2 of .*map.csv cannot be read \(field larger"):
        read_class_map(tmp_path / "map.csv", ["road"])


@pytest.fixture
def kept(tmp_path):
    return write(perturbations.seeds()[0], tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"frame": {"size": "pad"}},
        {"frame": {"multiple": [0, 1]}},
        {"attacks": [{"name": "fgsm", "epsilon": "8"}]},
        {"attacks": [{"epsilon": 8.0}]},
        {"attacks": [1]},
        {"attacks": []},
        {"protocol": []},
        {"model": None},
    ],
)
def test_a_source_of_other_types_is_damaged(change, kept):
    path = kept / FOLDER / "net" / SOURCE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=r"source\.json is damaged"):
        kept_sources(kept)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"0": np.zeros((4, 6), np.int8)}, "is not as it was written"),
        ({"0": np.full((4, 6, 3), np.nan, np.float32)}, "is not as it was written"),
        ({"0": np.zeros((4, 6, 3), complex)}, "is not as it was written"),
        ({"steps": np.zeros(0)}, "is not as it was written"),
        ({"0": np.zeros((4, 7, 3), np.int8), "1": np.zeros((4, 7, 3), np.int8)}, "is not of inputs of 4x6"),
    ],
)
def test_perturbations_fit_their_source(change, message, kept):
    path = kept / FOLDER / "net" / file_of("a")
    with np.load(path) as packed:
        arrays = {name: packed[name] for name in packed.files if name != "digest"} | change
    np.savez(path, digest=np.array(_digest(arrays)), **arrays)
    photographs = [(name, image, None) for name, image in perturbations.PHOTOGRAPHS.items()]
    (source,) = kept_sources(kept)
    assert len(source.read(photographs, [1])) == 2
    with pytest.raises(ValueError, match=message):
        source.read(photographs, [0])


def test_a_frame_has_multiples_of_some_pixels():
    assert Frame(multiple=(4, 8)).input_size((5, 8)) == (8, 8) and Frame((2, 3)).input_size((5, 8)) == (2, 3)
    with pytest.raises(ValueError, match="multiples are"):
        Frame(multiple=(0, 8))


def test_a_programme_of_other_types_is_damaged(tmp_path):
    folder = write(programmes.seeds()[0], tmp_path)
    for content in ("[]", '{"a": []}', '{"a": {"words": "x", "terms": ""}}', '{"a": {"words": [1], "terms": ""}}'):
        (folder / "jobs.json").write_text(content)
        with pytest.raises(ValueError, match=r"jobs\.json is damaged"):
            Ledger(folder / "jobs.json")
    for file in ("results.md", "cells.npz"):
        (folder / "masking" / file).write_bytes(b"\xf0(")
        with pytest.raises(ValueError, match=rf"{file} is damaged"):
            chapter(Standing(Job("masking", "", ""), folder / "masking", [], "", FINISHED))
        (folder / "masking" / file).write_bytes(programmes.seeds()[0][f"masking/{file}"])
    claims = folder / "robustness" / "claims.json"
    one = Standing(Job("robustness", "", "", programmes.CLAIMS), claims.parent, [], "", FINISHED)
    assert len(judged(one)) == 2
    for change in ({"images": "many"}, {"verdict": []}, {"about": None}, {"unknown": 1}):
        written = json.loads(json.dumps(json.loads(programmes.seeds()[0]["robustness/claims.json"])[0] | change))
        claims.write_text(json.dumps([written]))
        with pytest.raises(ValueError, match=r"claims\.json is damaged"):
            judged(one)


def test_speeds_that_are_none_are_damaged(tmp_path):
    for content in ("[1]", '{"a": "b"}', "{"):
        (tmp_path / "speeds.json").write_text(content)
        with pytest.raises(ValueError, match="is damaged"):
            Speeds(tmp_path)


def test_values_have_the_types_of_their_fields(tmp_path):
    for files in experiments.seeds():
        (tmp_path / experiments.FILE).write_bytes(files[experiments.FILE])
        assert experiments.planned(tmp_path).names
        written = json.loads(files[experiments.FILE])
        written["of"]["experiment"]["of"]["scenarios"]["tuple"].append(None)
        (tmp_path / experiments.FILE).write_text(json.dumps(written))
        with pytest.raises(ValueError, match="is damaged or was written by another version"):
            experiments.planned(tmp_path)


def test_names_of_files_are_not_followed_in_circles():
    def node(name, op, *given):
        return NodeDef(name=name, op=op, input=given)

    nodes = [node("circle", "Identity", "circle"), node("nothing", "Identity"), node("plain", "Identity", "told")]
    nodes += [node(f"{k}", "SelectV2", "x", *[f"{k + 1}"] * 100) for k in range(50)]
    nodes += [node("join", "StringJoin", "told", "0"), node("twice", "StringJoin", "told", "told")]
    part = safety._Part("its graph", {one.name: one for one in nodes}, "told")
    assert safety._told("plain", part)
    assert not any(safety._told(name, part) for name in ("circle", "nothing", "join", "twice", ""))
    assert not safety._told("nothing", part._replace(told=""))


def test_steps_are_no_more_than_can_be_planned():
    assert GradientAscent(8.0, steps=MOST_STEPS).steps == MOST_STEPS
    with pytest.raises(ValueError, match="at most 100,000 steps"):
        GradientAscent(8.0, steps=MOST_STEPS + 1)


def test_a_terminal_is_told_no_commands():
    assert sentence(ValueError("a\x1b[2J\x1b]0;x\a b\u202ec")) == "a?[2J?]0;x? b?c"


def test_a_picture_is_still_read(tmp_path):
    file = io.BytesIO()
    Image.fromarray(np.full((2, 3, 3), 7, np.uint8)).save(file, "PNG")
    (tmp_path / "a.png").write_bytes(file.getvalue())
    assert (read_photograph(tmp_path / "a.png") == 7).all()

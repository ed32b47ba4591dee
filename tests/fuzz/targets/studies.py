"""Run folders of every study: what is judged of them, told and drawn."""

import io
import itertools
import json
import pathlib
import random
import tempfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, extreme, files_of, renamed
from tests.studies.made_up import PIXELS, Answer, cell, write_run
from tfadvseg.release.robustness import robustness
from tfadvseg.reports import drawing
from tfadvseg.reports.curves import drawings as steps_drawings
from tfadvseg.reports.curves import events as steps_events
from tfadvseg.reports.curves import part as steps_part
from tfadvseg.reports.markdown import markdown
from tfadvseg.reports.page import page
from tfadvseg.runs import curves, hidden, parts, per_class
from tfadvseg.runs.csv_text import csv_text
from tfadvseg.runs.folder import whole
from tfadvseg.runs.results import NONE, Cell
from tfadvseg.studies import STUDIES
from tfadvseg.studies.certificate.certified import Certified, write
from tfadvseg.studies.masking.names import BLIND, LARGE, NOISE, STRONGER, Battery, Try
from tfadvseg.studies.report import completed, summary_text
from tfadvseg.studies.run import FinishedRun

IMAGES = 3
DRAWN = 4
"""Of so many inputs one is drawn, too, which takes as long as a few others."""
PROTOCOL = "Protocol arnab2018: as printed. Other than it: nothing."
STEPS = """model,image,attack,epsilon,step,stage,loss,changed,iou,linf
a,image_0,fgsm,8,0,0,0.5,0,80,0
a,image_0,fgsm,8,1,0,1.5,60.5,20,8
"""


def target() -> Target:
    drawing.save_figure, drawing.save_vectors = _drawn, _nothing  # the files of Matplotlib take a second each
    return Target(seeds, [_told, _drawn_of], changed)


def _drawn(figure: Any, folder: pathlib.Path, name: str) -> list[pathlib.Path]:
    figure.set_layout_engine("none")
    with drawing.literal(figure):
        figure.draw_without_rendering()
    return [pathlib.Path(folder, f"{name}.png")]


def _nothing(figure: Any, folder: pathlib.Path, name: str) -> pathlib.Path:
    del figure
    return pathlib.Path(folder, f"{name}.svg")


MADE = ("robustness", "transforms", "crf", "transfer", "scales", "masking", "certificate")
"""What each seed is a run of."""


def seeds() -> list[Files]:
    return [robustness_run(), _transforms(), _crf(), _transfer(), _scales(), masking_run(), _certificate()]


def robustness_run() -> Files:
    """White-box attacks on two networks, one of them at no epsilon, and one followed step by step."""
    answers = {cell(name): Answer(80.0) for name in ("a", "b")}
    answers |= {cell(n, "fgsm", e): Answer(60.0 - e) for n in ("a", "b") for e in (1.0, 8.0)}
    answers[cell("a", "smallest", None)] = Answer(5.0)
    facts = {"architecture": "enet", "backbone": "vgg", "head": "fcn8s", "residual": False, "parameters": 7}
    design = {"networks": {"a": facts, "b": facts | {"backbone": "resnet101"}}}
    return _run("robustness", answers, design) | {"curves.csv": STEPS.encode()}


def _transforms() -> Files:
    names, answers = ["jpeg", "blur"], {cell("net", inference=seen): Answer(60.0) for seen in (NONE, "jpeg", "blur")}
    for expected in (NONE, *names):
        for seen in (NONE, *names):
            answers[cell("net", "ifgsm_ll", 8.0, expected=expected, inference=seen)] = Answer(30.0)
    design = {"models": ["net"], "transforms": names, "cross": True, "baseline": NONE, "printed": {"net": "enet"}}
    return _run("transforms", answers, design)


def _crf() -> Files:
    variants = {"v1": {"theta_alpha": 1.0}, "v2": {"theta_alpha": 20.0}, "v3": {"theta_beta": 2.0}}
    pair = {"network": "net", "with_crf": "crf", "variants": variants}
    answers = {cell(name): Answer(60.0) for name in ("net", "crf", *variants)}
    for attack in ("fgsm", "louder"):
        answers |= {cell(m, attack, 8.0, s): Answer(30.0) for m in ("net", "crf") for s in ("net", "crf")}
    answers |= {cell(name, "fgsm", 8.0): Answer(30.0) for name in variants}
    design = {"pairs": [pair], "scaled": {"fgsm": "louder"}, "temperature": 20.0, "printed": {"net": "fcn8s_vgg"}}
    return _run(
        "crf", answers, design, starts=[f"{m}/{k}" for m in ("net", "crf") for k in ("away", "toward", "scaled")]
    )


def _transfer() -> Files:
    answers = {cell(name): Answer(80.0) for name in "abc"}
    for attack in ("fgsm", "ifgsm_ll"):
        answers |= {cell(row, attack, 8.0, source): Answer(40.0) for row in "abc" for source in "ab"}
    design = {"models": list("abc"), "sources": list("ab"), "scales": [], "kept": {"a": ["Made earlier.", "fgsm: 8"]}}
    return _run("transfer", answers, design | {"printed": {"a": "deeplab_v2", "b": "fcn8s_vgg"}})


def _scales() -> Files:
    forms = ["net@50", "net@100", "net", "mean"]
    answers = {cell(name): Answer(80.0) for name in forms}
    answers |= {
        cell(row, attack, 8.0, source): Answer(40.0)
        for row in forms
        for source in forms
        for attack in ("fgsm", "ifgsm_ll")
    }
    group = {"single": {"50": "net@50", "100": "net@100"}, "ensemble": "net", "average": "mean"}
    printed = {"net@50": "deeplab_v2_scale50", "net": "deeplab_v2_multiscale"}
    design = {"models": forms, "sources": forms, "scales": [group], "reduced": ["net@50"]}
    return _run("transfer", answers, design | {"printed": printed})


def masking_run() -> Files:
    """Two models on which every kind of try was made."""
    tries = [("longer", STRONGER, 8.0), ("dla", BLIND, 8.0), ("ifgsm", LARGE, 64.0), ("noise", NOISE, 8.0)]
    battery = Battery("ifgsm", 8.0, tuple(Try(name, kind, f"what {name}", "--x", e) for name, kind, e in tries))
    answers = {cell(name): Answer(50.0) for name in "ab"}
    answers |= {cell(m, "ifgsm", 8.0, source): Answer(20.0) for m in "ab" for source in "ab"}
    answers |= {cell(name, attack, e): Answer(10.0) for name in "ab" for attack, _, e in tries}
    return _run("masking", answers, battery.as_json(), starts=["a/away", "b/away", "a/floor"])


def _certificate() -> Files:
    def counts(iou: float) -> np.ndarray:
        hits = np.full((IMAGES, 1), iou * PIXELS / 100)
        return np.stack([hits, np.full_like(hits, PIXELS), hits, PIXELS - hits])

    answers = {cell("net"): Answer(60.0)} | {cell("net", "ifgsm", e): Answer(100 / e) for e in (4.0, 8.0)}
    design = {
        "models": ["net"], "sizes": {"net": [192, 256]}, "sigmas": [16.0], "guesses": 10, "draws": 1000, "tau": 0.75,
        "error": 0.001,
    }  # fmt: skip
    voted = np.stack([counts(iou)[:3] for iou in (50.0, 30.0, 40.0)])
    by_norm, norms = np.stack([counts(iou) for iou in (45.0, 25.0, 0.0)]), np.array([0.0, 2.0, 5.0])
    epsilons, refuted = np.array([4.0, 8.0]), np.array([0, 1])
    proven = Certified("net", 16.0, norms, by_norm, np.array(6.0), counts(20.0), voted, epsilons, refuted)
    with tempfile.TemporaryDirectory() as folder:
        write(folder, [proven])
        return _run("certificate", answers, design) | {
            path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()
        }


def _run(
    study: str, answers: Mapping[Cell, Answer], design: Mapping[str, Any], starts: list[str] | None = None
) -> Files:
    """The files of a finished run of these answers on IMAGES images."""
    models = list(dict.fromkeys(one.model for one in answers))
    told = {"models": dict.fromkeys(models, "01"), "readings": {models[0]: "as it is"}, "attacked_as": PROTOCOL}
    told |= {
        "versions": {"numpy": "2"},
        "arithmetic": {"threads": 2, "cpu": {"kind": "x"}},
        "norm": "linf",
        "data": "02",
    }
    groups = [f"drive_{number}" for number in range(IMAGES)]
    with tempfile.TemporaryDirectory() as folder:
        run = write_run(pathlib.Path(folder, "run"), study, answers, design, ["One warns."], groups, **told)
        files: Files = {path.name: path.read_bytes() for path in run.iterdir()}
    notes = {"command": ["pipelines/x.py", "--limit=4"], "started": "2026-01-31", "revision": "0123"}
    recipe = {"recipe": {"study": study, "seed": 0, "source": "03"} | told, "notes": notes}
    files["recipe.json"] = json.dumps(recipe).encode()
    if starts:
        file = io.BytesIO()
        np.savez(file, **{name: np.full((3 if "floor" not in name else 1, IMAGES), 0.01) for name in starts})
        files["initial_gradients.npz"] = file.getvalue()
    return files


def changed(files: Files, rng: random.Random) -> Files:
    """Also names that agree no longer, and numbers that no attack leaves in arrays that are whole."""
    if rng.random() < 0.5:
        own = {name: content for name, content in files.items() if name != "findings.json"}
        return files | files_of(own, rng)
    name = rng.choice([name for name in files if name.endswith(".npz")])
    content = files[name]
    assert isinstance(content, bytes)
    with np.load(io.BytesIO(content)) as archive:
        arrays = {key: archive[key] for key in archive.files}
    for _ in range(rng.choice((1, 1, 2))):
        match rng.randrange(4):
            case 0 if any(one.size for one in arrays.values()):  # a cell, an image or a class less
                size = rng.choice(sorted({side for one in arrays.values() for side in one.shape} - {0}))
                which = rng.randrange(size)
                arrays = {
                    key: np.delete(one, which, one.shape.index(size)) if size in one.shape else one
                    for key, one in arrays.items()
                }
            case 1:
                arrays = renamed(arrays, rng)
            case _:
                key = rng.choice(sorted(arrays))
                arrays[key] = extreme(arrays[key], rng)
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    return files | {name: packed.getvalue()}


def _told(folder: pathlib.Path) -> None:
    run = FinishedRun.read(folder)
    study = STUDIES.get(run.study)
    if study is None:
        return
    report, judgements = study.report(), study.judged(run)
    steps = whole(folder / curves.FILE, curves.read) if (folder / curves.FILE).exists() else curves.NONE
    pictures = steps_part(steps, []) if len(steps) else []
    document = completed(report.document(run, judgements, []), run, report.answer(run), pictures)
    tables = [run.table, per_class.table(run.results), parts.table(run.results), hidden.table(run.results)]
    for text in (markdown(document), page(document, folder), summary_text(run), *map(csv_text, tables)):
        text.encode()
    robustness(run)


def _drawn_of(folder: pathlib.Path) -> None:
    run = FinishedRun.read(folder)
    study = STUDIES.get(run.study)
    if study is None:
        return
    if zlib.crc32((folder / "cells.npz").read_bytes() + (folder / "design.json").read_bytes()) % DRAWN:
        return
    report = study.report()
    report.figures(run, folder / "figures")
    steps = whole(folder / curves.FILE, curves.read) if (folder / curves.FILE).exists() else curves.NONE
    drawing.save_drawings(steps_drawings(steps), folder / "figures")
    own = report.events(run, (), None) if report.events else ()
    for one in itertools.chain(own, steps_events(steps)):  # writing them needs folders of another place
        assert list(one.scalars) is not None and list(one.images) is not None

"""The commands of the pages run: those of a page in their order, in a folder of their own, on a photograph or two.

What the pages take for granted, such as a reader's network and data, is stood in for by what comes with the repository.
"""

import functools
import glob
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from documentation import DOCS, PAGES, ROOT, SHELL, STARTS, blocks, told
from PIL import Image

from tfadvseg.data import named

NOT_HERE = {
    "/data/VOCdevkit": "photographs of Pascal VOC",
    "/data/cityscapes": "photographs of Cityscapes",
    "/data/mine": "photographs of the reader's, with a file of their classes",
    "--models=my_network": "a cluster or a store of objects",
    "/shared/": "a disk that machines share",
    "gs://": "a store of objects",
    "--weights=": "public weights",
    "enet_full": "public weights",
    "enet_cityscapes": "public weights",
    "best.weights.h5": "weights of a training that takes hours",
    "--flagfile=": "hours: a training of a network in full width",
    "a_new_network": "another network of the reader's, and a run that kept its perturbations",
    "--endpoint=": "a server; make serve-test asks real ones",
    "triton_server.py": "Triton; make serve-test asks real ones",
    "grpc://": "a server",
    "pytorch_net": "PyTorch",
    "runs/own/unet": "Keras 2",
    "benchmarks.strangers": "networks of others",
}
"""What a command asks for by this text that is not here, so that it is not run."""

TOO_LONG = {
    r"reproduce (?!.*--dry_run)": "all studies of all networks; make reproduce is the same on small ones",
    r"sea@300": "three losses of 300 steps at each epsilon",
    r"saved_models/enet_camvid,.*pspnet_camvid": "ten networks",
}
"""Commands, by a pattern, that take too long on one photograph, too."""

LESS = {
    "certify": ("--limit=1", "--guesses=4", "--draws=16"),
    "crf": ("--limit=1",),
    "doctor": ("--images=2",),
    "masking": ("--limit=1",),
    "reproduce": ("--limit=1",),
    "robustness": ("--limit=1",),
    "scale_transfer": ("--limit=1",),
    "train": ("--limit=4", "--epochs=1"),
    "transfer": ("--limit=1",),
    "transforms": ("--limit=1",),
    "universal": ("--limit=1", "--fit_limit=1", "--passes=1"),
}
"""What is put behind the flags of a pipeline, whose last word counts, so that it ends soon."""

EXAMPLE = ROOT / "saved_models" / "enet_scenes"
"""The network that stands in for a reader's."""

RUN = re.compile(r"\bruns/(robustness|masking)/(\w+)")
"""A finished run that a page takes for granted: its study and its name."""

NETWORK = re.compile(r"\bsaved_models/\w+")
"""A network by its place in a checkout. It is copied, since commands may write beside it."""

ANSWERS = {"gate": (0, 1)}
"""Exit codes that are answers, where 0 is not the only one: a gate that could not judge ends with 2."""


def texts(page: pathlib.Path) -> list[str]:
    """The page's blocks of shell."""
    return [block.text for block in blocks(page) if block.language in SHELL and STARTS.search(block.text)]


WITH_COMMANDS = [page for page in PAGES if texts(page)]


def line_of(words: tuple[str, ...]) -> str:
    """A call as the tables above see it."""
    return " ".join(words).removeprefix("-m pipelines.")


def why_not(words: tuple[str, ...]) -> str | None:
    """Why a call is not run here."""
    line = line_of(words)
    reasons = [reason for text, reason in NOT_HERE.items() if text in line]
    reasons += [reason for pattern, reason in TOO_LONG.items() if re.search(pattern, line)]
    return reasons[0] if reasons else None


@pytest.fixture(scope="session")
def calls(tmp_path_factory):
    """{page: what `python` is given there}; none of a page that says nothing but what others say before it. Blocks of a
    page share variables."""
    known, found = set(), {}
    for page in WITH_COMMANDS:
        every = list(dict.fromkeys(map(tuple, told(tmp_path_factory.mktemp("shell"), *texts(page)))))
        found[page] = every if set(every) - known else []
        known.update(every)
    return found


@pytest.fixture(scope="session")
def camvid(tmp_path_factory):
    """A folder like CamVid's, of drawn streets, which have its classes: four photographs a split."""
    root = tmp_path_factory.mktemp("data") / "camvid"
    for split in ("train", "val"):
        (root / split).mkdir(parents=True)
        lines = []
        for one in named("scenes").split(None, split).chosen(limit=4):
            pair = f"{split}/{one.id}.png", f"{split}/{one.id}_labels.png"
            for name, pixels in zip(pair, (one.image, one.labels), strict=True):
                Image.fromarray(pixels).save(root / name)
            lines.append(" ".join(pair))
        (root / f"{split}.txt").write_text("\n".join(lines))
    return root


@pytest.fixture
def folder(tmp_path, camvid):
    """Where a page's commands run: with a network, photographs and examples by the names that pages have for them."""
    for name in ("my_model", "saved_models/net"):
        shutil.copytree(EXAMPLE, tmp_path / name)
    (tmp_path / "photos").mkdir()
    Image.open(next(camvid.glob("val/*0.png"))).save(tmp_path / "photos" / "street.jpg")
    (tmp_path / "docs").symlink_to(DOCS)
    (tmp_path / "gate.txt").write_text("iou@clean >= 1%\niou_ratio@worst_case,4 >= 1%\n")
    return tmp_path


def run(words, folder: pathlib.Path, camvid: pathlib.Path) -> None:
    """Runs a call of `python` in the folder; AssertionError with what it said where it fails."""
    words = [word.replace("/data/camvid", str(camvid)) for word in words]
    words = [name for word in words for name in sorted(glob.glob(word, root_dir=folder)) or [word]]
    pipeline = words[1].removeprefix("pipelines.") if words[0] == "-m" else ""
    ended = subprocess.run(
        [sys.executable, *words, *LESS.get(pipeline, ())],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    said = ended.stdout[-2000:] + ended.stderr[-2000:]
    assert ended.returncode in ANSWERS.get(pipeline, (0,)), f"python {' '.join(words)}\n{said}"


@pytest.fixture(scope="session")
def finished(tmp_path_factory, camvid):
    """(study) -> the folder of a finished run, which is made once."""

    @functools.cache
    def made(study):
        folder = tmp_path_factory.mktemp(study)
        shutil.copytree(EXAMPLE, folder / "net")
        run(("-m", f"pipelines.{study}", "--models=net", "--epsilons=4", "--output=run"), folder, camvid)
        return folder / "run"

    return made


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run(page, calls, folder, camvid, finished):
    asked = [words for words in calls[page] if why_not(words) is None]
    line = " ".join(itertools.chain(*asked))
    for study, name in set(RUN.findall(line)):
        shutil.copytree(finished(study), folder / "runs" / study / name)
    for name in {name for name in NETWORK.findall(line) if (ROOT / name).is_dir()}:
        shutil.copytree(ROOT / name, folder / name)
    for words in asked:
        run(words, folder, camvid)


def test_most_commands_run(calls):
    every = list(itertools.chain(*calls.values()))
    assert sum(why_not(words) is None for words in every) > len(every) / 2


def test_what_is_left_out_is_there_to_be_left_out(calls):
    """No reason stays behind when its command has gone."""
    lines = [line_of(words) for words in itertools.chain(*calls.values())]
    assert not [text for text in NOT_HERE if not any(text in line for line in lines)]
    assert not [pattern for pattern in TOO_LONG if not any(re.search(pattern, line) for line in lines)]
    assert all(any(line.startswith(f"{pipeline} ") for line in lines) for pipeline in (*LESS, *ANSWERS))

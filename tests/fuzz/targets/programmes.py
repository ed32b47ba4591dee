"""The folder of a programme of jobs: what it remembers of them, and what its index says of their runs."""

import json
import pathlib
import random

from pipelines.common.conclusion import write_index
from pipelines.common.ledger import Entry, Ledger
from pipelines.common.standing import FINISHED, OPEN, Speeds, Standing, document
from tests.fuzz.inputs import Target
from tests.fuzz.mutations import Files, content_of, files_of
from tests.fuzz.targets import studies
from tfadvseg.reports.terminal import terminal
from tfadvseg.studies.programme import Job

JOBS = ("robustness", "masking")
OPEN_JOB = Job("transforms", "transforms", "Does a transform help?", ("C58",))
CLAIMS = ("C5", "C13")


def target() -> Target:
    studies.target()  # nothing is drawn
    return Target(seeds, [_remembered, _index], changed)


def seeds() -> list[Files]:
    judged = [
        {"number": number, "about": "a", "statement": "It holds.", "verdict": "holds", "measured": "1.0", "images": 3,
         "groups": 3} for number in CLAIMS
    ]  # fmt: skip
    lines = "# A run\n\n## What it answers\n\n- One *sentence* (`fgsm`).\n\n## IoU\n\nText.\n"
    entry = {"words": ["--limit=4"], "terms": "0123", "finished": True, "sentence": ""}
    files: Files = {
        "jobs.json": json.dumps(dict.fromkeys(JOBS, entry)).encode(),
        "speeds.json": json.dumps({"0123": 0.5}).encode(),
    }
    for name, run in (("robustness", studies.robustness_run()), ("masking", studies.masking_run())):
        files |= {f"{name}/{file}": content for file, content in run.items()}
        files[f"{name}/claims.json"] = json.dumps(judged).encode()
        files[f"{name}/results.md"] = lines.encode()
        files[f"{name}/figures/sheet_a.png"] = b""
    return [files]


def changed(files: Files, rng: random.Random) -> Files:
    """Mostly what no other target changes."""
    if rng.random() < 0.2:
        return files_of(files, rng)
    names = ("jobs.json", "speeds.json", *(f"{job}/{file}" for job in JOBS for file in ("claims.json", "results.md")))
    name = rng.choice(names)
    content = files[name]
    assert isinstance(content, bytes)
    return files | {name: content_of("x.txt" if name.endswith(".md") else name, content, rng)}


def _remembered(folder: pathlib.Path) -> None:
    ledger = Ledger(folder / "jobs.json")
    found = [ledger.same(name, ["--limit=4"], "0123") for name in JOBS]
    assert all(one is None or isinstance(one, Entry) for one in found)
    ledger.keep("transforms", Entry(["--limit=4"], "0123"))
    Speeds(folder).add({})


def _index(folder: pathlib.Path) -> None:
    finished = [Job(name, name, "What holds?", CLAIMS) for name in JOBS]
    standings = [Standing(job, folder / job.name, [], "0123", FINISHED) for job in finished]
    standings.append(Standing(OPEN_JOB, folder / OPEN_JOB.name, [], "0123", OPEN))
    terminal(document("Jobs", standings, Speeds(folder)))
    terminal(write_index(folder, "The paper", "On photographs.", standings))

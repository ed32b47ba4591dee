"""Whether a finished run fulfils what a release requires: by exit code 0 or 1, validation.json and junit.xml.

    python -m pipelines.gate runs/robustness/mine --require='iou_ratio@ifgsm_ll,4 >= 0.5'
    python -m pipelines.gate RUN --requirements=gate.txt
    python -m pipelines.gate RUN --baseline=OLD --require_change='iou_ratio@4 >= -0.02'

A requirement is metric@attack,epsilon[,model][,transform], a comparison and a share of 1 or a per cent. Without an
attack the worst of all at that epsilon counts, without a model every one. It is passed where the whole 95 % interval
fulfils it; what these images do not decide is failed, with the number of images that would. Exit code 2 means that
nothing was judged.

Ends with a table on stdout; validation.json and junit.xml go into the run folder, or into --output.
"""

import json
import pathlib
from collections.abc import Sequence
from typing import Any

from absl import flags as absl_flags

from tfadvseg.atomic import write_atomically
from tfadvseg.release.gate import Baseline, Outcome, judge
from tfadvseg.release.junit import junit
from tfadvseg.release.requirement import METRICS, Requirement, lines, parse
from tfadvseg.reports.document import Bullets, Document
from tfadvseg.reports.terminal import terminal
from tfadvseg.studies.run import FinishedRun

from .common import flags, main

FLAGS = absl_flags.FLAGS
MISUSED = 2
"""Exit code where nothing was judged."""

absl_flags.DEFINE_multi_string(
    "require", [], f"Requirement, of {', '.join(METRICS)}; give the flag again for another one."
)
absl_flags.DEFINE_multi_string("require_change", [], "Requirement of what is gained against --baseline, likewise.")
absl_flags.DEFINE_string(
    "requirements", None, "File with a requirement a line, behind the word change where it is one; # begins a comment."
)
absl_flags.DEFINE_string("baseline", None, "Run folder of the same photographs and protocol that changes are against.")
absl_flags.DEFINE_string("baseline_model", None, "Its model that all are compared with; by default that of their name.")
absl_flags.DEFINE_string("output", None, "Folder for validation.json and junit.xml; by default the run folder.")
flags.group("Output", "output")


def run(words: list[str]) -> int:
    main.refuse_urls(words)
    if len(words) != 1:
        raise ValueError(f"Name the one run folder to judge; got {len(words)}.")
    asked = requirements()
    finished = FinishedRun.read(words[0])
    baseline = Baseline(FinishedRun.read(FLAGS.baseline), FLAGS.baseline_model) if FLAGS.baseline else None
    outcomes = judge(finished, asked, baseline)
    print(summary(finished, outcomes))
    folder = pathlib.Path(FLAGS.output or finished.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files(finished, baseline, outcomes).items():
        print(write(folder / name, content))
    return 0 if all(one.passed for one in outcomes) else 1


def write(path: pathlib.Path, content: bytes) -> pathlib.Path:
    """Whole or not at all."""
    write_atomically(path, lambda file: file.write(content))
    return path


def requirements() -> list[Requirement]:
    """Those of all flags, the file's last."""
    found = [parse(text) for text in FLAGS.require] + [parse(text, change=True) for text in FLAGS.require_change]
    if FLAGS.requirements:
        found += lines(pathlib.Path(FLAGS.requirements).read_text(encoding="utf-8"))
    return found


def files(finished: FinishedRun, baseline: Baseline | None, outcomes: Sequence[Outcome]) -> dict[str, bytes]:
    """{name: content}."""
    cell = finished.results.cells[0]
    told = {"run": str(finished.folder), "study": finished.study, "dataset": cell.dataset, "split": cell.split}
    told |= {"baseline": str(baseline.run.folder)} if baseline else {}
    passed = all(one.passed for one in outcomes)
    judged: dict[str, Any] = told | {
        "passed": passed,
        "warnings": finished.doubts,
        "requirements": [one.as_json() for one in outcomes],
    }
    cases = [(one.name, one.passed, one.reason) for one in outcomes]
    return {
        "validation.json": json.dumps(judged, indent=1, allow_nan=False).encode(),
        "junit.xml": junit(f"gate.{cell.dataset}.{cell.split}", cases, told, finished.doubts),
    }


def summary(finished: FinishedRun, outcomes: Sequence[Outcome]) -> str:
    """The verdicts, a line each, and why."""
    passed, wide = sum(one.passed for one in outcomes), max(len(one.name) for one in outcomes)
    rows = [f"{one.name:{wide}}  {one.verdict}" for one in outcomes]
    title = f"{finished.folder}: {passed} of {len(outcomes)} requirements passed"
    reasons = Bullets([f"{one.name}: {one.reason}" for one in outcomes] + [f"Warning: {d}" for d in finished.doubts])
    return "\n".join([*rows, "", terminal(Document(title, [reasons]))])


if __name__ == "__main__":
    main.start(run, takes_arguments=True, failing=MISUSED)

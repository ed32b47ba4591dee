"""Judges and draws a finished run again, without a model: tables, verdicts, figures and TensorBoard events.

    python -m pipelines.report runs/robustness/2026-01-31_12-00-00

Ends with the run's table on stdout, and the paths of what was written.
"""

import pathlib

from absl import flags as absl_flags

from pipelines.common import flags, main
from tfadvseg.runs.folder import reserved
from tfadvseg.studies.report import summary_text, write_report
from tfadvseg.studies.run import FinishedRun

FLAGS = absl_flags.FLAGS
flags.define_output()


def run(words: list[str]) -> None:
    folders = [FLAGS.output] if FLAGS.output else words
    if len(folders) != 1:
        raise ValueError(f"Name the one run folder to judge and draw again; got {len(folders)}.")
    folder = pathlib.Path(folders[0])
    FinishedRun.read(folder)  # before anything is made in what may be no run folder
    with reserved(folder):
        written = write_report(folder)
    print(summary_text(folder))
    print("\n".join(map(str, written)))


if __name__ == "__main__":
    main.start(run, takes_arguments=True)

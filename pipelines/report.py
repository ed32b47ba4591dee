"""Judges and draws a finished run again, without a model: tables, verdicts, figures and TensorBoard events.

python -m pipelines.report runs/robustness/2026-01-31_12-00-00
"""

from absl import flags as absl_flags

from pipelines.common import flags, main
from tfadvseg.studies.report import summary_text, write_report

FLAGS = absl_flags.FLAGS
flags.define_output()


def run(words: list[str]) -> None:
    folders = [FLAGS.output] if FLAGS.output else words
    if len(folders) != 1:
        raise ValueError(f"Name the one run folder to judge and draw again; got {len(folders)}.")
    written = write_report(folders[0])
    print(summary_text(folders[0]))
    print("\n".join(map(str, written)))


if __name__ == "__main__":
    main.start(run, takes_arguments=True)

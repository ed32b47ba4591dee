"""Draws tables, figures and TensorBoard events of a finished run again, from its results.csv and examples.npz alone.

python -m pipelines.report --output=runs/robustness/2026-01-31_12-00-00
"""

from pipelines import setting
from pipelines.setting import FLAGS
from tfadvseg.reports.cells import read_results
from tfadvseg.reports.report import terminal_text, write_report

setting.define_output()


def main() -> None:
    if not FLAGS.output:
        raise ValueError("Name the run folder to draw again: --output=runs/...")
    written = write_report(FLAGS.output)
    results = read_results(f"{FLAGS.output}/results.csv")
    print(terminal_text(results))
    print("\n".join(map(str, written)))


if __name__ == "__main__":
    setting.start(main)

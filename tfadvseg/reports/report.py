"""Everything that is drawn from a run folder: results.md, figures/ and tensorboard/."""

import pathlib
from collections.abc import Mapping, Sequence

from tfadvseg.reports import tensorboard
from tfadvseg.reports.cells import read_results
from tfadvseg.reports.examples import load_examples
from tfadvseg.reports.figures import draw_figures
from tfadvseg.reports.sheets import draw_sheets
from tfadvseg.reports.tables import results_markdown


def write_report(
    run_dir: str | pathlib.Path,
    hyperparameters: Mapping[str, object] | None = None,
    findings: Sequence[str] = (),
    with_tensorboard: bool = True,
) -> list[pathlib.Path]:
    """Draws results.csv and, where there is one, examples.npz of a run folder again; returns the files and folders.

    hyperparameters: the experiment's settings, shown under TensorBoard's HParams. findings: warnings for results.md, a
    sentence each. Without TensorBoard no TensorFlow is needed.
    """
    run_dir = pathlib.Path(run_dir)
    if not (run_dir / "results.csv").exists():
        raise ValueError(f"{run_dir} holds no results.csv, so there is nothing to draw; has the run finished?")
    results = read_results(run_dir / "results.csv")
    examples, label_space = (), None
    if (run_dir / "examples.npz").exists():
        label_space, examples = load_examples(run_dir / "examples.npz")
    figures = draw_figures(results, run_dir / "figures")
    sheets = draw_sheets(examples, label_space, run_dir / "figures") if examples else []
    shown = [path.relative_to(run_dir).as_posix() for path in figures if path.name == "iou_ratio.png"]
    markdown = run_dir / "results.md"
    markdown.write_text(results_markdown(results, shown, findings), encoding="utf-8")
    written = [markdown, *figures, *sheets]
    if with_tensorboard:
        tensorboard.write(results, run_dir / "tensorboard", examples, label_space, hyperparameters)
        written.append(run_dir / "tensorboard")
    return written

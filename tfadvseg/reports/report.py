"""Everything that is drawn from a run folder: results.md, figures/ and tensorboard/."""

import json
import pathlib

from tfadvseg.reports import tensorboard
from tfadvseg.reports.cells import read_results
from tfadvseg.reports.examples import Example, load_examples
from tfadvseg.reports.figures import draw_figures
from tfadvseg.reports.sheets import draw_sheets
from tfadvseg.reports.tables import results_markdown
from tfadvseg.reports.transforms import draw_transforms, has_transforms, transform_markdown


def write_report(run_dir: str | pathlib.Path, with_tensorboard: bool = True) -> list[pathlib.Path]:
    """Draws a run folder again from its results.csv; returns the files and folders written.

    Where they exist, examples.npz gives the picture sheets, findings.json (a list of sentences) the warnings,
    claims.json what was found of the paper's claims, and recipe.json the hyperparameters. Without
    TensorBoard no TensorFlow is needed.
    """
    run_dir = pathlib.Path(run_dir)
    if not (run_dir / "results.csv").exists():
        raise ValueError(f"{run_dir} holds no results.csv, so there is nothing to draw; has the run finished?")
    results = read_results(run_dir / "results.csv")
    findings = _json(run_dir / "findings.json", [])
    if has_transforms(results):
        figures = draw_transforms(results, run_dir / "figures")
        shown = [path.relative_to(run_dir).as_posix() for path in figures if path.suffix == ".png"]
        text = transform_markdown(results, shown, findings, _json(run_dir / "claims.json", []))
    else:
        figures = draw_figures(results, run_dir / "figures")
        shown = [path.relative_to(run_dir).as_posix() for path in figures if path.name == "iou_ratio.png"]
        text = results_markdown(results, shown, findings)
    markdown = run_dir / "results.md"
    markdown.write_text(text, encoding="utf-8")
    written = [markdown, *figures]

    label_space, examples = None, tuple[Example, ...]()
    if (run_dir / "examples.npz").exists():
        label_space, examples = load_examples(run_dir / "examples.npz")
        written += draw_sheets(examples, label_space, run_dir / "figures")
    if with_tensorboard:
        settings = _json(run_dir / "recipe.json", {}).get("recipe", {})
        tensorboard.write(results, run_dir / "tensorboard", examples, label_space, settings)
        written.append(run_dir / "tensorboard")
    return written


def _json(path: pathlib.Path, otherwise):
    return json.loads(path.read_text()) if path.exists() else otherwise

"""Everything that is drawn from a run folder: results.md, figures/ and tensorboard/."""

import json
import pathlib

import pandas as pd

from tfadvseg.reports import crf, tensorboard
from tfadvseg.reports.cells import read_results
from tfadvseg.reports.crf import crf_markdown, draw_crf, terminal_crf
from tfadvseg.reports.examples import Example, load_examples
from tfadvseg.reports.figures import draw_figures
from tfadvseg.reports.sheets import draw_sheets
from tfadvseg.reports.tables import results_markdown, terminal_table
from tfadvseg.reports.transforms import draw_transforms, has_transforms, terminal_transforms, transform_markdown


def write_report(run_dir: str | pathlib.Path, with_tensorboard: bool = True) -> list[pathlib.Path]:
    """Draws a run folder again from its results.csv; returns the files and folders written.

    Where they exist, examples.npz gives the picture sheets, findings.json (a list of sentences) the warnings,
    claims.json what was found of the paper's claims, masking.json the verdicts about gradients, and recipe.json the
    hyperparameters. Without TensorBoard no TensorFlow is needed.
    """
    run_dir = pathlib.Path(run_dir)
    if not (run_dir / "results.csv").exists():
        raise ValueError(f"{run_dir} holds no results.csv, so there is nothing to draw; has the run finished?")
    results = read_results(run_dir / "results.csv")
    findings = _json(run_dir / "findings.json", [])
    figures, text = _drawn(results, run_dir, findings)
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


def terminal_text(results: pd.DataFrame) -> str:
    """What a pipeline prints of its results, by what kind of experiment they are."""
    if has_transforms(results):
        return terminal_transforms(results)
    return terminal_crf(results) if crf.pairs(results) else terminal_table(results)


def _drawn(results: pd.DataFrame, run_dir: pathlib.Path, findings: list[str]) -> tuple[list[pathlib.Path], str]:
    """(figures, the text of results.md), by what kind of experiment it is."""
    claims = _json(run_dir / "claims.json", [])

    def pictures(paths):
        return [path.relative_to(run_dir).as_posix() for path in paths if path.suffix == ".png"]

    if has_transforms(results):
        figures = draw_transforms(results, run_dir / "figures")
        return figures, transform_markdown(results, pictures(figures), findings, claims)
    if crf.pairs(results):
        figures = draw_crf(results, run_dir / "figures")
        masking = _json(run_dir / "masking.json", {})
        return figures, crf_markdown(results, pictures(figures), findings, claims, masking)
    figures = draw_figures(results, run_dir / "figures")
    shown = [path for path in pictures(figures) if path.endswith("/iou_ratio.png")]
    return figures, results_markdown(results, shown, findings)


def _json(path: pathlib.Path, otherwise):
    return json.loads(path.read_text()) if path.exists() else otherwise

import json
import subprocess
import sys

import pytest

from tfadvseg.reports.examples import save_examples
from tfadvseg.reports.report import write_report


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_folder_is_drawn_twice_alike(make_results, make_example, label_space, tmp_path):
    make_results({"enet": 50.0, "pspnet": 75.0}, attacks=("fgsm",)).to_csv(tmp_path / "results.csv", index=False)
    save_examples(tmp_path / "examples.npz", label_space, [make_example(attacks=("fgsm",), epsilons=(8.0,))])
    (tmp_path / "findings.json").write_text(json.dumps(["The loss did not move."]))
    written = write_report(tmp_path, with_tensorboard=False)
    first = files(tmp_path)
    assert all(path.exists() for path in written)
    assert {"results.md", "figures/iou_ratio.pdf", "figures/sheet_enet_0001_fgsm.png"} <= set(first)
    assert b"figures/iou_ratio.png" in first["results.md"] and b"The loss did not move." in first["results.md"]
    write_report(tmp_path, with_tensorboard=False)
    assert files(tmp_path) == first


def test_tensorboard_is_written_too(make_results, tmp_path):
    make_results({"enet": 50.0}, attacks=("fgsm",)).to_csv(tmp_path / "results.csv", index=False)
    assert tmp_path / "tensorboard" in write_report(tmp_path)
    assert list((tmp_path / "tensorboard" / "enet").iterdir())


def test_reports_import_no_tensorflow_and_no_pyplot():
    code = (
        "import sys, tfadvseg.reports.report, tfadvseg.metrics.intervals;"
        "print({'tensorflow', 'matplotlib.pyplot'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_an_unfinished_run_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no results.csv"):
        write_report(tmp_path)

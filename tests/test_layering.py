"""Imports point one way, and each part needs no more than it says."""

import ast
import pathlib
import subprocess
import sys

import pytest

import tfadvseg

PACKAGE = pathlib.Path(tfadvseg.__file__).parent
SHARED = {"atomic", "command", "confined", "conventions", "json_text", "lock", "protobufs", "registry", "seeds"}
ALLOWED = {
    "layers": set(),
    "transforms": set(),
    "scenes": set(),
    "paper": set(),
    "metrics": set(),
    "attacks": set(),
    "crf": set(),
    "endpoints": set(),
    "data": {"scenes"},
    "caffe": {"layers"},
    "models": {"crf", "data", "layers"},
    "training": {"data", "metrics", "layers"},
    "runs": {"data", "metrics"},
    "serving": {"attacks", "data", "models", "transforms"},
    "reports": {"data", "runs"},
    "doctor": {"attacks", "data", "metrics", "models"},
    "engine": {"attacks", "data", "doctor", "endpoints", "metrics", "models", "runs", "transforms"},
    "studies": {
        "attacks",
        "crf",
        "data",
        "engine",
        "metrics",
        "models",
        "paper",
        "reports",
        "runs",
        "transforms",
    },
    "release": {"metrics", "reports", "runs", "studies"},
}
"""What each folder may import, from the ground floor up; the folders that all share are not named."""
WITHOUT_TENSORFLOW = {
    "atomic.py",
    "confined.py",
    "conventions.py",
    "json_text.py",
    "lock.py",
    "registry.py",
    "__init__.py",
    "data/__init__.py",
    "data/camvid.py",
    "data/labels.py",
    "data/files.py",
    "data/listing.py",
    "data/framing.py",
    "data/split.py",
    "data/digest.py",
    "data/scenes.py",
    "data/ade20k.py",
    "data/cityscapes.py",
    "data/classes.py",
    "data/dataset.py",
    "data/folder.py",
    "data/inspection.py",
    "data/numbering.py",
    "data/photographs.py",
    "data/places.py",
    "data/spreadsheet.py",
    "data/voc.py",
    "data/coco.py",
    "models/architectures.py",
    "models/__init__.py",
    "models/card.py",
    "models/backbones.py",
    "models/flops.py",
    "models/initial.py",
    "models/reading.py",
    "models/spec.py",
    "models/signatures.py",
    "models/interface.py",
    "models/formats.py",
    *(
        f"{folder}/*.py"
        for folder in (
            "caffe",
            "scenes",
            "paper",
            "layers",
            "models/zoo",
            "metrics",
            "runs",
            "training",
            "reports",
            "release",
        )
    ),
    "studies/*.py",
    "studies/*/claims.py",
    "studies/*/report.py",
    "studies/*/figures.py",
    "studies/*/names.py",
    "studies/*/beside.py",
    "studies/crf/masking.py",
    "studies/masking/verdict.py",
    "studies/robustness/*.py",
    "studies/certificate/certified.py",
    "studies/transfer/matrix.py",
    "studies/transfer/scales.py",
    "studies/transforms/tensorboard.py",
    "studies/transforms/trials.py",
}
JUDGING = (
    "studies/evidence.py",
    "studies/claims.py",
    "studies/run.py",
    "studies/*/claims.py",
    "studies/crf/masking.py",
    "studies/crf/names.py",
    "studies/masking/names.py",
    "studies/masking/verdict.py",
    "studies/transforms/trials.py",
    "studies/shares.py",
    "studies/signs.py",
    "studies/transfer/matrix.py",
    "studies/transfer/scales.py",
    *(f"studies/robustness/{name}.py" for name in ("comparison", "facts", "networks", "needs", "architectures")),
)
"""What judges claims; it draws nothing."""


def files(pattern="**/*.py"):
    return sorted(PACKAGE.glob(pattern))


def imported(path, top_level_only=False):
    """Dotted names that a file imports; of `from a import b` both a and a.b, since b may be a module."""
    tree = ast.parse(path.read_text())
    names = set()
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def folders(path):
    """The parts of the package that a file imports."""
    parts = {name.split(".")[1] for name in imported(path) if name.startswith("tfadvseg.")}
    known = {child.stem for child in PACKAGE.iterdir()}
    return parts & known


def test_every_folder_has_its_arrows():
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == set(ALLOWED)


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_imports_point_one_way(folder):
    paths = files(f"{folder}/**/*.py")
    assert paths
    for path in paths:
        assert folders(path) <= ALLOWED[folder] | SHARED | {folder}, path


def test_no_study_imports_another():
    for path in files("studies/*/*.py"):
        others = {name.split(".")[2] for name in imported(path) if name.startswith("tfadvseg.studies.")}
        assert not others & {child.name for child in (PACKAGE / "studies").iterdir() if child.is_dir()} - {
            path.parent.name
        }, path


def test_what_judges_claims_draws_nothing():
    """Nor does it load a model: a finished run is judged from its files."""
    for path in {path for pattern in JUDGING for path in files(pattern)}:
        assert not folders(path) & {"reports", "engine", "models"}, path
        assert "matplotlib" not in {name.split(".")[0] for name in imported(path)}, path


@pytest.mark.parametrize("name", sorted(SHARED))
def test_what_all_share_imports_nothing_of_the_package(name):
    assert not any(found.startswith("tfadvseg") for found in imported(PACKAGE / f"{name}.py"))


def test_nothing_in_the_package_imports_pipelines_or_reads_flags():
    for path in files():
        roots = {name.split(".")[0] for name in imported(path)}
        assert not roots & {"pipelines", "absl"}, path


def test_pipelines_import_each_other_by_relative_names():
    """In a checkout they are `pipelines`, and as pip installs them `tfadvseg.pipelines`."""
    for path in sorted((PACKAGE.parent / "pipelines").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not any(name.split(".")[0] == "pipelines" for name in names), path


def test_parts_that_need_no_tensorflow_import_none():
    for path in {path for pattern in WITHOUT_TENSORFLOW for path in files(pattern)}:
        top = {name.split(".")[0] for name in imported(path, top_level_only=True)}
        assert not top & {"tensorflow", "tensorflow_datasets"}, path


def test_attacks_know_no_keras():
    for path in files("attacks/*.py"):
        assert "keras" not in {name.split(".")[0] for name in imported(path)}, path


def test_networks_are_pure_keras():
    """Their modules import what they import even inside functions without TensorFlow."""
    for path in (*files("models/zoo/*.py"), *files("layers/*.py")):
        roots = {found.split(".")[0] for found in imported(path)}
        assert roots <= {"keras", "numpy", "tfadvseg", "dataclasses", "collections", "functools", "math", "typing"}, (
            path.name
        )


def test_importing_the_package_loads_no_library():
    code = (
        "import sys, tfadvseg, tfadvseg.models, tfadvseg.data, tfadvseg.metrics.intervals, tfadvseg.paper;"
        "print({'tensorflow', 'keras', 'jax', 'matplotlib', 'pandas'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"

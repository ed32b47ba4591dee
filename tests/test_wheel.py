"""What an installed package brings."""

import ast
import pathlib
import re
import tomllib

from tfadvseg import __version__

ROOT = pathlib.Path(__file__).parents[1]


def test_a_wheel_has_the_networks_that_the_first_command_attacks():
    """setup.py copies them, MANIFEST.in puts them into the source archive."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    (copied,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "NETWORKS"
    )
    flags = (ROOT / "pipelines" / "common" / "flags.py").read_text()
    assert f'def define_models(default: str | None = "{",".join(copied)}")' in flags
    assert (ROOT / "MANIFEST.in").read_text().split() == [
        word for name in copied for word in ("graft", f"saved_models/{name}")
    ]
    assert all((ROOT / "saved_models" / name / "1" / "saved_model.pb").is_file() for name in copied)


def test_a_wheel_has_all_that_is_no_python():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    package = ROOT / "tfadvseg"
    brought = {
        path for pattern in settings["tool"]["setuptools"]["package-data"]["tfadvseg"] for path in package.glob(pattern)
    }
    others = {
        path
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc") and "saved_models" not in path.parts
    }
    assert len([path for path in others if path.suffix == ".j2"]) == 4 and package / "py.typed" in others
    assert {str(path.relative_to(package)) for path in others - brought} == set()


def test_the_version_is_one_wherever_it_stands():
    found = {
        "CITATION.cff": re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(), re.M),
        "CHANGELOG.md": re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M),
        "docs/quick_start.md": re.search(r"tfadvseg-([\d.]+)-py3", (ROOT / "docs" / "quick_start.md").read_text()),
    }
    assert {name: match[1] if match else None for name, match in found.items()} == dict.fromkeys(found, __version__)


def test_what_is_locked_with_hashes_is_what_make_installs():
    locked = dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / "requirements.lock").read_text(), re.M))
    installed = dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / "constraints.txt").read_text(), re.M))
    installed = {re.sub(r"[_.]", "-", name).lower(): version for name, version in installed.items()}
    both = set(installed) & set(locked)
    assert len(both) > 50
    assert {name: locked[name] for name in both} == {name: installed[name] for name in both}

"""What an installed package brings."""

import ast
import pathlib
import tomllib

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


def test_a_wheel_has_the_templates_of_pages():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    package = ROOT / "tfadvseg"
    brought = {
        path for pattern in settings["tool"]["setuptools"]["package-data"]["tfadvseg"] for path in package.glob(pattern)
    }
    templates = set(package.rglob("*.j2"))
    assert len(templates) == 4 and templates <= brought

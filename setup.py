"""Puts the commit and two small networks into what is built, so that an installed package knows its source and has
something to begin with. All settings are in pyproject.toml."""

import importlib.util
import pathlib
import shutil

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = pathlib.Path(__file__).parent
NETWORKS = "enet_scenes", "fcn8s_scenes"
"""Those that pipelines.robustness attacks unless told otherwise; MANIFEST.in has them, too."""


def write_revision(package: pathlib.Path) -> None:
    """Into the built package; what an sdist says already stays."""
    spec = importlib.util.spec_from_file_location("provenance", ROOT / "tfadvseg" / "runs" / "provenance.py")
    assert spec and spec.loader
    provenance = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(provenance)
    file = package / provenance.REVISION
    file.unlink(missing_ok=True)  # it may be a hard link to the source
    file.write_text(provenance.git_revision() + "\n")


class BuildWithRevision(build_py):
    """A wheel."""

    def run(self) -> None:
        """With the commit and the networks, but for an editable install."""
        super().run()
        if not self.editable_mode:  # a checkout that is used as it is asks git
            package = pathlib.Path(self.build_lib) / "tfadvseg"
            write_revision(package)
            for name in NETWORKS:
                shutil.copytree(ROOT / "saved_models" / name, package / "saved_models" / name, dirs_exist_ok=True)


class SourceWithRevision(sdist):
    """A source archive."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """With the commit, which a wheel that is made of the archive takes over."""
        super().make_release_tree(base_dir, files)
        write_revision(pathlib.Path(base_dir) / "tfadvseg")


COMMANDS = [f"tfadvseg.{name}" for name in find_namespace_packages(include=["pipelines*"])]
"""A name as common as `pipelines` is not for us to take from others, so it lies within the package when installed."""

setup(
    packages=[*find_namespace_packages(include=["tfadvseg*"]), *COMMANDS],
    package_dir={"tfadvseg.pipelines": "pipelines"},
    cmdclass={"build_py": BuildWithRevision, "sdist": SourceWithRevision},
)

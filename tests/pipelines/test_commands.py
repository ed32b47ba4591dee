"""What to type: `python -m pipelines.<command>` in a checkout, `tfadvseg <command>` where pip installed it; and in
which folders networks are looked for by name."""

import os
import subprocess
import sys

import pytest

from pipelines.common import commands, interrupt, objects
from tfadvseg.command import as_typed, command

PROGRAM = "/somewhere/bin/tfadvseg"


def test_a_checkout_has_modules_and_an_installed_package_a_program(monkeypatch):
    monkeypatch.delitem(sys.modules, "tfadvseg.pipelines", raising=False)
    assert command("doctor") == "python -m pipelines.doctor"
    assert (
        as_typed("Run pipelines.masking; python -m pipelines.crf.") == "Run pipelines.masking; python -m pipelines.crf."
    )
    monkeypatch.setitem(sys.modules, "tfadvseg.pipelines", commands)
    assert command("doctor") == "tfadvseg doctor"
    assert as_typed("Run pipelines.masking; python -m pipelines.crf --x.") == "Run tfadvseg masking; tfadvseg crf --x."


@pytest.mark.parametrize(
    ("words", "quick"),
    [([], True), (["--help"], True), (["robustnes"], True), (["robustness"], False), (["demo", "--limit=1"], False)],
)
def test_the_program_lists_its_commands_without_tensorflow(monkeypatch, words, quick):
    monkeypatch.setattr(sys, "argv", [PROGRAM, *words])
    assert commands.is_program() and commands.is_starting()
    assert commands.is_listing() is quick


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("jxa", "KERAS_BACKEND is 'jxa'; choose one of: tensorflow, jax."),
        ("jax", "KERAS_BACKEND is 'jax', which is not installed; pip install jax, or leave it unset."),
    ],
)
def test_a_backend_that_there_is_not_is_refused_in_a_sentence(monkeypatch, name, sentence):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SystemExit) as ended:
        commands.refuse_backend(name)
    assert ended.value.code == f"Error: {sentence}"


def test_backends_that_are_here_are_welcome():
    for name in commands.BACKENDS:
        commands.refuse_backend(name)


def test_a_wrong_backend_ends_a_command_before_keras_is_asked():
    call = [sys.executable, "-m", "pipelines.train", "--help"]
    done = subprocess.run(
        call, cwd=objects.OWN.parent, env=os.environ | {"KERAS_BACKEND": "jxa"}, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (1, "") and done.stderr.startswith("Error: KERAS_BACKEND is 'jxa'; choose")


def test_a_program_that_imports_pipelines_is_not_one_of_them(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/somewhere/bin/pytest"])
    assert not commands.is_program() and not commands.is_starting() and not commands.is_listing()


def test_the_demo_is_a_command_with_flags_that_typed_ones_override():
    for words, expected in ((["demo"], ["--limit=16"]), (["demo", "--limit=3"], ["--limit=16", "--limit=3"])):
        code = (
            "import runpy, sys, pipelines.__main__ as program\n"
            "runpy.run_module = lambda name, **_: print(name, *sys.argv[1:])\n"
            f"sys.argv = ['tfadvseg', *{words!r}]\nprogram.main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
            cwd=objects.OWN.parent,
            env=os.environ | {"KERAS_BACKEND": "jax"},  # so that it starts at once
        )
        assert done.stdout.split() == ["pipelines.robustness", *expected]


def test_a_listing_that_nobody_reads_to_its_end_is_no_error():
    code = f"{sys.executable} -m pipelines | true"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", code], cwd=objects.OWN.parent, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_way_on_is_the_program_where_it_was_typed(monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["/somewhere/bin/python", PROGRAM, "crf", "--sweep", "--output=a b"])
    monkeypatch.setattr(interrupt, "_state", {"folder": "a b", "chosen": False})
    assert interrupt.way_on() == f"Go on with: {PROGRAM} crf --sweep '--output=a b'"


@pytest.fixture
def places(tmp_path, monkeypatch):
    """Two folders of networks in TFADVSEG_MODELS, one in the current folder, and our own."""
    for name in ("a/mine", "a/theirs", "b/mine", "here/saved_models/mine", "here/saved_models/trained", "own/enet"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("TFADVSEG_MODELS", os.pathsep.join([str(tmp_path / "a"), str(tmp_path / "b")]))
    monkeypatch.setattr(objects, "OWN", tmp_path / "own")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def test_a_network_is_the_first_of_its_name(places):
    assert objects.networks() == {
        "enet": places / "own" / "enet",
        "mine": places / "a" / "mine",
        "theirs": places / "a" / "theirs",
        "trained": objects.pathlib.Path("saved_models/trained"),
    }
    assert objects.model_path("mine") == places / "a" / "mine"
    (places / "here" / "mine").mkdir()
    assert objects.model_path("mine") == objects.pathlib.Path("mine")  # a path goes first
    with pytest.raises(ValueError, match=r"Unknown model 'ene'; choose one of: enet, mine, theirs, trained\."):
        objects.model_path("ene")


def test_a_folder_of_models_that_is_none_is_said_to_be(places, monkeypatch):
    monkeypatch.setenv("TFADVSEG_MODELS", str(places / "nowhere"))
    with pytest.raises(ValueError, match="TFADVSEG_MODELS lists .*nowhere, which is no folder; take it out"):
        objects.networks()

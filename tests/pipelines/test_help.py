"""--help as one would show it to a colleague, and the list of commands."""

import re
import subprocess
import sys

import pytest

from pipelines.common.commands import commands, typed
from pipelines.common.flags import GROUPS

COMMANDS = (
    "attack",
    "card",
    "certify",
    "crf",
    "describe",
    "doctor",
    "export",
    "gate",
    "import_caffe",
    "inspect_data",
    "masking",
    "report",
    "reproduce",
    "robustness",
    "scale_transfer",
    "train",
    "transfer",
    "transform_transfer",
    "transforms",
    "universal",
    "verify_served",
)


def test_there_are_these_commands_each_with_a_line():
    assert tuple(commands()) == COMMANDS
    assert all(line.endswith((".", ")")) for line in commands().values())


@pytest.mark.parametrize("command", COMMANDS)
def test_help_goes_from_the_question_to_its_flags_in_groups(call, command):
    ended = call(command, "--help")
    assert ended.returncode == 0 and ended.stderr == ""
    lines = ended.stdout.splitlines()
    assert (
        " ".join(lines[:2]).startswith(commands()[command][:60])
        and f"    python -m pipelines.{command}" in ended.stdout
    )
    assert max(map(len, lines)) <= 100
    titles = [line[:-1] for line in lines if re.fullmatch(r"[A-Z][a-z ]+:", line)]
    assert titles == [title for title in GROUPS if title in titles] and titles
    assert "--alsologtostderr" not in ended.stdout and "--verbosity" not in ended.stdout
    assert "<rgb|bgr>" not in ended.stdout


def test_help_explains_every_flag(call):
    from absl import flags

    ended = call("transforms", "--limit=3", "-h")
    for flag in ("dataset", "models", "attacks", "epsilons", "trials", "samples", "batch_size", "seed", "output"):
        assert re.search(rf"^  --{flag}=\S+ ", ended.stdout, re.M), flag
    assert "  --[no]in_range            Keep adversarial images within 0..255; by default as" in ended.stdout
    assert "  --[no]whole_levels        End on whole grey levels; with --in_range the" in ended.stdout
    assert "  --norm=linf|l2            Norm that epsilon bounds" in ended.stdout
    assert "  --channel_order=rgb|bgr   Order of the models' input channels.\n" in ended.stdout
    assert "One of logits, probabilities, sigmoid," in ended.stdout
    assert not flags.FLAGS.is_parsed()


def run(*words):
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=120)


def test_the_package_lists_its_commands_at_once():
    for words in (("pipelines",), ("pipelines", "--help")):
        done = run(*words)
        assert done.returncode == 0 and done.stderr == ""
        assert re.findall(r"^  (\w+) +\S", done.stdout, re.M) == [*COMMANDS, "demo"]
        assert max(map(len, done.stdout.splitlines())) <= 100


@pytest.mark.parametrize("words", [("pipelines", "robustnes"), ("pipelines.robustnes", "--limit=1")])
def test_an_unknown_command_says_what_there_is(words):
    done = run(*words)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == (
        "Error: Unknown command 'robustnes'; choose one of: robustness, attack, card, certify, crf, demo, describe, "
        "doctor, export, gate, import_caffe, inspect_data, masking, report, reproduce, scale_transfer, train, "
        "transfer, transform_transfer, transforms, universal, verify_served.\n"
    )


@pytest.mark.parametrize(
    ("words", "module"),
    [
        (["python", "-m", "pipelines.crf", "--sweep"], "pipelines.crf"),
        (["python", "-u", "-mpipelines.crf"], "pipelines.crf"),
        (["python", "crf.py"], None),
    ],
)
def test_the_module_that_was_typed(monkeypatch, words, module):
    monkeypatch.setattr(sys, "orig_argv", words)
    assert typed() == module


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--limt=3"], "Unknown flag --limt; did you mean --limit?"),
        (["--zzzzzz"], "Unknown flag --zzzzzz; --help lists all flags."),
        (["--limit=x"], "--limit takes a non-negative whole number; got x."),
        (["--every=0"], "--every takes a positive whole number; got 0."),
        (["--dataset=scene"], "--dataset should be one of <scenes|ade20k|camvid|"),
        (["--in_range=perhaps"], "--in_range takes true or false; got perhaps."),
        (["--attacks=fgsm_lll"], "Unknown attack 'fgsm_lll'; choose one of: fgsm_ll, ifgsm_ll, fgsm_class, "),
        (["--models=fcn8_scenes"], "Unknown model 'fcn8_scenes'; choose one of: fcn8s_scenes, "),
        (["--limit=1", "--output"], "Missing value for flag --output"),
    ],
)
def test_a_misspelt_word_gets_one_line_with_the_nearest(call, arguments, sentence):
    ended = call("robustness", *arguments)
    assert ended.returncode == 1 and ended.stderr.startswith(f"Error: {sentence}"), ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_a_flag_that_is_needed_is_explained(call):
    ended = call("import_caffe", "--model=enet")
    assert ended.returncode == 1 and ended.stderr == "Error: --weights is needed: The .caffemodel.\n"
    ended = call("transforms", "--transforms=jpg")
    assert ended.stderr.startswith("Error: Unknown transform 'jpg'; choose one of: jpeg, ")

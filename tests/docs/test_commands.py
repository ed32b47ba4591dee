"""Each command of the pages is one that its pipeline takes: the pipeline exists, all flags do, and values are legal.

A block of the shell is run by bash itself, which joins lines, fills in variables and takes off quotes, but with no
other program at hand, and with `python` telling what it was given.
"""

import itertools
import re
import shutil
import subprocess

import pytest
from absl.testing import flagsaver
from documentation import PAGES, ROOT, Block, blocks

PRELUDE = """
exec 3>&1
python() { printf '%s\\x1f' "$@" >&3; printf '\\x1e' >&3; }
tfadvseg() { [ "$1" = demo ] && set -- robustness --limit=16 "${@:2}"; python -m "pipelines.$1" "${@:2}"; }
srun() { "$@"; }
command_not_found_handle() { return 0; }
"""
STARTS = re.compile(r"^(?:\$ |srun |[\w./-]*bin/)?(?:python|tfadvseg) (?!-c )", re.M)
"""A line that starts a command of ours."""
AT_HAND = ("tr",)
"""Programs that blocks may call to make up their commands."""
FOUND = r"pipelines\.(\w+)\b,?((?:\s+(?!-\s)[^\s\]]+)*)"


def told(text: str, folder) -> list[list[str]]:
    """What `python` is given when bash runs the text: a list of words a call."""
    for name in AT_HAND:
        (folder / name).symlink_to(shutil.which(name))
    text = "\n".join(line[2:] for line in text.splitlines() if line[:2] == "$ ") or text
    text = re.sub(r"(?m)^[\w./-]*bin/(?=python )", "", text)
    ended = subprocess.run(
        [shutil.which("bash"), "-c", PRELUDE + text],
        cwd=folder,
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=20,
    )
    wrong = [line for line in ended.stderr.splitlines() if "syntax error" in line or "unexpected" in line]
    assert not wrong, f"bash does not understand {text!r}: {wrong}"
    return [call.split("\x1f")[:-1] for call in ended.stdout.split("\x1e") if "\x1f" in call]


def commands_of(block: Block, folder) -> list[tuple[str, list[str]]]:
    """(pipeline, its arguments) for each command in a block: of the shell, of YAML, or in what a program says."""
    if block.language in ("", "sh", "bash") and STARTS.search(block.text):
        return [
            (words[1].removeprefix("pipelines."), words[2:])
            for words in told(block.text, folder)
            if words[:1] == ["-m"] and words[1].startswith("pipelines.")
        ]
    listed = re.sub(r",(?=\s)", "", block.text)
    return [(name, arguments.split()) for name, arguments in re.findall(FOUND, listed)]


@pytest.fixture(scope="module")
def commands(tmp_path_factory):
    """[(block, pipeline, arguments)] of all pages."""
    return [
        (block, name, arguments)
        for page in PAGES
        for block in blocks(page)
        if "pipelines." in block.text or "tfadvseg " in block.text
        for name, arguments in commands_of(block, tmp_path_factory.mktemp("shell"))
    ]


def test_every_line_that_starts_a_pipeline_is_found(commands):
    """Counted in another way: no block is passed over."""
    counted = sum(
        len(re.findall(r"(?:(?:python|python,|bin/python) -m,? pipelines\.|(?m:^)tfadvseg )\w+", block.text))
        for page in PAGES
        for block in blocks(page)
    )
    assert len(commands) == counted > 60


def test_commands_are_taken_by_their_pipelines(commands, with_flags_of):
    from pipelines.common import attacking, main, objects

    wrong = []
    for pipeline, asked in itertools.groupby(sorted(commands, key=lambda one: one[1]), key=lambda one: one[1]):
        assert (ROOT / "pipelines" / f"{pipeline}.py").is_file(), f"There is no pipeline {pipeline!r}."
        flags = with_flags_of(pipeline)
        for block, _, arguments in asked:
            with flagsaver.flagsaver():
                try:
                    words = flags([pipeline, *arguments])
                    main.refuse_arguments(words if not flags.is_gnu_getopt() else words[:1])
                    if "attacks" in flags:
                        attacking.attack_names()
                    if "epsilons" in flags:
                        objects.epsilons()
                except Exception as error:
                    wrong.append(f"{block}: {pipeline} {' '.join(arguments)}: {error}")
    assert not wrong, "\n".join(wrong)


def test_embedded_networks_that_commands_name_are_there(commands):
    named = {
        name
        for _, _, arguments in commands
        for word in arguments
        if word.startswith(("--models=", "--crf_models=", "--sources="))
        for name in word.partition("=")[2].split(",")
    }
    ours = {name for name in named if re.fullmatch(r"\w+_(?:scenes|camvid)", name)}
    assert len(ours) > 5
    assert all((ROOT / "saved_models" / name).is_dir() for name in ours), ours


def test_benchmarks_that_pages_name_are_there():
    named = {name for page in PAGES for name in re.findall(r"python -m benchmarks\.(\w+)", page.read_text())}
    assert len(named) > 10
    assert not {name for name in named if not (ROOT / "benchmarks" / f"{name}.py").is_file()}


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("python -m pipelines.robustness --limt=3", "Unknown command line flag 'limt'"),
        ("python -m pipelines.robustness --dataset=imagenet", "should be one of"),
        ("python -m pipelines.robustness --attacks=pgd", "Unknown attack 'pgd'"),
        ("python -m pipelines.robustness --epsilons=8/255", "write 8 for 8/255"),
        ("python -m pipelines.robustness stray", "Unknown argument 'stray'"),
        ("python -m pipelines.import_caffe --model=enet", "must have a value other than None"),
    ],
)
def test_a_wrong_command_would_be_seen(text, refusal, with_flags_of, tmp_path):
    """The test above, on pages that are wrong."""
    ((name, arguments),) = commands_of(Block(ROOT / "README.md", 1, "", text + "\n"), tmp_path)
    with pytest.raises(AssertionError, match=re.escape(refusal)):
        test_commands_are_taken_by_their_pipelines([(text, name, arguments)], with_flags_of)


def test_a_block_is_read_as_the_shell_reads_it(tmp_path):
    text = (
        "D=\"--limit=3 --every=2\"\npython -m pipelines.crf $D \\\n    --models=a,b --images='x y' > f\nsh serve.sh\n"
    )
    block = Block(ROOT / "README.md", 1, "", text)
    assert commands_of(block, tmp_path) == [("crf", ["--limit=3", "--every=2", "--models=a,b", "--images=x y"])]

"""Each command of the pages is one that its pipeline takes: the pipeline exists, all flags do, and values are legal."""

import itertools
import re

import pytest
from absl.testing import flagsaver
from documentation import PAGES, ROOT, SHELL, STARTS, Block, blocks, told

FOUND = r"pipelines\.(\w+)\b,?((?:\s+(?!-\s)[^\s\]]+)*)"


def commands_of(block: Block, folder) -> list[tuple[str, list[str]]]:
    """(pipeline, its arguments) for each command in a block: of the shell, of YAML, or in what a program says."""
    if block.language in SHELL and STARTS.search(block.text):
        return [
            (words[1].removeprefix("pipelines."), words[2:])
            for words in told(folder, block.text)
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

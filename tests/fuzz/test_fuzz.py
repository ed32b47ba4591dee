"""Some hostile inputs of each kind, always the same ones; `make fuzz` tries others for as long as you like."""

import json
import pathlib
import random
import subprocess
import sys

import pytest

from tests.fuzz.mutations import content_of
from tests.fuzz.targets import NAMES

INPUTS, SECONDS = 40, 4
"""Of each target at most."""


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """What one process has said of all targets, an object a line."""
    words = [",".join(NAMES), "0", "0", str(INPUTS), str(SECONDS), str(tmp_path_factory.mktemp("fuzz"))]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.process", *words],
        cwd=pathlib.Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("name", NAMES)
def test_works_or_is_refused_by_a_sentence(said, name):
    own = [what for what in said if what["target"] == name]
    assert [what for what in own if "fault" in what] == [], f"python -m tests.fuzz --target={name} --input=NUMBER"
    assert own[-1].get("ended", 0) > 0, "the process has ended before"


FAULTS = {
    "leaves its folder": "open(folder / '../secret/file')",
    "reads another file": "open('/etc/passwd')",
    "writes beside it": "(folder / '../new').write_text('')",
    "starts a program": "__import__('subprocess').run(['true'])",
    "unpickles": "__import__('pickle').loads(b'cos\\nmkdir\\n.')",
    "takes long": "sum(1 for _ in iter(int, 1))",
    "takes memory": "bytearray(3 << 30)",
    "recurses": "exec('def f(): return f()\\nf()')",
    "raises what is no sentence": "{}['a']",
    "lets a library complain": "int('a')",
}


@pytest.fixture(scope="module")
def told():
    """{what a reader does: the key of the fault that it is taken for}, None where it is taken for none."""
    program = f"""
import json, pathlib, sys, tempfile
from tests.fuzz import guard, inputs
inputs.SECONDS = 1.0
folder = inputs.write({{"a": b""}}, pathlib.Path(tempfile.mkdtemp()))
watching = guard.Guard()
found = {{}}
guard.limit_memory()
codes = {{name: eval("lambda folder: " + code) for name, code in {FAULTS!r}.items()}}
codes["reads what it was given"] = lambda folder: (folder / "a").read_bytes()
for name, reader in codes.items():
    one = inputs.faults(inputs.Target(list, [reader]), folder, watching)
    found[name] = one[0].key if one else None
print(json.dumps(found))
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=pathlib.Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(ended.stdout)


@pytest.mark.parametrize("what", FAULTS)
def test_what_must_not_be_is_seen(told, what):
    assert told[what]


def test_what_may_be_is_none(told):
    assert told["reads what it was given"] is None


def test_inputs_are_the_same_again():
    content = json.dumps({"a": [1, 2, {"b": "c"}]}).encode()
    some, again = ([content_of("a.json", content, random.Random(k)) for k in range(50)] for _ in range(2))
    assert some == again and len(set(some)) > 25

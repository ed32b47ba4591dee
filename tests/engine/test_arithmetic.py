"""What decides the last bits is known and cannot be changed behind a run's back."""

import subprocess
import sys

import pytest

CODE = """
from tfadvseg.engine.arithmetic import arithmetic, set_threads
set_threads(1)
import tensorflow as tf
tf.constant(1.0) + 1
set_threads(1)
print(arithmetic()["threads"], arithmetic()["onednn"])
try:
    set_threads(3)
except ValueError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def lines():
    environment = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_threads_are_those_that_were_asked_for_and_onednn_is_told(lines):
    assert lines[0] == "1 0"


def test_threads_cannot_change_once_tensorflow_computes(lines):
    assert lines[1].startswith("TensorFlow already computes with 1 threads") and lines[1].endswith("is computed.")


def test_instructions_and_device_are_named():
    from tfadvseg.engine.arithmetic import arithmetic

    found = arithmetic()
    assert found["instructions"] and found["device"] and found["onednn"]

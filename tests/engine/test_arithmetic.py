"""What decides the last bits is known and cannot be changed behind a run's back."""

import subprocess
import sys

import pytest

from tfadvseg.engine.arithmetic import environment

CODE = """
from tfadvseg.engine.arithmetic import arithmetic, set_threads
set_threads(1)
import tensorflow as tf
tf.constant(1.0) + 1
set_threads(1)
print(arithmetic()["threads"], arithmetic()["environment"])
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
    assert lines[0] == "1 {'TF_ENABLE_ONEDNN_OPTS': '0'}"


def test_threads_cannot_change_once_tensorflow_computes(lines):
    assert lines[1].startswith("TensorFlow already computes with 1 threads") and lines[1].endswith("is computed.")


def test_instructions_and_device_are_named():
    from tfadvseg.engine.arithmetic import arithmetic

    found = arithmetic()
    assert found["instructions"] and found["device"]


@pytest.mark.parametrize(
    "name",
    [
        "TF_ENABLE_ONEDNN_OPTS",
        "ONEDNN_MAX_CPU_ISA",
        "DNNL_MAX_CPU_ISA",
        "ONEDNN_DEFAULT_FPMATH_MODE",
        "XLA_FLAGS",
        "TF_XLA_FLAGS",
        "TF_DISABLE_MKL",
        "NVIDIA_TF32_OVERRIDE",
        "TF_DETERMINISTIC_OPS",
        "TF_CUDNN_DETERMINISTIC",
        "CUBLAS_WORKSPACE_CONFIG",
        "TF_NUM_INTEROP_THREADS",
        "NPY_DISABLE_CPU_FEATURES",
        "TF_A_SWITCH_OF_TOMORROW",
    ],
)
def test_variables_that_choose_kernels_are_known(monkeypatch, name):
    before = environment()
    monkeypatch.setenv(name, "1")
    assert environment() == before | {name: "1"}


@pytest.mark.parametrize(
    "name",
    [
        "TF_CPP_MIN_LOG_LEVEL",
        "ONEDNN_VERBOSE",
        "TFDS_DATA_DIR",
        "TFADVSEG_CACHE",
        "CUDA_VISIBLE_DEVICES",
        "HOME",
        "TF_VAR_x",
    ],
)
def test_variables_that_change_no_number_are_left_out(monkeypatch, name):
    before = environment()
    monkeypatch.setenv(name, "1")
    assert environment() == before

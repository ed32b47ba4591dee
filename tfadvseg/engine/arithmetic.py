"""What decides the last bits of a number besides the code: threads, instruction set, device.

Repeated calls of one shape agree in every bit on a CPU, with one number of threads. Two threads sum in another order
than one, another instruction set in another order still, and a GPU in its own.
"""

import importlib.metadata
import os
import pathlib
import platform
from typing import Any

import tensorflow as tf

THREADS = 2
"""Threads within an operation, by default, whatever the machine has: else its numbers would depend on the machine."""

INSTRUCTIONS = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve")
"""Those that the kernels of TensorFlow and oneDNN choose by."""

DECIDING = (
    "TF_", "TF2_", "XLA_", "ONEDNN_", "DNNL_", "MKL_", "ITEX_", "CUDNN_", "CUBLAS_", "NVIDIA_TF32", "CUDA_", "EIGEN_",
    "NPY_", "OPENBLAS_", "GLIBC_TUNABLES", "KERAS_FLOATX", "ACL_", "MIOPEN_", "ROCM_",
)  # fmt: skip
"""How environment variables begin that change kernels, and with them last bits:"""
SPARED = (
    "TF_CPP_", "TF_CONFIG", "TF_GPU_ALLOCATOR", "TF_FORCE_GPU_ALLOW_GROWTH", "TF2_BEHAVIOR", "CUDA_HOME", "CUDA_PATH",
    "CUDA_VISIBLE_DEVICES", "CUDA_CACHE", "CUDA_DEVICE_ORDER", "CUDA_VERSION",
    "TF_ACC", "TF_CLI_", "TF_DATA_DIR", "TF_IN_AUTOMATION", "TF_INPUT", "TF_LOG", "TF_PLUGIN_CACHE", "TF_REATTACH",
    "TF_TOKEN_", "TF_VAR_", "TF_WORKSPACE",
)  # fmt: skip
"""all but these, which decide what is logged, where things lie and which of the processors is taken (its name is in
the recipe), and those of Terraform, which begin alike,"""
SPARED_ENDINGS = ("_VERBOSE", "_LOG", "_LOGLEVEL", "_LOG_LEVEL", "_DUMP", "_PROFILE")
"""and those that end so."""


def set_threads(threads: int) -> None:
    """Threads within an operation; ValueError where TensorFlow has begun to compute with another number of them."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise ValueError(
            f"TensorFlow already computes with {tf.config.threading.get_intra_op_parallelism_threads()} threads (0: as "
            f"many as there are cores) and cannot change to {threads}; set the `threads` before anything is computed."
        ) from error


def leave_gpus() -> None:
    """Leaves them to other processes, before anything is computed; they are still told of."""
    if tf.config.list_physical_devices("GPU"):
        tf.config.set_visible_devices([], "GPU")


def arithmetic() -> dict[str, Any]:
    """What of it is in use, for the recipe of a run."""
    return {
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "instructions": " ".join(_instructions()),
        "device": _device(),
        "environment": environment(),
        "cuda": _cuda(),
    }


def environment() -> dict[str, str]:
    """The environment variables that choose among the kernels of TensorFlow, oneDNN, XLA, CUDA and NumPy; what is not
    known to change no number counts as one that does."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(DECIDING) and not name.startswith(SPARED) and not name.endswith(SPARED_ENDINGS)
    }


def _instructions() -> list[str]:
    known = _cpuinfo("flags").split() or _cpuinfo("Features").split()
    return [name for name in INSTRUCTIONS if name in known] or [platform.machine()]


def _device() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "a GPU"))
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cuda() -> dict[str, str]:
    """Versions of the installed CUDA libraries, which TensorFlow's version leaves open; nothing on a CPU."""
    if not tf.config.list_physical_devices("GPU"):
        return {}
    named = {one.metadata["Name"] or "": one.version for one in importlib.metadata.distributions()}
    return {name: version for name, version in sorted(named.items()) if name.startswith("nvidia-")}


def _cpuinfo(key: str) -> str:
    """The first such line of Linux's description of its processors."""
    file = pathlib.Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == key), "")

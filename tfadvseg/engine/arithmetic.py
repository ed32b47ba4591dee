"""What decides the last bits of a number besides the code: threads, instruction set, device.

Repeated calls of one shape agree in every bit on a CPU, with one number of threads. Two threads sum in another order
than one, another instruction set in another order still, and a GPU in its own.
"""

import os
import pathlib
import platform

import tensorflow as tf

THREADS = 2
"""Threads within an operation, by default, whatever the machine has: else its numbers would depend on the machine."""

INSTRUCTIONS = ("avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve")
"""Those that the kernels of TensorFlow and oneDNN choose by."""


def set_threads(threads: int) -> None:
    """Threads within an operation; ValueError where TensorFlow has begun to compute with another number of them."""
    try:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
    except RuntimeError as error:
        raise ValueError(
            f"TensorFlow already computes with {tf.config.threading.get_intra_op_parallelism_threads()} threads (0: as "
            f"many as there are cores) and cannot change to {threads}; set the `threads` before anything is computed."
        ) from error


def arithmetic() -> dict[str, str | int]:
    """What of it is in use, for the recipe of a run."""
    return {
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "instructions": " ".join(_instructions()),
        "device": _device(),
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "by default"),
    }


def _instructions() -> list[str]:
    known = _cpuinfo("flags").split() or _cpuinfo("Features").split()
    return [name for name in INSTRUCTIONS if name in known] or [platform.machine()]


def _device() -> str:
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "a GPU"))
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(key: str) -> str:
    """The first such line of Linux's description of its processors."""
    file = pathlib.Path("/proc/cpuinfo")
    lines = file.read_text().splitlines() if file.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.split(":")[0].strip() == key), "")

"""Command lines, one thin absl program an experiment; `python -m pipelines` lists them.

pip installs this folder as `tfadvseg.pipelines`, so all imports within it are relative."""

import os

from .common import commands, interrupt


def _import_tensorflow_quietly() -> None:
    """Its C++ start-up notes go to stderr whatever the log level, and would bury our own messages."""
    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


backend = os.environ.get("KERAS_BACKEND", "tensorflow")
if commands.is_starting():
    interrupt.watch()
    commands.refuse_unknown(commands.typed())
    commands.refuse_backend(backend)

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
if backend == "tensorflow" and not commands.is_listing():
    _import_tensorflow_quietly()

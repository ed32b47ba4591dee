"""From errors of libraries and of the system to one sentence each."""

import errno
import types

import pytest
import tensorflow as tf

from pipelines.common import sentences
from pipelines.common.sentences import sentence


class Flags(dict):
    """Flags by name, as absl's."""

    def __getattr__(self, name):
        return self[name].value


@pytest.fixture(autouse=True)
def flags(monkeypatch):
    names = {"output": "runs/a", "batch_size": 2, "limit": 3, "model_output": "logits", "threads": 2}
    made = Flags({name: types.SimpleNamespace(value=value) for name, value in names.items()})
    monkeypatch.setattr(sentences, "FLAGS", made)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device"),
            "runs/a cannot be read or written (No space left on device); make room there and start the same command "
            "again, nothing finished is lost.",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "/x/y"),
            "/x/y cannot be read or written (Read-only file system); choose a folder that can be written.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/x"),
            "/x cannot be read or written (Permission denied); choose a place that you may read and write.",
        ),
        (
            FileExistsError(errno.EEXIST, "File exists", "/x"),
            "/x cannot be read or written (File exists); a file lies where a folder is wanted, so choose another "
            "place.",
        ),
        (
            FileNotFoundError(errno.ENOENT, "No such file or directory", "a.h5"),
            "a.h5 cannot be read or written (No such file or directory).",
        ),
        (OSError("cannot identify image file"), "cannot identify image file"),
        (ValueError("choose another `folder`;\n set `output`"), "choose another --output; set --model_output"),
        (ValueError("`nothing`"), "nothing"),
        (MemoryError(), "Memory does not suffice; take a smaller --batch_size."),
        (
            tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor"),
            "Memory does not suffice; take a smaller --batch_size.",
        ),
        (
            RuntimeError("Can't write data (file write failed: No space left on device)"),
            "runs/a cannot be written (Can't write data (file write failed: No space left on device)); make room there "
            "and start the same command again, nothing finished is lost.",
        ),
        (
            AssertionError(),
            "Unexpected AssertionError: AssertionError; nothing finished is lost. TFADVSEG_TRACEBACK=1 shows where it "
            "comes from.",
        ),
        (
            KeyError("x"),
            "Unexpected KeyError: 'x'; nothing finished is lost. TFADVSEG_TRACEBACK=1 shows where it comes from.",
        ),
        (tf.errors.UnavailableError(None, None, "cannot open x [[{{node y}}]]"), "cannot open x"),
        (
            tf.errors.InvalidArgumentError(None, None, "assertion failed: ['Labels are 0 to 10'] [[{{node a}}]]"),
            "Labels are 0 to 10",
        ),
        (
            tf.errors.InvalidArgumentError(None, None, "Cannot batch tensors with different shapes in component 1."),
            "The images of a batch differ in size; take them one at a time by --batch_size=1.",
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_an_error_is_one_sentence(error, expected):
    assert sentence(error) == expected


@pytest.mark.parametrize(
    ("batch", "given", "advice"),
    [(1, 2, "--batch_size=1."), (4, 3, "--batch_size=4 and a --limit that it divides.")],
)
def test_a_model_of_a_fixed_batch_names_the_flag(batch, given, advice):
    """As TensorFlow complains while it traces."""
    inner = tf.function(lambda x: x).get_concrete_function(tf.TensorSpec((batch, 8, 8, 3)))

    @tf.function
    def outer(images):
        return inner(images)

    with pytest.raises(TypeError) as caught:
        outer(tf.zeros((given, 8, 8, 3)))
    found = sentence(caught.value)
    assert found == f"The model takes {batch} images at once, no more and no fewer, and got {given}; set {advice}"


def test_of_an_error_while_tracing_its_own_text_is_left():
    @tf.function
    def traced(images):
        raise ValueError("The labels must be whole numbers.")

    with pytest.raises(ValueError) as caught:
        traced(tf.zeros(1))
    assert "in user code" in str(caught.value)
    assert sentence(caught.value) == "The labels must be whole numbers."


def test_a_long_text_of_a_library_is_cut():
    assert len(sentence(RuntimeError("x" * 5000))) < 600

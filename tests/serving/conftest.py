"""What the proofs share: one SavedModel as servers get it, and what it answers in this process."""

import pytest

# TensorFlow is imported by fixtures alone: this file is read before the number of threads is set.


@pytest.fixture(scope="session")
def served_folder(conv_model, tmp_path_factory):
    """served/1."""
    from tests.serving import served

    return served.write(conv_model, tmp_path_factory.mktemp("served_models"))


@pytest.fixture(scope="session")
def served_answers(served_folder):
    """{signature: {output: array}} to `served.inputs`, of a process that has the package and Keras at hand."""
    from tests.serving import served

    return served.answers(served_folder)


@pytest.fixture(scope="session")
def triton(served_folder, served_answers, tmp_path_factory):
    """A Triton server of it; for tests that are marked `serve`."""
    from tests.serving.servers import Triton

    with Triton(served_folder.parent, tmp_path_factory.mktemp("triton") / "log", served_answers) as server:
        yield server


@pytest.fixture(scope="session")
def tfserving(served_folder, tmp_path_factory):
    """A server of it that speaks by TensorFlow Serving's own messages; for tests that are marked `serve`."""
    from tests.serving.servers import TensorFlowServing

    with TensorFlowServing(served_folder, tmp_path_factory.mktemp("tfserving") / "log") as server:
        yield server

"""What the proofs share: one SavedModel as servers get it, and what it answers in this process."""

import pytest

# TensorFlow is imported by fixtures alone: this file is read before the number of threads is set.


@pytest.fixture(scope="session")
def served_folder(tmp_path_factory):
    """served/1."""
    from tests.serving import served

    return served.write(tmp_path_factory.mktemp("served_models"))


@pytest.fixture(scope="session")
def served_answers(served_folder):
    """{signature: {output: array}} to `served.inputs`, of a process that has the package and Keras at hand."""
    from tests.serving import served

    return served.answers(served_folder)

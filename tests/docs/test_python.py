"""The Python examples of the pages compile; those that need nothing from elsewhere run, each as it stands there."""

import re

import numpy as np
import pytest
from documentation import PAGES, ROOT, blocks

EXAMPLES = {block.text: block for page in reversed(PAGES) for block in blocks(page) if block.language == "python"}
"""Each text once, by its first page."""
NOT_HERE = ("torch.", "tensorflow_serving")
"""What examples need that the tests do not install."""


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: str(EXAMPLES[text]))
def test_an_example_compiles(text):
    compile(text, str(EXAMPLES[text]), "exec")


def given_model(folder):
    """`model` of the examples that take it for granted: a network of Keras."""
    import keras

    return keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1)])


def given_batches(folder):
    """`batches` likewise: images and seeds."""
    import tensorflow as tf

    images, seeds = tf.fill((2, 8, 8, 3), 100.0), tf.constant([[1, 2], [3, 4]])
    return tf.data.Dataset.from_tensors((images, seeds))


GIVEN = {"model": given_model, "batches": given_batches}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """(example) -> its names, after it has run in an empty folder that shows the repository's models."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved_models").symlink_to(ROOT / "saved_models")

    def run(text):
        made = set(re.findall(r"^(?:def )?(\w+)(?: =|\()", text, re.M))
        names = {name: make(tmp_path) for name, make in GIVEN.items() if name in text and name not in made}
        if "batches" in text:
            names |= {"batches": given_batches(tmp_path)}
        exec(compile(text, str(EXAMPLES[text]), "exec"), names)
        return names

    return run


@pytest.mark.parametrize(
    "text",
    [text for text in EXAMPLES if not any(word in text for word in NOT_HERE)],
    ids=lambda text: str(EXAMPLES[text]),
)
def test_an_example_runs(text, run, tmp_path):
    names = run(text)
    if "export(" in text:
        assert (tmp_path / "my_model" / "saved_model.pb").is_file()
    elif "batches" in text:
        (found,) = names["batches"]
        assert found.shape == (2, 8, 8, 3) and np.allclose(found, 100)
    else:
        perturbation = np.asarray(names["perturbation"])
        assert perturbation.shape == names["images"].shape and np.abs(perturbation).max() == 8


def test_most_examples_run():
    run = [text for text in EXAMPLES if not any(word in text for word in NOT_HERE)]
    assert len(run) > len(EXAMPLES) / 2

"""The Python examples of the pages compile; those that need nothing from elsewhere run, each as it stands there."""

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


def given():
    """What examples take for granted: `model`, a network of Keras; `batches`, of images and seeds."""
    import keras
    import tensorflow as tf

    images, seeds = tf.fill((2, 8, 8, 3), 100.0), tf.constant([[1, 2], [3, 4]])
    return {
        "model": keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 1)]),
        "batches": tf.data.Dataset.from_tensors((images, seeds)),
    }


@pytest.fixture
def run(tmp_path, monkeypatch):
    """(example) -> its names, after it has run in a folder that holds the repository's models and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "saved_models").symlink_to(ROOT / "saved_models")

    def run(text):
        names = given()
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

"""Networks: a builder each in pure Keras 3 (`zoo` lists them), and `load` for their finished form, the SavedModel.

Importing this package imports neither Keras nor TensorFlow: whoever only attacks a SavedModel never loads the zoo, and
whoever only trains never loads TensorFlow.
"""


def load(path, **reading):
    """The SavedModel in `path` as a LoadedModel; see tfadvseg.models.saved_model.load."""
    from tfadvseg.models.saved_model import load as load_saved_model

    return load_saved_model(path, **reading)

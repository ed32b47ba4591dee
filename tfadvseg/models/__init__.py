"""Networks: a builder each in pure Keras 3 (`zoo` lists them), and their finished form, the SavedModel.

`describe` says what a SavedModel is without loading it, `load` opens it. Importing this package imports neither Keras
nor TensorFlow: whoever only attacks a SavedModel never loads the zoo, and whoever only trains never loads TensorFlow.
"""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tfadvseg.models.reading import Reading
    from tfadvseg.models.saved_model import LoadedModel
    from tfadvseg.models.spec import ModelSpec


def describe(path: str | os.PathLike[str], given: "Reading | None" = None, **fields: Any) -> "ModelSpec":
    """What the SavedModel in `path` is, from its files; see tfadvseg.models.spec.describe."""
    from tfadvseg.models.spec import describe as describe_saved_model

    return describe_saved_model(path, given, **fields)


def scales(path: str | os.PathLike[str], given: "Reading | None" = None, **fields: Any) -> "tuple[ModelSpec, ...]":
    """The branches of a model over scales, then the model itself; see tfadvseg.models.spec.scales."""
    from tfadvseg.models.spec import scales as scales_of_saved_model

    return scales_of_saved_model(path, given, **fields)


def load(path: str | os.PathLike[str], given: "Reading | None" = None, **fields: Any) -> "LoadedModel":
    """The SavedModel in `path`, opened: a callable from images [N, H, W, 3] to logits; arguments as of `describe`."""
    return describe(path, given, **fields).open()

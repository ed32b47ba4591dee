"""What a training starts from: the weights of an earlier one, or those of a SavedModel."""

import pathlib

import keras


def start_from(network: keras.Model, source: str) -> list[str]:
    """Gives the network the weights of `source`; returns the names of those that the source lacks, left as they were.

    source: a best.weights.h5, which holds all of them; or a SavedModel's folder (TensorFlow only), which may be of a
    smaller network: CRF-RNN starts from an FCN8s. Raises ValueError for a source that does not
    exist, and for weights that have no place or do not fit there.
    """
    path = pathlib.Path(source)
    if not path.exists():
        raise ValueError(f"There is no {source} to start from; give a best.weights.h5 or a SavedModel's folder.")
    if not path.is_dir():
        network.load_weights(source)
        return []
    if keras.backend.backend() != "tensorflow":
        raise ValueError(f"{source} is a SavedModel, which TensorFlow alone reads; take a best.weights.h5.")
    from tfadvseg.models import load

    found, own = load(path).weights, {weight.path: weight for weight in network.weights}
    if strange := sorted(set(found) - set(own)):
        raise ValueError(f"{source} holds {strange[0]}, for which {network.name} has no place; choose another source.")
    for name, values in found.items():
        if values.shape != tuple(own[name].shape):
            theirs, ours = ("x".join(map(str, shape)) for shape in (values.shape, own[name].shape))
            raise ValueError(f"{name} of {source} is {theirs}, but {network.name} has {ours}: take the same `width`.")
        own[name].assign(values)
    return [name for name in own if name not in found]

"""The layers of a network whose parts may be networks themselves."""

from collections.abc import Iterator

import keras


def leaf_layers(network: keras.Model) -> list[keras.layers.Layer]:
    """The layers that are no model themselves, in the order of the graph, those of sub-models however deep among them.

    Each comes once, also where a sub-model is called several times, as at the scales of a multiscale network. A layer
    around others (Bidirectional, TimeDistributed, a block of one's own) is a leaf: what is inside belongs to it.
    """
    return list(dict.fromkeys(_leaves(network)))


def weighted_layers(network: keras.Model) -> dict[str, keras.layers.Layer]:
    """{name: layer} of the leaves with weights; raises ValueError where two in different sub-models share a name."""
    found: dict[str, keras.layers.Layer] = {}
    for layer in leaf_layers(network):
        if layer.weights and found.setdefault(layer.name, layer) is not layer:
            raise ValueError(
                f"{network.name} has two layers named {layer.name!r}, so weights cannot be told apart by name; rename "
                "one of them, or share it."
            )
    return found


def _leaves(network: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _leaves(layer)
        else:
            yield layer

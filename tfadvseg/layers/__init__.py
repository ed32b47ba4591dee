"""Building blocks of the networks, in pure Keras 3 (any backend). A layer class only where there are weights."""

"""A small Keras 3 network of any height and width, one score for 4 x 4 pixels, softmax at the end. Writes .keras.

python docs/examples/keras_network.py runs/own/scenes.npz runs/own/keras_net.keras
"""

import sys

import keras
import numpy as np
from keras import layers

EPOCHS = 5


def network(classes: int = 11) -> keras.Model:
    """RGB images [N, H, W, 3] in 0..255 -> probabilities [N, H / 4, W / 4, classes]."""
    images = keras.Input((None, None, 3), name="images")
    x = layers.Rescaling(1 / 127.5, -1)(images)
    for channels, stride, dilation in ((16, 2, 1), (32, 2, 1), (32, 1, 1), (32, 1, 2), (32, 1, 4), (32, 1, 8)):
        if stride > 1:
            x = layers.Conv2D(channels, 3, stride, "same", use_bias=False)(x)
        else:
            x = layers.Conv2D(channels, 3, padding="same", dilation_rate=dilation, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(x))
    return keras.Model(images, layers.Conv2D(classes, 1, activation="softmax", name="classes")(x), name="keras_net")


def main() -> None:
    keras.utils.set_random_seed(0)
    data = np.load(sys.argv[1])
    labels = data["labels"][:, 2::4, 2::4]
    model = network()
    model.compile(keras.optimizers.Adam(3e-3), keras.losses.SparseCategoricalCrossentropy(ignore_class=255))
    model.fit(data["images"], labels, batch_size=4, epochs=EPOCHS, verbose=2)
    model.save(sys.argv[2])


if __name__ == "__main__":
    main()

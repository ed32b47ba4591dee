"""A U-Net of segmentation_models, briefly fitted, as a SavedModel and as the .h5 file of Keras 2.

    TF_USE_LEGACY_KERAS=1 SM_FRAMEWORK=tf.keras venv-unet/bin/python docs/examples/unet.py runs/own/scenes.npz \
        runs/own/unet

It takes images of any height and width whose sides are multiples of 32.
"""

import sys

import numpy as np
import segmentation_models as sm
import tensorflow as tf

EPOCHS = 2


def main() -> None:
    tf.keras.utils.set_random_seed(0)
    data = np.load(sys.argv[1])
    prepare = sm.get_preprocessing("mobilenetv2")
    filters = 64, 48, 32, 16, 16
    model = sm.Unet("mobilenetv2", encoder_weights=None, classes=11, activation="softmax", decoder_filters=filters)
    for layer in model.layers:
        if "momentum" in layer.get_config():
            layer.momentum = 0.9  # of statistics that have to settle within two minutes
    loss = tf.keras.losses.SparseCategoricalCrossentropy(ignore_class=255)
    model.compile(tf.keras.optimizers.legacy.Adam(2e-3), loss)  # its state is saved with the network
    model.fit(prepare(data["images"].astype("float32")), data["labels"], batch_size=4, epochs=EPOCHS, verbose=2)
    model.save(sys.argv[2] + ".h5")
    model.save(sys.argv[2])


if __name__ == "__main__":
    main()

"""Runs a reference network in OpenCV's dnn module."""

import cv2
import numpy as np

from . import caffemodel, prototxt, weights
from .reference import zoomed_by_8


def layers_of(reference, size, width):
    """The network's Caffe layers for images of (height, width)."""
    return reference.layers(reference.classes, filled_up(reference, size), width)


def logits(reference, layers, values, image, folder):
    """[H, W, C] of one RGB image [H, W, 3], by the layers with the weights {layer name: blobs}."""
    height, width = size = image.shape[:2]
    blob = preprocessed(reference, image)
    net = network(layers, values, blob.shape[:2], folder)
    net.setInput(blob.transpose(2, 0, 1)[None])
    found = net.forward(layers[-1].name)[0].transpose(1, 2, 0)
    return zoomed_by_8(found, size) if reference.zoomed_outside else found[:height, :width]


def filled_up(reference, size):
    return tuple(n + (1 - n) % reference.filled_up for n in size)


def preprocessed(reference, image):
    """BGR less the mean, [H, W, 3], filled up and with its margin."""
    blob = np.float32(image[..., ::-1] - np.array(reference.mean))
    height, width = image.shape[:2]
    full_height, full_width = filled_up(reference, (height, width))
    blob = cv2.copyMakeBorder(blob, 0, full_height - height, 0, full_width - width, cv2.BORDER_CONSTANT, value=0)
    return cv2.copyMakeBorder(blob, *[reference.margin] * 4, cv2.BORDER_REFLECT_101)


def network(layers, values, size, folder):
    definition, file = folder / "engine.prototxt", folder / "engine.caffemodel"
    definition.write_text(prototxt.text(layers, size))
    values, kinds = weights.as_opencv_has_it(layers, values)
    caffemodel.write(file, kinds, values)
    net = cv2.dnn.readNetFromCaffe(str(definition), str(file))
    file.unlink()  # half a gigabyte for VGG
    net.enableWinograd(False)  # it would cost accuracy
    return net

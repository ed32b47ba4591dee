"""Every network of Table 6 against OpenCV's dnn module: the same random .caffemodel, the same logits at every pixel.

The reference comes from the publications alone (networks.py): a mistake in a network of ours cannot hide in it, too.
"""

import cv2
import keras
import numpy as np
import pytest

from tfadvseg.caffe.caffemodel import read
from tfadvseg.caffe.load import load
from tfadvseg.models import zoo

from . import caffemodel, engine, weights
from .networks import REFERENCES
from .residual_networks import COPIES

SIZES = {
    "enet": [(64, 160), (40, 56)],
    "fcn8s_vgg": [(33, 57), (40, 62)],
    "fcn8s_vgg_cityscapes": [(32, 64)],
    "fcn8s_resnet101": [(65, 97), (50, 64)],
    "deeplab_v2_vgg": [(49, 217), (50, 64)],
    "deeplab_v2_resnet101": [(49, 217), (50, 64)],
    "deeplab_v2_multiscale": [(65, 97), (97, 65)],
    "dilated_frontend_voc": [(192, 216), (189, 194)],
    "dilated_frontend_cityscapes": [(192, 216), (189, 194)],
    "dilated_context_voc": [(192, 216), (189, 194)],
    "dilated_context_cityscapes": [(192, 544), (189, 194)],
    "pspnet_voc": [(49, 65)],
    "pspnet_cityscapes": [(50, 64)],
    "icnet": [(513, 257)],
    "icnet_merged": [(513, 257), (240, 250)],
    "segnet": [(96, 64)],
}
"""Height and width: both of the form 8 k + 1, at which Caffe's ceiling changes nothing, and others."""
NOT_OURS = {"data_sub1", "upsample"}
"""Layers of the reference that networks leave out: ICNet's scaling of its input by 1, an interpolation's kernel."""


TOLERANCE = 1e-4
"""In shares of the largest logit. Rounding comes to 4e-6, a wrong dilation or a missing ReLU to 3e-3 at the least."""


def photograph(size):
    """RGB [H, W, 3] of whole grey levels from 0 to 255, smooth with some noise."""
    rng = np.random.default_rng(5)
    smooth = cv2.resize(rng.uniform(0, 255, (5, 7, 3)), size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + rng.normal(0, 20, smooth.shape), 0, 255).round().astype(np.float32)


def difference(name, size, width, folder):
    """Largest difference between our logits and OpenCV's, in shares of the largest logit."""
    reference = REFERENCES[name]
    layers, image = engine.layers_of(reference, size, width), photograph(size)
    values = weights.shared(weights.draw(layers), COPIES)
    expected = engine.logits(reference, layers, values, image, folder)

    file = folder / "public.caffemodel"
    caffemodel.write(file, {layer.name: layer.kind for layer in layers}, values)
    keras.backend.clear_session()
    network = zoo.build(name, reference.classes, size, width)
    report = load(network, read(file))
    file.unlink()
    assert not {layer for layer in report.left_over if not layer.endswith(COPIES)} - NOT_OURS
    found = keras.ops.convert_to_numpy(network(image[None], training=False))[0]
    assert found.shape == expected.shape == (*size, reference.classes)
    assert expected.std(axis=(0, 1)).min() > 0.01 * np.abs(expected).max(), "logits that hardly depend on the image"
    return np.abs(found - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize(("name", "size"), [(name, size) for name, sizes in SIZES.items() for size in sizes])
def test_logits_are_those_of_the_caffe_engine(name, size, tmp_path):
    assert difference(name, size, 0.1, tmp_path) < TOLERANCE


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size"), [("enet", (64, 96)), ("fcn8s_vgg", (33, 40)), ("deeplab_v2_resnet101", (65, 97))]
)
def test_logits_are_those_of_the_caffe_engine_at_full_width(name, size, tmp_path):
    assert difference(name, size, 1.0, tmp_path) < TOLERANCE

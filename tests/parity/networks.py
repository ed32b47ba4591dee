"""For each network of Table 6 how a reference engine gets from a photograph to logits of its size."""

import dataclasses
from collections.abc import Callable

from . import residual_networks as residual
from . import vgg_networks as vgg
from .enet_network import enet
from .prototxt import Layer


@dataclasses.dataclass(frozen=True)
class Reference:
    """layers: (classes, (height, width), width multiplier) -> Caffe layers, the last of which gives the logits.

    mean: BGR, subtracted from the image. filled_up: to height and width of this many pixels and one more, or times of
    it, with the mean at the bottom and right. margin: of reflected pixels around it. zoomed_outside: the published map
    is at an eighth of the image and is brought to its size outside of the network.
    """

    layers: Callable[..., list[Layer]]
    classes: int
    mean: tuple[float, float, float]
    filled_up: int = 1
    margin: int = 0
    zoomed_outside: bool = False


IMAGENET = (103.939, 116.779, 123.68)
CLOCKWORK = (72.78044, 83.21195, 73.45286)
DEEPLAB = (104.008, 116.669, 122.675)
DILATED_VOC = (102.93, 111.36, 116.52)
DILATED_CITYSCAPES = (72.39, 82.91, 73.16)
NONE = (0.0, 0.0, 0.0)

REFERENCES = {
    "enet": Reference(enet, 19, NONE),
    "fcn8s_vgg": Reference(vgg.fcn8s_vgg, 21, IMAGENET),
    "fcn8s_vgg_cityscapes": Reference(vgg.fcn8s_vgg_cityscapes, 19, CLOCKWORK),
    "fcn8s_resnet101": Reference(residual.fcn8s_resnet101, 21, IMAGENET, filled_up=8),
    "deeplab_v2_vgg": Reference(vgg.deeplab_v2_vgg, 21, DEEPLAB, filled_up=8),
    "deeplab_v2_resnet101": Reference(residual.deeplab_v2_resnet101, 21, DEEPLAB, filled_up=8),
    "deeplab_v2_multiscale": Reference(residual.deeplab_v2_multiscale, 21, DEEPLAB, filled_up=32),
    "dilated_frontend_voc": Reference(vgg.dilated_frontend_voc, 21, DILATED_VOC, margin=186, zoomed_outside=True),
    "dilated_frontend_cityscapes": Reference(vgg.dilated_frontend_cityscapes, 19, DILATED_CITYSCAPES, margin=186),
    "dilated_context_voc": Reference(vgg.dilated_context_voc, 21, DILATED_VOC, margin=186, zoomed_outside=True),
    "dilated_context_cityscapes": Reference(vgg.dilated_context_cityscapes, 19, DILATED_CITYSCAPES, margin=186),
    "pspnet_voc": Reference(residual.pspnet, 21, IMAGENET, filled_up=8),
    "pspnet_cityscapes": Reference(residual.pspnet, 19, IMAGENET, filled_up=8),
    "icnet": Reference(residual.icnet, 19, IMAGENET, filled_up=32),
    "icnet_merged": Reference(residual.icnet_merged, 19, IMAGENET, filled_up=32),
    "segnet": Reference(vgg.segnet, 21, NONE),
}

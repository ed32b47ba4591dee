"""What the networks of the zoo are made of: facts that comparisons of architectures need and no SavedModel tells."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Architecture:
    """network: its name in the paper's tables, without the data set. backbone: "resnet101", "vgg" or "own". head:
    what follows the backbone, "" where the network has one of its own. residual: whether it has residual connections.
    crf: whether a CRF is part of it, which hides its gradient, so that section 5 of the paper compares it with none."""

    network: str
    backbone: str
    head: str = ""
    residual: bool = False
    crf: bool = False


_PSPNET = Architecture("pspnet", "resnet101", "pyramid pooling", residual=True)
_ICNET = Architecture("icnet", "own", residual=True)
_FRONTEND = Architecture("dilated_frontend", "vgg", "front-end")
_CONTEXT = Architecture("dilated_context", "vgg", "context module")
_MULTISCALE = Architecture("deeplab_v2_multiscale", "resnet101", "multiscale ASPP", residual=True)
_FCN8S = Architecture("fcn8s_vgg", "vgg", "FCN8s")

ARCHITECTURES = {
    "enet": Architecture("enet", "own", residual=True),
    "icnet": _ICNET,
    "icnet_merged": _ICNET,
    "segnet": Architecture("segnet", "vgg", "decoder"),
    "fcn8s_vgg": _FCN8S,
    "fcn8s_vgg_cityscapes": _FCN8S,
    "fcn8s_resnet101": Architecture("fcn8s_resnet101", "resnet101", "FCN8s", residual=True),
    "crf_rnn": Architecture("crf_rnn", "vgg", "FCN8s", crf=True),
    "deeplab_v2_vgg": Architecture("deeplab_v2_vgg", "vgg", "ASPP"),
    "deeplab_v2_resnet101": Architecture("deeplab_v2_resnet101", "resnet101", "ASPP", residual=True),
    "deeplab_v2_multiscale": _MULTISCALE,
    "dilated_frontend_voc": _FRONTEND,
    "dilated_frontend_cityscapes": _FRONTEND,
    "dilated_context_voc": _CONTEXT,
    "dilated_context_cityscapes": _CONTEXT,
    "pspnet_voc": _PSPNET,
    "pspnet_cityscapes": _PSPNET,
}
"""{name in the zoo: what it is}; backbones as in the paper's Table 6."""

AT_SCALES = {"deeplab_v2_resnet101": "deeplab_v2_multiscale", "deeplab_v2_multiscale": "deeplab_v2_multiscale"}
"""What a network is as an ensemble like Deeplab v2's; others are none of the paper's then."""
ENSEMBLE = {"scales": [1.0, 0.75, 0.5], "fusion": "max"}
"""That of Deeplab v2, as a card has it."""

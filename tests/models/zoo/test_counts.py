"""The table of networks: each with the classes, the input and exactly the parameters of the published one."""

import pytest

from tfadvseg.models import zoo

FACTORS = -104
"""Caffe's batch normalisation on ResNet-101 stores one factor more for each of 104 layers."""

PUBLISHED = {
    "enet": (19, (512, 1024), 372_551 + 2 * 4_368),
    "icnet": (19, (1025, 2049), 6_728_534 - 3),
    "icnet_merged": (19, (1025, 2049), 6_685_718 - 3),
    "pspnet_cityscapes": (19, (512, 1024), 65_818_323),
    "dilated_frontend_cityscapes": (19, (512, 1024), 134_338_387),
    "fcn8s_vgg_cityscapes": (19, (512, 1024), 134_358_489),
    "dilated_context_cityscapes": (19, (512, 1024), 134_373_043),
    "segnet": (21, (224, 224), 29_455_125 + 2 * 7_936),
    "deeplab_v2_vgg": (21, (513, 513), 37_877_652),
    "fcn8s_resnet101": (21, (513, 513), 42_695_047 + FACTORS),
    "deeplab_v2_resnet101": (21, (513, 513), 44_153_980 + FACTORS),
    "deeplab_v2_multiscale": (21, (513, 513), 44_153_980 + FACTORS),
    "pspnet_voc": (21, (473, 473), 65_819_349),
    "dilated_frontend_voc": (21, (528, 528), 134_346_581),
    "fcn8s_vgg": (21, (513, 513), 134_489_780),
    "crf_rnn": (21, (500, 500), 134_491_103),
    "dilated_context_voc": (21, (528, 528), 141_149_720),
}
"""Classes, input size, and values in the public file; E-Net's and SegNet's hold scale and shift of a normalisation,
into which mean and variance were multiplied, ICNet's three numbers that scale its input by 1."""


@pytest.mark.parametrize("name", zoo.MODELS)
def test_each_network_of_table_6_is_the_published_one(counted, name):
    network, (classes, size, parameters) = zoo.MODELS[name], PUBLISHED[name]
    built = counted(network.build, network.classes, network.input_size)
    assert built.count_params() == parameters
    assert built.input_shape == (None, *size, 3) and built.output_shape == (None, *size, classes)

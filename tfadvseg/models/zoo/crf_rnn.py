"""CRF-RNN (Zheng et al. 2015): FCN-8s on VGG-16, then a dense CRF trained with it."""

import keras

from tfadvseg.models.zoo import fcn8s


def crf_rnn(classes: int, input_size: tuple[int, int], width: float = 1.0) -> keras.Model:
    """RGB [N, H, W, 3] in 0..255 -> logits [N, H, W, classes]: 10 mean-field iterations, 5 while training.

    Arguments as of `fcn8s`; width leaves the CRF alone. Needs the TensorFlow backend.
    """
    from tfadvseg.crf.layer import DenseCrf  # here, since all other networks need no TensorFlow

    unary = fcn8s.fcn8s(classes, input_size, width)
    return keras.Model(unary.input, DenseCrf(name="inference1")([unary.output, unary.input]), name="crf_rnn")

"""Which normalisations a file for inference has merged: multiplied into the convolutions before them.

Such a file lacks them, or it still has them with blobs of zeros, as the public E-Net has. Where they are taken for what
they say they make every pixel the same; what they mean is that nothing is left to be done.
"""

from collections.abc import Mapping, Sequence

from keras import layers

from tfadvseg.caffe.names import caffe_name, sources
from tfadvseg.caffe.weights import Blobs


def merged(
    targets: Mapping[str, layers.Layer], norm_of: Mapping[str, layers.Layer], file: Mapping[str, Blobs]
) -> dict[str, str]:
    """Normalisation -> the convolution that the file has merged it into.

    targets: the network's layers with weights. norm_of: convolution -> the normalisation that reads its output. What a
    convolution takes up needs its bias, so one without a bias in the file has taken up nothing. Normalisations that
    the file lacks are merged where something says so: zeros in place of another, a bias that the network's convolution
    lacks, or that the file has none behind any convolution; else they are missing. Raises ValueError for zeros that no
    convolution can have taken up, and for a normalisation that is zeros in part.
    """
    convolution_of = {norm.name: name for name, norm in norm_of.items() if len(file.get(caffe_name(name), ())) == 2}
    held = {name: _held(layer, file) for name, layer in targets.items() if isinstance(layer, layers.BatchNormalization)}
    absent = {name for name in convolution_of if not any(part in file for part in sources(targets[name], file))}
    zeros = {name for name, groups in held.items() if groups and _are_zeros(groups)}
    for name in zeros - convolution_of.keys():
        raise ValueError(
            f"Layer {name!r} does not fit: the file holds zeros alone for it, and no convolution with a bias before it "
            "that could have taken it up; take a file that is whole."
        )
    for name, groups in held.items():
        if groups and name not in zeros and _half_merged(groups, strictly=bool(zeros)):
            raise ValueError(
                f"Layer {name!r} does not fit: some of its blobs in the file are zeros and others are not, so it is "
                "half merged into the convolution before it; take a file that is whole."
            )
    says_so = zeros or any(not targets[convolution_of[name]].use_bias for name in absent) or len(absent) == len(norm_of)
    return {name: convolution_of[name] for name in convolution_of if name in zeros or (says_so and name in absent)}


def _held(layer: layers.Layer, file: Mapping[str, Blobs]) -> list[Blobs]:
    """The blobs of each Caffe layer that a normalisation is made of; none where the file lacks one of these."""
    names = sources(layer, file)
    return [file[name] for name in names] if all(name in file for name in names) else []


def _are_zeros(groups: Sequence[Blobs]) -> bool:
    return not any(blob.any() for group in groups for blob in group)


def _half_merged(groups: Sequence[Blobs], strictly: bool) -> bool:
    """Whether blobs are zeros beside others. A shift or a mean of 0 may also come from training, unless `strictly`."""
    first, *scale = groups
    factors = [*first[1:], scale[0][0]] if scale else [first[0], *first[3:]]
    blobs = [blob for group in groups for blob in group] if strictly else factors
    return not all(blob.any() for blob in blobs)

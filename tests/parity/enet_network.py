"""Caffe layers of E-Net, as published but for the width."""

from .prototxt import add, bn, concat, convolution, deconvolution, max_pool, prelu, relu, times, unpool
from .sizes import thin


def enet(classes, size, width):
    """The unmerged release: BN of two blobs, PReLU up to stage 3, and a spatial dropout that scales up at test, too."""
    layers = [
        convolution("conv0_1", "data", 13, 3, stride=2, pad=1),
        max_pool("pool0_1", "data", 2, 2),
        concat("concat0_1", "conv0_1", "pool0_1"),
        bn("bn0_1", "concat0_1", blobs=2),
        prelu("prelu0_1", "concat0_1"),
    ]
    x = "concat0_1"

    def block(stage, i, kind, outer, inner, dilation=1, mask=None):
        nonlocal layers, x
        here = f"{stage}_{i}"
        activation = prelu if stage < 4 else relu
        # Stage 5 unpools by a mask of the stem, which is never thin.
        outer = outer if stage == 5 else thin(outer, width)
        inner = thin(inner, width)

        def conv(part, bottom, channels, kernel, activate=True, feeds_sum=False, bias=False, **options):
            name = f"conv{here}_{part}"
            found = [
                convolution(name, bottom, channels, kernel, bias=bias, **options),
                bn(f"bn{here}_{part}", name, feeds_sum=feeds_sum, blobs=2),
            ]
            return [*found, activation(f"prelu{here}_{part}", name)] if activate else found

        first = {"kernel": 2, "stride": 2} if kind == "down" else {"kernel": 1}
        layers += conv("0", x, inner, **first)
        middle = f"conv{here}_1"
        if kind == "up":
            middle = f"deconv{here}_1"
            layers += [
                deconvolution(middle, f"conv{here}_0", inner, 2, 2, bias=True),
                bn(f"bn{here}_1", middle, blobs=2),
                activation(f"prelu{here}_1", middle),
            ]
        elif kind == "asymmetric":
            layers.append(convolution(f"{middle}_a", f"conv{here}_0", inner, (5, 1), pad=1, bias=False))
            layers += conv("1", f"{middle}_a", inner, (1, 5), pad=1, bias=True)
        else:
            layers += conv("1", f"conv{here}_0", inner, 3, pad=dilation, dilation=dilation, bias=True)
        layers += conv("2", middle, outer, 1, activate=False, feeds_sum=True)
        layers.append(times(f"drop{here}_3", f"conv{here}_2", 1 / (1 - (0.01 if stage == 1 else 0.1))))
        shortcut = x
        if kind in ("down", "up"):
            if kind == "down":
                shortcut = f"pool{here}_4"
                layers.append(max_pool(shortcut, x, 2, 2, mask=f"{shortcut}_mask"))
            layers += conv("4", shortcut, outer, 1, activate=False, feeds_sum=True)
            shortcut = f"conv{here}_4"
            if kind == "up":
                layers.append(unpool(f"upsample{here}_4", shortcut, mask))
                shortcut = f"upsample{here}_4"
        x = f"eltwise{here}_4"
        layers += [add(x, f"conv{here}_2", shortcut), activation(f"prelu{here}_4", x)]

    block(1, 0, "down", 64, 16)
    for i in (1, 2, 3, 4):
        block(1, i, "regular", 64, 16)
    block(2, 0, "down", 128, 32)
    for stage in (2, 3):
        for i, dilation in enumerate((1, 2, "asymmetric", 4, 1, 8, "asymmetric", 16), 1):
            if dilation == "asymmetric":
                block(stage, i, "asymmetric", 128, 32)
            else:
                block(stage, i, "regular", 128, 32, dilation)
    block(4, 0, "up", 64, 16, mask="pool2_0_4_mask")
    block(4, 1, "regular", 64, 16)
    block(4, 2, "regular", 64, 16)
    block(5, 0, "up", 16, 4, mask="pool1_0_4_mask")
    block(5, 1, "regular", 16, 4)
    return [*layers, deconvolution("deconv6_0_0", x, classes, 2, 2, bias=True)]

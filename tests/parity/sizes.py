"""Sizes of things in the references: thinned channel counts, and Caffe's rules for Interp."""


def thin(channels, width):
    return max(4, round(channels * width))


def zoomed(size, factor):
    return tuple(n + (n - 1) * (factor - 1) for n in size)


def shrunk(size, factor):
    return tuple((n - 1) // factor + 1 for n in size)

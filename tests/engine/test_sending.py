"""Ways to send an image, against Pillow."""

import io

import numpy as np
import pytest
from PIL import Image
from six_images import example

from tfadvseg.engine.sending import Sending
from tfadvseg.transforms.jpeg import encode_decode


@pytest.mark.parametrize("name", ["uint8", "png", "jpeg95", "jpeg7"])
def test_what_arrives_is_what_the_file_holds(name):
    image = example(0)[0]
    parcel = Sending.named(name).pack(image)
    if name == "uint8":
        assert parcel.file is None and parcel.size == image.nbytes and parcel.arrives is image
        return
    with Image.open(io.BytesIO(parcel.file)) as picture:
        assert picture.format == ("PNG" if name == "png" else "JPEG")
        np.testing.assert_array_equal(np.asarray(picture), parcel.arrives)
    assert parcel.size == len(parcel.file) and (parcel.arrives == image).all() == (name == "png")


@pytest.mark.parametrize("quality", [1, 50, 95, 100])
def test_jpeg_is_that_of_the_transform(quality):
    image = example(3)[0]
    parcel = Sending.named(f"jpeg{quality}").pack(image)
    direct = encode_decode(image[None].astype(np.float32), np.array([quality], np.int32)).numpy()[0]
    np.testing.assert_array_equal(parcel.arrives, direct)


@pytest.mark.parametrize("name", ["", "jpeg", "jpeg0", "jpeg101", "jpg90", "PNG", "float32"])
def test_a_way_that_there_is_not(name):
    with pytest.raises(ValueError, match="To `send` there are uint8, png and jpeg with its quality of 1 to 100"):
        Sending.named(name)


def test_one_quality_has_one_name():
    assert Sending.named("jpeg095") == Sending.named("jpeg95")

"""Importing a .caffemodel as a user does: the report, the SavedModel, and one sentence for each mistake."""

import functools
import hashlib
import os
import pathlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2]
sys.path.append(str(ROOT / "tests" / "caffe"))
THIN = ("--model=enet", "--width=0.25", "--classes=5", "--input_size=24x32")


@pytest.fixture
def import_caffe(call):
    return functools.partial(call, "import_caffe")


def write_thin(path, classes, size):
    """A .caffemodel in the shapes of a thin E-Net, with an auxiliary head that it has no place for."""
    import keras
    import wire
    from keras import layers

    from tfadvseg.models.zoo.enet import enet

    keras.utils.set_random_seed(0)
    rng, found = np.random.default_rng(0), {}
    for layer in enet(classes, size, width=0.25).layers:
        if isinstance(layer, layers.BatchNormalization):
            found[layer.name] = [rng.uniform(0.5, 1.5, layer.gamma.shape), rng.normal(size=layer.beta.shape)]
        elif isinstance(layer, layers.PReLU):
            found[layer.name] = [rng.uniform(0, 1, layer.alpha.shape[-1])]
        elif layer.weights:
            kernel, *bias = layer.get_weights()
            found[layer.name] = [kernel.transpose(3, 2, 0, 1), *bias]
    found["aux/conv"] = [np.ones((2, 3, 1, 1))]
    path.write_bytes(wire.net(found))
    return path


@pytest.fixture(scope="module")
def thin_file(tmp_path_factory):
    return write_thin(tmp_path_factory.mktemp("caffe") / "thin.caffemodel", 5, (24, 32))


def test_import_leaves_a_saved_model_that_computes_what_the_network_does(import_caffe, thin_file, tmp_path):
    import keras

    from tfadvseg.caffe.caffemodel import read
    from tfadvseg.caffe.load import load
    from tfadvseg.models import load as load_saved_model
    from tfadvseg.models.zoo.enet import enet

    done = import_caffe(*THIN, f"--weights={thin_file}", f"--output={tmp_path / 'enet_thin'}")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["conv0_1", "imported", "13x3x3x3,", "13"]
    assert "aux/conv     left over  2x3x1x1" in done.stdout and ", 0 missing, 1 left over" in lines[-2]
    assert lines[-1] == f"SavedModel: {tmp_path / 'enet_thin' / '1'}"
    own = hashlib.md5(thin_file.read_bytes()).hexdigest()
    authors = "the file of the paper's authors had d9aabd630cf6bc29c48ea55a86124e14"
    assert f"has the MD5 sum {own}, {authors}" in done.stderr

    model, network = load_saved_model(tmp_path / "enet_thin"), enet(5, (24, 32), width=0.25)
    load(network, read(thin_file))
    images = np.random.default_rng(1).uniform(0, 255, (1, 24, 32, 3)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(network(images, training=False))
    np.testing.assert_allclose(model(images), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
    assert model.frame.fit == "stretch" and model.card.names == tuple(f"class_{i}" for i in range(5))
    assert len(model.card.provenance["md5"]) == 32 and model.card.provenance["weights"] == "thin.caffemodel"


def test_what_was_imported_is_attacked_on_the_official_layout(call, import_caffe, undrawn, tmp_path, monkeypatch):
    """As Cityscapes' E-Net is, by the command lines of the documentation and nothing else; all sizes by 16."""
    from tfadvseg.data import cityscapes

    monkeypatch.setattr(cityscapes, "SIZE", (32, 64))
    weights, root = write_thin(tmp_path / "cityscapes_weights.caffemodel", 19, (32, 64)), tmp_path / "Stadt \u00e4"
    rng = np.random.default_rng(0)
    for folder, end, shape, highest in (
        ("leftImg8bit", "leftImg8bit", (64, 128, 3), 256),
        ("gtFine", "gtFine_labelIds", (64, 128), 34),
    ):
        for name in ("m\u00fcnster_000000_000019", "frankfurt_000001_000294"):
            path = root / folder / "val" / name.partition("_")[0] / f"{name}_{end}.png"
            path.parent.mkdir(parents=True)
            Image.fromarray(rng.integers(0, highest, shape).astype(np.uint8)).save(path)
    done = import_caffe(
        "--model=enet",
        "--width=0.25",
        "--input_size=32x64",
        f"--weights={weights}",
        f"--output={tmp_path / 'enet_cityscapes'}",
    )
    assert done.returncode == 0, done.stderr
    done = call(
        "robustness",
        f"--models={tmp_path / 'enet_cityscapes'}",
        "--dataset=cityscapes",
        f"--data_dir={root}",
        "--epsilons=1,8",
        f"--output={tmp_path / 'run'}",
    )
    assert done.returncode == 0, done.stderr
    assert "white-box, cityscapes validation, 2 images" in done.stdout and "left out" not in done.stderr
    rows = pd.read_csv(tmp_path / "run" / "results.csv")
    found = rows.set_index(["attack", "epsilon"])
    assert [*found.index] == [("clean", 0), *((a, e) for a in ("fgsm", "fgsm_ll", "ifgsm", "ifgsm_ll") for e in (1, 8))]
    assert set(found.images) == {2} and set(found.groups) == {2} and set(rows.model) == {"enet_cityscapes"}
    np.testing.assert_allclose(found.linf[1:], found.index.get_level_values("epsilon")[1:], rtol=1e-6)
    assert found.pixel_accuracy["ifgsm", 8] < found.pixel_accuracy["clean", 0]


def test_the_file_of_the_papers_authors_brings_no_warning(thin_file):
    code = (
        "import sys; from pipelines.import_caffe import compare, md5; path = sys.argv[1];"
        "compare(path, 'a1', 'a1'); compare(path, 'a1', None); compare(path, 'a1', 'b2')"
    )
    done = subprocess.run([sys.executable, "-c", code, thin_file], cwd=ROOT, capture_output=True, text=True)
    (line,) = (line for line in done.stderr.splitlines() if "MD5" in line)
    assert line.endswith("has the MD5 sum a1, the file of the paper's authors had b2.")


def test_a_file_of_another_network_is_refused_with_a_table_of_what_it_has(import_caffe, thin_file, tmp_path):
    done = import_caffe(
        "--model=segnet",
        "--classes=5",
        "--width=0.1",
        "--input_size=32x32",
        f"--weights={thin_file}",
        f"--output={tmp_path / 'segnet'}",
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and any(line.split()[:2] == ["conv1_1", "missing"] for line in lines)
    assert any(line.split()[:3] == ["aux/conv", "left", "over"] for line in lines)
    assert (
        lines[-1].endswith("(--rename, e.g. conv5_1_1=conv1_1), or may it lack them (--may_miss)?")
        and not (tmp_path / "segnet").exists()
    )


def test_a_head_of_another_name_is_renamed(import_caffe, thin_file, tmp_path):
    """The same weights, under another name in the file, are refused by the flag that helps, and then fit."""
    import wire

    from tfadvseg.caffe.caffemodel import read

    layers = read(thin_file)
    mine = {("score_mine" if name == "deconv6_0_0" else name): blobs for name, blobs in layers.items()}
    (tmp_path / "mine.caffemodel").write_bytes(wire.net(mine))
    arguments = (*THIN, f"--weights={tmp_path / 'mine.caffemodel'}", f"--output={tmp_path / 'enet_thin'}")
    refused = import_caffe(*arguments)
    assert refused.returncode == 1 and "lacks 1 of the network's layers: 'deconv6_0_0'" in refused.stderr
    assert "(--rename, e.g. " in refused.stderr and "=deconv6_0_0)" in refused.stderr.splitlines()[-1]
    done = import_caffe(*arguments, "--rename=score_mine=deconv6_0_0")
    assert done.returncode == 0 and ", 0 missing, 1 left over" in done.stdout, done.stderr


def zeroed(layers, *names):
    """The layers of a file, some of them all zeros."""
    return layers | {name: [np.zeros_like(blob) for blob in layers[name]] for name in names}


@pytest.mark.parametrize(
    ("spoilt", "sentence"),
    [
        (("bn0_1",), "does not fit enet: Layer 'bn0_1' does not fit: the file holds zeros alone for it, and no conv"),
        (("conv2_1_1",), "enet does not work with {}: layer 'conv2_1_1' is dead, its output is the same on two random"),
        (("conv0_1", "prelu0_1", "deconv6_0_0"), "layer 'conv0_1' is dead, its output is the same on two random"),
        (("deconv6_0_0",), "enet does not work with {}: layer 'deconv6_0_0' is dead"),
    ],
)
def test_a_dead_network_is_refused_by_its_first_dead_layer(import_caffe, thin_file, tmp_path, spoilt, sentence):
    import wire

    from tfadvseg.caffe.caffemodel import read

    path, output = tmp_path / "zeros.caffemodel", tmp_path / "models" / "enet_thin"
    path.write_bytes(wire.net(zeroed(read(thin_file), *spoilt)))
    done = import_caffe(*THIN, f"--weights={path}", f"--output={output}")
    assert done.returncode == 1 and sentence.format(path) in done.stderr and "Traceback" not in done.stderr
    assert not done.stdout and not output.parent.exists()


def test_a_network_of_one_answer_is_refused(import_caffe, thin_file, tmp_path):
    import wire

    from tfadvseg.caffe.caffemodel import read

    layers, path, output = read(thin_file), tmp_path / "one.caffemodel", tmp_path / "models" / "enet_thin"
    kernel, bias = layers["deconv6_0_0"]
    path.write_bytes(wire.net(layers | {"deconv6_0_0": [kernel, bias + 1e30 * (np.arange(5) == 3)]}))
    done = import_caffe(*THIN, f"--weights={path}", f"--output={output}")
    assert done.returncode == 1 and "it answers class 3 at every pixel of four random images" in done.stderr
    assert not done.stdout and not output.parent.exists()


PUBLIC, CAMVID = "TFADVSEG_ENET", "TFADVSEG_CAMVID"
IN_CAMVID = (
    "road", "pavement", "building", "building", "fence", "pole", "sign_symbol", "sign_symbol", "tree", "tree", "sky",
    "pedestrian", "bicyclist", "car", "car", "car", "car", "bicyclist", "bicyclist",
)  # fmt: skip
"""What the classes of Cityscapes are called in CamVid."""


@pytest.mark.skipif(PUBLIC not in os.environ, reason=f"{PUBLIC} names no cityscapes_weights.caffemodel")
@pytest.mark.skipif(CAMVID not in os.environ, reason=f"{CAMVID} names no folder with CamVid's images")
def test_the_public_enet_is_merged_and_sees_a_street(import_caffe, tmp_path):
    """Measured: an IoU of 45.3 %, and 31.7 % with red and blue exchanged; with its zeros as they are it is all road."""
    from tfadvseg.data import camvid
    from tfadvseg.data.labels import CAMVID as LABELS
    from tfadvseg.data.labels import CITYSCAPES
    from tfadvseg.doctor.plausible import tried
    from tfadvseg.models import describe
    from tfadvseg.models.reading import Reading

    done = import_caffe("--model=enet", f"--weights={os.environ[PUBLIC]}", f"--output={tmp_path / 'enet'}")
    assert done.returncode == 0 and "Warning" not in done.stderr, done.stderr
    assert "merged into the convolutions before them, so identities here: 83 normalisations" in done.stdout
    assert "244 imported, 0 missing, 0 left over" in done.stdout
    how = Reading(class_map=IN_CAMVID)
    model = describe(tmp_path / "enet", how).on(LABELS, "camvid").open()
    assert model.input_size == (512, 1024) and model.card.names == CITYSCAPES.names
    assert model.card.parameters == 381_287 and model.frame.fit == "stretch"
    photograph = camvid.split(os.environ[CAMVID], "validation")[0]
    found = tried(model, "as it is read", how, [photograph])
    labelled, hits = found.confusion.sum(-1)[0], found.confusion[0].diagonal()
    for name in ("sky", "building", "road", "tree"):
        assert hits[LABELS.names.index(name)] > 0.7 * labelled[LABELS.names.index(name)], name
    assert found.iou > 40


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--classes=6"], "does not fit enet: Layer 'deconv6_0_0' does not fit: the file holds 16x5x2x2 where"),
        (["--model=segnet", "--input_size=32x32"], "does not fit segnet: The file lacks 5"),
        (["--input_size=0x32"], "--input_size takes height x width, e.g. 184x240; got 0x32."),
        (["--may_miss=conv9"], "The network has no layer 'conv9', which the file may miss."),
        (["--rename=conv9=conv0_1"], "The file has no layer 'conv9' to --rename; it has "),
        (["--rename=aux/conv=conv0_1"], "--rename would give two layers of the file the name 'conv0_1'."),
        (["--rename=aux/conv"], "--rename takes pairs like score_mine=score_fr; got aux/conv."),
        (["--input_size=large"], "--input_size takes height x width, e.g. 184x240; got large."),
        (["--name=other"], "already names the SavedModel; leave --name=other out."),
        (["cut off"], "the file is cut off or damaged"),
    ],
)
def test_a_mistake_ends_in_one_sentence_and_leaves_nothing(import_caffe, thin_file, tmp_path, arguments, sentence):
    weights = thin_file
    if arguments == ["cut off"]:
        weights, arguments = tmp_path / "cut.caffemodel", []
        weights.write_bytes(thin_file.read_bytes()[:-100])
    output = tmp_path / "models" / "enet_thin"
    done = import_caffe(*THIN, f"--weights={weights}", f"--output={output}", *arguments)
    assert done.returncode == 1 and sentence in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert not done.stdout and not output.parent.exists()

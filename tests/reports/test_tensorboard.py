import dataclasses

import numpy as np
import pytest

from tfadvseg.reports import tensorboard
from tfadvseg.reports.events import Events, Image, Scalar, at


def read(folder):
    """(scalars {tag: {step: value}}, images {tag: [steps]}, hparams plugin contents) of a run's one event file."""
    import tensorflow as tf
    from tensorboard.plugins.hparams import plugin_data_pb2

    (path,) = folder.glob("*.tfevents.*")
    scalars, images, hparams = {}, {}, []
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        event = tf.compat.v1.Event.FromString(record)
        for value in event.summary.value:
            plugin = value.metadata.plugin_data.plugin_name
            if value.tag.startswith("_hparams_"):
                hparams.append(plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content))
            elif plugin == "images" or value.tag in images:
                images.setdefault(value.tag, []).append(event.step)
            else:
                scalars.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    return scalars, images, hparams


def test_numbers_read_back(make_results, make_example, label_space, tmp_path):
    results = make_results({"pspnet": 75.0, "enet": 50.0}, attacks=("fgsm", "ifgsm"))
    results.loc[(results["attack"] == "ifgsm") & (results["epsilon"] == 2), "iou_ratio"] = np.nan
    settings = {"seed": 3, "xla": False, "epsilons": [0.25, 8.0]}
    tensorboard.write(results, tmp_path / "tb", [make_example()], label_space, settings)
    assert {path.name for path in (tmp_path / "tb").iterdir() if path.is_dir()} == {"cells", "enet", "pspnet"}

    scalars, images, none = read(tmp_path / "tb" / "enet")
    rows = results[(results["model"] == "enet") & (results["attack"] == "fgsm")]
    expected = {0: 100.0, **dict(zip((100 * rows["epsilon"]).astype(int), rows["iou_ratio"], strict=True))}
    assert scalars["iou_ratio/fgsm"] == pytest.approx(expected, rel=1e-6)
    assert sorted(scalars["iou_ratio/ifgsm"]) == [0, 25, 50, 100, 400, 800, 1600, 3200]
    assert images == {"0001/fgsm": [0, 25, 800], "0001/ifgsm": [0, 25, 800]} and none == []

    assert len(list((tmp_path / "tb" / "cells").glob("*/*"))) == 2 * (1 + 2 * 8)
    cell, _, (session,) = read(tmp_path / "tb" / "cells" / "enet" / "fgsm_8")
    assert cell["cell/iou_ratio"] == {800: scalars["iou_ratio/fgsm"][800]}
    assert "cell/iou_ratio" not in read(tmp_path / "tb" / "cells" / "enet" / "ifgsm_2")[0]
    assert read(tmp_path / "tb" / "cells" / "enet" / "clean_0")[0]["cell/iou"] == {0: 50}
    values = session.session_start_info.hparams
    assert values["model"].string_value == "enet" and values["seed"].number_value == 3
    assert values["attack"].string_value == "fgsm" and values["epsilon"].number_value == 8
    assert values["epsilons"].string_value == "[0.25, 8.0]" and values["xla"].bool_value is False

    _, images, (overview,) = read(tmp_path / "tb")
    assert set(images) == {"figures/iou_ratio", "figures/clean_against_ratio"}
    assert [metric.name.tag for metric in overview.experiment.metric_infos] == [
        "cell/iou",
        "cell/iou_ratio",
        "cell/pixel_accuracy",
        "cell/mean_confidence",
        "cell/mean_entropy",
    ]
    assert {info.name for info in overview.experiment.hparam_infos} == {
        "model",
        "attack",
        "epsilon",
        "seed",
        "xla",
        "epsilons",
    }
    assert read(tmp_path / "tb" / "pspnet")[1] == {}


def test_writing_again_replaces(make_results, tmp_path):
    tensorboard.write(make_results({"enet": 50.0, "old": 40.0}, attacks=("fgsm",)), tmp_path / "tb")
    tensorboard.write(make_results({"enet": 60.0}, attacks=("fgsm",)), tmp_path / "tb")
    assert sorted(path.name for path in (tmp_path / "tb").iterdir() if path.is_dir()) == ["cells", "enet"]
    assert read(tmp_path / "tb" / "enet")[0]["iou/fgsm"][0] == 60


def test_networks_without_attacks(make_results, tmp_path):
    tensorboard.write(make_results({"a/enet": 50.0}, attacks=()), tmp_path / "tb")
    assert read(tmp_path / "tb" / "cells" / "a_enet" / "clean_0")[0]["cell/iou"] == {0: 50}
    assert not (tmp_path / "tb" / "a_enet").exists() or read(tmp_path / "tb" / "a_enet")[0] == {}


def test_attacks_that_find_their_own_norm_are_on_no_axis(make_results, make_example, label_space, tmp_path):
    results = make_results({"enet": 50.0}, attacks=("fgsm", "smallest"), epsilons=(8.0,))
    results.loc[results["attack"] == "smallest", "epsilon"] = np.nan
    example = make_example(attacks=("fgsm", "smallest"), epsilons=(8.0,))
    attacked = [dataclasses.replace(one, epsilon=None) if one.attack == "smallest" else one for one in example.attacked]
    tensorboard.write(results, tmp_path / "tb", [dataclasses.replace(example, attacked=tuple(attacked))], label_space)
    scalars, images, _ = read(tmp_path / "tb" / "enet")
    assert {path.name for path in (tmp_path / "tb" / "cells" / "enet").iterdir()} == {"clean_0", "fgsm_8"}
    assert not any("smallest" in tag for tag in scalars) and images == {"0001/fgsm": [0, 800]}


def test_studies_add_runs_of_their_own(make_results, tmp_path):
    grey = np.full((4, 6, 3), 128, np.uint8)
    added = Events("enet/extra", [Scalar("a", at(0.25), 3.0), Scalar("a", 8, float("nan"))], [Image("b", 0, grey)])
    tensorboard.write(make_results({"enet": 50.0}, attacks=()), tmp_path / "tb", added=[added])
    assert read(tmp_path / "tb" / "enet" / "extra")[:2] == ({"a": {25: 3.0}}, {"b": [0]})


@pytest.mark.parametrize("name", ["enet/../../thesis", ".."])
def test_runs_stay_in_the_folder(make_results, tmp_path, name):
    results = make_results({name if name == ".." else "enet": 50.0}, attacks=())
    with pytest.raises(ValueError, match=f"cells.npz names '{name}', which is outside of "):
        tensorboard.write(results, tmp_path / "run" / "tb", added=[Events(name, [Scalar("a", 25, 3.0)])])
    assert list(tmp_path.rglob("events*")) == []


def test_refusals(make_results, make_example, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ValueError, match="thesis.tex, which is no event file"):
        tensorboard.write(make_results({"enet": 50.0}), tmp_path)
    with pytest.raises(ValueError, match="label space; got none"):
        tensorboard.write(make_results({"enet": 50.0}), tmp_path / "tb", [make_example()])
    assert (tmp_path / "thesis.tex").exists()

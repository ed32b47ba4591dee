"""Pages of all that is no run of white-box attacks: each other study, attacked photographs, an endpoint, a training."""

import itertools
import pathlib

import made_up_runs
import numpy as np
import pandas as pd
from made_up import Answer, cell

from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports import photographs, verified
from tfadvseg.reports.trained import Training, write_training
from tfadvseg.runs.attacked import AttackedPhotograph
from tfadvseg.runs.verified import COLUMNS, rows
from tfadvseg.studies.report import write_report
from tfadvseg.studies.run import FinishedRun

LABELS = LabelSpace(("road", "sky", "car"), ((128, 64, 128), (70, 130, 180), (0, 0, 142)))
NET = "deeplab_v2_resnet101_camvid"
ATTACKS = (("fgsm", 8.0), ("ifgsm_ll", 8.0))


def other_pages(folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """{name: path} of their pages, in folders of their own."""
    finish = made_up_runs.finisher(folder)
    runs = {
        "transforms": made_up_runs.transforms(finish)(cross=False, name="transforms"),
        "transform_transfer": made_up_runs.transforms(finish)(name="transform_transfer"),
        "transfer": made_up_runs.transfer(finish)(name="transfer"),
        "scale_transfer": over_scales(finish),
        "crf": made_up_runs.crf(finish)(name="crf"),
        "masking": made_up_runs.masking(finish)(name="masking"),
        "certificate": made_up_runs.certificate(finish)(name="certificate", warnings=["One thing warns."]),
    }
    for run in runs.values():
        write_report(run.folder, with_tensorboard=False)
    for name, write in (("attack", attacked), ("verify_served", served), ("train", trained)):
        (folder / name).mkdir()
        write(folder / name)
    return {name: folder / name / "report.html" for name in (*runs, "attack", "verify_served", "train")}


def over_scales(finish: made_up_runs.Finish) -> FinishedRun:
    """A network over scales with the one that averages them and another beside, whose names are as long as real ones;
    what is made on a smaller scale harms less."""
    many, mean = f"{NET}_multiscale", f"{NET}_average"
    names = [f"{many}@50", f"{many}@75", f"{many}@100", many, mean, "fcn8s_camvid"]
    single = {str(percent): name for percent, name in zip((50, 75, 100), names, strict=False)}
    answers = {cell(name): Answer(50.0 + place) for place, name in enumerate(names)}
    for attack, (row, seen), (column, made_on) in itertools.product(
        ("fgsm", "ifgsm_ll"), enumerate(names), enumerate(names)
    ):
        answers[cell(seen, attack, 8.0, made_on)] = Answer(10.0 if row == column else 40.0 - 2 * column + row)
    design = {
        "models": names,
        "sources": names,
        "scales": [{"single": single, "ensemble": many, "average": mean}],
        "printed": {
            **{name: f"deeplab_v2_resnet101_scale{percent}" for percent, name in single.items() if percent != "100"},
            single["100"]: "deeplab_v2_resnet101",
            many: "deeplab_v2_multiscale",
            mean: "deeplab_v2_multiscale_average",
            "fcn8s_camvid": "fcn8s_vgg",
        },
    }
    return finish("transfer", answers, design, name="scale_transfer")


def attacked(folder: pathlib.Path) -> None:
    """Of two photographs before two networks, with their sheets."""
    rng, found = np.random.default_rng(0), []
    for model, image in itertools.product((NET, "enet_camvid"), ("0001TP_009210", "0016E5_07959")):
        photograph = rng.integers(8, 240, (90, 120, 3)).astype(np.uint8)
        saved = (photograph + rng.choice([-8, 8], photograph.shape)).astype(np.uint8)
        before = np.repeat(np.arange(90)[:, None] < 40, 120, 1).astype(np.uint8)
        after = np.where(np.arange(120) < 50, 2, before).astype(np.uint8)
        one = AttackedPhotograph(image, model, "ifgsm_ll", 8.0, photograph, saved, before, after)
        (folder / model / image).mkdir(parents=True)
        photographs.save_pictures(folder / model / image, one, LABELS)
        told = {"changed_float": 41.5, "changed_input": 43.25, "confidence_before": 0.875, "confidence_after": 0.75}
        found.append(one.row(LABELS, file=f"photos/{image}.jpg", seconds=2.25, **told))
    photographs.write_tables(folder, found, ["photos/broken.jpg is left out: it is no picture that can be read."])


def served(folder: pathlib.Path) -> None:
    """Of an endpoint that is sent PNG and JPEG, where JPEG takes something from attacks."""
    clean, hits = np.array([[900, 500], [1000, 600], [1000, 600]]), {}
    for place in range(4):
        left = np.array([1.0, 0.6 + place / 50, 0.3 + place / 50])[:, None]
        shown = np.stack([np.stack([clean[0] * share, clean[1], clean[2]]) for share in left]).astype(np.int64)
        sent = np.stack([shown, shown + [[[40, 20], [0, 0], [0, 0]]]], 1)
        hits[f"photograph_{place}"] = {
            "as_floats": shown,
            "in_8_bits": shown,
            "arrived": sent,
            "served": sent,
            "equal": np.full((3, 2), 1590 - place),
            "pixels": np.array(1600),
            "bytes": np.tile([400_000, 60_000], (3, 1)),
            "seconds": np.full((3, 2), 0.25),
            "linf": np.array([0, 8, 8]),
            "l2": np.array([0.0, 2000.0, 1500.0]),
        }
    found = rows(hits, ATTACKS, ["PNG", "JPEG 90"], list(hits))
    verdict = ["On clean photographs the server agrees with the local model on 99.3 % of the pixels."]
    told = verified.document(found, ["One photograph was sent twice."], verdict)
    verified.write_tables(folder, told, found, COLUMNS)


def trained(folder: pathlib.Path) -> None:
    """Of 60 epochs, each second one validated, of which a middle one was the best."""
    epochs = np.arange(1, 61)
    iou = np.where(epochs % 2 == 0, 60 - 0.02 * (epochs - 44) ** 2, np.nan)
    found = {"epoch": epochs, "loss": 2 / np.sqrt(epochs), "val_iou": iou, "val_pixel_accuracy": iou / 2 + 60}
    pd.DataFrame(found | {"seconds": 31.5 * epochs}).to_csv(folder / "history.csv", index=False)
    training = Training(
        name=NET,
        network="deeplab_v2_resnet101",
        dataset="camvid",
        split="train",
        photographs=367,
        validated=101,
        parameters=1_894_539,
        select="best",
        scores={"mean IoU": 60.0, "pixel accuracy": 90.0, "road": 95.5, "sky": 92.25, "car": float("nan")},
        settings={"crop": "360x480", "epochs": 60, "initial_weights": None, "scales": ["0.6", "1.8"]},
        weights="best.weights.h5",
        model=f"saved_models/{NET}/1",
        following=[("Attack it on eight photographs:", f"python -m pipelines.robustness --models=saved_models/{NET}")],
        made_of=["Revision: 0123456789ab.", "Versions: python 3.11.7, keras 3.15.1."],
    )
    write_training(folder, training)

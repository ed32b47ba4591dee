"""Writes how robust the models of a finished run are as model cards, into the models themselves, or as a leaderboard.

    python -m pipelines.card runs/robustness/mine
    python -m pipelines.card RUN --masking=runs/masking/mine --models=saved_models/net --write
    python -m pipelines.card --leaderboard runs/robustness/* runs/masking/* --output=public

Three files a model: card.md (with Hugging Face's model-index), card.json (RobustBench's fields) and model_card.json
(Model Card Toolkit's schema). They go into cards/ in the run folder, or into --output; with --write also into the
SavedModel's assets.extra/robustness, which changes neither its graph nor its weights.

--leaderboard ranks the models of many runs in one HTML file, those together that were attacked alike on the same
photographs; runs of pipelines.masking among them say whose gradient is masked.

Ends with the paths of what was written on stdout.
"""

import pathlib
from typing import TYPE_CHECKING

from absl import flags as absl_flags

from tfadvseg.atomic import write_atomically
from tfadvseg.confined import confined
from tfadvseg.data.labels import LabelSpace
from tfadvseg.release import card
from tfadvseg.release.robustness import Robustness, robustness
from tfadvseg.studies.run import FinishedRun

from .common import flags, main, objects

if TYPE_CHECKING:
    from tfadvseg.models.spec import ModelSpec

FLAGS = absl_flags.FLAGS
flags.define_models(default=None)
absl_flags.DEFINE_string("masking", None, "Run folder of pipelines.masking with verdicts on the same models.")
absl_flags.DEFINE_bool("write", False, "Put the cards into the SavedModels of --models, too.")
absl_flags.DEFINE_bool("leaderboard", False, "Make leaderboard.html of all run folders that are named.")
absl_flags.DEFINE_string(
    "output",
    None,
    "Folder for what is written; by default cards/ in the run folder, and the current one for leaderboard.html.",
)
flags.group("Output", "output", "write")


def run(words: list[str]) -> None:
    main.refuse_urls(words)
    if FLAGS.leaderboard:
        print(leaderboard(words))
        return
    if len(words) != 1:
        raise ValueError(f"Name the one run folder that cards are made of; got {len(words)}.")
    if FLAGS.write and not FLAGS.models:
        raise ValueError("`write` puts cards into the SavedModels of `models`; name them.")
    finished = FinishedRun.read(words[0])
    found = robustness(finished, [FinishedRun.read(FLAGS.masking)] if FLAGS.masking else [])
    chosen = [(same_model(found, spec, finished), spec) for spec in objects.models(any_classes=True)]
    folder = pathlib.Path(FLAGS.output or finished.folder / "cards")
    for one in [one for one, _ in chosen] or found:
        print("\n".join(map(str, card.write(one, confined(folder, one.name, finished.folder)))))
    for one, spec in chosen if FLAGS.write else ():
        print("\n".join(map(str, card.write(one, spec.path / card.FOLDER))))


def leaderboard(words: list[str]) -> pathlib.Path:
    """The path of the page of these run folders."""
    from tfadvseg.release.leaderboard import entries_of, page

    if FLAGS.models or FLAGS.write or not words:
        raise ValueError("`leaderboard` takes run folders, at least one, and neither `models` nor `write`.")
    runs = [FinishedRun.read(word) for word in words + ([FLAGS.masking] if FLAGS.masking else [])]
    masks = [one for one in runs if one.study == "masking"]
    rows = [one for one in runs if one.study != "masking"]
    html = page([entry for one in rows for entry in entries_of(one.folder, robustness(one, masks))])
    path = pathlib.Path(FLAGS.output or ".") / "leaderboard.html"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, lambda file: file.write(html.encode()))
    return path


def same_model(found: list[Robustness], spec: "ModelSpec", finished: FinishedRun) -> Robustness:
    """What the run says of a SavedModel; ValueError where it was not in the run, or is another one by now."""
    if spec.reading.class_map:
        names = finished.results.class_names
        spec = spec.on(LabelSpace(names, ((0, 0, 0),) * len(names)), finished.results.cells[0].dataset)
    for one in found:
        if one.digest == spec.digest:
            return one
    known = ", ".join(f"{one.name} ({one.digest})" for one in found)
    raise ValueError(
        f"{spec.path} with the digest {spec.digest} was not in the run {finished.folder}, which has {known}; name the "
        "models that were attacked."
    )


if __name__ == "__main__":
    main.start(run, takes_arguments=True)

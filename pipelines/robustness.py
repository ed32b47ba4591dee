"""How easily are segmentation networks fooled? Four attacks at eight epsilons (Figures 2 and 3, Tables 7 to 14).

    python -m pipelines.robustness
    python -m pipelines.robustness --dataset=camvid --data_dir=../shared/camvid --models=saved_models/enet_camvid

Ends with a table on stdout and a run folder with results.csv, results.md, figures and TensorBoard events. Interrupted,
it goes on where it stopped when it is started again with the same --output.
"""

import datetime
import json
import sys

from pipelines import setting
from pipelines.setting import FLAGS
from tfadvseg import data
from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.data.builders import fingerprint, load_examples
from tfadvseg.experiments.run import Shards, gather, run, unique_names
from tfadvseg.experiments.white_box import Protocol
from tfadvseg.reports.examples import save_examples
from tfadvseg.reports.report import write_report
from tfadvseg.reports.tables import terminal_table
from tfadvseg.runs.folder import RunFolder
from tfadvseg.runs.provenance import git_revision, versions
from tfadvseg.runs.results import Cell, table

setting.define_data()
setting.define_models()
setting.define_attacks(ATTACKS, EPSILONS)
setting.define_run()
setting.define_output()


def main() -> None:
    dataset = data.named(FLAGS.dataset)
    split = data.split_name(dataset, FLAGS.split)
    protocol = Protocol(setting.attacks(ATTACKS), FLAGS.labels, FLAGS.loss_on_padding, FLAGS.attack_padding, FLAGS.seed)
    models = setting.models(dataset.labels)
    unique_names(models)
    recipe = setting.settings() | {
        "models": {model.name: model.digest for model in models},
        "data": fingerprint(dataset, FLAGS.data_dir),
        "versions": versions(),
    }
    started = f"{datetime.datetime.now():%Y-%m-%d %H:%M:%S}"
    output = setting.output_folder("robustness")
    folder = RunFolder(output, recipe, {"revision": git_revision(), "started": started, "command": sys.argv})

    examples = load_examples(dataset, FLAGS.data_dir, split)
    images = len(examples) if not FLAGS.limit else min(FLAGS.limit, len(examples))
    shards = Shards(examples, images, FLAGS.batch_size)
    progress = run(models, shards, protocol, folder, FLAGS.xla)
    rows, findings, shown = gather(models, shards, protocol, folder, Cell(dataset.name, split, "", "", "clean", 0.0))

    results = table(rows)
    results.to_csv(folder.path / "results.csv", index=False)
    save_examples(folder.path / "examples.npz", dataset.labels, shown)
    (folder.path / "findings.json").write_text(json.dumps(findings, indent=1))
    write_report(folder.path)
    print(terminal_table(results))
    print(f"{results.gradients.sum():,} image gradients; {progress.summary()}")
    for finding in findings:
        print(f"Warning: {finding}", file=sys.stderr)
    print(f"Results: {folder.path}/results.md, results.csv, figures/; tensorboard --logdir {folder.path}/tensorboard")


if __name__ == "__main__":
    setting.start(main)

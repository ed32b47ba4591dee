"""How easily are segmentation networks fooled? Four attacks at eight epsilons (Figures 2 to 4, 14 to 16).

    python -m pipelines.robustness
    python -m pipelines.robustness --dataset=camvid --data_dir=/data/camvid --models=enet_camvid
    python -m pipelines.robustness --models=enet_scenes --attacks=ifgsm --region=car
    python -m pipelines.robustness --attacks=hide --hide=pedestrian

The third command changes no pixels but those of cars, and the report says what breaks inside and outside of them; the
fourth makes pedestrians look like what is beside them.

Ends with a table on stdout and a run folder with report.html, results.md, results.csv, figures and TensorBoard events.
Interrupted, it goes on where it stopped when it is started again with the same --output.
"""

from absl import flags as absl_flags

from tfadvseg.studies.robustness.design import design, scenarios

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment

FLAGS = absl_flags.FLAGS

flags.define_data()
flags.define_models()
flags.define_attacks()
flags.define_inside()
flags.define_region()
flags.define_draws()
flags.define_run()
flags.define_machines()
flags.define_dry_run()
flags.define_curves()
flags.define_output()


def run() -> None:
    models = objects.models()
    if len(models) > 1:
        attacking.refuse_class_region()
    made = scenarios(models, attacking.protocol, FLAGS.trials, FLAGS.samples)
    run_experiment("robustness", "robustness", made, design(models))


if __name__ == "__main__":
    main.start(run)

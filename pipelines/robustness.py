"""How easily are segmentation networks fooled? Four attacks at eight epsilons (Figures 2 and 3, Tables 7 to 14).

    python -m pipelines.robustness
    python -m pipelines.robustness --dataset=camvid --data_dir=../shared/camvid --models=saved_models/enet_camvid

Ends with a table on stdout and a run folder with results.csv, results.md, figures and TensorBoard events. Interrupted,
it goes on where it stopped when it is started again with the same --output.
"""

from pipelines import setting
from pipelines.conduct import conclude, conduct
from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.experiments.encounter import white_box

setting.define_data()
setting.define_models()
setting.define_attacks(ATTACKS, EPSILONS)
setting.define_run()
setting.define_output()


def main() -> None:
    protocol = setting.protocol(ATTACKS)
    folder, found, results = conduct("robustness", [white_box(model, protocol) for model in setting.models()])
    conclude(folder, found, results)


if __name__ == "__main__":
    setting.start(main)

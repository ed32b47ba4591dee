"""Does an attack that expects one input transform get through another? (Table 2 and Figure 8.)

    python -m pipelines.transform_transfer --models=enet_scenes --limit=8 --epsilons=8

Crosses every transform that the attack expects with every one before the network, none included at both ends. Ends with
a table on stdout and a run folder, as pipelines.robustness does.
"""

from pipelines import conduct_transforms, setting
from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.experiments.transforms import transfers
from tfadvseg.transforms import TRANSFORMS

setting.define_data()
setting.define_models()
setting.define_attacks(ATTACKS, EPSILONS, default=("ifgsm_ll",))
setting.define_transforms(TRANSFORMS)
setting.define_run()
setting.define_output()


def main() -> None:
    conduct_transforms.main("transform_transfer", transfers)


if __name__ == "__main__":
    setting.start(main)

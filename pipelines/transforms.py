"""Do random input transforms defend a network, and still when the attacker knows them? (Figures 5 to 7.)

    python -m pipelines.transforms --models=enet_scenes --limit=8 --epsilons=8
    python -m pipelines.transforms --dataset=camvid --data_dir=/data/camvid --split=val --models=enet_camvid

Each transform is tried against an attack that does not know it, in several trials, and against one whose gradients are
an expectation over it (Eq. 7). Ends with a table on stdout and a run folder, as pipelines.robustness does.
"""

from pipelines import conduct_transforms, setting
from tfadvseg.attacks import ATTACKS, EPSILONS
from tfadvseg.experiments.transforms import defenses
from tfadvseg.transforms import TRANSFORMS

setting.define_data()
setting.define_models()
setting.define_attacks(ATTACKS, EPSILONS, default=("ifgsm_ll",))
setting.define_transforms(TRANSFORMS)
setting.define_run()
setting.define_output()


def main() -> None:
    conduct_transforms.main("transforms", defenses)


if __name__ == "__main__":
    setting.start(main)

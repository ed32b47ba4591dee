"""Do random input transforms defend a network, and still when the attacker knows them? (Figures 5 to 7.)

    python -m pipelines.transforms --models=enet_scenes --limit=8 --epsilons=8
    python -m pipelines.transforms --dataset=camvid --data_dir=/data/camvid --models=enet_camvid

Each transform is tried, in several trials, against an oblivious attack and against an adaptive one, whose gradients are
an expectation over it (EOT, Eq. 7). Ends with a table on stdout and a run folder, as pipelines.robustness does.
"""

from absl import flags as absl_flags

from tfadvseg.attacks import Trait
from tfadvseg.attacks.gradient_ascent import GradientAscent
from tfadvseg.doctor.memory import images_at_once
from tfadvseg.models.spec import ModelSpec
from tfadvseg.reports.titles import transform_title
from tfadvseg.studies.printed import forms
from tfadvseg.studies.transforms.design import BASELINE, agreement, scenarios

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment

FLAGS = absl_flags.FLAGS


def define_flags() -> None:
    """Those of this pipeline and of transform_transfer."""
    flags.define_data()
    flags.define_models()
    flags.define_attacks(default=("ifgsm_ll",))
    flags.define_transforms()
    flags.define_run()
    flags.define_machines()
    flags.define_dry_run()
    flags.define_output()


def run(pipeline: str = "transforms", cross: bool = False) -> None:
    """cross: whether every adaptive attack meets every transform."""
    attacking.refuse(
        attacking.with_any(Trait.BLIND | Trait.OWN_NORM),
        "has no version that is adapted to a transform at an epsilon",
    )
    transforms, models = objects.transforms(), objects.models(random=False)
    sizes = {model: input_size(model) for model in models}
    if FLAGS.sign_agreement:
        print_agreement(transforms)
        return
    found = []
    for model in models:
        at_once = images_at_once(model.open(), sizes[model], FLAGS.memory * 2**20)
        found += scenarios(model, attacking.protocol, transforms, FLAGS.trials, FLAGS.samples, at_once, cross)
    design = {
        "models": [model.name for model in models],
        "transforms": transforms,
        "cross": cross,
        "baseline": BASELINE,
        "printed": forms(models),
    }
    run_experiment(pipeline, "transforms", found, design)


def input_size(model: ModelSpec) -> tuple[int, int]:
    """(height, width) of the one size at which a defense is tried."""
    if model.frame.size is None:
        raise ValueError(f"{model.path} takes images of any size; a defense is tried at one size, so export one.")
    return model.frame.size


def print_agreement(transforms: list[str]) -> None:
    """How many --samples the attacks need: a table on stdout, from the first batch."""
    shards = objects.shards()
    by_sign = [(name, attack) for name, attack in attacking.attacks() if isinstance(attack, GradientAscent)]
    if not by_sign:
        raise ValueError("--sign_agreement is about attacks by the gradient's sign; name one in --attacks.")
    name, attack = by_sign[0]
    print("Share of values (%) whose sign two independent expectations agree on, by their samples; 50 is chance\n")
    for spec in objects.models():
        batch = next(shards.readable(spec))
        found = agreement(spec.open(), batch, transforms, attack, FLAGS.seed)
        samples = list(next(iter(found.values())))
        print(f"{spec.name}, {name}".ljust(32) + "".join(f"{n:>7}" for n in samples))
        for transform, shares in found.items():
            print(f"  {transform_title(transform)}".ljust(32) + "".join(f"{100 * shares[n]:>7.1f}" for n in samples))


if __name__ == "__main__":
    define_flags()
    main.start(run)

"""What the two pipelines about input transforms share."""

import dataclasses
import functools
from collections.abc import Callable

from pipelines import setting
from pipelines.conduct import conclude, conduct, load_shards, write_claims
from pipelines.setting import FLAGS
from tfadvseg.attacks import ATTACKS
from tfadvseg.experiments.encounter import Protocol
from tfadvseg.experiments.evidence import Evidence
from tfadvseg.experiments.memory import images_at_once
from tfadvseg.experiments.transforms import agreement, claims
from tfadvseg.reports.cells import headline_epsilon
from tfadvseg.reports.transforms import transform_title
from tfadvseg.transforms import TRANSFORMS


def main(pipeline: str, encounters_of: Callable) -> None:
    """Runs the encounters of each model, judges the paper's claims, draws and prints."""
    transforms = setting.transforms(TRANSFORMS)
    protocol = functools.partial(setting.protocol, ATTACKS)
    models = setting.models()
    if FLAGS.sign_agreement:
        print_agreement(models, protocol(), transforms)
        return
    encounters = []
    for model in models:
        if model.input_size is None:
            raise ValueError(f"{model.path} takes images of any size; a defense is tried at one size, so export one.")
        at_once = images_at_once(model, model.input_size, FLAGS.memory * 2**20)
        encounters += encounters_of(model, protocol, transforms, FLAGS.trials, FLAGS.samples, at_once)
    folder, found, results = conduct(pipeline, encounters)

    evidence, epsilon = Evidence(found), headline_epsilon(results)
    judged = [
        {"model": model.name, "attack": attack} | dataclasses.asdict(claim)
        for model in models
        for attack in FLAGS.attacks
        for claim in claims(evidence, model.name, attack, epsilon, transforms)
    ]
    write_claims(folder, judged)
    conclude(folder, found, results)


def print_agreement(models: list, protocol: Protocol, transforms: list[str]) -> None:
    """How many --samples the attacks need: a table on stdout, from the first batch."""
    shards = load_shards()
    print("Share of values (%) whose sign two independent expectations agree on, by their samples; 50 is chance\n")
    for model in models:
        batch = next(iter(shards.batches(model)))
        name, attack = protocol.attacks[0]
        found = agreement(model, batch, transforms, attack, FLAGS.seed)
        samples = list(next(iter(found.values())))
        print(f"{model.name}, {name}".ljust(32) + "".join(f"{n:>7}" for n in samples))
        for transform, shares in found.items():
            print(f"  {transform_title(transform)}".ljust(32) + "".join(f"{100 * shares[n]:>7.1f}" for n in samples))

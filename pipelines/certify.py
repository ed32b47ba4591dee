"""How robust is a network at least? Randomised smoothing certifies what no attack can undo, beside attacks on the same.

    python -m pipelines.certify --models=enet_scenes --limit=8
    python -m pipelines.certify --dataset=camvid --data_dir=/data/camvid --models=enet_camvid

Under Gaussian noise on its input a network answers by a majority vote. What the vote is sure of holds under every
perturbation of a Euclidean norm below a radius, whatever the network is (SegCertify). Attacks that know the noise (EOT)
bound the same vote from above. Ends with tables on stdout and a run folder, as pipelines.robustness does.
"""

from absl import flags as absl_flags

from tfadvseg.attacks import Trait
from tfadvseg.attacks.expectation import ExpectedGradient
from tfadvseg.doctor.memory import images_at_once
from tfadvseg.engine.scenario import white_box
from tfadvseg.engine.smoothing import Smoothing
from tfadvseg.models.spec import ModelSpec
from tfadvseg.studies.certificate.measure import Certificates, Confidence
from tfadvseg.transforms.gaussian import Gaussian

from .common import attacking, flags, main, objects
from .common.experiment import run_experiment
from .transforms import input_size

FLAGS = absl_flags.FLAGS

flags.define_data()
flags.define_models(default="enet_scenes")
flags.define_attacks(default=("ifgsm",))
FLAGS.set_default("norm", "l2")
FLAGS.set_default("epsilons", ["4", "8", "16", "32"])
FLAGS.set_default("attack_padding", False)
FLAGS.set_default("loss_on_padding", False)
absl_flags.DEFINE_list(
    "sigma", ["8", "16", "32"], "Standard deviations of the noise in grey levels; 63.75 is 0.25 of images in 0..1."
)
absl_flags.DEFINE_integer("guesses", 100, "Draws of the majority vote, which guess the classes.", 1, 65_535)
absl_flags.DEFINE_integer("draws", 1000, "Further draws, in which the guessed classes are counted.", 1, 65_535)
absl_flags.DEFINE_float("tau", 0.75, "Share of the votes that SegCertify wants to be sure of; sets its radius.")
absl_flags.DEFINE_float(
    "confidence", 0.999, "Probability that what is certified of all images of the run holds, as far as draws decide."
)
absl_flags.DEFINE_integer(
    "samples", 10, "EOT samples: draws of noise whose gradients are averaged in each step of an attack.", lower_bound=1
)
absl_flags.DEFINE_integer("memory", 2048, "MiB that a batch of draws may take; part of the recipe.", lower_bound=1)
flags.define_run()
flags.define_machines()
flags.define_dry_run()
flags.define_output()


def run() -> None:
    confidence, sigmas = Confidence(FLAGS.tau, 1 - FLAGS.confidence), noises()
    if FLAGS.norm != "l2":
        raise ValueError("The certificate is of the Euclidean norm, and so are its attacks; leave --norm out.")
    attacking.refuse(
        attacking.with_any(Trait.QUERIES | Trait.HIDES | Trait.OWN_NORM),
        "is no attack of one radius on a smoothed network's vote",
    )
    models = objects.models(random=False)
    networks = [(model, one) for model in models for one in smoothings(model, sigmas)]
    design = {
        "models": [model.name for model in models],
        "sizes": {model.name: input_size(model) for model in models},
        "sigmas": sigmas,
        "guesses": FLAGS.guesses,
        "draws": FLAGS.draws,
        "tau": FLAGS.tau,
        "error": confidence.error,
    }
    plain = [white_box(model, attacking.protocol()) for model in models]
    run_experiment("certify", "certificate", plain, design, Certificates(tuple(networks), confidence))


def noises() -> list[float]:
    """--sigma in ascending order, each once."""
    found = sorted(set(objects.numbers("sigma")))
    if not found or not 0 < found[0]:
        raise ValueError(f"--sigma takes grey levels above 0, e.g. --sigma=8,16; got {','.join(FLAGS.sigma)}.")
    return found


def smoothings(model: ModelSpec, sigmas: list[float]) -> list[Smoothing]:
    """How a network is smoothed by each of the noises, and attacked."""
    at_once = images_at_once(model.open(), input_size(model), FLAGS.memory * 2**20)
    return [
        Smoothing(
            sigma,
            FLAGS.guesses,
            FLAGS.draws,
            attacking.protocol(gradient=ExpectedGradient(Gaussian(sigma), FLAGS.samples, at_once)),
            at_once,
        )
        for sigma in sigmas
    ]


if __name__ == "__main__":
    main.start(run)

"""The flags that mean the same everywhere, and which of them are part of a run's recipe."""

import functools
from collections.abc import Callable, Collection
from typing import Any

from absl import flags

from tfadvseg import data
from tfadvseg.models.reading import CHANNEL_ORDERS, JOINED, OUTPUTS, PRESETS

FLAGS = flags.FLAGS

_DECIDES_NO_NUMBER: set[str] = set()

DATASET_OPTIONS = {
    "classes": "CSV of the classes of --dataset=folder: name, colour or index, ignored.",
    "images_folder": "Where --dataset=folder has its images; by default images, in --data_dir.",
    "masks_folder": "Where it has their masks; by default masks, in --data_dir.",
    "image_name": "What images are called where masks are called otherwise, such as {}_sat; {} is what both share.",
    "mask_name": "What masks are called, such as {}_mask; by default as their images.",
    "coco": "COCO's folder or its JSON of instances, for train_coco of --dataset=voc.",
}
"""Flags that some dataset takes: its keyword arguments in `data.named`."""

GROUPS = (
    "Models",
    "Data",
    "Attacks",
    "Training",
    "This command",
    "Defense",
    "Output",
    "Repeatability",
    "Machines",
)
"""Titles in --help, in this order."""
_GROUP_OF: dict[str, str] = {}


def group(title: str, *names: str) -> None:
    """Lists flags under one of GROUPS in --help; what is under none is a pipeline's own."""
    assert title in GROUPS
    _GROUP_OF.update(dict.fromkeys(names, title))


def group_of(name: str) -> str:
    """The title that a flag is listed under."""
    return _GROUP_OF.get(name, "This command")


def _grouped(title: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Lists under this title whatever a function defines."""

    def decorate(define: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(define)
        def defining(*arguments: Any, **named: Any) -> None:
            before = set(FLAGS)
            define(*arguments, **named)
            group(title, *(set(FLAGS) - before - set(_GROUP_OF)))  # what was grouped within stays where it is

        return defining

    return decorate


def decides_no_number(name: str) -> None:
    """Keeps a flag out of the recipe: where things lie, and what the recipe holds in another form."""
    _DECIDES_NO_NUMBER.add(name)


@_grouped("Data")
def define_data(split: str = "validation", dataset: str | None = "scenes") -> None:
    """--dataset, --data_dir, --split, --every and --limit."""
    flags.DEFINE_enum(
        "dataset",
        dataset,
        sorted(data.DATASETS),
        "Dataset; scenes is rendered and needs no files, pipelines.inspect_data says where those of others come from.",
    )
    flags.DEFINE_string("data_dir", None, "Folder with the dataset's files, where it needs any.")
    decides_no_number("data_dir")  # the recipe holds the fingerprint of what lies there
    flags.DEFINE_string("split", split, "Part of the dataset; val is short for validation.")
    flags.DEFINE_integer("every", 1, "Every n-th image only: neighbouring frames of a video are alike.", lower_bound=1)
    flags.DEFINE_integer("limit", 0, "This many of these images only, spread over them; 0 for all.", lower_bound=0)
    for name, meaning in DATASET_OPTIONS.items():
        flags.DEFINE_string(name, None, meaning)
        decides_no_number(name)  # the recipe holds the fingerprint of the files that it leads to


@_grouped("Models")
def define_models(default: str | None = "enet_scenes,fcn8s_scenes") -> None:
    """--models, and how those of another origin are read."""
    flags.DEFINE_list(
        "models",
        default,
        "Comma-separated SavedModel folders (saved_models/enet_camvid or .../1) or names in saved_models/; net@50 is "
        "the branch at 50 % of a model over scales.",
    )
    decides_no_number("models")  # the recipe holds their digests
    define_reading()


@_grouped("Models")
def define_reading() -> None:
    """--reading, and its fields by themselves."""
    flags.DEFINE_list(
        "reading",
        None,
        "How models of another origin are read, one for all or one each: a reading.json, or one of "
        f"{', '.join(PRESETS)}. By default the reading.json in a model's folder; pipelines.doctor writes one.",
    )
    decides_no_number("reading")  # the recipe holds it in the models' digests
    flags.DEFINE_string("signature", None, "Signature from images to scores; by default found in the file.")
    flags.DEFINE_list("intensity_range", None, "What the models want for the intensities 0 and 255, e.g. -1,1.")
    flags.DEFINE_enum("channel_order", None, list(CHANNEL_ORDERS), "Order of the models' input channels.")
    flags.DEFINE_enum("model_output", None, list(OUTPUTS), "What the signature returns.")
    flags.DEFINE_string(
        "class_map",
        None,
        "CSV with the columns model and dataset: what each class counts as of models with other classes.",
    )
    flags.DEFINE_enum(
        "joined", None, list(JOINED), "Whether classes that count as one are joined before or after the argmax."
    )
    flags.DEFINE_bool(
        "trust", False, "Load models whatever their graphs may do: read and write files, call Python, use the network."
    )
    decides_no_number("trust")
    flags.DEFINE_string(
        "features", None, "Tensor of the models' graphs that fspgd moves; by default what leaves their widest layer."
    )
    flags.DEFINE_integer("void_class", None, "Number of the class that a model has beyond those of the dataset.")


@_grouped("Attacks")
def define_attacks(default: tuple[str, ...] = (), epsilons: tuple[float, ...] = ()) -> None:
    """--attacks (the paper's four unless `default` says which), --epsilons (the paper's likewise) and the settings of
    the attacks."""
    from tfadvseg.attacks import ATTACKS, ENSEMBLES, EPSILONS, PAPER
    from tfadvseg.attacks.balls import BALLS
    from tfadvseg.engine.scenario import LABELS

    ensembles = "; ".join(f"{name} is {', '.join(parts)}" for name, parts in ENSEMBLES.items())
    flags.DEFINE_list(
        "attacks",
        list(default or PAPER),
        f"Attacks, of {', '.join(ATTACKS)}; {ensembles}; segpgd@50 is one with steps of its own.",
    )
    flags.DEFINE_list(
        "epsilons", [f"{e:g}" for e in epsilons or EPSILONS], "Bounds of the perturbation in grey levels."
    )
    flags.DEFINE_enum("norm", "linf", list(BALLS), "Norm that epsilon bounds: the largest value, or the Euclidean one.")
    define_steps()
    flags.DEFINE_enum("labels", None, list(LABELS), "What untargeted attacks lead away from; by default as --protocol.")
    flags.DEFINE_bool("in_range", None, "Keep adversarial images within 0..255; by default as --protocol.")
    flags.DEFINE_bool("whole_levels", False, "End on whole grey levels; with --in_range the attack survives a PNG.")
    flags.DEFINE_bool("attack_padding", True, "Perturb the pixels that fill up an image, as the paper's code does.")
    flags.DEFINE_bool("loss_on_padding", True, "Count them in the loss, as the paper's code does.")


@_grouped("This command")
def define_transfer() -> None:
    """--sources, --keep_perturbations and --perturbations."""
    flags.DEFINE_list("sources", None, "Those of the networks that are attacked, by name; by default all.")
    flags.DEFINE_bool("keep_perturbations", False, "Keep the perturbations in the run folder, exactly.")
    flags.DEFINE_string("perturbations", None, "Run folder that kept them: show these to --models, and attack nothing.")
    decides_no_number("perturbations")  # the recipe holds the digest of the files


@_grouped("Attacks")
def define_steps() -> None:
    """--protocol, what differs from it, and --target_class."""
    from tfadvseg.attacks.gradient_ascent import LAST, STARTS
    from tfadvseg.attacks.merits import MERITS
    from tfadvseg.attacks.protocols import PROTOCOLS

    told = "; ".join(f"{name}: {defaults}" for name, defaults in PROTOCOLS.items())
    flags.DEFINE_enum("protocol", "arnab2018", list(PROTOCOLS), f"What holds where a flag is not given. {told}.")
    flags.DEFINE_float(
        "alpha",
        None,
        "Step size of the iterative attacks in grey levels; by default that of --protocol, of padam and "
        "padam_cos 2, of dag 0.255. Those by apgd, sea, ladder and alma_prox choose their own.",
        1e-6,
        255,
    )
    flags.DEFINE_integer(
        "steps",
        0,
        "Iterations; 0: as --protocol, but 200 of padam and dag, 100 of apgd, 300 of sea and ladder, 500 of alma_prox.",
        0,
        10_000,
    )
    flags.DEFINE_enum("start", None, list(STARTS), "Where attacks of several steps begin; by default as --protocol.")
    flags.DEFINE_integer("restarts", 1, "Runs of these from other random starts; the best one counts.", lower_bound=1)
    flags.DEFINE_integer("queries", 50, "Times that dla asks the network about an image.", lower_bound=1)
    flags.DEFINE_enum(
        "keep",
        None,
        [LAST, *MERITS],
        "Iterate that these return: the last one, or the best one by the loss, by the "
        "pixels that are right or by the IoU of the image; by default each attack's own.",
    )
    flags.DEFINE_string("target_class", None, "Class, by name or number, that fgsm_class and ifgsm_class lead to.")
    define_hiding()


def define_hiding() -> None:
    """--hide, --hide_weight and --hide_confidence."""
    from tfadvseg.attacks.hiding import CONFIDENCE, WEIGHT, WEIGHT_OF_ALL

    flags.DEFINE_string(
        "hide",
        None,
        "Class, by name or number, that the attack hide hides; the report says of all attacks how much "
        "of it is still found.",
    )
    flags.DEFINE_float(
        "hide_weight",
        None,
        "Weight of the pixels to be hidden, the others have what is left of 1; by default "
        f"{WEIGHT:g}, of pipelines.universal {WEIGHT_OF_ALL:g}.",
        1e-6,
        1,
    )
    flags.DEFINE_float(
        "hide_confidence",
        CONFIDENCE,
        "Pixels are left alone where they are at their target more surely than this.",
        1e-6,
        1,
    )
    group("Attacks", "hide", "hide_weight", "hide_confidence")


def define_region() -> None:
    """--region."""
    flags.DEFINE_string(
        "region",
        None,
        "Only pixels in it may change: a class, those that the network itself predicts so on the clean "
        "image, or a picture of the photographs' size, those that are not 0 there.",
    )
    group("Attacks", "region")
    decides_no_number("region")  # the recipe holds the class, or the digest of the mask


@_grouped("Attacks")
def define_inside() -> None:
    """--inside, which goes with the --samples of `define_draws`."""
    from tfadvseg.transforms import TRANSFORMS

    known = ", ".join(name for name in TRANSFORMS if name != "none")
    flags.DEFINE_string(
        "inside",
        None,
        f"Random transform, of {known} or several with +, that attacks look through: their gradients "
        "are means over --samples draws in each step.",
    )


@_grouped("Defense")
def define_transforms() -> None:
    """--transforms, --trials, --samples, --sign_agreement and --memory."""
    from tfadvseg.transforms import DEFENSES

    names = ", ".join(DEFENSES)
    flags.DEFINE_list(
        "transforms",
        ["jpeg", "blur", "hsv", "grayscale"],
        f"Input transforms, of {names}; jpeg+blur is both in sequence.",
    )
    define_draws("of each transform before the network", trials=9)
    flags.DEFINE_bool("sign_agreement", False, "Only print how many samples the gradient's signs need, and end.")
    flags.DEFINE_integer("memory", 2048, "MiB that a batch of such draws may take; part of the recipe.", lower_bound=1)


@_grouped("Defense")
def define_draws(
    of_what: str = "of a model that draws at random and takes seeds", trials: int = 1, samples: int = 10
) -> None:
    """--trials and --samples."""
    flags.DEFINE_integer("trials", trials, f"Draws {of_what}, each scored by itself.", lower_bound=1)
    flags.DEFINE_integer(
        "samples",
        samples,
        f"EOT samples: random draws {of_what} whose gradients are averaged in each step of an adaptive attack.",
        lower_bound=1,
    )


@_grouped("Defense")
def define_crf(default: str | None = "crf_rnn") -> None:
    """--crf, and what differs from it."""
    from tfadvseg.crf.parameters import NORMALISATIONS, PARAMETERS

    flags.DEFINE_enum("crf", default, sorted(PARAMETERS), "Parameters of the dense CRF, but for those given here:")
    for name, what in (
        ("theta_alpha", "reach of the bilateral kernel in pixels"),
        ("theta_beta", "reach of the bilateral kernel in grey levels"),
        ("theta_gamma", "reach of the spatial kernel in pixels"),
        ("bilateral_weight", "bilateral kernel's weight"),
        ("spatial_weight", "spatial kernel's weight"),
    ):
        flags.DEFINE_float(name, None, f"The {what}; by default that of --crf.")
    flags.DEFINE_integer("iterations", None, "Mean-field iterations; by default those of --crf.")
    flags.DEFINE_enum("normalisation", None, sorted(NORMALISATIONS), "How kernels are normalised; by default as --crf.")


@_grouped("Repeatability")
def define_run() -> None:
    """--batch_size, --strict, --seed, --threads and --xla."""
    flags.DEFINE_integer(
        "batch_size",
        0,
        "Images in a batch; part of the recipe. 0: 4 for inputs below 100,000 pixels, else 1.",
        lower_bound=0,
    )
    flags.DEFINE_bool("strict", False, "End at the first damaged photograph, in place of leaving it out and saying so.")
    decides_no_number("strict")  # what is finished has the same numbers with it and without
    group("Data", "strict")
    define_arithmetic()


def define_arithmetic() -> None:
    """--seed, --threads and --xla."""
    from tfadvseg.engine.arithmetic import THREADS
    from tfadvseg.engine.xla import XLA

    flags.DEFINE_integer("seed", 0, "Seed of every random draw.", lower_bound=0)
    flags.DEFINE_integer(
        "threads",
        THREADS,
        "Threads within an operation; the last bits depend on it, so it is part of the recipe.",
        lower_bound=1,
    )
    flags.DEFINE_enum("xla", "auto", list(XLA), "XLA; auto: off on a CPU, measured on a GPU.")


@_grouped("Machines")
def define_machines() -> None:
    """--shard, --workers and --cluster, which decide who makes the units of a run, and so no number."""
    flags.DEFINE_string(
        "shard",
        None,
        "k/n: only every n-th unit from the k-th on; the run folder in --output is shared by all n, and "
        "whoever finds everything finished ends the run. auto: k and n of the SLURM array that this is a task of; "
        "auto/n: k of the indexed Kubernetes job.",
    )
    flags.DEFINE_integer(
        "workers",
        1,
        "Processes, each with its own models, its own --threads and, where there are any, a GPU of its "
        "own; 0: as many as there are GPUs, or else as the processors have room for.",
        lower_bound=0,
    )
    flags.DEFINE_string(
        "cluster",
        None,
        "Workers are actors of Ray, as many as --workers says or by default as it has room for. auto: "
        "of the cluster that this machine belongs to, or else of this machine alone; or ray://host:10001.",
    )
    for name in ("shard", "workers", "cluster"):
        decides_no_number(name)


@_grouped("This command")
def define_dry_run() -> None:
    """--dry_run."""
    flags.DEFINE_bool(
        "dry_run",
        False,
        "Only write down what is to be measured, say how many gradients that takes, and end; the "
        "same command without it goes on.",
    )
    decides_no_number("dry_run")


@_grouped("Output")
def define_curves() -> None:
    """--curves."""
    flags.DEFINE_integer(
        "curves",
        0,
        "Photographs on which attacks are followed step by step, at epsilon 8 or else their largest: loss, changed "
        "labels and IoU in curves.csv, report.html and TensorBoard. They are run again for it.",
        lower_bound=0,
    )
    decides_no_number("curves")


@_grouped("Output")
def define_output() -> None:
    """--output."""
    flags.DEFINE_string(
        "output",
        None,
        "Run folder, continued where it is one; by default runs/<pipeline>/<time>. Pipelines that take "
        "--shard (but for reproduce), and report, take an object store, too, as gs://bucket/run.",
    )
    decides_no_number("output")


def refuse_given(title: str, *names: str, because: str) -> list[str]:
    """The flags of this group, and these; ValueError where one was given. because: why it means nothing."""
    about = {name for name, own_title in _GROUP_OF.items() if own_title == title} | set(names)
    known = [name for name in sorted(about) if name in FLAGS]
    if given := [name for name in known if FLAGS[name].present]:
        raise ValueError(f"--{given[0]} means nothing here: {because}; leave it out.")
    return known


def own(main: str) -> list["flags.Flag[Any]"]:
    """The flags of this package, in the order of their definition. main: the program, sys.argv[0]."""
    by_module = FLAGS.flags_by_module_dict()
    return list(dict.fromkeys(flag for name in (__name__, main, "__main__") for flag in by_module.get(name, [])))


def recipe(main: str, without: Collection[str] = ()) -> dict[str, Any]:
    """Their values, less those that decide no number, ever or `without` them in this run."""
    values = {flag.name: flag.value for flag in own(main)}
    dropped = _DECIDES_NO_NUMBER | set(without)
    return {name: value for name, value in sorted(values.items()) if name not in dropped}

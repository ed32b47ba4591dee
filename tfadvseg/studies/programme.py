"""The paper as a list of jobs: which of its studies the networks at hand allow, how large each is, what it answers.

A job is one command line of a pipeline. Nothing is opened or run here.
"""

import dataclasses
from collections.abc import Callable, Sequence

from tfadvseg.registry import choose
from tfadvseg.studies import crf, robustness, transfer, transforms
from tfadvseg.studies.claims import Claim
from tfadvseg.studies.robustness.facts import Facts


@dataclasses.dataclass(frozen=True)
class Network:
    """A network at hand. word: what --models calls it. name: as results know it. facts: what it is made of. random:
    whether it draws at random. attackable: whether gradients lead to its input. scales: how many scales of the image it
    looks at."""

    word: str
    name: str
    facts: Facts = Facts()
    random: bool = False
    attackable: bool = True
    scales: int = 1


@dataclasses.dataclass(frozen=True)
class Budget:
    """images: photographs of a job, 0 for all. few: of one whose gradients are dear. epsilons: of the jobs that the
    paper shows at one epsilon first. defended_epsilons: behind an input transform or a dense CRF. draws: flags that say
    how often random transforms are drawn. networks: of the jobs that doubt an attack, 0 for all. attacks: newer ones.
    sweep: flags of the variants of a CRF. crossed: whether transforms are only tried crossed with each other, which
    holds the cells of both. over_scales: epsilons of the network over scales among the others, "" to leave that job
    out."""

    images: int
    few: int
    epsilons: str
    defended_epsilons: str
    draws: tuple[str, ...]
    networks: int
    attacks: str
    sweep: tuple[str, ...]
    crossed: bool
    over_scales: str


ALL_EPSILONS = "0.25,0.5,1,2,4,8,16,32"
BUDGETS = {
    "small": Budget(
        2, 1, "8", "8", ("--trials=2", "--samples=4"), 1, "segpgd,cospgd",
        ("--attacks=fgsm", "--epsilons=8", "--theta_alphas=1", "--theta_betas=20", "--theta_gammas=1",
         "--spatial_weights=1"), crossed=True, over_scales="",
    ),
    "fast": Budget(
        4, 3, "8", "1,8", ("--trials=5",), 2, "ifgsm,segpgd,cospgd,sea@30",
        ("--attacks=fgsm", "--epsilons=8", "--theta_alphas=1,20,80,160", "--theta_betas=3,20", "--theta_gammas=1,10",
         "--spatial_weights=1,10"), crossed=True, over_scales="0.25,0.5,1,2,4,8",
    ),
    "full": Budget(
        0, 0, ALL_EPSILONS, ALL_EPSILONS, ("--trials=9",), 0, "ifgsm,segpgd,cospgd,sea",
        (f"--epsilons={ALL_EPSILONS}",), crossed=False, over_scales=ALL_EPSILONS,
    ),
}  # fmt: skip
"""small: two small networks in minutes on two processor cores, too few photographs to decide much; fast: the ten
networks of CamVid in hours there; full: the paper's grid on all photographs."""


@dataclasses.dataclass(frozen=True)
class Export:
    """A network that is to be made of `network`, a word, before a job can begin. flags: of pipelines.export, which say
    what is added to it."""

    network: str
    name: str
    flags: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Job:
    """name: of its sub folder. asks: its question. claims: those of the paper that it answers. flags: of its pipeline,
    models among them, where an export that is still to be made is `{name}`. networks: words of all whom it measures,
    or whose exports. missing: what it needs and is not here."""

    name: str
    pipeline: str
    asks: str
    claims: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    networks: tuple[str, ...] = ()
    exports: tuple[Export, ...] = ()
    missing: str = ""


def programme(networks: Sequence[Network], budget: str, apart: str = "") -> list[Job]:
    """Every job, in an order in which early ones answer most; those that these networks do not allow say why.

    apart: why no job may measure networks as they are beside exports, "" where one may."""
    size = choose(BUDGETS, budget, "budget")
    return [
        *_white_box(networks, size, apart),
        _transfer(networks, size),
        *(_scales(networks, size, architecture) for architecture in OVER_SCALES),
        *_transforms(networks, size),
        *_crfs(networks, size, apart),
        *_doubts(networks, size),
    ]


def picked(jobs: Sequence[Job], names: Sequence[str]) -> list[Job]:
    """Those of these names, in their order; all where none is named. ValueError for a name that no job has."""
    known = {job.name: job for job in jobs}
    wanted = {choose(known, name, "job").name for name in names}
    return [job for job in jobs if job.name in wanted or not names]


PREFERRED = ("deeplab_v2_resnet101", "fcn8s_vgg", "deeplab_v2_vgg", "pspnet", "fcn8s_resnet101", "enet")
"""Whom a study of one network asks: the paper takes Deeplab v2 for transforms, FCN8s for CRFs and scales."""
DEEPLAB = "deeplab_v2_resnet101"
OVER_SCALES = {DEEPLAB: "scale_transfer", "fcn8s_vgg": "scale_transfer_fcn8s"}
"""{architecture: the job that looks at its scales} (Tables 1 and 15 to 18; 19 and 20)."""
SCALES = "--scales=0.5,0.75,1"
"""Of Tables 1 and 15 to 20."""
CRF_OF = {DEEPLAB: "deeplab_resnet", "deeplab_v2_vgg": "deeplab_vgg"}
"""{architecture: the CRF that the paper's Deeplab v2 has added to it} (Figure 10)."""
OF_MULTISCALE = ("C14", "C16", "C92", "C96")
"""Claims about Deeplab v2 over scales among other networks."""
NO_NETWORK = "needs a network without a CRF that gradients lead into, which is not here"


def _plain(networks: Sequence[Network]) -> list[Network]:
    """Those that section 5 of the paper compares; a CRF hides its gradient and has a section of its own."""
    return [one for one in networks if not one.facts.crf]


def _attacked(networks: Sequence[Network]) -> list[Network]:
    """Those that any study can attack."""
    return [one for one in _plain(networks) if one.attackable and not one.random]


def _preferred(networks: Sequence[Network], order: Sequence[str] = PREFERRED) -> list[Network]:
    """All that can be attacked, those of the paper's choice first."""
    return sorted(
        _attacked(networks),
        key=lambda one: order.index(own) if (own := one.facts.architecture) in order else len(order),
    )


def _at_one_scale(networks: Sequence[Network], architecture: str) -> list[Network]:
    """Those of that architecture, of which an ensemble can be made."""
    return [one for one in _attacked(networks) if one.facts.architecture == architecture and one.scales == 1]


def _maximum(network: Network) -> Export:
    """Its ensemble by the maximum, which several jobs share."""
    return Export(network.word, f"{network.name}_multiscale", (SCALES, "--fusion=max"))


def _words(networks: Sequence[Network]) -> tuple[str, ...]:
    return tuple(one.word for one in networks)


def _models(networks: Sequence[Network]) -> str:
    return f"--models={','.join(_words(networks))}"


def _limit(images: int) -> tuple[str, ...]:
    return (f"--limit={images}",) if images else ()


def _numbers(*tables: Sequence[Claim]) -> tuple[str, ...]:
    """Of the claims that a study judges."""
    return tuple(dict.fromkeys(claim.number for table in tables for claim in table))


def _needing(job: Job, missing: str) -> Job:
    """The job, or one without a command where something is missing."""
    return dataclasses.replace(job, flags=(), networks=(), exports=(), missing=missing) if missing else job


def _white_box(networks: Sequence[Network], size: Budget, apart: str) -> list[Job]:
    """Each network for itself and, in a job of its own that judges what is said of it, Deeplab v2 over scales."""
    own = _plain(networks)
    over_scales = [_multiscale(networks, size, apart)] if size.over_scales else []
    elsewhere = [number for job in over_scales if not job.missing for number in job.claims]
    numbers = _numbers(robustness.claims.CLAIMS, robustness.architectures.CLAIMS)
    job = Job(
        "robustness",
        "robustness",
        "How easily is each network fooled, and what does its architecture have to do with it?",
        tuple(number for number in numbers if number not in elsewhere),
        (_models(own), f"--epsilons={ALL_EPSILONS}", *_limit(size.images)),
        _words(own),
    )
    return [_needing(job, "" if _attacked(networks) else NO_NETWORK), *over_scales]


def _multiscale(networks: Sequence[Network], size: Budget, apart: str) -> Job:
    """Deeplab v2 over scales among all networks that can be attacked, since a claim compares networks of one run.

    A job of its own and not one network more in `robustness`: that one then waits for no export, may be told how its
    networks are read, and has each Deeplab v2 once in the means of its families. The price is that the others are
    attacked again. Epsilons 16 and 32 take three quarters of the gradients (60 of the 80 for a photograph and network)
    and leave ruins of every network, so `fast` keeps its photographs and leaves these two out. With the ten networks of
    CamVid that is 4 x 11 x 32.5 = 1,430 gradients, as `--dry_run` counts a forward pass for half of one; half the
    photographs at all epsilons would be 2 x 11 x 96.5 = 2,123."""
    fitting = _at_one_scale(networks, DEEPLAB)
    own = fitting[0] if fitting else Network(DEEPLAB, DEEPLAB)
    ensemble, others = _maximum(own), _attacked(networks)
    job = Job(
        "multiscale",
        "robustness",
        "Is Deeplab v2 over scales more robust than the other networks?",
        OF_MULTISCALE,
        (
            f"--models={','.join([f'{{{ensemble.name}}}', *_words(others)])}",
            f"--epsilons={size.over_scales}",
            *_limit(size.images),
        ),
        _words(others),
        (ensemble,),
    )
    if any(one.facts.architecture == robustness.architectures.MULTISCALE for one in networks):
        return _needing(job, f"{robustness.architectures.MULTISCALE} is here, and robustness measures it")
    return _needing(job, apart if fitting else f"needs {DEEPLAB}, which is not here")


def _transfer(networks: Sequence[Network], size: Budget) -> Job:
    own = _attacked(networks)
    job = Job(
        "transfer",
        "transfer",
        "Does what fools one network fool another?",
        _numbers(transfer.claims.OF_ONE_ATTACK, transfer.claims.OF_ALL_ATTACKS),
        (_models(own), f"--epsilons={size.epsilons}", *_limit(size.images)),
        _words(own),
    )
    return _needing(job, "" if len(own) > 1 else "needs two networks, of which there is one at most here")


def _scales(networks: Sequence[Network], size: Budget, architecture: str) -> Job:
    """With the ensemble that averages beside the one of the maximum, for C50 to C53."""
    fitting = _at_one_scale(networks, architecture)
    own = fitting[0] if fitting else Network(architecture, architecture)
    most = _maximum(own)
    mean = Export(own.word, f"{own.name}_average", (SCALES, "--fusion=average"))
    job = Job(
        OVER_SCALES[architecture],
        "scale_transfer",
        "Does what fools a network at one scale of the image fool it at another?",
        _numbers(transfer.claims.CLAIMS),
        (
            f"--models={{{most.name}}}",
            f"--average={{{mean.name}}}",
            f"--epsilons={size.epsilons}",
            *_limit(size.images),
        ),
        (own.word,),
        (most, mean),
    )
    return _needing(job, "" if fitting else f"needs {architecture}, which is not here")


def _transforms(networks: Sequence[Network], size: Budget) -> list[Job]:
    own, numbers = _preferred(networks)[:1], _numbers(transforms.claims.CLAIMS)
    shared = (
        _models(own),
        "--attacks=ifgsm_ll",
        f"--epsilons={size.defended_epsilons}",
        *size.draws,
        *_limit(size.few),
    )
    alone = Job(
        "transforms",
        "transforms",
        "Do random input transforms defend a network, and still when the attacker knows them?",
        numbers,
        shared,
        _words(own),
    )
    crossed = Job(
        "transform_transfer",
        "transform_transfer",
        "Do random input transforms defend a network, and does an attack that knows one get through another?",
        numbers,
        shared,
        _words(own),
    )
    missing = "" if own else NO_NETWORK
    return [_needing(job, missing) for job in ([] if size.crossed else [alone]) + [crossed]]


def _crfs(networks: Sequence[Network], size: Budget, apart: str) -> list[Job]:
    """A network beside the same one that was trained with its CRF and, in the same run so that both kinds can be
    compared, Deeplab v2 beside itself with a CRF that was added (Figures 9 and 10); then variants of such a CRF."""
    numbers = _numbers(crf.claims.CLAIMS, crf.alike.CLAIMS)
    base = [one for one in _attacked(networks) if one.facts.architecture == "fcn8s_vgg"][:1]
    own = [one for one in networks if one.facts.architecture == "crf_rnn" and one.attackable and not one.random][:1]
    asks = "What does a dense CRF do to a network's robustness, and does it only mask the gradient?"
    other = [] if apart else [one for name in CRF_OF for one in _at_one_scale(networks, name)][:1]
    exports = tuple(Export(one.word, f"{one.name}_crf", (f"--crf={CRF_OF[one.facts.architecture]}",)) for one in other)
    with_crf = [*_words(own), *(f"{{{export.name}}}" for export in exports)]
    trained = Job(
        "crf",
        "crf",
        f"{asks} Of one that was trained with its network{', and one that was added to Deeplab v2' if other else ''}.",
        numbers,
        (
            _models([*base, *other]),
            f"--crf_models={','.join(with_crf)}",
            f"--epsilons={size.defended_epsilons}",
            *_limit(size.few),
        ),
        _words([*base, *other, *own]),
        exports,
    )
    without = [name for name, found in (("fcn8s_vgg", base), ("crf_rnn", own)) if not found]
    added_to = _preferred(networks, ("fcn8s_vgg", *PREFERRED))[:1]
    added = Job(
        "crf_added",
        "crf",
        f"{asks} Of variants of a CRF that is added afterwards.",
        numbers,
        (_models(added_to), "--sweep", *size.sweep, *_limit(size.few)),
        _words(added_to),
    )
    here = " and ".join(without) + (", which is not here" if len(without) == 1 else ", which are not here")
    return [_needing(trained, f"needs {here}" if without else ""), _needing(added, "" if added_to else NO_NETWORK)]


def _doubts(networks: Sequence[Network], size: Budget) -> list[Job]:
    """Not the paper's protocol, so no claim of it is judged by these."""
    own = _preferred(networks)
    chosen = own[: size.networks or len(own)]
    masking = Job(
        "masking",
        "masking",
        "Does a network mask its gradient, so that it only looks robust?",
        flags=(_models(chosen), *_limit(size.images)),
        networks=_words(chosen),
    )
    modern = Job(
        "modern",
        "robustness",
        "What is left under the attacks that came since, by the protocol of most papers now?",
        flags=(
            _models(chosen),
            "--protocol=literature",
            f"--attacks={size.attacks}",
            "--epsilons=8",
            *_limit(size.few),
        ),
        networks=_words(chosen),
    )
    return [_needing(job, "" if chosen else NO_NETWORK) for job in (masking, modern)]


def words(job: Job, place: Callable[[Export], str], given: Sequence[str], output: str) -> list[str]:
    """The arguments of its pipeline. place: where an export lies. given: flags that all jobs share; what the job says
    itself counts less. output: its run folder."""
    own = list(job.flags)
    for export in job.exports:
        own = [flag.replace(f"{{{export.name}}}", place(export)) for flag in own]
    return [*own, *given, f"--output={output}"]

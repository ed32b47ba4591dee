"""Every study of the paper that the networks at hand allow, as one list of jobs that can be interrupted at any moment.

    python -m pipelines.reproduce --output=runs/scenes --budget=small --dry_run
    python -m pipelines.reproduce --output=runs/scenes --budget=small --only=transfer,crf
    python -m pipelines.reproduce --dataset=camvid --data_dir=/data/camvid --output=runs/camvid

Says first what each job will take. A job is a command line of another pipeline, in a process of its own, and a run
folder in --output; one that fails does not stop the others, and finished ones are passed over. Flags about photographs,
repeatability and machines go to every job.

Ends with the jobs on stdout, and with index.html, index.md and claims.csv in --output: every claim of the paper, its
verdict over all jobs, what was measured and by which of them. Exit code 1 where a job has failed.
"""

import functools
import hashlib
import json
import pathlib
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from absl import flags as absl_flags

from tfadvseg.engine.planned import planned
from tfadvseg.engine.posted import terms
from tfadvseg.engine.share import WHOLE
from tfadvseg.models import card
from tfadvseg.models.spec import ModelSpec, scales_of
from tfadvseg.reports.numbers import duration
from tfadvseg.reports.terminal import terminal
from tfadvseg.runs.folder import claimed
from tfadvseg.runs.store import Disk
from tfadvseg.studies.programme import BUDGETS, Job, Network, picked, programme, words
from tfadvseg.studies.robustness.design import design
from tfadvseg.studies.robustness.facts import Facts

from .common import children, exports, flags, machines, main, objects
from .common.commands import PACKAGE
from .common.conclusion import write_index, write_whole
from .common.ledger import Entry, Ledger
from .common.standing import FAILED, FINISHED, IMPOSSIBLE, OPEN, Speeds, Standing, document
from .common.unlike import refuse_unlike

FLAGS = absl_flags.FLAGS
WAITING = "units of other shares are missing"

_before = set(FLAGS)
flags.define_data()
flags.define_reading()
flags.define_run()
flags.define_machines()
PASSED_ON = sorted(set(FLAGS) - _before)
"""Flags that every job is given as they were given here, but for `AS_READ` where exports are made for it."""
absl_flags.DEFINE_list(
    "models",
    None,
    "SavedModel folders or names in saved_models/; by default those there that were trained on --dataset.",
)
flags.group("Models", "models")
absl_flags.DEFINE_enum(
    "budget",
    "fast",
    list(BUDGETS),
    "small: one or two photographs, to see it work; fast: few, and one epsilon where the paper begins with one; full: "
    "its whole grid on all of them.",
)
absl_flags.DEFINE_list("only", [], "Names of jobs, to do these alone.")
flags.define_dry_run()
flags.define_output()


def run() -> int:
    if len(FLAGS.reading or []) > 1:
        raise ValueError("--reading is one for all models here; put a reading.json beside each that needs another.")
    models = models_at_hand()  # before a folder is made
    folder, share = objects.output_folder("reproduce"), machines.share()
    jobs = programme(described(models), FLAGS.budget, exports.apart())
    names = {job.name for job in picked(jobs, FLAGS.only)}
    with claimed(Disk(folder), "" if share == WHOLE else str(share)):
        ledger, speeds = Ledger(folder / of_share("jobs.json")), Speeds(folder)
        standings = [standing(job, folder, models, ledger) for job in jobs]
        chosen = [one for one in standings if one.job.name in names]
        unknown = [one for one in chosen if one.state == OPEN and one.plan is None]
        refuse_unlike(unknown, models, PASSED_ON)
        rehearse(folder, unknown, models, ledger, speeds)
        title = f"Jobs of {folder} with --budget={FLAGS.budget}"
        print(terminal(document(title, chosen, speeds)), flush=True)
        if not FLAGS.dry_run:
            carry_out(chosen, ledger, speeds)
            title, about = f"The paper on {FLAGS.dataset}", about_the_run(list(models))
            print(terminal(write_index(folder, title, about, standings)))
    return int(any(one.state == FAILED for one in chosen))


def about_the_run(names: Sequence[str]) -> str:
    """What index.md begins with."""
    return (
        f"{FLAGS.dataset}, {FLAGS.split}, --budget={FLAGS.budget}; networks: {', '.join(names)}. A verdict is of these "
        "networks and photographs. Where several runs or networks judge a claim, all are told."
    )


def models_at_hand() -> dict[str, ModelSpec]:
    """{as --models names it: model}."""
    if FLAGS.models is None:
        FLAGS["models"].value = trained_on(FLAGS.dataset)
    if not FLAGS.models:
        raise ValueError(
            f"No network in {objects.in_words()} was trained on {FLAGS.dataset}; name some by --models, or train one "
            "by pipelines.train."
        )
    return dict(zip(FLAGS.models, objects.models(), strict=True))


def trained_on(dataset: str) -> list[str]:
    """Names in saved_models/, by their cards."""
    found = []
    for name, folder in objects.networks().items():
        cards = [card.read(version) for version in folder.glob("*/")]
        if any(one is not None and one.provenance.get("dataset") == dataset for one in cards):
            found.append(name)
    return found


def described(models: Mapping[str, ModelSpec]) -> list[Network]:
    """What the programme wants to know of them."""
    facts = design(list(models.values()))["networks"]
    return [
        Network(word, one.name, Facts(**facts[one.name]), one.seeded, one.attackable, max(1, len(scales_of(one.path))))
        for word, one in models.items()
    ]


def of_share(name: str) -> str:
    """A file's name in --output, where each share has files of its own."""
    share, path = machines.share(), pathlib.Path(name)
    return name if share == WHOLE else f"{path.stem}-{share.index}-of-{share.count}{path.suffix}"


def standing(job: Job, folder: pathlib.Path, models: Mapping[str, ModelSpec], ledger: Ledger) -> Standing:
    """How a job stands by what its folder and the ledger have."""
    own = folder / job.name
    if job.missing:
        return Standing(job, own, [], "", IMPOSSIBLE, job.missing)
    made_by = exports.AS_READ if job.exports else ()
    given = [FLAGS[name].serialize() for name in PASSED_ON if FLAGS[name].present and name not in made_by]
    arguments = words(job, lambda one: str(exports.place(one, folder, models)), given, str(own))
    deciding = terms_of(job, models)
    entry = ledger.same(job.name, arguments, deciding)
    if entry is None:
        return Standing(job, own, arguments, deciding)
    plan = planned(own) if (own / "recipe.json").exists() else None
    found = Standing(job, own, arguments, deciding, plan=plan)
    found.state = FINISHED if entry.finished and found.judged else OPEN
    return found


def terms_of(job: Job, models: Mapping[str, ModelSpec]) -> str:
    """A digest of what decides its numbers besides its arguments: networks, photographs, program, machine."""
    digests = {word: models[word].digest for word in job.networks}
    text = json.dumps([digests, objects.split().fingerprint(), terms()], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def rehearse(
    folder: pathlib.Path, standings: Sequence[Standing], models: Mapping[str, ModelSpec], ledger: Ledger, speeds: Speeds
) -> None:
    """Makes what these jobs need, has their pipelines write down what they will measure, and times a gradient of each
    network, in a process that ends before the first job begins."""
    for one in standings:
        code, one.sentence = exports.make(one.job, folder, models, log(one))
        one.state = FAILED if code else OPEN
    jobs = {
        one.job.name: {"pipeline": one.job.pipeline, "arguments": one.arguments, "folder": str(one.folder)}
        for one in standings
        if one.state == OPEN
    }
    if not jobs:
        return
    say(f"Looking at what {', '.join(jobs)} will take.")
    answer = looked_at(folder / "logs", {"jobs": jobs, "threads": FLAGS.threads, "known": list(speeds.known)})
    speeds.add(answer["speeds"])
    for one in standings:
        if one.job.name in answer["failed"]:
            one.state, one.sentence = FAILED, answer["failed"][one.job.name]
        elif one.state == OPEN:
            one.plan = planned(one.folder)
            ledger.keep(one.job.name, Entry(one.arguments, one.terms))


def looked_at(logs: pathlib.Path, what: Mapping[str, Any]) -> dict[str, Any]:
    """What the rehearsal answers, also where it ended while it timed a gradient; ValueError where it did before."""
    asked, answer = logs / of_share("asked.json"), logs / of_share("answer.json")
    logs.mkdir(exist_ok=True)
    answer.unlink(missing_ok=True)
    write_whole(asked, json.dumps({**what, "answer": str(answer)}))
    code, sentence = children.finish(f"{PACKAGE}.common.rehearsal", [str(asked)], logs / of_share("rehearsal.log"))
    if code and not answer.exists():
        raise ValueError(f"The jobs cannot be looked at: {sentence}")
    if code:
        say(f"How long gradients take is not known, since they could not be timed: {sentence}")
    return dict(json.loads(answer.read_text()))


def log(one: Standing) -> pathlib.Path:
    """For what its processes say."""
    return one.folder.parent / "logs" / of_share(f"{one.job.name}.log")


def carry_out(standings: Sequence[Standing], ledger: Ledger, speeds: Speeds) -> None:
    """Does every job that is to be done, each in a process of its own."""
    possible = [one for one in standings if one.state != IMPOSSIBLE]
    for number, one in enumerate(possible, start=1):
        where = f"{number}/{len(possible)} {one.job.name}"
        if one.state == OPEN:
            told = functools.partial(progress, where, possible[number - 1 :], speeds)
            say(told())
            carry_out_one(one, ledger, functools.partial(tell, told))
            speeds.learn(one)
            tell(lambda: "")
            say(f"{where}: {one.state}{one.sentence and f': {one.sentence}'}")
        else:
            say(f"{where}: {one.state}{', it is passed over' if one.state == FINISHED else ''}")
    for one in possible:
        if one.sentence == WAITING and one.judged:  # by another share meanwhile
            one.state, one.sentence = FINISHED, ""


def carry_out_one(one: Standing, ledger: Ledger, look: Callable[[], None]) -> None:
    """Runs the pipeline of a job, and keeps how it ended, also where it is interrupted."""
    failed = ""
    try:
        code, said = children.finish(f"{PACKAGE}.{one.job.pipeline}", one.arguments, log(one), look)
        if code:
            one.state, one.sentence, failed = FAILED, said, said
        elif one.judged:
            one.state = FINISHED
        else:
            one.sentence = WAITING
    finally:
        ledger.keep(one.job.name, Entry(one.arguments, one.terms, one.state == FINISHED, failed))


def progress(where: str, standings: Sequence[Standing], speeds: Speeds) -> str:
    """As "3/9 transforms, about 12 min left, 1 h 40 min of all"; the first one is being done."""
    left = [speeds.seconds_left(one) for one in standings if one.state == OPEN]
    return f"{where}, about {duration(left[0])} left, {duration(sum(left))} of all"


def say(line: str) -> None:
    """On stderr."""
    print(line, file=sys.stderr, flush=True)


def tell(line: Callable[[], str]) -> None:
    """The same in place of the line before, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line()}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main.start(run)

"""Compares a served model with the local one, and shows it attacks that were made here.

    python -m pipelines.verify_served --endpoint=grpc://localhost:8500 --saved_model=enet_served
    python -m pipelines.verify_served --endpoint=http://localhost:8000 --api=kserve_v2 \\
        --saved_model=enet_served --dataset=camvid --data_dir=/data/camvid --send=uint8,jpeg90
    python -m pipelines.verify_served --endpoint=grpc://localhost:8500 --saved_model=enet_guarded \\
        --served_signature=defended --check_attacked
    python -m pipelines.verify_served --endpoint=grpc://localhost:8500 --served_name=enet_served \\
        --black_box=dla --queries=50

Attacks the local model, brings what it made to 8 bits and sends it, and the clean photographs, as pixels (signature
`serving_default`), PNG and JPEG files (`encoded`). Ends with what of the attack is lost by rounding, by JPEG and at the
server, with the share of pixels to which both give the same label on the same bytes, and with a verdict: exit code 1
where the server serves another model. --api is the server's protocol, since --protocol is that of the attacks.

With --served_signature=defended or defended_of_seeds, what is sent is answered behind the defense that --saved_model
was exported with. With --check_attacked the server attacks the first photograph, too, and what it answers is compared
bit by bit with what the SavedModel's own attack makes of it here.

The last command has no local model: it attacks the endpoint itself, from its label maps alone, beside random noise.

The run folder has report.html, served.md, served.csv and a file a photograph. Interrupted, or left by its server, it
goes on with the next photograph when it is started again with the same --output.
"""

import contextlib
import dataclasses
import itertools
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags as absl_flags

from tfadvseg.attacks import ATTACKS, Trait
from tfadvseg.attacks.balls import BALLS
from tfadvseg.attacks.base import Attack
from tfadvseg.data import Split
from tfadvseg.endpoints import API, Client, connect
from tfadvseg.endpoints.address import Address
from tfadvseg.endpoints.client import DEFAULT, Settings
from tfadvseg.endpoints.segmentation import DEFENDED, OF_PIXELS
from tfadvseg.engine.black_box import BlackBox, attack_endpoint
from tfadvseg.engine.counterpart import served_attack
from tfadvseg.engine.in_flight import finished
from tfadvseg.engine.label_maps import in_8_bits
from tfadvseg.engine.opened import OpenModels
from tfadvseg.engine.preflight import found
from tfadvseg.engine.scenario import Protocol, white_box
from tfadvseg.engine.sending import PIXELS, Sending
from tfadvseg.engine.verification import Verification, verify
from tfadvseg.models.spec import ModelSpec
from tfadvseg.reports import verified as report
from tfadvseg.reports.terminal import terminal
from tfadvseg.runs import black_box, verified
from tfadvseg.runs.folder import RunFolder, reserved
from tfadvseg.runs.store import store_of

from .common import attacking, flags, main, objects
from .common.experiment import open_folder

FLAGS = absl_flags.FLAGS

flags.define_data()
absl_flags.DEFINE_list("saved_model", None, "The SavedModel that should be served, its folder or its name.")
flags.group("Models", "saved_model")
flags.decides_no_number("saved_model")  # the recipe holds its digest
flags.define_reading()
flags.define_attacks(default=("ifgsm_ll",), epsilons=(2, 8))
absl_flags.DEFINE_string(
    "endpoint", None, "Where it is served: grpc://host:port, http://host:port or https://host.", required=True
)
absl_flags.DEFINE_enum("api", "tfserving", list(API), "What the server speaks: TensorFlow Serving's API, or KServe v2.")
absl_flags.DEFINE_list(
    "served_name",
    None,
    "Name of the model there, by default that of --saved_model. KServe v2 knows no signatures: "
    "NAME_encoded stands for `encoded` of NAME, unless another is given, as net,encoded=net_of_files.",
)
absl_flags.DEFINE_integer("served_version", None, "Version of it; by default the newest.", lower_bound=0)
absl_flags.DEFINE_bool(
    "rows", False, "Send TensorFlow Serving's REST `instances`, an image each, in place of columns, `inputs`."
)
absl_flags.DEFINE_list(
    "send",
    [PIXELS, "png", "jpeg95"],
    "Ways to send an image: uint8 for its pixels, png, jpeg95 for that quality; "
    "with --black_box one way, by default uint8.",
)
absl_flags.DEFINE_enum(
    "served_signature",
    DEFAULT,
    OF_PIXELS,
    "Signature that is asked about pixels. That of a defense takes no files: --send is uint8 then.",
)
absl_flags.DEFINE_bool(
    "check_attacked",
    False,
    "Let the server attack the first photograph at each of --epsilons by its signature "
    "`attacked`, and compare bit by bit with the attack of --saved_model here.",
)
absl_flags.DEFINE_enum(
    "black_box",
    None,
    sorted(name for name, one in ATTACKS.items() if one.has(Trait.QUERIES)),
    "Attack the endpoint by this, from label maps alone and without a local model.",
)
absl_flags.DEFINE_integer("concurrency", 4, "Requests at once.", 1, 256)
absl_flags.DEFINE_float("timeout", 60.0, "Seconds to wait for one answer.", 1e-3)
absl_flags.DEFINE_integer("retries", 5, "Times that a request is repeated where nobody answers.", 0, 10)
absl_flags.DEFINE_bool("strict", False, "End at the first damaged photograph, in place of leaving it out.")
flags.group("Data", "strict")
for name in ("check_attacked", "concurrency", "timeout", "retries", "strict"):
    flags.decides_no_number(name)
flags.define_arithmetic()
flags.define_output()

ON_PIXELS = "what is sent is a photograph in 8 bits, within 0..255 and without padding"
ASKED = "--black_box asks the endpoint and nothing else"


def run() -> None:
    flags.refuse_given("", "in_range", "whole_levels", "attack_padding", "loss_on_padding", because=ON_PIXELS)
    if any(epsilon < 1 for epsilon in objects.epsilons()):
        raise ValueError(f"8 bits hold whole grey levels, so `epsilons` are 1 or more; got {','.join(FLAGS.epsilons)}.")
    split = objects.split()
    if FLAGS.black_box:
        flags.refuse_given("", "saved_model", "attacks", "protocol", "check_attacked", because=ASKED)
        _attack_endpoint(split)
    else:
        _verify(split)


def _verify(split: Split) -> None:
    """The local model's attacks, sent."""
    attacking.refuse(
        attacking.with_any(Trait.OWN_NORM),
        "finds its own norm, while an image in 8 bits is changed by at most an epsilon",
    )
    model, sendings = _local_model(), _sendings()
    if not sendings:
        raise ValueError(f"There is no way to send an image; name at least one in `send`, e.g. --send={PIXELS}.")
    attacks = attacking.attacks(in_range=True)
    protocol = Protocol(attacks, FLAGS.labels or attacking.defaults().labels, False, False, FLAGS.seed)
    with contextlib.closing(_client(model.name)) as client, reserved(objects.output_folder("verify_served")) as path:
        folder = open_folder(store_of(path), [model], data=split.fingerprint(), **attacking.deciding_attacks())
        one, models = Verification(white_box(model, protocol), sendings, client), OpenModels()
        attacked = _check_attacked(client, model, models, split) if FLAGS.check_attacked else []
        left_out = verify(one, split, folder, models, FLAGS.xla, FLAGS.concurrency, FLAGS.strict)
        units = finished(split, folder)
        rows = verified.rows(units, _sized(attacks), [one.name for one in sendings], _groups(split, units))
        notes = found(model, folder) + [f"Left out: {name}: {reason}" for name, reason in left_out.items()]
        verdicts = [_verdict(rows, units), *attacked]
        told = report.document(rows, notes, [one.text for one in verdicts], FLAGS.served_signature != DEFAULT)
        _tell(folder, told, rows, verified.COLUMNS)
        if wrong := [one.text for one in verdicts if not one.fine]:
            raise ValueError(" ".join(wrong))


@dataclasses.dataclass(frozen=True)
class Verdict:
    """text: a sentence. fine: whether the server passes."""

    text: str
    fine: bool


def _verdict(rows: Sequence[Mapping[str, Any]], units: Mapping[str, Any]) -> Verdict:
    """On the label maps of the server."""
    if FLAGS.served_signature == DEFENDED:
        return Verdict(verified.told_of_draws(rows, units), True)
    return Verdict(verified.verdict(rows), verified.serves_the_same(rows))


def _check_attacked(client: Client, model: ModelSpec, models: OpenModels, split: Split) -> list[Verdict]:
    """On the attacks of the server, of the first photograph that is not damaged; without one there is none."""
    found = []
    for example in itertools.islice(split.readable(), 1):
        differences = served_attack(client, models[model], in_8_bits(example.image), objects.epsilons())
        found.append(Verdict(verified.told_of_attacks(differences), not any(text for _, text in differences)))
    return found


def _sendings() -> list[Sending]:
    """--send, to --served_signature; the usual ways send files, too, which other signatures do not take."""
    usual = FLAGS.served_signature != DEFAULT and not FLAGS["send"].present
    names = [PIXELS] if usual else dict.fromkeys(FLAGS.send)
    return [Sending.named(name, FLAGS.served_signature) for name in names]


def _attack_endpoint(split: Split) -> None:
    """By queries alone."""
    if not FLAGS.served_name:
        raise ValueError(
            "--served_name is needed with --black_box, which knows no local model: the name that is asked."
        )
    names = FLAGS.send if FLAGS["send"].present else [PIXELS]
    if len(names) != 1:
        raise ValueError(f"With --black_box images are sent in one way; got --send={','.join(names)}.")
    space = objects.dataset().label_space
    settings = {"in_range": True, "whole_levels": True, "ball": BALLS[FLAGS.norm]}
    attacks = [
        (name, attacking.attack(name, epsilon, space.names, **settings))
        for epsilon in objects.epsilons()
        for name in ("noise", FLAGS.black_box)
    ]
    labels = FLAGS.labels or "prediction"
    if FLAGS.served_signature not in (DEFAULT, DEFENDED):
        raise ValueError(f"With --black_box nobody knows seeds: ask {DEFAULT} or {DEFENDED} by --served_signature.")
    with contextlib.closing(_client("")) as client, reserved(objects.output_folder("verify_served")) as path:
        folder = open_folder(store_of(path), [], data=split.fingerprint())
        sending = Sending.named(names[0], FLAGS.served_signature)
        one = BlackBox(attacks, sending, client, labels, space.classes, FLAGS.seed)
        left_out = attack_endpoint(one, split, folder, FLAGS.concurrency, FLAGS.strict)
        units = finished(split, folder)
        shown = [(*pair, attack.cost.queries) for pair, (_, attack) in zip(_sized(attacks), attacks, strict=True)]
        rows = black_box.rows(units, shown, _groups(split, units))
        notes = [f"Left out: {name}: {reason}" for name, reason in left_out.items()]
        _tell(folder, report.black_box_document(rows, notes), rows, black_box.COLUMNS)


def _tell(folder: RunFolder, told: Any, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    report.write_tables(folder.path, told, rows, columns)
    print(terminal(told))
    print(f"Results: {folder.path}/report.html, served.md, served.csv; of each photograph {folder.path}/units/")
    sys.stdout.flush()


def _local_model() -> ModelSpec:
    """--saved_model."""
    if len(FLAGS.saved_model or ()) != 1:
        raise ValueError(
            "--saved_model is the one SavedModel that should be served; give one, or attack by --black_box."
        )
    (model,) = objects.models(flag="saved_model", random=False)
    if model.mapping:
        raise ValueError(
            f"{model.path} is read by a class map, while its server answers the network's own classes; verify it on "
            "a dataset of these."
        )
    return model


def _client(name: str) -> Client:
    """Of --endpoint. name: of the model there, unless --served_name says it."""
    words = [word.partition("=") for word in FLAGS.served_name or ()]
    own = [word for word, equals, _ in words if not equals]
    if len(own) > 1 or not all(word and (value or not equals) for word, equals, value in words):
        raise ValueError(f"--served_name is one name, and others as signature=name; got {','.join(FLAGS.served_name)}.")
    names = {word: value for word, equals, value in words if equals}
    address = Address.of(FLAGS.endpoint)
    settings = Settings(
        address, own[0] if own else name, FLAGS.served_version, names, FLAGS.timeout, FLAGS.retries, FLAGS.rows
    )
    return connect(FLAGS.api, settings)


def _sized(attacks: Sequence[tuple[str, Attack]]) -> list[tuple[str, float]]:
    """(name, epsilon) of each."""
    found = []
    for name, attack in attacks:
        assert attack.epsilon is not None
        found.append((name, attack.epsilon))
    return found


def _groups(split: Split, units: Mapping[str, Any]) -> list[str]:
    """Of the photographs that are finished."""
    return [group for name, group in zip(split.ids, split.groups, strict=True) if name in units]


if __name__ == "__main__":
    main.start(run)

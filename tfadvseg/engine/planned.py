"""What a run is to measure and to draw, as its run folder keeps it: so its units are collected without its command."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from tfadvseg.data.labels import LabelSpace
from tfadvseg.engine.collect import collect
from tfadvseg.engine.experiment import Experiment
from tfadvseg.engine.kept import save_findings
from tfadvseg.engine.run import refuse_left_out
from tfadvseg.json_text import parsed
from tfadvseg.runs.examples import write_examples
from tfadvseg.runs.folder import DAMAGED, RunFolder
from tfadvseg.runs.store import Place, Store, store_of
from tfadvseg.runs.values import as_json, of_json

FILE = "experiment.json"
"""In a run folder."""


@dataclasses.dataclass(frozen=True)
class Planned:
    """dataset, split: names. design: what its study wants to know again of its scenarios when it judges and draws."""

    experiment: Experiment
    dataset: str
    split: str
    label_space: LabelSpace
    design: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """Of all units."""
        return list(self.experiment.jobs)

    def missing(self, folder: RunFolder) -> list[str]:
        """Units that are not finished."""
        finished = folder.finished()
        return [name for name in self.names if name not in finished]

    def save(self, folder: RunFolder) -> None:
        """Opens nothing, and nothing needs to be opened to collect."""
        _write(folder, FILE, as_json(self))

    def collect(self, folder: RunFolder) -> list[str]:
        """Writes what everything is judged and drawn from, of finished units; returns the warnings."""
        experiment = self.experiment
        if experiment.shards.strict:
            refuse_left_out(self.names, folder)  # also what others made, who were not
        for extra in experiment.extras:
            extra.write(experiment.shards, folder)
        found = collect(
            experiment.scenarios, experiment.shards, folder, self.dataset, self.split, self.label_space.names
        )
        folder.write("examples.npz", lambda file: write_examples(file, self.label_space, found.examples))
        _write(folder, "design.json", self.design)
        _write(folder, "findings.json", found.warnings)
        for source, own in found.of_sources.items() if experiment.keep_perturbations else ():
            save_findings(folder.store, source, own)
        folder.write("cells.npz", found.results.write)  # the last, since what has it is finished
        return found.warnings


def planned(folder: Place | Store) -> Planned | None:
    """What a run folder keeps; None where it does not, ValueError where it is damaged or of another version."""
    store = store_of(folder)
    if not store.exists(FILE):
        return None
    try:
        found = of_json(parsed(store.read(FILE)))
    except DAMAGED as error:
        raise ValueError(
            f"{store}/{FILE} is damaged or was written by another version; start the run's command again with its "
            "`folder`."
        ) from error
    if not isinstance(found, Planned):
        raise ValueError(f"{store}/{FILE} holds no experiment; start the run's command again with its `folder`.")
    return found


def _write(folder: RunFolder, name: str, content: Any) -> None:
    text = json.dumps(content, indent=1).encode()
    folder.write(name, lambda file: file.write(text))

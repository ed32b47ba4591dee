"""What this study adds to TensorBoard: the mean IoU over the trials for each pair of transforms.

A run <network>/<what the attack is adapted to>-<what is before the network> has the curves and, of oblivious attacks,
the example images; <network>/defenses holds the figure.
"""

from collections.abc import Iterator, Sequence

from tfadvseg.data.labels import LabelSpace
from tfadvseg.reports.drawing import figure_pixels
from tfadvseg.reports.events import AXIS, Events, Image, Scalar, at, run_name
from tfadvseg.reports.tensorboard import example_images
from tfadvseg.reports.titles import attack_title
from tfadvseg.runs.examples import Example
from tfadvseg.runs.results import NONE
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.transforms.figures import attacks, defense_figure
from tfadvseg.studies.transforms.names import TransformsDesign
from tfadvseg.studies.transforms.trials import Trials


def events(run: FinishedRun, examples: Sequence[Example], label_space: LabelSpace | None) -> Iterator[Events]:
    """Network by network."""
    for model in run.designed(TransformsDesign).models:
        trials = Trials.of(run, model)
        figures = (
            Image(f"figures/{attack}", 0, figure_pixels(defense_figure(run, trials, attack))) for attack in attacks(run)
        )
        yield Events(f"{run_name(model)}/defenses", images=figures)
        for expected in trials.ends:
            for seen in trials.ends:
                scalars = list(_scalars(run, trials, expected, seen))
                if scalars and not expected == seen == NONE:
                    own = [one for one in examples if (one.model, one.transform) == (model, seen) and expected == NONE]
                    pictures = (image for one in own for image in example_images(one, label_space))
                    yield Events(f"{run_name(model)}/{expected}-{seen}", scalars, pictures)


def _scalars(run: FinishedRun, trials: Trials, expected: str, seen: str) -> Iterator[Scalar]:
    for attack in attacks(run):
        description = f"IoU (%), mean over the trials, under {attack_title(attack)}; {AXIS}."
        for epsilon, value in trials.line(attack, expected, seen)["mean"].items():
            yield Scalar(f"iou/{attack}", at(epsilon), value, description)

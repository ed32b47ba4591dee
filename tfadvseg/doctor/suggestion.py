"""How a model of another origin is best read: what its answers show by themselves, then what suits labelled
photographs."""

import dataclasses
from collections.abc import Sequence

from tfadvseg.data.labels import LabelSpace
from tfadvseg.data.split import Example
from tfadvseg.doctor.examination import least_multiple, placed
from tfadvseg.doctor.plausible import Tried, clearly_better, compared, other_order
from tfadvseg.doctor.warnings import looks_like
from tfadvseg.models.reading import Reading
from tfadvseg.models.saved_model import LoadedModel
from tfadvseg.models.spec import ModelSpec, describe


def fitting(spec: ModelSpec, photographs: Sequence[Example]) -> LoadedModel:
    """The model, opened and read so that it takes photographs of any size that it can take and its scores are called
    what they are."""
    model = spec.open()
    if spec.frame.size is None and spec.frame.multiple == (1, 1):
        odd = placed(spec, [_of_odd_sides(photographs[0])])
        try:
            model(odd)
        except Exception:  # whatever its graph happens to hit
            multiple = least_multiple(model, odd)
            if multiple is not None:
                model = model.read_as(dataclasses.replace(spec.reading, multiple=(multiple, multiple)))
    if spec.reading.output != "logits":
        return model
    kind = looks_like(model.raw(placed(model.spec, photographs[:1])).numpy())
    if kind == "logits":
        return model
    return describe(spec.path, dataclasses.replace(model.spec.reading, output=kind), spec.trusted).open()


def _of_odd_sides(photograph: Example) -> Example:
    """Less a row and a column where their number is even: the photographs at hand may have sides that suit, others
    not."""
    height, width = ((side - 1) | 1 for side in photograph.image.shape[:2])
    return photograph._replace(image=photograph.image[:height, :width])


@dataclasses.dataclass(frozen=True, eq=False)
class Comparison:
    """tried: the readings, the model's own first. best: the one to take. order: the label that each of its classes
    stands for, where that is another order than the dataset's."""

    tried: tuple[Tried, ...]
    best: Tried
    order: list[int] | None


def compare(model: LoadedModel, photographs: Sequence[Example]) -> Comparison:
    """All plausible readings on labelled photographs."""
    own, *others = compared(model, photographs)
    best = clearly_better(own, others) or own
    return Comparison((own, *others), best, other_order(best.confusion.sum(0)))


def settled(spec: ModelSpec, found: Comparison | None, label_space: LabelSpace | None) -> Reading:
    """The reading to write down: with the names of the file's signature, so that nothing has to be found again."""
    how, interface = found.best.reading if found else spec.reading, spec.interface
    how = dataclasses.replace(
        how,
        signature=interface.signature,
        input_name=interface.input,
        output_name=interface.output,
        layout=interface.layout,
    )
    if found and found.order and label_space:
        how = dataclasses.replace(how, class_map=tuple(label_space.names[label] for label in found.order))
    return how

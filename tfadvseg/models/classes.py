"""Names and colours of a model's classes, where no dataset says them."""

import dataclasses

from tfadvseg.data.labels import LabelSpace, voc_palette
from tfadvseg.models import card
from tfadvseg.models.spec import ModelSpec


def with_classes(spec: ModelSpec, default: LabelSpace | None = None, dataset: str = "") -> tuple[ModelSpec, LabelSpace]:
    """The model and its label space: that of its card, or else of its reading, or else `default`, that of a `dataset`,
    or else numbers and colours that tell them apart.

    Where a reading has a class map, it leads to the classes of the `default`. ValueError where names and classes differ
    in number.
    """
    found, how = card.read(spec.path), spec.reading
    if default is not None and (how.class_map or not (found or how.classes)):
        return spec.on(default, dataset), default
    if found:
        return spec, _fitting(spec, LabelSpace(found.names, found.palette))
    if how.classes:
        space = LabelSpace(how.classes, how.palette or numbered(len(how.classes)).palette)
        return dataclasses.replace(spec, classes=spec.classes or space.classes), _fitting(spec, space)
    return spec, numbered(spec.classes)


def numbered(classes: int) -> LabelSpace:
    """Classes by number in Pascal VOC's colours, without its black, which is void."""
    return LabelSpace(tuple(f"class {number}" for number in range(classes)), voc_palette(classes + 1)[1:])


def _fitting(spec: ModelSpec, space: LabelSpace) -> LabelSpace:
    if spec.classes not in (0, space.classes):
        raise ValueError(
            f"{spec.path} has scores of {spec.classes} classes but names {space.classes}; correct its card or its "
            "reading.json."
        )
    return space

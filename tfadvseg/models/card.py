"""The card of a SavedModel: what it was made for and of, as JSON in its assets.extra folder."""

import dataclasses
import json
import pathlib
from typing import Any

from tfadvseg.json_text import as_typed, parsed

FILE = pathlib.Path("assets.extra") / "card.json"


@dataclasses.dataclass(frozen=True)
class Card:
    """names, palette: the classes, in the order of the logits, and their RGB colours.

    input_size: (height, width), or None for any. fit, pad_colour: how a photograph becomes an input of that size
    (data.batches.FITS), and the RGB that fills it up. scores: validation results in per cent. provenance: data, recipe,
    git revision, library versions. width: of the zoo's network `architecture`, None where nobody said it.
    """

    name: str
    architecture: str
    names: tuple[str, ...]
    palette: tuple[tuple[int, int, int], ...]
    input_size: tuple[int, int] | None
    pad_colour: tuple[float, float, float]
    parameters: int
    scores: dict[str, float]
    provenance: dict[str, Any]
    fit: str = "pad"
    width: float | None = None

    @property
    def added(self) -> dict[str, Any]:
        """All that stands around the network, such as a CRF, a transform or scales, in whatever order it was added; of
        two alike the last."""
        found: dict[str, Any] = {}
        provenance = self.provenance
        while provenance:
            found = provenance.get("added", {}) | found
            provenance = provenance.get("of the network", {})
        return found

    def write(self, folder: pathlib.Path) -> None:
        """Writes the card into the SavedModel in `folder`."""
        path = folder / FILE
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n")


def numbers(classes: int) -> tuple[str, ...]:
    """Names of classes of which nobody said any."""
    return tuple(f"class_{number}" for number in range(classes))


def read(folder: pathlib.Path) -> Card | None:
    """The card of the SavedModel in `folder`, or None where it has none (a stranger's)."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        found: Card = as_typed(Card, parsed(path.read_text()), "a card")
        layer = found.provenance
        while layer:  # as `added` goes through them
            as_typed(dict, layer.get("added", {}), "added")
            layer = as_typed(dict, layer.get("of the network", {}), "of the network")
        return found
    except ValueError as error:
        raise ValueError(f"The card {path} is damaged ({error}); export the model again or delete the card.") from error

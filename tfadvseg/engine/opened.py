"""Models, opened when they are needed and let go when they are not."""

from collections.abc import Iterable

from tfadvseg.models.postprocessed import Model, PostprocessedModel
from tfadvseg.models.spec import ModelSpec


class OpenModels:
    """What `spec.open()` gives, each file once: a network and the same with a CRF share their weights."""

    def __init__(self) -> None:
        self._open: dict[ModelSpec, Model] = {}

    def __getitem__(self, spec: ModelSpec) -> Model:
        if spec not in self._open:
            bare = spec.bare
            if spec.refinement is not None:
                model = self[bare]
                assert not isinstance(model, PostprocessedModel)
                self._open[spec] = PostprocessedModel(model, spec)
            else:
                self._open[spec] = spec.open()
        return self._open[spec]

    def keep(self, specs: Iterable[ModelSpec]) -> None:
        """Lets go of all others."""
        needed = {one for spec in specs for one in (spec, spec.bare)}
        self._open = {spec: model for spec, model in self._open.items() if spec in needed}

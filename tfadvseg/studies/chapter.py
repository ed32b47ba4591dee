"""A job of a programme as its index tells of it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Chapter:
    """What is told of a job. results: its report as seen from the document, "" where there is none. told: what it took,
    or why it is not there. sections, figures: titles of the parts of its report, and files in its figures/. answers:
    sentences by which that report begins."""

    name: str
    asks: str
    told: str
    results: str = ""
    sections: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()

"""How far can a smoothed network be attacked at most, and how far at least? A certificate beside the attack."""

from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, Study


def judged(run: FinishedRun) -> list[Judgement]:
    """The paper claims nothing of certificates."""
    del run
    return []


def load_report() -> Report:
    """Imports Matplotlib."""
    from tfadvseg.studies.certificate.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

"""How easily are networks fooled by white-box attacks (section 5 of the paper)?"""

from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.robustness import architectures, claims
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, Study


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim on every network, then those on all of them together."""
    return claims.judged(run) + architectures.judged(run)


def load_report() -> Report:
    """Imports Matplotlib, which judging does without."""
    from tfadvseg.studies.robustness.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

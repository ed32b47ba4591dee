"""What does a dense CRF do to a network's robustness, and does it only mask the gradient (section 8, appendix E)?"""

from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.crf import alike, claims
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, Study


def judged(run: FinishedRun) -> list[Judgement]:
    """Every claim on every pair, then whether other CRFs do the same."""
    return claims.judged(run) + alike.judged(run)


def load_report() -> Report:
    """Imports Matplotlib, which judging does without."""
    from tfadvseg.studies.crf.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

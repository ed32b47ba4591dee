"""What does a dense CRF do to a network's robustness, and does it only mask the gradient (section 8, appendix E)?"""

from tfadvseg.studies.crf.claims import judged
from tfadvseg.studies.study import Report, Study


def load_report() -> Report:
    """Imports Matplotlib, which judging does without."""
    from tfadvseg.studies.crf.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

"""How easily are networks fooled by white-box attacks (section 5 of the paper)?"""

from tfadvseg.studies.robustness.claims import judged
from tfadvseg.studies.study import Report, Study


def load_report() -> Report:
    """Imports Matplotlib, which judging does without."""
    from tfadvseg.studies.robustness.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

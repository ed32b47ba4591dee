"""Does what fools one network, or one scale of it, fool another (section 6)?"""

from tfadvseg.studies.study import Report, Study
from tfadvseg.studies.transfer.claims import judged


def load_report() -> Report:
    """Imports Matplotlib, which judging does without."""
    from tfadvseg.studies.transfer.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

"""Do random input transforms defend a network, against oblivious and against adaptive attacks (section 7)?"""

from tfadvseg.studies.study import Report, Study
from tfadvseg.studies.transforms.claims import judged


def load_report() -> Report:
    """Imports Matplotlib, which judging does without."""
    from tfadvseg.studies.transforms.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

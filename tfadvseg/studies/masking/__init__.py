"""Does a model mask its gradient, so that it looks more robust than it is?"""

from tfadvseg.studies.claims import Judgement
from tfadvseg.studies.run import FinishedRun
from tfadvseg.studies.study import Report, Study


def judged(run: FinishedRun) -> list[Judgement]:
    """Nothing: the paper claims it of dense CRFs alone, which `studies.crf` judges. The verdicts are in the report."""
    del run
    return []


def load_report() -> Report:
    """The tables and sentences; what draws no figure needs no Matplotlib."""
    from tfadvseg.studies.masking.report import REPORT

    return REPORT


STUDY = Study(judged, load_report)

"""What a CRF does to the clean IoU beside Tables 3 and 4, the only tables of the paper with networks that have one."""

from collections.abc import Sequence

from tfadvseg.reports.cells import clean_score
from tfadvseg.reports.document import Block, Heading
from tfadvseg.reports.numbers import number
from tfadvseg.studies import beside
from tfadvseg.studies.crf.claims import Pair
from tfadvseg.studies.run import FinishedRun

WITH_CRF = {"fcn8s_vgg": "crf_rnn", "deeplab_v2_multiscale": "deeplab_v2_multiscale_crf"}
"""{network of the paper: the same with a CRF}."""
TOLD = (
    "Mean IoU in per cent on clean images, with Tables 3 and 4. With its CRF the paper's FCN8s is CRF-RNN, which was "
    "trained with it; its Deeplab v2 was given one afterwards. The paper's tables have no attack on either."
)


def beside_part(run: FinishedRun, pairs: Sequence[Pair]) -> list[Block]:
    """The clean IoU with and without a CRF, of networks to which the paper gives one, too."""
    forms, dataset = beside.printed_forms(run), run.results.cells[0].dataset
    rows = list[beside.Row]()
    for pair in pairs:
        form, printed = forms.get(pair.network, ""), beside.retrained()
        if form in WITH_CRF:
            own = {"without": clean_score(run.table, pair.network), "with": clean_score(run.table, pair.crf)}
            theirs = {"without": printed[form], "with": printed[WITH_CRF[form]]}
            rows.append((beside.here(pair.network, dataset, form), {who: number(iou) for who, iou in own.items()}))
            rows.append((beside.printed(form), {who: number(iou) for who, iou in theirs.items()}))
    columns = {"without": "Without CRF", "with": "With CRF"}
    table = beside.table("Network", columns, rows)
    return [Heading(beside.TITLE), beside.told(TOLD), table] if rows else []

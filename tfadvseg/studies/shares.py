"""In how many of many cells something holds: which of them the images decide, all at once.

Cells of one run are alike, and some are close, so the share of cells that agree in a resample is no estimate of the
share of cells in which the truth does: where all lead by little, many fall behind in each resample. So each cell is
decided by itself, by an interval so wide that in 95 % of the cases all of them hold their truths together. The cells
decided for a claim are then no more, and those not decided against it no fewer, than those in which it is true."""

from collections.abc import Sequence

import numpy as np
import scipy.stats

from tfadvseg.metrics.intervals import widening
from tfadvseg.studies.evidence import Score


def decided(margins: Sequence[Score], units: int, level: float = 95.0) -> np.ndarray:
    """[K] of margins [1 + R] of K cells from two groups of images or more: 1 where the margin is above 0, -1 where it
    is not, 0 where the images do not say.

    Intervals are a number of standard deviations wide, the same for all cells: as many as the farthest of the cells
    strays in a resample, in `level` per cent of these (a max-t bootstrap, which knows how alike cells are). They are
    widened for few groups as all intervals are.
    """
    scores = np.stack(margins)
    measured, resampled = scores[:, 0], scores[:, 1:]
    middle, spread = np.nanmean(resampled, 1), np.nanstd(resampled, 1)
    loose = spread > 1e-9  # a cell that is the same in all resamples is as sure as can be
    reach = np.zeros(len(scores))
    if loose.any():
        strayed = np.abs(resampled[loose] - middle[loose, None]) / spread[loose, None]
        deviations = float(np.nanpercentile(np.nanmax(strayed, 0), level))
        sure = 100 * (2 * scipy.stats.norm.cdf(deviations) - 1)
        reach = np.where(loose, deviations * widening(units, float(sure)) * spread, 0.0)
    centre = np.where(loose, 2 * measured - middle, measured)  # without the bias that the resamples show
    above = (centre - reach > 0) & (measured > 0)
    below = (centre + reach <= 0) & (measured <= 0)
    return above.astype(int) - below.astype(int)

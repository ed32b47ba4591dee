"""Shares of a run: together they are the whole, and nothing is guessed of the environment that was not asked for."""

import pytest

from tfadvseg.engine.share import WHOLE, Share, share_of

NAMES = [f"net-{number:05d}" for number in range(11)]
ARRAY = {
    "SLURM_ARRAY_TASK_ID": "7",
    "SLURM_ARRAY_TASK_MIN": "3",
    "SLURM_ARRAY_TASK_MAX": "9",
    "SLURM_ARRAY_TASK_STEP": "2",
    "SLURM_ARRAY_TASK_COUNT": "4",
}


@pytest.mark.parametrize("count", [1, 2, 3, 11, 20])
def test_shares_have_every_unit_once_and_are_of_a_size(count):
    shares = [Share(index, count).of(NAMES) for index in range(1, count + 1)]
    assert sorted(name for share in shares for name in share) == NAMES
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_the_whole_is_one_share():
    assert WHOLE.of(NAMES) == NAMES and share_of("1/1", {}) == WHOLE


def test_a_share_is_counted_from_one():
    assert share_of("2/3", {}) == Share(2, 3) and str(Share(2, 3)) == "2/3"
    for text in ("0/3", "4/3", "0/0"):
        with pytest.raises(ValueError, match=f"one of 1/n to n/n.*got {text}"):
            share_of(text, {})
    for text in ("", "2", "1/2/3", "-1/2", "a/b", "auto/"):
        with pytest.raises(ValueError, match="`shard` is k/n, auto or auto/n; got"):
            share_of(text, {})


def test_a_slurm_array_says_which_and_how_many():
    assert share_of("auto", ARRAY) == share_of("auto/4", ARRAY) == Share(3, 4)
    from_zero = {
        f"SLURM_ARRAY_TASK_{key}": value for key, value in {"ID": "0", "MIN": "0", "MAX": "63", "COUNT": "64"}.items()
    }
    assert share_of("auto", from_zero) == Share(1, 64)
    assert share_of("2/5", ARRAY) == Share(2, 5)  # what is written counts


def test_a_slurm_array_with_gaps_is_refused():
    with pytest.raises(ValueError, match="evenly spaced numbers, e.g. --array=1-3; this one has 3 tasks from 3 to 9"):
        share_of("auto", ARRAY | {"SLURM_ARRAY_TASK_COUNT": "3"})
    with pytest.raises(ValueError, match="`shard`=auto/8 meets a SLURM array of 4 tasks"):
        share_of("auto/8", ARRAY)
    with pytest.raises(ValueError, match="a whole number in SLURM_ARRAY_TASK_MIN; got ''"):
        share_of("auto", {"SLURM_ARRAY_TASK_ID": "1"})


def test_a_kubernetes_job_says_which_and_not_how_many():
    assert share_of("auto/8", {"JOB_COMPLETION_INDEX": "0"}) == Share(1, 8)
    with pytest.raises(ValueError, match="write `shard`=auto/n with its completions for n"):
        share_of("auto", {"JOB_COMPLETION_INDEX": "0"})
    with pytest.raises(ValueError, match="one of 1/n to n/n.*got 9/8"):
        share_of("auto/8", {"JOB_COMPLETION_INDEX": "8"})


def test_without_either_it_asks():
    with pytest.raises(ValueError, match="neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set; write k/n"):
        share_of("auto", {})

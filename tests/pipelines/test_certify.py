"""The certificate as a user asks for it."""

import json
import re

import numpy as np
import pandas as pd
import pytest

SETTINGS = ("--sigma=8,4", "--guesses=5", "--draws=70", "--epsilons=4,1", "--samples=2", "--tau=0.6")


def test_a_network_is_certified_and_attacked_and_a_killed_run_goes_on(call, small, tmp_path):
    """Attack above certificate everywhere, and what is finished is not done again; the report draws the same again."""
    flags = (*small, "--limit=2", *SETTINGS, f"--output={tmp_path}")
    ended = call("certify", *flags)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "figures" / "sandwich_conv.png").stat().st_size > 10_000
    text = (tmp_path / "results.md").read_text()
    assert "a norm of 68 e" in text and "What is certified" in ended.stdout and "Defects" not in text
    pairs = [(float(low), float(high)) for low, high in re.findall(r"([\d.]+) to ([\d.]+)", ended.stdout)]
    assert len(pairs) == 4 and all(low <= high for low, high in pairs) and max(low for low, _ in pairs) > 0
    results = pd.read_csv(tmp_path / "results.csv")
    assert set(results.epsilon) == {0.0, 1.0, 4.0}
    np.testing.assert_allclose(results.l2, results.epsilon, rtol=1e-4)
    assert json.loads((tmp_path / "design.json").read_text())["sigmas"] == [4.0, 8.0]
    with np.load(tmp_path / "certificate.npz") as file:
        before = {key: file[key] for key in file.files}
    assert before["conv/8/voted"].shape == (3, 3, 2, 11) and before["conv/4/by_norm"][:, 0].sum((1, 2))[0] > 0

    units = sorted((tmp_path / "units").glob("smoothed-conv-*.npz"))
    assert len(units) == 4
    kept = units[0].stat().st_mtime_ns
    units[1].unlink()
    (tmp_path / "certificate.npz").unlink()
    again = call("certify", *flags)
    assert again.returncode == 0 and units[0].stat().st_mtime_ns == kept and units[1].exists()
    with np.load(tmp_path / "certificate.npz") as file:
        for key, array in before.items():
            np.testing.assert_array_equal(file[key], array)
    drawn = call("report", f"--output={tmp_path}")
    assert drawn.returncode == 0 and (tmp_path / "results.md").read_text() == text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--norm=linf"], "The certificate is of the Euclidean norm, and so are its attacks; leave --norm out."),
        (["--sigma=0,8"], "--sigma takes grey levels above 0, e.g. --sigma=8,16; got 0,8."),
        (["--sigma="], "--sigma takes grey levels above 0, e.g. --sigma=8,16; got ."),
        (["--tau=1"], "tau is a probability of at least 0.5 and below 1; got 1."),
        (["--confidence=1"], "A confidence lies between 0 and 1, both excluded; got 1."),
        (["--draws=65536"], "--draws"),
    ],
)
def test_a_mistake_ends_in_one_sentence(call, arguments, sentence):
    ended = call("certify", *arguments)
    assert ended.returncode == 1 and ended.stderr.strip().splitlines()[-1].startswith(f"Error: {sentence}"), (
        ended.stderr
    )

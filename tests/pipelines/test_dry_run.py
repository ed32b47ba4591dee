"""--dry_run: what a run takes, before it takes it."""

import json
import re

from tfadvseg.engine.planned import planned


def test_a_dry_run_counts_what_the_run_then_does(call, small, tmp_path, undrawn):
    flags = (*small, "--limit=2", "--epsilons=1,8", "--attacks=fgsm,ifgsm", f"--output={tmp_path}")
    ended = call("robustness", *flags, "--dry_run")
    assert ended.returncode == 0, ended.stderr
    (scenario,) = planned(tmp_path).experiment.scenarios
    assert re.search(rf"^conv +{scenario.work:,.1f} +{2 * scenario.work:,.0f}$", ended.stdout, re.M), ended.stdout
    assert f"{2 * scenario.work:,.0f} gradients for 2 images" in ended.stdout
    assert not list((tmp_path / "units").glob("*.npz")) and not (tmp_path / "cells.npz").exists()

    done = call("robustness", *flags)  # the same command without it goes on
    assert done.returncode == 0, done.stderr
    assert f"{2 * scenario.protocol.cost.gradients:,} image gradients" in done.stderr
    assert "dry_run" not in json.loads((tmp_path / "recipe.json").read_text())["recipe"]
    again = " ".join(call("robustness", *flags, "--dry_run").stdout.split())
    assert f"{2 * scenario.work:,.0f} gradients for 2 images" in again
    assert "of these 0 are still to be done" in again


def test_a_dry_run_refuses_what_the_run_would(call, small, tmp_path):
    ended = call("masking", *small, "--epsilons=1,8", f"--output={tmp_path}", "--dry_run")
    assert ended.returncode == 1 and ended.stderr.startswith("Error: A mask is looked for by one untargeted attack")

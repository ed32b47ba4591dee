"""TensorBoard itself on what a run writes for it: its answers to requests, and its pages in Chromium."""

import contextlib
import json
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import pandas as pd
import pytest

from tfadvseg.runs import curves

pytestmark = pytest.mark.browser

PATIENCE = 120_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def served(finished):
    """The address of a TensorBoard that shows the run, with an attack that was followed."""
    from tfadvseg.studies.report import write_report

    points = [(step, 0, 0.1 + step, 10.0 * step, 50.0 - step, float(step)) for step in range(5)]
    rows = [("anet", "0001", "ifgsm_ll", 8.0, *point) for point in points]
    pd.DataFrame(rows, columns=list(curves.COLUMNS)).to_csv(finished / curves.FILE, index=False)
    write_report(finished)
    (finished / curves.FILE).unlink()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(finished / "tensorboard"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            lines = iter(server.stderr.readline, "")
            yield next(found[0] for line in lines if (found := re.search(r"http://localhost:\d+/", line)))
        finally:
            server.terminate()
            server.communicate()


def asked(address, path, body=None, **query):
    """What the server answers; body: of a POST."""
    url = f"{address}data/{path}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, body and json.dumps(body).encode(), {"Content-Type": "application/json"})
    with contextlib.closing(urllib.request.urlopen(request, timeout=PATIENCE / 1000)) as answer:
        return json.load(answer)


def test_scalars_are_over_epsilon_and_over_steps(served):
    plugins = asked(served, "plugins_listing")
    assert all(plugins[name]["enabled"] for name in ("scalars", "images", "hparams"))
    tags = asked(served, "plugin/scalars/tags")
    assert {f"iou_ratio/{attack}" for attack in ("fgsm", "ifgsm_ll")} <= set(tags["anet"]) == set(tags["bnet"])
    line = asked(served, "plugin/scalars/scalars", run="anet", tag="iou_ratio/ifgsm_ll")
    assert [(step, round(value, 3)) for _, step, value in line] == [(0, 100), (100, 60), (400, 30), (800, 10)]
    followed = "steps/anet/ifgsm_ll_8"
    assert set(tags[followed]) == {f"steps_{name}/0001" for name in ("loss", "changed", "iou", "linf")}
    line = asked(served, "plugin/scalars/scalars", run=followed, tag="steps_changed/0001")
    assert [(step, value) for _, step, value in line] == [(step, 10.0 * step) for step in range(5)]


def test_images_have_a_step_an_epsilon(served):
    tags = asked(served, "plugin/images/tags")
    assert set(tags["anet"]) == {"0001/fgsm", "0001/ifgsm_ll"} and "figures/iou_ratio" in tags["."]
    shown = asked(served, "plugin/images/images", run="anet", tag="0001/fgsm", sample=0)
    assert [one["step"] for one in shown] == [0, 100, 400, 800]


def test_hparams_have_a_session_a_network_attack_and_epsilon(served):
    name, keys = {"experimentName": ""}, ("model", "attack", "epsilon")
    declared = asked(served, "plugin/hparams/experiment", name)
    assert set(keys) <= {one["name"] for one in declared["hparamInfos"]}
    metrics = [one["name"] for one in declared["metricInfos"]]
    states = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    columns = [{"hparam": key, "includeInResult": True} for key in keys]
    columns += [{"metric": one, "includeInResult": True} for one in metrics]
    wanted = name | {"allowedStatuses": states, "colParams": columns, "startIndex": 0, "sliceSize": 100}
    groups = asked(served, "plugin/hparams/session_groups", wanted)["sessionGroups"]
    found = {
        tuple(group["hparams"][key] for key in keys): {
            one["name"]["tag"]: one["value"] for one in group["metricValues"]
        }
        for group in groups
    }
    assert len(found) == 2 * (1 + 2 * 3)
    assert found["bnet", "ifgsm_ll", 4.0]["cell/iou_ratio"] == pytest.approx(40)
    assert found["anet", "clean", 0.0]["cell/iou"] == pytest.approx(50)


@pytest.mark.parametrize(
    "tab, texts",
    [
        ("timeseries", ["iou_ratio", "steps_loss", "steps/anet/ifgsm_ll_8"]),
        ("images", ["0001/fgsm", "figures/iou_ratio"]),
        ("hparams", ["epsilon", "attack", "ifgsm_ll", "IoU in % of the clean IoU"]),
    ],
)
def test_its_pages_show_them(opened, served, tab, texts):
    shown = opened(f"{served}#{tab}")
    for text in texts:
        shown.page.get_by_text(text).first.wait_for(timeout=PATIENCE)
    assert all(address.startswith(served) for address in shown.fetched if not address.startswith("data:"))
    assert [line for line in shown.said if line.startswith("error")] == []

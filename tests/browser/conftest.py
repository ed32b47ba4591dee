"""Pages as a reader has them: made of runs that nobody ran, opened as files in Chromium."""

import contextlib
import importlib.util
import os
import pathlib
import shutil
import sys

import numpy as np
import pytest

sys.path += [str(pathlib.Path(__file__).parents[1] / "studies"), str(pathlib.Path(__file__).parent)]

from made_up import Answer, cell, write_run
from other_pages import LABELS, other_pages

from tfadvseg.runs.examples import Attacked, Example, save_examples

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
RATIOS = {"fgsm": (80, 60, 40), "ifgsm_ll": (60, 30, 10)}
EPSILONS = (1.0, 4.0, 8.0)
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


def missing():
    """What a page cannot be opened for, in words; "" where nothing lacks."""
    for module in ("playwright", "axe_playwright_python"):
        if importlib.util.find_spec(module) is None:
            return f"needs {module}: make browser-test installs it"
    return "" if executable() else f"needs a browser, one of {', '.join(BROWSERS)}"


def executable():
    """The browser's program, None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def pytest_collection_modifyitems(items):
    if lacking := missing():
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=lacking))


@pytest.fixture(scope="module")
def chromium():
    """A browser without a window; of a module alone, since Playwright's loop would stop other tests' own."""
    from playwright.sync_api import sync_playwright

    unconfined = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to confine what root starts
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=unconfined)
        yield browser
        browser.close()


class Tab:
    """A page in the browser. asked: addresses that were requested, pictures within the page aside. said: what went to
    the console, and errors that nobody caught."""

    def __init__(self, page):
        self.page, self.asked, self.said = page, [], []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))

    @property
    def fetched(self):
        return [address for address in self.asked if not address.startswith("data:image/")]


@pytest.fixture
def opened(chromium):
    """(address, **settings of the browser's context) -> a Tab on a desktop that shows it, closed with the test."""
    with contextlib.ExitStack() as stack:

        def go(address, **settings):
            context = stack.enter_context(contextlib.closing(chromium.new_context(**DESKTOP | settings)))
            tab = Tab(context.new_page())
            tab.page.goto(address.as_uri() if isinstance(address, pathlib.Path) else address)
            return tab

        yield go


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """The folder of a run of two networks under two attacks at three epsilons, with a photograph before each."""
    answers = {}
    for model, more in (("anet", 0), ("bnet", 10)):
        answers[cell(model)] = Answer(50.0)
        for attack, ratios in RATIOS.items():
            for epsilon, ratio in zip(EPSILONS, ratios, strict=True):
                answers[cell(model, attack, epsilon)] = Answer(0.5 * (ratio + more))
    folder = tmp_path_factory.mktemp("programme") / "robustness"
    settings = {"models": {"anet": "digest a", "bnet": "digest b"}, "data": "photographs"}
    write_run(folder, "robustness", answers, {"models": ["anet", "bnet"]}, **settings)
    save_examples(folder / "examples.npz", LABELS, [photograph("anet"), photograph("bnet")])
    return folder


def photograph(model):
    """A street under a sky, of which an attack takes more with each epsilon, and each attack other columns."""
    rng = np.random.default_rng(len(model))
    truth = np.repeat(np.arange(48)[:, None] < 20, 64, 1).astype(np.int32)
    image = np.where(truth[..., None], (150.0, 180.0, 220.0), (90.0, 85.0, 95.0)) + rng.normal(0, 6, (48, 64, 3))
    attacked = []
    for place, attack in enumerate(RATIOS):
        for epsilon in EPSILONS:
            reach = int(4 * epsilon) + 6 * place
            seen = np.where(np.arange(64) < reach, 2, truth)
            change = (epsilon * rng.choice([-1.0, 1.0], (48, 64, 3))).astype(np.float32)
            attacked.append(Attacked(attack, epsilon, change, seen))
    return Example(model, "0001", np.clip(np.rint(image), 0, 255).astype(np.float32), truth, truth, tuple(attacked))


@pytest.fixture(scope="session")
def pages(finished, tmp_path_factory):
    """{name: path} of each kind of page that this package writes."""
    from pipelines.common.conclusion import write_index
    from pipelines.common.standing import FINISHED, OPEN, Standing
    from tfadvseg.release import leaderboard
    from tfadvseg.release.robustness import robustness
    from tfadvseg.studies.programme import Job
    from tfadvseg.studies.report import write_report
    from tfadvseg.studies.run import FinishedRun

    programme = finished.parent
    write_report(finished, with_tensorboard=False)
    jobs = Job("robustness", "robustness", "How easily?", ("C5", "C10", "C18")), Job("crf", "crf", "And a CRF?")
    standings = [
        Standing(job, programme / job.name, [], "", state) for job, state in zip(jobs, (FINISHED, OPEN), strict=True)
    ]
    write_index(programme, "The paper on made_up", "16 images that nobody took.", standings)
    entries = leaderboard.entries_of(finished, robustness(FinishedRun.read(finished)))
    (programme / "leaderboard.html").write_text(leaderboard.page(entries))
    return {
        "report": finished / "report.html",
        "index": programme / "index.html",
        "leaderboard": programme / "leaderboard.html",
        **other_pages(tmp_path_factory.mktemp("others")),
    }

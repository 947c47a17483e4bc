"""A search and the dashboard beside it, seen through a real browser: while it runs and after.

TAILOR_SCREENSHOTS=docs/img pytest tests/e2e/test_dashboard.py      makes the page's pictures
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from hydra_tailor import names as sweep_names
from hydra_tailor.storage.opening import open_storage
from tailor import names
from tests.browser import FLAGS

pytestmark = pytest.mark.slow

WAIT = 180  # seconds for what takes two on an idle machine
WINDOW = ("--headless=new", "--window-size=1280,1000")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
STUDY = "demo"
SEARCH = (
    "-m",
    "data=digits",
    f"study={STUDY}",
    "hydra.sweeper.n_trials=4",
    "hydra/sweeper/sampler=tpe",
    "hydra/sweeper/pruner=alike",
    "hydra.sweeper.epoch_budget=null",
    "training.epochs=choice(400,500)",  # long enough for a browser to come and see
)
PNG = b"\x89PNG\r\n"


@dataclass
class Place:
    """A working directory with a search and a dashboard of its own."""

    root: Path
    directory: Path

    def start(self, *command: str) -> subprocess.Popen[str]:
        paths = os.pathsep.join([str(self.root / "src"), str(self.root)])
        ours = (sweep_names.STORAGE_VARIABLE, sweep_names.PICTURES_VARIABLE)
        kept = {key: value for key, value in os.environ.items() if key not in ours}
        return subprocess.Popen(
            [sys.executable, *command],
            cwd=self.directory,
            env={**kept, "PYTHONPATH": paths},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> str:
        process = self.start(*command)
        output, _ = process.communicate(timeout=2 * WAIT)
        assert process.returncode == 0, output
        return output

    @property
    def study(self) -> optuna.Study:
        storage = open_storage(f"sqlite:///{self.directory}/multirun/tailor.db")
        return optuna.load_study(study_name=STUDY, storage=storage)


@pytest.fixture
def place(root: Path, tmp_path: Path) -> Place:
    """As a user has it: `src` and `conf` in the working directory."""
    for name in ("src", "conf"):
        (tmp_path / name).symlink_to(root / name, target_is_directory=True)
    return Place(root, tmp_path)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    driver = shutil.which("chromedriver")
    if found is None or driver is None:
        pytest.skip("no browser: chromium and chromium-driver must be installed")
    options = webdriver.ChromeOptions()
    options.binary_location = found
    for flag in (*FLAGS, *WINDOW, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


class Pages:
    """The dashboard's pages, by what a person sees on them."""

    def __init__(self, browser: webdriver.Chrome, address: str, pictures: Path) -> None:
        self._browser = browser
        self._address = address
        self._pictures = pictures

    def open(self, path: str) -> None:
        self._browser.get(f"{self._address}dashboard/{path}")

    @property
    def text(self) -> str:
        return self._browser.find_element(By.TAG_NAME, "body").text

    def until(self, what: Callable[[], Any], *, reload: bool = False) -> Any:
        """Wait for what the page will show; elements may be replaced while they are read."""

        def look(_: object) -> Any:
            found = what()
            if not found and reload:
                self._browser.refresh()
            return found

        waiting = WebDriverWait(
            self._browser, WAIT, poll_frequency=1, ignored_exceptions=[Exception]
        )
        return waiting.until(look, message=f"it never came; the page says: {self.text[:2000]}")

    def until_says(self, *words: str, reload: bool = False) -> None:
        self.until(lambda: all(word in self.text for word in words), reload=reload)

    def until_drawn(self) -> None:
        """Until plots have marks and every picture that is there has loaded."""
        script = "return document.querySelectorAll('.js-plotly-plot .trace').length"
        self.until(lambda: self._browser.execute_script(script))

    def curves(self) -> int:
        """The most points that a learning curve on the page has."""
        script = """
            const plots = [...document.querySelectorAll('.js-plotly-plot')];
            const steps = plots.filter((plot) => plot.layout?.xaxis?.title?.text === 'Step');
            return Math.max(0, ...steps.flatMap((plot) => plot.data.map((one) => one.x.length)));
        """
        return int(self._browser.execute_script(script))

    def pictures_shown(self) -> int:
        """Pictures of the trial that the browser could load and decode."""
        script = """return [...document.querySelectorAll('img')].filter(
            (image) => image.src.includes('/artifacts/') && image.naturalWidth > 100).length"""
        return int(self._browser.execute_script(script))

    def scroll_to(self, heading: str) -> None:
        script = """
            const found = [...document.querySelectorAll('h4,h5,h6')].find(
                (one) => one.textContent === arguments[0]);
            found.scrollIntoView();"""
        self._browser.execute_script(script, heading)

    def resize(self, height: int) -> None:
        self._browser.set_window_size(1280, height)

    def keep(self, name: str) -> None:
        self._browser.save_screenshot(str(self._pictures / f"{name}.png"))


@pytest.fixture
def pictures(tmp_path: Path, root: Path) -> Path:
    wanted = os.environ.get("TAILOR_SCREENSHOTS")
    directory = root / wanted if wanted else tmp_path / "screenshots"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    """What a test started; nothing of it outlives the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def address_of(dashboard: subprocess.Popen[str]) -> str:
    assert dashboard.stdout is not None
    line = dashboard.stdout.readline()
    found = re.search(r"http://127\.0\.0\.1:\d+/", line)
    assert found, line + dashboard.stdout.read()
    return found[0]


def test_a_search_is_browsed_while_it_runs_and_afterwards(
    place: Place,
    browser: webdriver.Chrome,
    pictures: Path,
    processes: list[subprocess.Popen[str]],
) -> None:
    sweep = place.start("src/train.py", *SEARCH)
    processes.append(sweep)
    wait_for_report(place, sweep)
    dashboard = place.start("src/dashboard.py", "port=0")
    processes.append(dashboard)
    pages = Pages(browser, address_of(dashboard), pictures)

    # While it runs.
    pages.open("studies/1/trials")
    pages.until_says("Running", reload=True)
    pages.open("studies/1")
    first = pages.until(pages.curves, reload=True)
    pages.until(lambda: pages.curves() > first, reload=True)
    assert sweep.poll() is None, "the search ended before its curve was seen to grow"

    # Afterwards.
    output, _ = sweep.communicate(timeout=2 * WAIT)
    assert sweep.returncode == 0, output
    place.run("-m", "analysis", f"study={STUDY}")
    study = place.study
    best = study.best_trial

    pages.resize(560)
    pages.open("")
    pages.until_says(f"1. {STUDY}", "Direction: MAXIMIZE")
    pages.keep("dashboard_studies")

    pages.resize(2250)  # down to the learning curves
    pages.open("studies/1")
    pages.until_says(f"Best Trial (number={best.number})", names.VAL_ACCURACY)
    pages.until_drawn()
    pages.keep("dashboard_history")

    pages.resize(1000)
    pages.open(f"studies/1/trials?numbers={best.number}")
    pages.until_says("Best Trial", "To repeat it as a single run", "python src/train.py")
    pages.keep("dashboard_trial")
    expected = {
        names.CURVES_PICTURE,
        names.VAL_CONFUSION_PICTURE,
        names.TEST_CONFUSION_PICTURE,
        names.TEST_F1_PICTURE,
    }
    pages.until_says(*expected)
    pages.until(lambda: pages.pictures_shown() == len(expected))
    pages.scroll_to("Artifacts")
    pages.keep("dashboard_pictures")

    pages.open("studies/1/note")
    pages.until_says("data: digits", "Result of the analysis", "test accuracy", "report.html")

    dashboard.send_signal(signal.SIGINT)
    dashboard.communicate(timeout=WAIT)
    assert dashboard.returncode == 0

    assert {trial.state for trial in study.trials} <= {TrialState.COMPLETE, TrialState.PRUNED}
    drawn = list((place.directory / "multirun" / "pictures").iterdir())
    assert len(drawn) == 2 * len(study.trials) + 2
    assert all(file.read_bytes().startswith(PNG) for file in drawn)


def wait_for_report(place: Place, sweep: subprocess.Popen[str]) -> None:
    """Until some epoch of some trial is in the storage."""
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline:
        assert sweep.poll() is None, sweep.communicate()[0]
        # Not before: whoever opens a storage first makes its tables.
        begun = (place.directory / "multirun" / STUDY / "multirun.yaml").exists()
        if begun and any(trial.intermediate_values for trial in place.study.trials):
            return
        time.sleep(0.2)
    pytest.fail("no trial reported anything")

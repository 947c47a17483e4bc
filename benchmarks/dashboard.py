"""Measure how long the dashboard's pages take on a large study.

    python benchmarks/dashboard.py --trials 1000

Makes a study like those of searches here (per trial: up to twelve reports, attributes and two
announced pictures; the first thousand have notes) in a temporary SQLite file and serves it with
`src/dashboard.py`. Times the answers of the server, and a headless Chromium until the page shows
its content.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import Trial, TrialState, create_trial
from optuna_dashboard import save_note
from rich.console import Console
from rich.table import Table
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from hydra_tailor import names as sweep_names
from hydra_tailor.pictures.artifacts import reserve
from hydra_tailor.pictures.messages import MAX_NOTES
from hydra_tailor.pictures.notes import trial_note
from hydra_tailor.storage.opening import open_storage
from tailor import names

ROOT = Path(__file__).resolve().parents[1]
SPACE = {
    "training.epochs": CategoricalDistribution((3, 6, 12)),
    "optimizer.lr": FloatDistribution(0.01, 0.5, log=True),
    "model.num_layers": IntDistribution(2, 5),
    "model.neurons": CategoricalDistribution((8, 16, 32)),
}
EPOCHS = 12
REPEATS = 3
TIMED_NOTES = 20
MAX_SECONDS = 300
DRAWN = "return document.querySelectorAll('.js-plotly-plot .trace').length"
LISTED = "return document.body.textContent.includes('Direction: MAXIMIZE')"


def make_study(storage: str, n_trials: int) -> float:
    """Make the study; return the median seconds to write a note, over the last trials."""
    opened = open_storage(storage)
    study = optuna.create_study(study_name="large", storage=opened, direction="maximize")
    draw, note_seconds = random.Random(0), []
    for number in range(n_trials):
        params = {
            "training.epochs": EPOCHS,
            "optimizer.lr": 10 ** draw.uniform(-2, -0.31),
            "model.num_layers": draw.randint(2, 5),
            "model.neurons": draw.choice((8, 16, 32)),
        }
        top = draw.uniform(0.8, 0.93)
        pruned = draw.random() < 0.4
        reached = draw.randint(1, EPOCHS - 1) if pruned else EPOCHS
        values = {epoch: top * (1 - 0.5**epoch) for epoch in range(1, reached + 1)}
        trial = create_trial(
            state=TrialState.RUNNING,
            params=params,
            distributions=SPACE,
            intermediate_values=values,
            user_attrs={
                sweep_names.DIRECTORY: f"/home/user/project/multirun/large/{number}",
                names.VAL_ACCURACY: values[reached],
                names.VAL_LOSS: 1 - values[reached],
                names.BEST_EPOCH: reached,
                sweep_names.EPOCHS: EPOCHS,
                names.EPOCHS_RUN: reached,
                names.SECONDS: 40 + number % 7,
                names.IMAGES_PER_SECOND: 11_000 + number,
                names.PARAMETERS: 57_322,
                sweep_names.COMMIT: "46e3e9188a2b",
                sweep_names.HOST: "host",
            },
        )
        trial.datetime_start = datetime(2026, 1, 1) + timedelta(seconds=number * 20)
        study.add_trial(trial)
        running = Trial(study, number + 1)
        reserve(running, opened, [names.CURVES_PICTURE, names.VAL_CONFUSION_PICTURE])
        study.tell(
            number,
            values=None if pruned else values[reached],
            state=TrialState.PRUNED if pruned else TrialState.COMPLETE,
        )
        command = ["python", "src/train.py", *(f"{key}={value}" for key, value in params.items())]
        note = trial_note(
            opened.get_trial(number + 1),
            facts={},
            command=command,
            working_directory=Path("/home/user/project"),
        )
        if number >= MAX_NOTES:
            continue
        started = time.perf_counter()
        save_note(running, note)
        note_seconds.append(time.perf_counter() - started)
    return median(note_seconds[-TIMED_NOTES:])


def fetch(url: str) -> tuple[float, int]:
    """Seconds until the whole answer is read, and its size in bytes."""
    started = time.perf_counter()
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=MAX_SECONDS) as answer:
        content = answer.read()
        if answer.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
    return time.perf_counter() - started, len(content)


def show(browser: webdriver.Chrome, url: str, ready: str) -> float:
    """Seconds from requesting a page until `ready` holds on it."""
    browser.get("about:blank")
    started = time.perf_counter()
    browser.get(url)
    while not browser.execute_script(ready):
        time.sleep(0.02)
    return time.perf_counter() - started


def open_browser(profile: str) -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "no-first-run", "disable-sync"):
        options.add_argument(f"--{flag}")
    options.add_argument(f"--user-data-dir={profile}")
    options.add_argument("--window-size=1280,1000")
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_script_timeout(MAX_SECONDS)  # a page that draws answers no question until then
    return browser


def repeat(what: Callable[[], Any]) -> list[Any]:
    return [what() for _ in range(REPEATS)]


@dataclass(frozen=True)
class Found:
    """Times in seconds; each list has the first time, then the repetitions.

    Attributes:
        note_seconds: median of writing the last notes of the study.
        bytes: of the study with all its trials, uncompressed.
    """

    note_seconds: float
    bytes: int
    studies: list[float]
    study: list[float]
    first_page: list[float]
    study_page: list[float]


def measure(trials: int) -> Found:
    with tempfile.TemporaryDirectory() as directory:
        storage = f"sqlite:///{directory}/large.db"
        note_seconds = make_study(storage, trials)
        server = subprocess.Popen(
            [
                sys.executable,
                str(ROOT / "src" / "dashboard.py"),
                f"storage={storage}",
                f"pictures={directory}/pictures",
                "port=0",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+/", server.stdout.readline())
            assert address, "the dashboard did not start"
            base = address[0]
            studies = repeat(lambda: fetch(f"{base}api/studies"))
            study = repeat(lambda: fetch(f"{base}api/studies/1"))
            browser = open_browser(f"{directory}/profile")
            try:
                return Found(
                    note_seconds,
                    study[0][1],
                    [seconds for seconds, _ in studies],
                    [seconds for seconds, _ in study],
                    repeat(lambda: show(browser, f"{base}dashboard/", LISTED)),
                    repeat(lambda: show(browser, f"{base}dashboard/studies/1", DRAWN)),
                )
            finally:
                browser.quit()
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--trials", type=int, default=1000)
    trials = parser.parse_args().trials
    found = measure(trials)
    table = Table(title=f"a study of {trials:,} trials, {found.bytes / 1e6:.1f} MB as it is sent")
    for column in ("", "first, s", "again, s"):
        table.add_column(column, justify="right" if column else "left")
    rows = {
        "the server: list of studies": found.studies,
        "the server: study with all trials": found.study,
        "the browser: first page": found.first_page,
        "the browser: study's page, history drawn": found.study_page,
    }
    for name, (first, *again) in rows.items():
        table.add_row(name, f"{first:.2f}", f"{median(again):.2f}")
    console = Console(width=110)
    console.print(table)
    console.print(f"a note takes {1000 * found.note_seconds:.0f} ms, with all others there")


if __name__ == "__main__":
    main()

"""Several processes take trials of one study, and add them, at the same moment."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from hydra_tailor.storage.opening import open_storage
from tests.postgres import Postgres
from tests.together import run_together

pytestmark = pytest.mark.slow

N_PROCESSES, N_TRIALS = 4, 150
TAKER = """
import sys
from optuna.trial import TrialState
from hydra_tailor.storage.opening import open_storage

storage = open_storage(sys.argv[1])
(study,) = storage.get_all_studies()
trials = storage.get_all_trials(study._study_id, deepcopy=False)
print("ready", flush=True)
sys.stdin.readline()
for trial in trials:
    if storage.set_trial_state_values(trial._trial_id, TrialState.RUNNING):
        print(trial.number, flush=True)
"""


def taken(url: str) -> list[int]:
    # Not `open_storage`: it remembers the tables of an earlier test's database at this URL.
    storage = RDBStorage(url)
    study = optuna.create_study(study_name="toy", storage=storage)
    for _ in range(N_TRIALS):
        study.add_trial(create_trial(state=TrialState.WAITING))
    storage.engine.dispose()
    outputs = run_together([sys.executable, "-c", TAKER, url], n=N_PROCESSES)
    return sorted(int(number) for output in outputs for number in output.split())


def test_each_trial_is_taken_once_on_sqlite(tmp_path: Path) -> None:
    assert taken(f"sqlite:///{tmp_path}/study.db") == list(range(N_TRIALS))


def test_each_trial_is_taken_once_on_postgresql(postgres: Postgres) -> None:
    assert taken(postgres.database()) == list(range(N_TRIALS))


BUDGET = 40
SEARCHER = """
import json, sys
import optuna
from optuna.trial import TrialState
from hydra_tailor.storage.opening import open_storage
from hydra_tailor.study.outcome import Outcome
from hydra_tailor.study.shared import SharedStudy

storage = open_storage(json.loads(sys.argv[1]))
study = SharedStudy(
    storage,
    "toy",
    directions=("minimize",),
    sampler=optuna.samplers.RandomSampler(),
    budget=int(sys.argv[2]),
)
print("ready", flush=True)
sys.stdin.readline()
for value in (0.5, 0.25):
    study.enqueue({"x": value})
while (trial := study.next()) is not None:
    print(trial.number, flush=True)
    trial.suggest_float("x", 0, 1)
    study.tell(trial.number, Outcome(TrialState.COMPLETE, values=(1.0,)), {})
"""


def add_at_once(storage: str | dict[str, Any]) -> list[FrozenTrial]:
    """Search with several processes, and return the study's trials."""
    command = [sys.executable, "-W", "ignore", "-c", SEARCHER, json.dumps(storage), str(BUDGET)]
    outputs = run_together(command, n=N_PROCESSES)
    ran = sorted(int(number) for output in outputs for number in output.split())
    assert ran == list(range(BUDGET))
    with warnings.catch_warnings(action="ignore"):
        opened = RDBStorage(storage) if isinstance(storage, str) else open_storage(storage)
    trials = optuna.load_study(study_name="toy", storage=opened).trials
    if isinstance(opened, RDBStorage):
        opened.engine.dispose()
    return trials


def assert_whole(trials: list[FrozenTrial]) -> None:
    assert [trial.state for trial in trials] == [TrialState.COMPLETE] * BUDGET
    assert [trial.params["x"] for trial in trials[:2]] == [0.5, 0.25]
    assert sum(trial.params["x"] in (0.5, 0.25) for trial in trials) == 2  # enqueued once


def test_none_is_added_beyond_the_budget_on_sqlite(tmp_path: Path) -> None:
    assert_whole(add_at_once(f"sqlite:///{tmp_path}/study.db"))


def test_none_is_added_beyond_the_budget_on_postgresql(postgres: Postgres) -> None:
    assert_whole(add_at_once(postgres.database()))


def test_none_is_added_beyond_the_budget_in_a_target(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/study.db"
    storage = {"_target_": "optuna.storages.RDBStorage", "url": url}
    with warnings.catch_warnings(action="ignore"):
        open_storage(storage)  # several processes cannot make Optuna's tables at once
    assert_whole(add_at_once(storage))


def test_none_is_added_beyond_the_budget_in_a_journal(tmp_path: Path) -> None:
    backend = "optuna.storages.journal.JournalFileBackend"
    log = {"_target_": backend, "file_path": f"{tmp_path}/journal.log"}
    assert_whole(add_at_once({"_target_": "optuna.storages.JournalStorage", "log_storage": log}))

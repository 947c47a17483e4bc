"""Several processes take the trials of one study at the same moment."""

from __future__ import annotations

import sys
from pathlib import Path

import optuna
import pytest
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial

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

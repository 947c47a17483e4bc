"""Two processes on one study in a journal file, and behind Optuna's gRPC proxy."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pytest
from omegaconf import OmegaConf
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from hydra_tailor.storage.opening import open_storage
from tests.postgres import Postgres, free_port

from .conftest import ROOT, Toy, X, processes_of, states

pytestmark = pytest.mark.slow

Shared = tuple[str, BaseStorage, Callable[[], None]]
"""The override, the same storage for the test, and what may happen in the middle of a sweep."""


@pytest.fixture
def journal(tmp_path: Path) -> Shared:
    file = tmp_path / "journal.log"
    config = (
        "hydra.sweeper.storage={_target_: optuna.storages.JournalStorage, log_storage: "
        f"{{_target_: optuna.storages.journal.JournalFileBackend, file_path: '{file}'}}}}"
    )
    return config, JournalStorage(JournalFileBackend(str(file))), lambda: None


JOURNAL = (
    "{_target_: optuna.storages.JournalStorage, log_storage: "
    "{_target_: optuna.storages.journal.JournalFileBackend, file_path: S.log}}"
)
SQLITE = "{_target_: optuna.storages.RDBStorage, url: 'sqlite:///S.log'}"


@pytest.mark.parametrize("config", [JOURNAL, SQLITE], ids=["journal", "sqlite"])
def test_a_relative_file_is_one_file_wherever_jobs_run(toy: Toy, config: str) -> None:
    chdir = "hydra.job.chdir=true"
    toy.run(X, chdir, f"hydra.sweeper.storage={config}", "hydra.sweeper.n_trials=2")
    assert list(toy.directory.rglob("S.log")) == [toy.directory / "S.log"]


def test_a_directory_of_any_name_keeps_its_study(toy: Toy) -> None:
    toy.sweep_dir = toy.directory / "lr?1 50%25"
    toy.run(X, f"hydra.sweep.dir='{toy.sweep_dir.name}'", "hydra.sweeper.n_trials=2")
    assert (toy.sweep_dir / "study.db").exists()
    toy.assert_whole(2)
    assert [len(trial.intermediate_values) for trial in toy.trials] == [3, 3]
    assert {path.name for path in toy.directory.iterdir()} == {toy.sweep_dir.name}


def proxy(port: int, url: str) -> subprocess.Popen[str]:
    """As docs/storage.md starts it."""
    program = (
        "from optuna.storages import run_grpc_proxy_server\n"
        "from hydra_tailor.storage.opening import open_storage, storage_url\n"
        f"run_grpc_proxy_server(open_storage(storage_url()), host='127.0.0.1', port={port})\n"
    )
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program],
        env={"PYTHONPATH": str(ROOT / "src"), "TAILOR_STORAGE": url},
        text=True,
    )


@pytest.fixture
def grpc(postgres: Postgres) -> Iterator[Shared]:
    url, port = postgres.database(), free_port()
    servers = [proxy(port, url)]
    config = f"{{_target_: optuna.storages.GrpcStorageProxy, host: 127.0.0.1, port: {port}}}"

    def end() -> None:
        servers[-1].kill()
        servers[-1].wait()

    def restart() -> None:
        end()
        servers.append(proxy(port, url))

    direct = optuna.storages.RDBStorage(url)
    yield f"hydra.sweeper.storage={config}", direct, restart
    end()
    direct.engine.dispose()


def test_a_restarted_proxy_takes_parameters_of_a_trial_begun_before(grpc: Shared) -> None:
    config, storage, restart = grpc
    optuna.create_study(study_name="toy", storage=storage)
    through_the_proxy = open_storage(
        OmegaConf.to_container(OmegaConf.create(config.partition("=")[2]))
    )
    trial = optuna.load_study(study_name="toy", storage=through_the_proxy).ask()
    restart()
    assert trial.suggest_float("x", 0, 1) == storage.get_trial(trial._trial_id).params["x"]


@pytest.mark.parametrize("kind", ["journal", "grpc"])
def test_two_processes_share_a_budget_and_one_that_dies_is_replaced(
    toy: Toy, kind: str, request: pytest.FixtureRequest
) -> None:
    """No storage of these keeps signs of life; on one host the process itself tells.

    The proxy is also restarted meanwhile.
    """
    config, storage, disturb = request.getfixturevalue(kind)
    jobs = [X, "epochs=4", "pause=[0.2,0.2,3.0,0.2,0.2]", "hydra.sweeper.n_jobs=1"]
    both = [toy.start(*jobs, config, "hydra.sweeper.n_trials=5") for _ in range(2)]
    toy.wait_for_epoch(2)
    (worker,) = (pid for job, pid, _ in toy.events if job == 2)
    disturb()
    both.sort(key=lambda one: worker not in {process.pid for process in processes_of(one)})
    both[0].send_signal(signal.SIGKILL)
    toy.end(both[0], code=None)
    ended = toy.end(both[1])
    study = optuna.load_study(study_name="toy", storage=storage)
    assert states(study) == "C" * 5, ended.output
    assert [trial.number for trial in study.trials][:5] == list(range(5))
    for trial in study.trials[:5]:
        assert sorted(trial.intermediate_values) == [1, 2, 3, 4]
    assert sorted(job for job, _, _ in toy.events) == [0, 1, 2, 2, 3, 4]
    assert "whose process is gone" in ended.output

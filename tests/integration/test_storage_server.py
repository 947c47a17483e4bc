"""A storage on a database server."""

import multiprocessing
import time

import optuna
import pytest
from optuna.storages._heartbeat import BaseHeartbeat
from sqlalchemy import text

from hydra_tailor.storage.opening import open_storage
from tests.postgres import Postgres

pytestmark = pytest.mark.slow


def test_a_database_server(postgres: Postgres) -> None:
    url = postgres.database()
    storage = open_storage(url)
    assert isinstance(storage, BaseHeartbeat)
    assert storage.get_heartbeat_interval() == 20
    study = optuna.create_study(storage=storage)
    study.enqueue_trial({})
    waits = "SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"
    with storage._backend.engine.connect() as connection:  # type: ignore[attr-defined]
        assert connection.execute(text(waits)).scalar() == "30000"
    postgres.stop()
    postgres.start()
    assert len(study.trials) == 1
    storage._backend.engine.dispose()  # type: ignore[attr-defined]


def test_processes_that_open_an_empty_database_at_once_all_succeed(postgres: Postgres) -> None:
    url = postgres.database()
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        pool.map(_open_at, [(url, time.time() + 4)] * 3, chunksize=1)


def _open_at(task: tuple[str, float]) -> None:
    url, moment = task
    time.sleep(max(0.0, moment - time.time()))
    open_storage(url)

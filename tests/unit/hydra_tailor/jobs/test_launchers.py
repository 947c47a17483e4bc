"""How many jobs run at once on another plugin's launcher."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hydra_tailor.jobs import launchers
from hydra_tailor.jobs.launchers import JoblibLauncher, adapt


@pytest.mark.parametrize(
    ("typed", "n_jobs", "capacity"),
    [(-1, "auto", 8), (None, "auto", 8), (3, "auto", 3), (3, 5, 5), (3, -1, 8), (1, "auto", 1)],
)
def test_joblib_s_own_number_holds_unless_the_sweeper_has_one(
    typed: int | None, n_jobs: int | str, capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launchers, "count_cores", lambda: 8)
    joblib = {"n_jobs": typed, "backend": "multiprocessing"}
    adapter = JoblibLauncher(SimpleNamespace(joblib=joblib), n_jobs)
    assert adapter.capacity == capacity
    assert joblib["n_jobs"] == max(2, capacity)


@pytest.mark.parametrize(
    ("typed", "n_jobs", "capacity"), [(256, "auto", 8), (32, "auto", 32), (32, 5, 5), (32, -1, 8)]
)
def test_the_limit_of_submitit_holds_unless_the_sweeper_has_one(
    typed: int, n_jobs: int | str, capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = pytest.importorskip("hydra_plugins.hydra_submitit_launcher.submitit_launcher")
    monkeypatch.setattr(launchers, "count_cores", lambda: 8)
    assert adapt(plugin.SlurmLauncher(array_parallelism=typed), n_jobs).capacity == capacity


def test_the_default_of_submitit() -> None:
    plugin = pytest.importorskip("hydra_plugins.hydra_submitit_launcher.config")
    assert plugin.SlurmQueueConf().array_parallelism == launchers.DEFAULT_ARRAY_PARALLELISM

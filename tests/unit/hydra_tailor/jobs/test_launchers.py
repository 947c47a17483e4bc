"""How many jobs run at once on another plugin's launcher."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hydra_tailor.jobs import launchers
from hydra_tailor.jobs.launchers import JoblibLauncher


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

"""Every launcher: pruning reaches a job, a free worker gets the next one; Hydra's own suite."""

from __future__ import annotations

import pytest
from hydra.test_utils.launcher_common_tests import IntegrationTestSuite, LauncherTestSuite

from .conftest import Toy, X, states

pytestmark = pytest.mark.slow

LAUNCHERS = [
    pytest.param([], id="local"),
    pytest.param(["hydra/launcher=basic"], id="basic"),
    pytest.param(["hydra/launcher=joblib"], id="joblib"),
    pytest.param(["hydra/launcher=submitit_local"], id="submitit"),
    pytest.param(
        [
            "hydra/launcher=ray",
            "hydra.launcher.ray.init.address=local",
            "+hydra.launcher.ray.init.num_cpus=2",
        ],
        id="ray",
    ),
]


@pytest.mark.parametrize("launcher", LAUNCHERS)
def test_pruning_and_no_barrier(toy: Toy, launcher: list[str]) -> None:
    """The median pruner ends the bad configurations; a long job holds up nobody but itself.

    Job 0 waits until job 4 has ended, which a sweeper that launches batches would never begin.
    """
    inline = launcher == ["hydra/launcher=basic"]
    toy.run(
        *launcher,
        "hydra/sweeper/pruner=median",
        "hydra.sweeper.pruner.n_startup_trials=1",
        "hydra.sweeper.enqueue=[{x: 0.4}, {x: 0.3}, {x: 1}, {x: 0.99}, {x: 0.98}]",
        "hydra.sweeper.n_trials=5",
        *([] if inline else ["at=[0:wait4]"]),
        X,
    )
    assert states(toy.study)[1:] == "CPPP"
    assert states(toy.study)[0] == ("C" if inline else "P")  # by the time it reports, 1 is better
    for trial in toy.trials[2:]:
        assert len(trial.intermediate_values) == 1
        assert trial.value == trial.intermediate_values[1]  # worth what it had reached
        assert (toy.sweep_dir / str(trial.number) / "state.json").exists()
    assert [job for job, _, _ in toy.events if job] == [1, 2, 3, 4]
    assert toy.study.trials[0].datetime_start < toy.study.trials[4].datetime_complete


class TestHydrasOwnLauncherSuite(LauncherTestSuite):
    """Hydra's contract for launchers, on `hydra/launcher=local` under the basic sweeper."""

    @pytest.fixture
    def launcher_name(self) -> str:
        return "local"

    @pytest.fixture
    def overrides(self) -> list[str]:
        return ["hydra.launcher.workers=2", "hydra/sweeper=basic"]


class TestHydrasOwnIntegrationSuite(IntegrationTestSuite):
    """Programs that Hydra's suite writes itself."""

    @pytest.fixture
    def task_launcher_cfg(self) -> dict[str, object]:
        return {}

    @pytest.fixture
    def extra_flags(self) -> list[str]:
        return ["-m", "hydra/launcher=local", "hydra.launcher.workers=1"]

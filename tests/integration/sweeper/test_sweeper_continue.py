"""The same command again: after kill -9, after Ctrl-C, beside another process."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest
from optuna.trial import TrialState

from .conftest import ROOT, Toy, X, processes_of, states

SIX = [X, "hydra.sweeper.n_trials=6", "epochs=4"]
GRID = [
    "x=choice(-0.5,0,0.5)",
    "y=choice(0,1)",
    "hydra/sweeper/sampler=grid",
    "hydra.sweeper.n_trials=6",
    "epochs=4",
]
SLOW = "pause=[0.15]"


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float | None]]:
    """Values of sweeps that nobody interrupted."""
    values = {}
    for name, overrides in (("random", SIX), ("grid", GRID)):
        toy = Toy(tmp_path_factory.mktemp(name))
        toy.run(*overrides, "hydra/launcher=basic")  # one process, the same values
        toy.assert_whole(6)
        values[name] = toy.values
    return values


@pytest.mark.parametrize(
    ("name", "overrides", "moments"),
    [
        # Kill when this many jobs have begun; 0 is before the first.
        pytest.param("random", SIX, (0, 1, 5), id="random", marks=pytest.mark.slow),
        pytest.param("grid", GRID, (3,), id="grid"),
    ],
)
def test_kill_9_of_the_sweep_at_several_moments(
    toy: Toy,
    expected: dict[str, list[float | None]],
    name: str,
    overrides: list[str],
    moments: tuple[int, ...],
) -> None:
    for begun in moments:
        process = toy.start(*overrides, SLOW)
        if begun:
            toy.wait_for(lambda begun=begun: len(toy.events) >= begun)
            toy.wait_for_epoch(toy.events[-1][0])
        else:
            toy.wait_for((toy.sweep_dir / "study.db").exists)
        workers = processes_of(process)
        process.kill()  # the workers are left alone, and end by themselves
        toy.end(process, code=None)
        psutil.wait_procs(workers, timeout=10)
        assert not [one for one in workers if one.is_running()]
    toy.run(*overrides)
    toy.assert_whole(6)
    assert toy.values == expected[name]
    # What had begun went on: its own number, directory and epochs.
    goes_on = [n for n in range(6) if "goes on after epoch" in toy.output(n)]
    assert goes_on
    for trial in toy.trials:
        assert sorted(trial.intermediate_values) == [1, 2, 3, 4]
        assert trial.user_attrs["directory"] == str(toy.sweep_dir / str(trial.number))


def test_kill_9_of_workers_fails_their_trials_alone(
    toy: Toy, expected: dict[str, list[float | None]]
) -> None:
    process = toy.start(*SIX, SLOW, "hydra.sweeper.retries=1")
    for begun in (1, 4):
        toy.wait_for(lambda begun=begun: len(toy.events) >= begun)
        os.kill(toy.events[-1][1], signal.SIGKILL)
    toy.end(process)
    failed = [trial for trial in toy.trials if trial.state is TrialState.FAIL]
    complete = [trial for trial in toy.trials if trial.state is TrialState.COMPLETE]
    assert len(failed) == 2
    assert len(complete) == 6
    assert all("killed by SIGKILL" in trial.user_attrs["fail_reason"] for trial in failed)
    # Each failed configuration was run again: the values are those of an undisturbed sweep.
    by_x = {trial.params["x"]: trial.value for trial in complete}
    assert {trial.params["x"] for trial in failed} <= by_x.keys()


@pytest.mark.parametrize(
    ("launcher", "first", "code"),
    [
        pytest.param("local", signal.SIGINT, 130, id="ctrl-c"),
        pytest.param("local", signal.SIGTERM, 143, id="sigterm"),
        pytest.param("joblib", signal.SIGINT, 130, id="ctrl-c-joblib", marks=pytest.mark.slow),
    ],
)
def test_the_first_signal_saves_what_runs(
    toy: Toy,
    expected: dict[str, list[float | None]],
    launcher: str,
    first: signal.Signals,
    code: int,
) -> None:
    process = toy.start(*SIX, SLOW, f"hydra/launcher={launcher}")
    toy.wait_for_epoch(0, 1)
    os.killpg(process.pid, first)  # as a terminal and a batch system do: to the whole group
    ended = toy.end(process, code=code)
    found = states(toy.study)
    assert set(found) <= {"C", "W"}
    assert found.count("W") >= 1
    assert "To continue, type the same command again." in ended.output
    assert launcher == "joblib" or "Traceback" not in ended.output  # there jobs share our output
    toy.run(*SIX)
    toy.assert_whole(6)
    assert toy.values == expected["random"]


def test_the_second_signal_ends_at_once(toy: Toy, expected: dict[str, list[float | None]]) -> None:
    process = toy.start(*SIX, "pause=[0.0,30.0]")
    toy.wait_for(lambda: {job for job, _, _ in toy.events} >= {0, 1})
    toy.wait_for_epoch(0)
    workers = processes_of(process)
    os.killpg(process.pid, signal.SIGINT)
    toy.wait_for(lambda: any(trial.system_attrs.get("tailor:stop") for trial in toy.trials))
    os.killpg(process.pid, signal.SIGINT)
    ended = toy.end(process, code=130)
    assert "Traceback" not in ended.output
    if "ended at once" in ended.output:  # else the second signal came before or after the loop
        assert "To continue, type the same command again." in ended.output
    assert set(states(toy.study)) <= {"C", "W"}
    psutil.wait_procs(workers, timeout=10)
    assert not [one for one in workers if one.is_running()]
    toy.run(*SIX)
    toy.assert_whole(6)
    assert toy.values == expected["random"]


STORAGE_WITH_AN_ERROR_OF_ITS_OWN = """
import time
from optuna.storages import RDBStorage

get_trials = RDBStorage._get_trials

def interrupted_in_a_commit(*args, **kwargs):
    try:
        time.sleep(0.3)
    except KeyboardInterrupt:
        raise AssertionError("the transaction is active")
    return get_trials(*args, **kwargs)

RDBStorage._get_trials = interrupted_in_a_commit
"""
"""A module `sitecustomize`, which Python imports as it starts."""


def test_a_signal_that_a_library_turns_into_its_own_error_ends_at_once(
    toy: Toy, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(STORAGE_WITH_AN_ERROR_OF_ITS_OWN)
    path = os.pathsep.join([str(tmp_path), str(ROOT / "src")])
    process = toy.start(*SIX, "pause=[0.0,30.0]", env={"PYTHONPATH": path})
    toy.wait_for_epoch(0)
    os.killpg(process.pid, signal.SIGINT)
    toy.wait_for(lambda: any(trial.system_attrs.get("tailor:stop") for trial in toy.trials))
    os.killpg(process.pid, signal.SIGINT)
    ended = toy.end(process, code=130)
    assert "Traceback" not in ended.output
    assert "To continue, type the same command again." in ended.output
    assert set(states(toy.study)) <= {"C", "W"}


def test_a_signal_before_the_first_trial_shows_no_traceback(toy: Toy) -> None:
    process = toy.start(*SIX)
    toy.wait_for((toy.sweep_dir / "study.db").exists)
    os.killpg(process.pid, signal.SIGINT)
    ended = toy.end(process, code=130)
    assert "Traceback" not in ended.output
    toy.run(*SIX)
    toy.assert_whole(6)


def test_two_processes_of_one_command_share_the_budget(
    toy: Toy, expected: dict[str, list[float | None]]
) -> None:
    """Defect 3."""
    both = [toy.start(*SIX, "pause=[0.05]") for _ in range(2)]
    for process in both:
        toy.end(process)
    toy.assert_whole(6)
    jobs = [job for job, _, _ in toy.events]
    assert sorted(jobs) == list(range(6))
    assert toy.values == expected["random"]


def test_trials_of_a_dead_process_are_taken_over_by_a_living_one(toy: Toy) -> None:
    one, other = (toy.start(*SIX, "pause=[0.4]") for _ in range(2))
    toy.wait_for(lambda: len(toy.events) >= 3)
    one.kill()
    toy.end(one, code=None)
    toy.end(other)
    toy.assert_whole(6)


def test_a_worker_killed_in_its_first_moments_costs_nothing(
    toy: Toy, expected: dict[str, list[float | None]]
) -> None:
    process = toy.start(*SIX)
    first = toy.wait_for(lambda: workers_of(process))
    for worker in first:
        worker.kill()
    toy.end(process)
    toy.assert_whole(6)
    assert toy.values == expected["random"]


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [one for one in processes_of(process) if "spawn_main" in " ".join(one.cmdline())]

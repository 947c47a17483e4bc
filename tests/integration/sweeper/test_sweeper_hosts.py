"""One study on several hosts that join in a PostgreSQL database: also when one dies."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from optuna.trial import TrialState

from tests.postgres import Postgres
from tests.tcp import Cable

from .hosts import Host, Joined, jobs

pytestmark = pytest.mark.slow

ONE_JOB = ["epochs=6", "hydra.sweeper.n_jobs=1"]
INLINE = "hydra/launcher=basic"  # a host of one process
UNHURRIED = "hydra.sweeper.grace_period=60"  # nobody is taken for dead here
SLOW, SLOWER = [*ONE_JOB, "pause=[0.3]"], [*ONE_JOB, "pause=[1.0]"]


CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


@pytest.fixture
def storage(postgres: Postgres) -> str:
    return postgres.database()


@pytest.fixture
def joined(storage: str) -> Iterator[Joined]:
    one = Joined(storage)
    yield one
    one.close()


@pytest.fixture
def host(tmp_path: Path, storage: str) -> Callable[..., Host]:
    return lambda name, directory="shared", url=storage: Host(name, tmp_path / directory, url)


def test_hosts_that_join_at_once_share_a_budget(
    tmp_path: Path, host: Callable[..., Host], joined: Joined
) -> None:
    """The first three also make the tables, and the study, at the same time."""
    hosts = [host("one"), host("two"), host("three", "apart")]
    for one in hosts:
        one.start(*ONE_JOB, INLINE, UNHURRIED, "pause=[0.05]", "hydra.sweeper.n_trials=10")
    outputs = [one.end().output for one in hosts]
    joined.assert_whole(10)
    assert jobs([tmp_path / "shared", tmp_path / "apart"]) == list(range(10))
    directories = {trial.user_attrs["directory"] for trial in joined.trials[:10]}
    assert len(directories) == 10
    assert all((Path(directory) / "state.json").exists() for directory in directories)
    assert all("10 complete of 10" in output for output in outputs)


@pytest.mark.parametrize("other", ["shared", "apart"])
def test_a_dead_hosts_trials_run_again_elsewhere(
    host: Callable[..., Host], joined: Joined, other: str
) -> None:
    """From their last checkpoint where the run directory is shared, else from the start."""
    dies, lives = host("dies"), host("lives", other)
    dies.start(*SLOWER, "hydra.sweeper.n_trials=3")
    lives.start(*SLOW, "hydra.sweeper.n_trials=3")
    (number,) = dies.toy.wait_for(lambda: joined.began_by("dies"))
    dies.signal(signal.SIGKILL)
    dies.end(code=None)
    ended = lives.end()
    joined.assert_whole(3)
    assert f"continuing trial {number}, whose process is gone" in ended.output
    trial = joined.trials[number]
    assert trial.user_attrs["owner"].startswith("lives:")
    went_on = "goes on after epoch" in lives.toy.output(number)
    assert went_on == (other == "shared")
    assert ("begun on dies, run again from the start" in ended.output) == (other == "apart")
    assert ("restarted" in trial.user_attrs) == (other == "apart")


def test_a_host_that_was_cut_off_comes_back(
    postgres: Postgres, storage: str, tmp_path: Path, joined: Joined
) -> None:
    """Its trial is taken over; what it finished meanwhile counts, and counts once."""
    cable = Cable(postgres.port)
    far = Host("far", tmp_path / "far", storage.replace(f":{postgres.port}", f":{cable.port}"))
    near = Host("near", tmp_path / "near", storage)
    far.start(*SLOWER, "hydra.sweeper.n_trials=4")
    near.start(*SLOW, "hydra.sweeper.n_trials=4")
    (number,) = far.toy.wait_for(lambda: joined.began_by("far"))
    cable.cut()
    far.toy.wait_for(lambda: joined.trials[number].user_attrs["owner"].startswith("near:"))
    cable.mend()
    outputs = far.end().output, near.end().output
    joined.assert_whole(4, over=1)
    assert "does not answer" in outputs[0]
    assert "the storage answers again" in outputs[0]
    assert joined.trials[number].state is TrialState.COMPLETE
    cable.close()


def test_a_host_that_was_frozen_comes_back(host: Callable[..., Host], joined: Joined) -> None:
    """A suspended machine: its job finds its trial in other hands, and the host goes on."""
    frozen, other = host("frozen", "frozen"), host("other", "other")
    frozen.start(*SLOW, INLINE, "hydra.sweeper.n_trials=4")
    (number,) = frozen.toy.wait_for(lambda: joined.began_by("frozen"))
    frozen.signal(signal.SIGSTOP)
    other.start(*SLOW, INLINE, "hydra.sweeper.n_trials=4")
    other.toy.wait_for(lambda: number in joined.began_by("other"))
    frozen.signal(signal.SIGCONT)
    ended = frozen.end()
    other.end()
    joined.assert_whole(4)
    assert f"trial {number} was taken over" in ended.output
    assert joined.trials[number].user_attrs["owner"].startswith("other:")


def test_the_database_restarts_in_the_middle_of_a_sweep(
    host: Callable[..., Host], joined: Joined, postgres: Postgres, tmp_path: Path
) -> None:
    hosts = [host("one"), host("two", "apart")]
    for one in hosts:
        one.start(*SLOW, UNHURRIED, "hydra.sweeper.n_trials=8")
    toy = hosts[0].toy
    toy.wait_for(lambda: all(joined.began_by(one.name) for one in hosts))
    postgres.stop()
    toy.wait_for(lambda: all("does not answer" in one.output for one in hosts))
    postgres.start()
    outputs = [one.end().output for one in hosts]
    joined.assert_whole(8, over=2)
    assert jobs([tmp_path / "shared", tmp_path / "apart"]) == list(range(8))
    for output in outputs:
        assert "the storage answers again" in output
        assert "Traceback" not in output
        assert "SELECT" not in output  # Optuna would show the statement it failed at


@pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode != 0,
    reason="this user may not make a PID namespace",
)
def test_containers_with_one_host_name_let_each_other_live(
    tmp_path: Path, host: Callable[..., Host], joined: Joined, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither sees the other's processes, so only heartbeats tell that they live."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {" ".join(CONTAINER)} {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    first, second = host("same", "one"), host("same", "two")
    first.start(*SLOWER, INLINE, "hydra.sweeper.n_trials=4")
    first.toy.wait_for(lambda: joined.began_by("same"))
    second.start(*SLOWER, INLINE, "hydra.sweeper.n_trials=4")
    outputs = first.end().output, second.end().output
    joined.assert_whole(4, over=1)
    assert not any("taken over" in output or "run again" in output for output in outputs)
    owners = {trial.user_attrs["owner"].partition("@")[2] for trial in joined.trials}
    assert len(owners) == 2

"""Whether it is the same search, and whose trials are left."""

import os
import socket
import subprocess
import sys
from typing import Any

import optuna
import psutil
import pytest
from omegaconf import OmegaConf

from hydra_plugins.tailor._resume import (
    attempts,
    counted,
    fixed_settings,
    is_gone,
    refuse_another_search,
    this_process,
)
from tailor import names
from tailor.errors import StudyError


def test_settings_are_flat_and_leave_out_what_is_searched_or_may_differ() -> None:
    config = OmegaConf.create(
        {"a": {"b": 1, "c": [1, 2]}, "db": {"x": 1}, "root": "/here", "e": {}, "i": "${a.b}"}
    )
    flat = fixed_settings(config, searched=["+a.b", "db@x"], may_differ=["root"])
    assert flat == {"a.c": [1, 2], "e": {}, "i": "${a.b}"}


def test_differences_are_named_with_both_values() -> None:
    study = optuna.create_study(study_name="s")
    directions = ["minimize"]
    check: dict[str, Any] = {"space": {"x": "A"}, "fixed": {"k": 1}, "directions": directions}
    refuse_another_search(study, study._storage, **check)
    refuse_another_search(study, study._storage, **check)
    with pytest.raises(StudyError, match=r"`x` was A, is \(not set\); `y` was \(not set\), is B"):
        refuse_another_search(study, study._storage, **{**check, "space": {"y": "B"}})
    with pytest.raises(StudyError, match="study 's' .*`k` was 1, is 2.*study=NEW_NAME"):
        refuse_another_search(study, study._storage, **{**check, "fixed": {"k": 2}})
    with pytest.raises(StudyError, match=r"direction` was \['minimize'\], is \['maximize'\]"):
        refuse_another_search(study, study._storage, **{**check, "directions": ["maximize"]})


class TestOwners:
    def test_this_process_is_here(self) -> None:
        assert is_gone(this_process()) is False

    def test_one_that_ended_is_gone(self) -> None:
        ended = subprocess.Popen([sys.executable, "-c", ""])
        created = psutil.Process(ended.pid).create_time()
        ended.wait()
        assert is_gone(f"{socket.gethostname()}:{ended.pid}:{created:.2f}") is True

    def test_a_later_process_with_the_same_number_is_another_one(self) -> None:
        assert is_gone(f"{socket.gethostname()}:{os.getpid()}:12345.00") is True

    @pytest.mark.parametrize("owner", [None, "another-host:1:12345.00"])
    def test_of_others_this_host_cannot_tell(self, owner: str | None) -> None:
        assert is_gone(owner) is None


def test_retried_trials_do_not_use_up_the_budget() -> None:
    study = optuna.create_study()
    for retry_of in (None, 0, 1, None):
        attributes = {} if retry_of is None else {names.RETRY_OF: retry_of}
        study.enqueue_trial({}, user_attrs=attributes)
    trials = study.get_trials()
    assert [trial.number for trial in counted(trials)] == [2, 3]
    assert [attempts(trials, number) for number in range(4)] == [0, 1, 2, 0]

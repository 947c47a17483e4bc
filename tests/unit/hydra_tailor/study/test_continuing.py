"""Whether it is the same search, and what is left of its budget."""

import enum
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
import pytest
from omegaconf import OmegaConf

from hydra_tailor import names
from hydra_tailor.study.continuing import (
    attempts,
    counted,
    fixed_settings,
    refuse_another_search,
)
from tailor.errors import StudyError


def test_settings_are_flat_and_leave_out_what_is_searched_or_may_differ() -> None:
    config = OmegaConf.create(
        {"a": {"b": 1, "c": [1, 2]}, "db": {"x": 1}, "root": "/here", "e": {}, "i": "${a.b}"}
    )
    flat = fixed_settings(config, searched=["a.b", "db@x"], may_differ=["root"])
    assert flat == {"a.c": [1, 2], "e": {}, "i": "${a.b}"}


def test_differences_are_named_with_both_values() -> None:
    study = optuna.create_study(study_name="s")
    directions = ["minimize"]
    check: dict[str, Any] = {"space": {"x": "A"}, "fixed": {"k": 1}, "directions": directions}
    refuse_another_search(study, study._storage, **check)
    refuse_another_search(study, study._storage, **check)
    with pytest.raises(StudyError, match=r"`x` was A, is \(not set\); `y` was \(not set\), is B"):
        refuse_another_search(study, study._storage, **{**check, "space": {"y": "B"}})
    with pytest.raises(StudyError, match="study 's' .*study_name=NEW_NAME.*`k` was 1, is 2"):
        refuse_another_search(study, study._storage, **{**check, "fixed": {"k": 2}})
    with pytest.raises(StudyError, match=r"direction` was \['minimize'\], is \['maximize'\]"):
        refuse_another_search(study, study._storage, **{**check, "directions": ["maximize"]})


def test_a_change_of_what_the_program_found_is_refused() -> None:
    study = optuna.create_study(study_name="s")
    check: dict[str, Any] = {"space": {}, "fixed": {}, "directions": ["minimize"]}
    refuse_another_search(study, study._storage, **check)
    refuse_another_search(study, study._storage, found={"a": "1"}, **check)
    refuse_another_search(study, study._storage, found={"b": "2"}, **check)
    for key, now in (("a", "2"), ("b", "3")):
        with pytest.raises(StudyError, match=f"other data.*study_name=NEW_NAME.*`{key}` was"):
            refuse_another_search(study, study._storage, found={key: now}, **check)
    refuse_another_search(study, study._storage, found={"a": "1", "b": "2"}, **check)


class Colour(enum.Enum):
    RED = 1


@dataclass
class Odd:
    """Values that a config holds and JSON does not know."""

    colour: Colour = Colour.RED
    folder: Path = Path("/here")
    secret: bytes = b"x"
    limit: float = math.nan
    table: list[dict[int, float]] = field(default_factory=lambda: [{2: math.nan, 1: 0.5}])
    by_colour: list[dict[Colour, int]] = field(default_factory=lambda: [{Colour.RED: 1}])


def test_whatever_a_config_holds_is_the_same_search_when_it_is_read_back(tmp_path: Path) -> None:
    check: dict[str, Any] = {"space": {"x": "A"}, "directions": ["minimize"]}
    for _ in range(2):
        study = optuna.create_study(
            storage=f"sqlite:///{tmp_path}/s.db", study_name="s", load_if_exists=True
        )
        fixed = fixed_settings(OmegaConf.structured(Odd), searched=[], may_differ=[])
        refuse_another_search(study, study._storage, fixed=fixed, **check)
    with pytest.raises(StudyError, match="`folder` was /here, is /there;"):
        refuse_another_search(
            study, study._storage, fixed={**fixed, "folder": "/there", "limit": 1.0}, **check
        )


@pytest.mark.parametrize("left_out", [names.SPACE, names.FIXED])
def test_a_start_that_was_killed_in_between_leaves_a_study_that_goes_on(left_out: str) -> None:
    check: dict[str, Any] = {"space": {"x": "A"}, "fixed": {"k": 1}, "directions": ["minimize"]}
    study = optuna.create_study(study_name="s")
    for name, value in ((names.SPACE, check["space"]), (names.FIXED, check["fixed"])):
        if name != left_out:
            study._storage.set_study_system_attr(study._study_id, name, value)
    refuse_another_search(study, study._storage, **check)
    kept = study._storage.get_study_system_attrs(study._study_id)
    assert kept == {names.SPACE: {"x": "A"}, names.FIXED: {"k": 1}}


def test_retried_trials_do_not_use_up_the_budget() -> None:
    study = optuna.create_study()
    for retry_of in (None, 0, 1, None):
        attributes = {} if retry_of is None else {names.RETRY_OF: retry_of}
        study.enqueue_trial({}, user_attrs=attributes)
    trials = study.get_trials()
    assert [trial.number for trial in counted(trials)] == [2, 3]
    assert [attempts(trials, number) for number in range(4)] == [0, 1, 2, 0]

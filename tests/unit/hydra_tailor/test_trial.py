from pathlib import Path
from typing import Any

import optuna
import pytest

from hydra_tailor import NO_TRIAL, TrialInterrupted, current_trial, names
from hydra_tailor.policy.pausing import epochs_reported
from hydra_tailor.storage.opening import open_storage
from hydra_tailor.trial import StoredTrial, TrialTaken


@pytest.fixture
def make(tmp_path: Path) -> Any:
    url = f"sqlite:///{tmp_path / 'study.db'}"

    def build(directions: list[str], pruner: Any = None, trials: int = 1) -> Any:
        study = optuna.create_study(
            storage=open_storage(url), study_name="s", directions=directions
        )
        for _ in range(trials):
            study.ask()
        return study, [StoredTrial(url, "s", number, pruner) for number in range(trials)]

    return build


def test_outside_a_search_nothing_is_heard_or_said() -> None:
    assert current_trial() is NO_TRIAL
    assert NO_TRIAL.number is None
    NO_TRIAL.expect(3)
    NO_TRIAL.report(1.0, 1)
    NO_TRIAL.set_user_attr("a", 1)
    assert NO_TRIAL.should_prune() is False


def test_what_is_reported_is_kept_and_the_first_report_of_an_epoch_wins(make: Any) -> None:
    study, (trial,) = make(["minimize"])
    trial.expect(3)
    for value in (1.0, 2.0):
        trial.report(value, 1)
    trial.set_user_attr("a", [1, None])
    kept = study.trials[0]
    assert kept.intermediate_values == {1: 1.0}
    assert kept.user_attrs == {names.EPOCHS: 3, "a": [1, None]}


@pytest.mark.parametrize("name", ["owner", "directory", "fail_reason"])
def test_the_sweeps_own_attributes_are_refused(make: Any, name: str) -> None:
    study, (trial,) = make(["minimize"])
    with pytest.raises(ValueError, match=f"`{name}` is an .* the sweep sets.*my_{name}"):
        trial.set_user_attr(name, "me")
    assert study.trials[0].user_attrs == {}


def test_the_pruner_is_the_configs(make: Any) -> None:
    pruner = {"_target_": "optuna.pruners.ThresholdPruner", "upper": 1.0}
    _, (trial,) = make(["minimize"], pruner)
    trial.report(0.5, 1)
    assert not trial.should_prune()
    trial.report(1.5, 2)
    assert trial.should_prune()


def test_with_several_objectives_reports_count_epochs_and_prune_nothing(make: Any) -> None:
    study, (trial,) = make(["minimize", "maximize"])
    trial.report(0.5, 1)
    assert not trial.should_prune()
    assert epochs_reported(study.trials) == 1


def test_a_trial_that_is_asked_to_stop_is_interrupted_after_its_report(make: Any) -> None:
    study, (trial, other) = make(["minimize"], trials=2)
    identity = study.trials[0]._trial_id
    study._storage.set_trial_user_attr(identity, names.OWNER, "us:1:1.00")
    # The one that had it before asked as it let it go.
    study._storage.set_trial_system_attr(identity, names.STOP, "other:1:1.00")
    trial.report(0.6, 1)
    study._storage.set_trial_system_attr(identity, names.STOP, "us:1:1.00")
    with pytest.raises(TrialInterrupted, match="trial 0 stopped after epoch 2"):
        trial.report(0.5, 2)
    assert study.trials[0].intermediate_values == {1: 0.6, 2: 0.5}
    other.report(0.5, 2)


def test_a_job_whose_trial_another_process_took_meanwhile_ends_before_it_begins(
    make: Any, tmp_path: Path
) -> None:
    """A job that waited in a queue while its sweep was killed and typed again."""
    study, _ = make(["minimize"])
    study._storage.set_trial_user_attr(study.trials[0]._trial_id, names.OWNER, "new:2:2.00")
    url = f"sqlite:///{tmp_path / 'study.db'}"
    orphan, silent, current = (
        StoredTrial(url, "s", 0, None, owner=owner)
        for owner in ("old:1:1.00", "old:1:1.00", "new:2:2.00")
    )
    with pytest.raises(TrialTaken, match="trial 0 was taken over"):
        orphan.expect(3)
    with pytest.raises(TrialTaken, match="trial 0 was taken over"):
        silent.report(1.0, 1)  # of a program that never says what to expect
    assert study.trials[0].intermediate_values == {}
    current.expect(3)
    current.report(0.5, 1)
    assert study.trials[0].intermediate_values == {1: 0.5}


def test_a_trial_that_changed_hands_ends_at_its_next_report(make: Any) -> None:
    study, (trial, ended) = make(["minimize"], trials=2)
    for one in (trial, ended):
        one.expect(3)
        one.report(1.0, 1)
    study._storage.set_trial_user_attr(study.trials[0]._trial_id, names.OWNER, "other:1:1.00")
    with pytest.raises(TrialTaken, match="trial 0 was taken over"):
        trial.report(0.5, 2)
    assert study.trials[0].intermediate_values == {1: 1.0}
    study.tell(1, 1.0)
    with pytest.raises(TrialTaken, match="trial 1"):
        ended.report(0.5, 2)
    with pytest.raises(TrialTaken, match="trial 1"):
        ended.set_user_attr("a", 1)

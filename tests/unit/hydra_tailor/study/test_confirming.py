"""Which of the best trials is trained again, with which seed, and how they then rank."""

from __future__ import annotations

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.distributions import FloatDistribution
from optuna.study import Study
from optuna.trial import TrialState, create_trial

from hydra_tailor import names
from hydra_tailor.study.confirming import Confirmation
from hydra_tailor.study.ranking import best_of, ranked

X = {"x": FloatDistribution(0, 1)}


@pytest.fixture
def study() -> Study:
    return optuna.create_study(direction="maximize")


def add(study: Study, value: float | None, x: float, **attributes: object) -> None:
    state = TrialState.RUNNING if value is None else TrialState.COMPLETE
    study.add_trial(
        create_trial(
            state=state, value=value, params={"x": x}, distributions=X, user_attrs=attributes
        )
    )


def confirm(study: Study, number: int, seed: int, value: float | None) -> None:
    x = study.trials[number].params["x"]
    add(study, value, x, **{names.CONFIRMS: number, names.SEED: seed})


def chosen(study: Study, confirmation: Confirmation) -> tuple[int, int] | None:
    found = confirmation.next(study, study.trials)
    return None if found is None else (found[0].number, found[1])


def test_the_best_distinct_configurations_in_rounds(study: Study) -> None:
    for value, x in ((0.7, 0.1), (0.9, 0.2), (0.9, 0.2), (0.8, 0.3)):
        add(study, value, x)
    order = []
    while (one := chosen(study, Confirmation(2, (5, 6)))) is not None:
        order.append(one)
        confirm(study, *one, 0.8)
    assert order == [(1, 5), (3, 5), (1, 6), (3, 6)]


def test_less_may_be_better() -> None:
    study = optuna.create_study(direction="minimize")
    for value in (0.7, 0.9):
        add(study, value, value)
    assert chosen(study, Confirmation(1, (1,))) == (0, 1)
    confirm(study, 0, 1, 0.8)
    assert best_of(study).number == 0


def test_a_trial_that_is_worse_beyond_chance_leaves_the_race(study: Study) -> None:
    for value in (0.92, 0.91, 0.90):
        add(study, value, value)
    for seed, noise in ((1, 0.001), (2, -0.001)):
        confirm(study, 0, seed, 0.91 + noise)
        confirm(study, 1, seed, 0.92 - noise)
        confirm(study, 2, seed, 0.89 + noise)
    order = []
    while (one := chosen(study, Confirmation(3, (1, 2, 3)))) is not None:
        order.append(one)
        confirm(study, *one, 0.91)
    assert order == [(0, 3), (1, 3)]


def test_a_settled_question_spends_no_further_seed(study: Study) -> None:
    add(study, 0.95, 0.1)
    add(study, 0.94, 0.2)
    for seed in (1, 2):
        confirm(study, 0, seed, 0.950 + seed / 1e4)
        confirm(study, 1, seed, 0.940 - seed / 1e4)
    assert chosen(study, Confirmation(2, (1, 2, 3, 4))) is None


def test_equal_differences_are_no_error(study: Study) -> None:
    for x in (0.1, 0.2):
        add(study, 0.9, x)
    for seed in (1, 2):
        confirm(study, 0, seed, 0.9)
        confirm(study, 1, seed, 0.9)
    assert chosen(study, Confirmation(2, (1, 2, 3))) == (0, 3)


def test_a_test_waits_for_the_round_before(study: Study) -> None:
    add(study, 0.9, 0.1)
    add(study, 0.8, 0.2)
    confirm(study, 0, 1, 0.9)
    confirm(study, 1, 1, 0.8)
    confirm(study, 0, 2, 0.9)
    confirm(study, 1, 2, None)  # runs
    assert chosen(study, Confirmation(2, (1, 2, 3))) is None


def test_a_single_winner_gets_all_its_seeds(study: Study) -> None:
    add(study, 0.9, 0.1)
    for seed in (1, 2):
        confirm(study, 0, seed, 0.9)
    assert chosen(study, Confirmation(1, (1, 2, 3))) == (0, 3)


def test_confirmed_trials_rank_by_their_means_and_before_all_others(study: Study) -> None:
    for value in (0.93, 0.92, 0.91):
        add(study, value, value)
    confirm(study, 0, 1, 0.89)  # a lucky one: 0.91 in the mean
    confirm(study, 1, 1, 0.915)
    assert [trial.number for trial in ranked(study, study.trials)] == [1, 0, 2]


def test_a_leader_that_is_not_confirmed_yet_counts_as_it_seems(study: Study) -> None:
    for value in (0.93, 0.92):
        add(study, value, value)
    confirm(study, 1, 1, 0.90)
    assert [trial.number for trial in ranked(study, study.trials)] == [0, 1]


def test_of_two_that_processes_created_at_once_the_first_counts(study: Study) -> None:
    add(study, 0.9, 0.1)
    confirm(study, 0, 1, 0.8)
    confirm(study, 0, 1, 0.2)
    assert chosen(study, Confirmation(1, (1,))) is None
    add(study, 0.84, 0.2)
    assert best_of(study).number == 0  # 0.85 in the mean


FEW_VALUES = st.integers(0, 3).map(lambda tenths: tenths / 10)
"""So that trials are often equal."""


@given(
    st.lists(FEW_VALUES, min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3), FEW_VALUES), max_size=8),
    st.sampled_from(["minimize", "maximize"]),
)
def test_the_best_is_the_first_of_the_ranked(
    values: list[float], confirmed: list[tuple[int, int, float]], direction: str
) -> None:
    study = optuna.create_study(direction=direction)
    for value in values:
        add(study, value, value)
    for number, seed, value in confirmed:
        confirm(study, number % len(values), seed, value)
    assert best_of(study).number == ranked(study, study.trials)[0].number

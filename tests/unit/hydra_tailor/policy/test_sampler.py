"""What is drawn for trial k depends on the seed and on k."""

from collections.abc import Sequence
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from hydra_tailor.policy.sampler import Grid, Seeded, build_sampler
from tailor.errors import ConfigError

SPACE: dict[str, BaseDistribution] = {
    "x": FloatDistribution(0, 1),
    "y": CategoricalDistribution(["a", "b", "c"]),
}


def sampler(name: str, **keys: Any) -> Any:
    config = {"_target_": f"optuna.samplers.{name}", **keys}
    return build_sampler(config, grid=None, explicit=set())


def draw(study: optuna.Study, n: int, values: Sequence[float] = ()) -> list[dict[str, Any]]:
    drawn = []
    for k in range(n):
        trial = study.ask(SPACE)
        drawn.append(trial.params)
        study.tell(trial, values[k] if values else trial.params["x"])
    return drawn


def study_with(chosen: Any, previous: Sequence[Any] = ()) -> optuna.Study:
    study = optuna.create_study(sampler=chosen)
    study.add_trials(previous)
    return study


def test_defect_1_a_seeded_sampler_does_not_repeat_its_first_draws_after_a_restart() -> None:
    whole = study_with(sampler("RandomSampler", seed=7))
    expected = draw(whole, 6)
    restarted = study_with(sampler("RandomSampler", seed=7), whole.trials[:3])
    assert draw(restarted, 3) == expected[3:]
    assert len({str(one) for one in expected}) == 6


def test_random_draws_do_not_depend_on_what_other_trials_are_worth() -> None:
    one = draw(study_with(sampler("RandomSampler", seed=7)), 4, values=[1, 2, 3, 4])
    other = draw(study_with(sampler("RandomSampler", seed=7)), 4, values=[4, 3, 2, 1])
    assert one == other


def test_another_seed_draws_otherwise() -> None:
    one = draw(study_with(sampler("RandomSampler", seed=7)), 3)
    assert draw(study_with(sampler("RandomSampler", seed=8)), 3) != one


@pytest.mark.parametrize("name", ["TPESampler", "CmaEsSampler", "NSGAIISampler", "QMCSampler"])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_a_restart_changes_nothing_of_what_is_drawn(name: str) -> None:
    whole = study_with(sampler(name, seed=3))
    expected = draw(whole, 16)
    broken_off = study_with(sampler(name, seed=3))
    begun = draw(broken_off, 9)
    broken_off.sampler = sampler(name, seed=3)  # as a new process builds it
    assert begun + draw(broken_off, 7) == expected


def test_without_a_seed_two_searches_differ() -> None:
    one, two = (draw(study_with(sampler("RandomSampler", seed=None)), 3) for _ in range(2))
    assert one != two


def test_tpe_keeps_optunas_defaults_unless_told() -> None:
    pinned = {"multivariate": False, "constant_liar": False, "seed": 1}
    left = sampler("TPESampler", **pinned)
    assert set(left._config) == {"_target_", "seed"}
    told = build_sampler(
        {"_target_": "optuna.samplers.TPESampler", **pinned},
        grid=None,
        explicit={"constant_liar"},
    )
    assert not isinstance(told, Grid)
    assert told._config["constant_liar"] is False


def test_a_sampler_that_knows_conditions_is_told_them() -> None:
    conditions = {"x": {"model": ["wide"]}}
    curves = Seeded({"_target_": "hydra_tailor.policy.CurveSampler"}, conditions=conditions)
    assert curves.inner.conditions == conditions  # type: ignore[attr-defined]
    tpe = Seeded({"_target_": "optuna.samplers.TPESampler"}, conditions=conditions)
    assert not hasattr(tpe.inner, "conditions")


def test_running_trials_count_for_the_next_draw() -> None:
    """TPE with a constant liar: eight asked at once fall on different cells of a small grid."""
    space: dict[str, BaseDistribution] = {"x": CategoricalDistribution(list(range(64)))}
    study = study_with(sampler("TPESampler", seed=0, n_startup_trials=4))
    for _ in range(8):
        trial = study.ask(space)
        study.tell(trial, abs(trial.params["x"] - 32))
    assert len({study.ask(space).params["x"] for _ in range(8)}) >= 6


def test_a_wrong_or_untrusted_sampler_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="'my.Sampler' cannot stand here.*TAILOR_TRUST=my"):
        build_sampler({"_target_": "my.Sampler"}, grid=None, explicit=set())
    monkeypatch.setenv("TAILOR_TRUST", "optuna.pruners")
    with pytest.raises(ConfigError, match="must build an optuna.samplers.BaseSampler, got a Nop"):
        build_sampler({"_target_": "optuna.pruners.NopPruner"}, grid=None, explicit=set())


class TestGrid:
    cells = tuple({"x": x, "y": y} for x in (0, 1) for y in (0, 1, 2))
    space: dict[str, CategoricalDistribution] = {
        "x": CategoricalDistribution([0, 1]),
        "y": CategoricalDistribution([0, 1, 2]),
    }

    def test_each_cell_once_in_an_order_of_the_seed(self) -> None:
        orders = []
        for seed in (1, 1, 2):
            study = optuna.create_study(sampler=Grid(self.cells, seed=seed))
            orders.append([study.ask(self.space).params for _ in self.cells])
        assert orders[0] == orders[1] != orders[2]
        assert all(len({str(one) for one in order}) == 6 for order in orders)

    def ask_for_all(self, study: optuna.Study) -> None:
        """As many trials as are left, and each cell has one."""
        begun = [trial for trial in study.trials if trial.state is not TrialState.WAITING]
        asked = [study.ask(self.space).params for _ in range(6 - len(begun))]
        assert len({str(one) for one in [*(trial.params for trial in begun), *asked]}) == 6

    @pytest.mark.parametrize("chosen", [{"x": 1, "y": 1}, {"x": 1}, {"y": 2}, {}])
    def test_a_chosen_configuration_is_a_cell_like_any_other(self, chosen: dict[str, int]) -> None:
        study = optuna.create_study(sampler=Grid(self.cells, seed=1))
        study.enqueue_trial(chosen)
        self.ask_for_all(study)
        assert chosen.items() <= study.trials[0].params.items()

    def test_another_seed_goes_on_with_the_cells_that_are_left(self) -> None:
        study = optuna.create_study(sampler=Grid(self.cells, seed=1))
        for _ in range(3):
            study.ask(self.space)
        study.sampler = Grid(self.cells, seed=2)
        self.ask_for_all(study)

    def test_another_samplers_trials_have_their_cells(self) -> None:
        study = study_with(sampler("RandomSampler", seed=3))
        drawn = {str(study.ask(self.space).params) for _ in range(4)}  # perhaps one of them twice
        study.sampler = Grid(self.cells, seed=2)
        asked = {str(study.ask(self.space).params) for _ in range(6 - len(drawn))}
        assert len(drawn | asked) == 6

    @given(steps=st.permutations([0, 1, 2, 3, 4, 5] * 2))
    @settings(max_examples=30)
    def test_trials_that_draw_at_once_and_in_any_order_never_share_a_cell(
        self, steps: list[int]
    ) -> None:
        """Each draws `x` at its first turn and `y` at its second, as several processes do."""
        study = optuna.create_study(sampler=Grid(self.cells, seed=1))
        trials = [study.ask() for _ in self.cells]
        for number in steps:
            name = "y" if "x" in trials[number].params else "x"
            trials[number].suggest_categorical(name, self.space[name].choices)
        undisturbed = optuna.create_study(sampler=Grid(self.cells, seed=1))
        expected = [undisturbed.ask(self.space).params for _ in self.cells]
        assert [trial.params for trial in study.trials] == expected

    @pytest.mark.parametrize(
        ("distribution", "first"),
        [
            (IntDistribution(2, 5), 2),
            (IntDistribution(1, 64, log=True), 1),
            (FloatDistribution(0.5, 1.0), 0.5),
            (CategoricalDistribution(["a", "b"]), "a"),
        ],
        ids=str,
    )
    def test_a_parameter_that_no_cell_has_takes_its_first_value(
        self, distribution: BaseDistribution, first: Any
    ) -> None:
        """One beside a choice that somebody enqueued."""
        study = optuna.create_study(sampler=Grid(self.cells, seed=1))
        assert study.ask({"other": distribution}).params == {"other": first}

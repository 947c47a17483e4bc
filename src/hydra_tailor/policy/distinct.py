"""Drawing configurations that no trial of a study has had."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial

from hydra_tailor.internals.optuna import contains, storage_of, study_id
from hydra_tailor.policy.grid import CellAssignment, Identity, configuration_of, identity
from hydra_tailor.policy.sampler import Seeded
from hydra_tailor.space.parameter import Parameter
from hydra_tailor.space.space import Space

Configuration = Mapping[str, Any]

SAMPLER_DRAWS = 5
"""Draws of the sampler for one trial; after these, draws are random."""
RANDOM_DRAWS = 50
"""Random draws that are enough to find a new configuration in a space too large to list."""


class Distinct(Seeded):
    """Draws until the configuration is new.

    A training with equal settings and an equal seed has an equal result: it would cost a trial and
    teach nothing. Values that were given to a trial (`hydra.sweeper.enqueue`, a retry) are kept.

    Args:
        config: see `Seeded`.
        space: the search space.
        cells: every configuration of the space; None if there are too many or infinitely many.
    """

    def __init__(
        self, config: Mapping[str, Any], *, space: Space, cells: Sequence[Configuration] | None
    ) -> None:
        super().__init__(config, conditions=space.conditions)
        self._space = space
        self._cells = None if cells is None else CellAssignment(cells)
        self._of_finished: set[Identity] = set()
        self._looked_at: set[int] = set()

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return {parameter.name: parameter.distribution for parameter in self._space.parameters}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        # From the storage: a pruner may show the sampler only some of the study's trials.
        trials = storage_of(study).get_all_trials(study_id(study), deepcopy=False)
        tried = self._tried([other for other in trials if other.number != trial.number])
        drawn: Configuration = {}
        for drawn in self._draws(study, trial, tried):
            if identity(drawn) not in tried:
                break
        return dict(drawn)

    def _tried(self, trials: Sequence[FrozenTrial]) -> set[Identity]:
        """The configurations of trials; each finished trial is read only once."""
        unfinished = set()
        for trial in trials:
            if not trial.state.is_finished():
                unfinished.add(identity(self._configuration_of(trial)))
            elif trial.number not in self._looked_at:
                self._looked_at.add(trial.number)
                self._of_finished.add(identity(self._configuration_of(trial)))
        return self._of_finished | unfinished

    def _draws(
        self, study: Study, trial: FrozenTrial, tried: set[Identity]
    ) -> Iterator[Configuration]:
        """Configurations in the order in which they are considered."""
        for attempt in range(SAMPLER_DRAWS):
            if attempt:
                self.redraw(trial, attempt)
            space = super().infer_relative_search_space(study, trial)
            yield self._draw(study, trial, self, super().sample_relative(study, trial, space))
        rng = self.rng(trial)
        if self._cells is not None:
            unused = self._cells.beside(self._configuration_of(trial), tried)
            if unused:
                yield rng.choice(unused)
            return
        uniform = RandomSampler(seed=rng.getrandbits(32))
        for _ in range(RANDOM_DRAWS):
            yield self._draw(study, trial, uniform, {})

    def _draw(
        self,
        study: Study,
        trial: FrozenTrial,
        sampler: BaseSampler,
        relative: Mapping[str, Any],
    ) -> Configuration:
        """A whole configuration, drawn as by Optuna's `Trial.suggest_*` methods.

        Args:
            sampler: draws the values that are neither given nor in `relative`.
            relative: values that the sampler drew together.
        """
        given = self._configuration_of(trial)
        draft = copy.copy(trial)

        def value_of(parameter: Parameter) -> Any:
            name, distribution = parameter.name, parameter.distribution
            if name in given:
                value = given[name]
            elif name in relative and contains(distribution, relative[name]):
                value = relative[name]
            else:
                value = sampler.sample_independent(study, draft, name, distribution)
            # Some samplers read the values that were drawn before.
            draft.params = {**draft.params, name: value}
            draft.distributions = {**draft.distributions, name: distribution}
            return value

        return self._space.configuration(value_of)

    def _configuration_of(self, trial: FrozenTrial) -> Configuration:
        names = {parameter.name for parameter in self._space.parameters}
        values = configuration_of(trial)
        return {name: value for name, value in values.items() if name in names}

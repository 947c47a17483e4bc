"""The search space: what Optuna draws for a trial, and the overrides of its job."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import distribution_to_json
from optuna.trial import Trial

from hydra_tailor.errors import ConfigError
from hydra_tailor.space.grammar import Value, bare, encode
from hydra_tailor.space.parameter import Conditions, Parameter, describe


@dataclass(frozen=True)
class Space:
    """What a sweep searches and what it keeps fixed.

    Attributes:
        parameters: the searched keys; each follows those that its condition names.
        fixed: overrides of every job, as written.
        known: values of keys that a condition names but the sweep does not search.
    """

    parameters: tuple[Parameter, ...]
    fixed: tuple[str, ...]
    known: Mapping[str, Value]

    @property
    def conditions(self) -> Conditions:
        """For each parameter that does not always exist, the labels that others must have.

        Only conditions on searched parameters, with those on which these depend in turn.
        """
        searched = {parameter.name for parameter in self.parameters}
        found: dict[str, dict[str, Sequence[Value]]] = {}
        for parameter in self.parameters:  # each follows those that its condition names
            own = {key: of for key, of in parameter.condition.items() if key in searched}
            further: dict[str, Sequence[Value]] = {}
            for other in own:
                further |= found.get(other, {})
            if own:
                found[parameter.name] = {**further, **own}
        return found

    def suggest(self, trial: Trial) -> dict[str, Value]:
        """Draw, or read back, the value of every parameter that exists for this trial."""
        return self.configuration(lambda parameter: parameter.suggest(trial))

    def configuration(self, value_of: Callable[[Parameter], Value]) -> dict[str, Value]:
        """Build one configuration of the space.

        Args:
            value_of: called for each parameter that exists, given the values before it.
        """
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            if parameter.exists_beside({**self.known, **values}):
                values[parameter.name] = value_of(parameter)
        return values

    def overrides(self, values: Mapping[str, Value]) -> list[str]:
        """Return a job's overrides for these values of the parameters."""
        by_name = {parameter.name: parameter for parameter in self.parameters}
        drawn = [
            by_name[name].override(value) if name in by_name else f"{name}={encode(value)}"
            for name, value in values.items()
        ]
        return [*self.fixed, *drawn]

    def example(self, wanted: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """One configuration of the space, with the `wanted` values where they are possible."""
        return self.configuration(
            lambda parameter: (wanted or {}).get(parameter.name, parameter.example())
        )

    def examples(self) -> list[dict[str, Value]]:
        """Configurations that contain the `extremes` of each parameter."""
        by_name = {parameter.name: parameter for parameter in self.parameters}
        wanted: list[dict[str, Value]] = [{}]
        for parameter in self.parameters:
            needs = _needs(parameter, by_name)
            wanted += [{**needs, parameter.name: value} for value in parameter.extremes()]
        configurations = [self.example(values) for values in wanted]
        return [
            values for i, values in enumerate(configurations) if values not in configurations[:i]
        ]

    def grid(self) -> list[dict[str, Value]]:
        """Every configuration once, in an order that depends on the space alone."""
        cells: list[dict[str, Value]] = [{}]
        for parameter in self.parameters:
            choices = parameter.grid()
            cells = list(
                itertools.chain.from_iterable(
                    [{**cell, parameter.name: choice} for choice in choices]
                    if parameter.exists_beside({**self.known, **cell})
                    else [cell]
                    for cell in cells
                )
            )
        return cells

    def cells(self, at_most: int) -> list[dict[str, Value]] | None:
        """Every configuration; None if there may be more than `at_most`."""
        return self.grid() if self.size() <= at_most else None

    def size(self) -> float:
        """How many configurations there are at most: conditions may leave some out."""
        return math.prod(parameter.size() for parameter in self.parameters)

    def possible(self, given: Mapping[str, Value]) -> dict[str, Value]:
        """The given values, without those of parameters that cannot exist beside the others."""
        values: dict[str, Value] = {}
        missing: set[str] = set()
        for parameter in self.parameters:
            beside = {**self.known, **values}
            excluded = any(
                beside[name] not in accepted if name in beside else name in missing
                for name, accepted in parameter.condition.items()
            )
            if excluded:
                missing.add(parameter.name)
            elif parameter.name in given:
                values[parameter.name] = given[parameter.name]
        return values

    def check_enqueued(self, configuration: Mapping[str, Any]) -> dict[str, Value]:
        """Return a configuration to enqueue, in the form in which Optuna stores it.

        Raises:
            ConfigError: it names a key that is not searched or cannot exist beside the other
                values, or a value outside the space.
        """
        by_name = {parameter.name: parameter for parameter in self.parameters}
        labels = {}
        for key, value in configuration.items():
            name = bare(key)
            if name not in by_name:
                raise ConfigError(
                    f"hydra.sweeper.enqueue: `{name}` is not searched. Searched are: "
                    f"{', '.join(by_name) or 'none'}."
                )
            labels[name] = by_name[name].label(value)
            if not by_name[name].allows(labels[name]):
                raise ConfigError(
                    f"hydra.sweeper.enqueue: `{name}` must lie in "
                    f"{describe(by_name[name].distribution)}, got {value!r}."
                )
        possible = self.possible(labels)
        for name in labels.keys() - possible.keys():
            raise ConfigError(
                f"hydra.sweeper.enqueue: `{name}` does not exist beside the other values of "
                f"{dict(configuration)}: it is searched in {self.in_words()[name]}."
            )
        return possible

    def in_words(self) -> dict[str, str]:
        """The range of each parameter in words."""
        return {
            parameter.name: describe(parameter.distribution)
            + "".join(
                f", where {key} is {' or '.join(map(encode, accepted))}"
                for key, accepted in parameter.condition.items()
            )
            for parameter in self.parameters
        }

    def signature(self) -> dict[str, str]:
        """One text per parameter, which must be equal when a study is continued."""
        return {
            parameter.name: distribution_to_json(parameter.distribution)
            + "".join(f" when {key} in {list(of)}" for key, of in parameter.condition.items())
            for parameter in self.parameters
        }


def _needs(parameter: Parameter, by_name: Mapping[str, Parameter]) -> dict[str, Value]:
    """Values that other parameters must have for this one to exist."""
    needs: dict[str, Value] = {}
    for name, accepted in parameter.condition.items():
        if name in by_name:
            needs |= {**_needs(by_name[name], by_name), name: accepted[0]}
    return needs

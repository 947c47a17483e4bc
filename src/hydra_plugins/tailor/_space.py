"""The search space: what Optuna draws for a trial, and what a job's overrides are for it."""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra_plugins.hydra_optuna_sweeper._impl import OptunaSweeperImpl
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.trial import Trial

from tailor.errors import ConfigError

from ._grammar import Value, encode, is_scalar


@dataclass(frozen=True)
class Parameter:
    """One searched key.

    Attributes:
        name: the key as an override spells it, a leading `+` included.
        distribution: where Optuna draws from.
        texts: for choices that are kept as text, that text; see `texts_of`.
        condition: labels that other parameters must have for this one to exist.
    """

    name: str
    distribution: BaseDistribution
    texts: Mapping[str, str] = field(default_factory=dict)
    condition: Mapping[str, Sequence[Value]] = field(default_factory=dict)

    def label(self, value: Any) -> Value:
        """What Optuna keeps of a value: a scalar itself, another one as its text."""
        text = encode(value)
        return text if text in self.texts or not is_scalar(value) else value

    def override(self, value: Value) -> str:
        text = self.texts.get(value) if isinstance(value, str) else None
        return f"{self.name}={encode(value) if text is None else text}"

    def exists_beside(self, values: Mapping[str, Value]) -> bool:
        return all(
            name in values and values[name] in accepted
            for name, accepted in self.condition.items()
        )

    def suggest(self, trial: Trial) -> Value:
        match self.distribution:
            case CategoricalDistribution(choices=choices):
                return trial.suggest_categorical(self.name, choices)
            case IntDistribution(low=low, high=high, step=step, log=log):
                return trial.suggest_int(self.name, low, high, step=step, log=log)
            case FloatDistribution(low=low, high=high, step=step, log=log):
                return trial.suggest_float(self.name, low, high, step=step, log=log)
        raise AssertionError(self.distribution)

    def grid(self) -> list[Value]:
        """Every value, for a grid.

        Raises:
            ConfigError: there are infinitely many.
        """
        try:
            return list(OptunaSweeperImpl._to_grid_sampler_choices(self.distribution))
        except ValueError as error:
            raise ConfigError(
                f"`{self.name}` has infinitely many values, so it has no grid. Use choice(...) or "
                "range(...) in place of interval(...), or another hydra/sweeper/sampler."
            ) from error

    def example(self) -> Value:
        match self.distribution:
            case CategoricalDistribution(choices=choices):
                return choices[0]
            case IntDistribution(low=low) | FloatDistribution(low=low):
                return low
        raise AssertionError(self.distribution)


@dataclass(frozen=True)
class Space:
    """What a sweep searches and what it holds fixed.

    Attributes:
        parameters: in an order in which each comes after those its condition names.
        fixed: overrides that every job gets, as they were written.
        known: values of parameters that are not searched but named by a condition.
    """

    parameters: tuple[Parameter, ...]
    fixed: tuple[str, ...]
    known: Mapping[str, Value]

    def suggest(self, trial: Trial) -> dict[str, Value]:
        """Draw, or read back, every parameter that exists for this trial."""
        values = dict(self.known)
        drawn = {}
        for parameter in self.parameters:
            if parameter.exists_beside(values):
                drawn[parameter.name] = values[parameter.name] = parameter.suggest(trial)
        return drawn

    def overrides(self, values: Mapping[str, Value]) -> list[str]:
        """Return a job's overrides for these values of the parameters."""
        by_name = {parameter.name: parameter for parameter in self.parameters}
        drawn = [
            by_name[name].override(value) if name in by_name else f"{name}={encode(value)}"
            for name, value in values.items()
        ]
        return [*self.fixed, *drawn]

    def example(self, wanted: Mapping[str, Value] | None = None) -> dict[str, Value]:
        """One configuration of the space, with the `wanted` values where they can be."""
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            if parameter.exists_beside({**self.known, **values}):
                name = parameter.name
                values[name] = (wanted or {}).get(name, parameter.example())
        return values

    def examples(self, groups: Container[str]) -> list[dict[str, Value]]:
        """Configurations in which each parameter occurs, and each choice of a config group.

        Args:
            groups: names of the parameters that are config groups.
        """
        by_name = {parameter.name: parameter for parameter in self.parameters}
        wanted: list[dict[str, Value]] = [{}]
        for parameter in self.parameters:
            needs = _needs(parameter, by_name)
            choices = parameter.grid() if parameter.name in groups else [parameter.example()]
            wanted += [{**needs, parameter.name: choice} for choice in choices]
        configurations = [self.example(one) for one in wanted]
        return [one for i, one in enumerate(configurations) if one not in configurations[:i]]

    def grid(self) -> list[dict[str, Value]]:
        """Every configuration, each once, in an order that depends on the space alone."""
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

    def check_enqueued(self, configuration: Mapping[str, Any]) -> dict[str, Value]:
        """Return a configuration to enqueue, in labels.

        Raises:
            ConfigError: it names what is not searched, or a value outside the space.
        """
        by_name = {parameter.name: parameter for parameter in self.parameters}
        labels = {}
        for name, value in configuration.items():
            if name not in by_name:
                raise ConfigError(
                    f"hydra.sweeper.enqueue: `{name}` is not searched. Searched are: "
                    f"{', '.join(by_name) or 'none'}."
                )
            labels[name] = by_name[name].label(value)
            distribution = by_name[name].distribution
            if not contains(distribution, labels[name]):
                raise ConfigError(
                    f"hydra.sweeper.enqueue: `{name}` must lie in {describe(distribution)}, got "
                    f"{value!r}."
                )
        return labels

    def signature(self) -> dict[str, str]:
        """What must be the same when a study is continued: one text a parameter."""
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


def contains(distribution: BaseDistribution, value: Value) -> bool:
    try:
        return distribution._contains(distribution.to_internal_repr(value))
    except (ValueError, TypeError):
        return False


def describe(distribution: BaseDistribution) -> str:
    match distribution:
        case CategoricalDistribution(choices=choices):
            return f"choice({', '.join(map(str, choices))})"
        case IntDistribution() | FloatDistribution():
            step = f" in steps of {distribution.step}" if distribution.step else ""
            log = ", logarithmic" if distribution.log else ""
            return f"[{distribution.low}, {distribution.high}]{step}{log}"
    return str(distribution)

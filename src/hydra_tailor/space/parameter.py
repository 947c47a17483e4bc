"""One searched key: where Optuna draws it from, and the override that a job gets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial

from hydra_tailor.bounds import is_number
from hydra_tailor.errors import ConfigError
from hydra_tailor.internals.hydra import grid_choices
from hydra_tailor.internals.optuna import contains
from hydra_tailor.space.grammar import Value, encode, encode_bare, is_scalar

Conditions = Mapping[str, Mapping[str, Sequence[Value]]]
"""For parameters that do not always exist, the labels that other parameters must have."""

MAX_CHOICES = 100
"""Each value that is checked before a search takes about 50 ms."""


@dataclass(frozen=True)
class Parameter:
    """One searched key.

    Attributes:
        name: the key.
        distribution: where Optuna draws from.
        texts: for choices that Optuna stores as text, that text; see `texts_of`.
        condition: labels that other parameters must have for this one to exist.
        written: the sweep as written in the config or on the command line.
        prefix: `+` or `++` if the override was written so, as for a key that the config lacks.
    """

    name: str
    distribution: BaseDistribution
    texts: Mapping[str, str] = field(default_factory=dict)
    condition: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    written: str = ""
    prefix: str = ""

    def label(self, value: Any) -> Value:
        """The form in which Optuna stores a value: scalars as they are, anything else as text."""
        text = encode(value)
        return text if text in self.texts or not is_scalar(value) else value

    def allows(self, label: Value) -> bool:
        """Whether a value, in the form in which Optuna stores it, can be drawn."""
        is_choice = isinstance(self.distribution, CategoricalDistribution)
        return (is_choice or is_number(label)) and contains(self.distribution, label)

    @property
    def is_numeric(self) -> bool:
        """Whether every value is a number."""
        choices = getattr(self.distribution, "choices", ())
        return all(is_number(choice) for choice in choices)

    def override(self, value: Value) -> str:
        """The job's override for a value in the form in which Optuna stores it."""
        text = self.texts.get(value) if isinstance(value, str) else None
        return f"{self.prefix}{self.name}={encode_bare(value) if text is None else text}"

    def exists_beside(self, values: Mapping[str, Value]) -> bool:
        return all(
            name in values and values[name] in accepted
            for name, accepted in self.condition.items()
        )

    def suggest(self, trial: Trial) -> Value:
        """Draw the value of a trial, or return the one it has."""
        match self.distribution:
            case CategoricalDistribution(choices=choices):
                return trial.suggest_categorical(self.name, choices)
            case IntDistribution(low=low, high=high, step=step, log=log):
                return trial.suggest_int(self.name, low, high, step=step, log=log)
            case FloatDistribution(low=low, high=high, step=step, log=log):
                return trial.suggest_float(self.name, low, high, step=step, log=log)
        raise AssertionError(self.distribution)

    def grid(self) -> list[Value]:
        """Every value.

        Raises:
            ConfigError: there are infinitely many.
        """
        try:
            return list(grid_choices(self.distribution))
        except ValueError as error:
            raise ConfigError(
                f"`{self.name}` has infinitely many values, so it has no grid. Use choice(...) or "
                "range(...) in place of interval(...), or another hydra/sweeper/sampler."
            ) from error

    def size(self) -> float:
        """The number of values; infinite for an interval."""
        match self.distribution:
            case CategoricalDistribution(choices=choices):
                return len(choices)
            case (
                IntDistribution(low=low, high=high, step=step)
                | FloatDistribution(low=low, high=high, step=float() as step)
            ):
                return 1 + round((high - low) / step)
        return math.inf

    def extremes(self) -> list[Value]:
        """Both bounds, or every choice; of more than `MAX_CHOICES`, the first and the last."""
        match self.distribution:
            case CategoricalDistribution(choices=choices):
                return list(choices if len(choices) <= MAX_CHOICES else (choices[0], choices[-1]))
            case IntDistribution(low=low, high=high) | FloatDistribution(low=low, high=high):
                return [low, high]
        raise AssertionError(self.distribution)

    def example(self) -> Value:
        """The first choice, or the lower bound."""
        return self.extremes()[0]


def describe(distribution: BaseDistribution) -> str:
    """A distribution in words, for messages and notes."""
    match distribution:
        case CategoricalDistribution(choices=choices):
            return f"choice({', '.join(map(str, choices))})"
        case IntDistribution() | FloatDistribution():
            step = f" in steps of {distribution.step}" if distribution.step else ""
            log = ", logarithmic" if distribution.log else ""
            return f"[{distribution.low}, {distribution.high}]{step}{log}"
    return str(distribution)

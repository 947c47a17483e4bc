"""The search space: from Hydra's override grammar to Optuna's distributions, and back.

Sweeps are parsed by hydra-optuna-sweeper; what is added here are lists and dicts as choices,
config groups, logarithmic ranges, conditions, and values that reach the job exactly as written.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Override,
    Quote,
    QuotedString,
    RangeSweep,
    Sweep,
)
from hydra.errors import HydraException
from hydra_plugins.hydra_optuna_sweeper._impl import (
    OptunaSweeperImpl,
    create_optuna_distribution_from_override,
)
from omegaconf import DictConfig, OmegaConf
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)
from optuna.trial import Trial

from tailor.errors import ConfigError

Value = Any
"""None, a bool, an int, a float or a string; a list or dict stands as its text in the grammar."""


def encode(value: Value) -> str:
    """Write a value so that Hydra's grammar reads it back unchanged.

    Strings are always quoted: `'1'` stays a string, and commas, spaces and quotes stay inside.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return QuotedString(value, Quote.single).with_quotes()
        case list() | tuple():
            return "[" + ",".join(map(encode, value)) + "]"
        case Mapping():
            return "{" + ",".join(f"{_key(k)}:{encode(v)}" for k, v in value.items()) + "}"
    raise ConfigError(f"a searched value must be a scalar, a list or a dict, got {value!r}.")


def _key(key: Any) -> str:
    """Write a dict's key: the grammar has no quotes there, only escapes."""
    if not isinstance(key, str):
        return encode(key)
    text = re.sub(r"([\\()\[\]{}:=, \t])", r"\\\1", key)
    try:
        read = OverridesParser.create().parse_override(f"key={{{text}:0}}").value()
    except HydraException:
        read = None
    if read != {key: 0}:
        raise ConfigError(f"Hydra's grammar cannot write {key!r} as a key of a dict.")
    return text


def plain(element: Any) -> Any:
    """A parsed element of the grammar as a Python value."""
    match element:
        case QuotedString():
            return element.text
        case list():
            return [plain(one) for one in element]
        case dict():
            return {plain(key): plain(one) for key, one in element.items()}
    return element


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, (list, tuple, Mapping))


def texts_of(choices: Sequence[Any]) -> dict[str, str]:
    """The choices that Optuna cannot keep themselves: their text in the grammar, by their label.

    Those are lists and dicts. Where it could not tell two choices apart (1 and true, or a list
    and a string that looks like it), all of them.
    """
    labels = [one if _is_scalar(one) else encode(one) for one in choices]
    texts = [encode(one) for one in choices]
    confused = any(
        labels[i] == labels[j] and texts[i] != texts[j]
        for i, j in itertools.combinations(range(len(choices)), 2)
    )
    return {
        text: text
        for one, text in zip(choices, texts, strict=True)
        if confused or not _is_scalar(one)
    }


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
        return text if text in self.texts or not _is_scalar(value) else value

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
            if not _contains(distribution, labels[name]):
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


def _contains(distribution: BaseDistribution, value: Value) -> bool:
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


def build_space(
    params: Mapping[str, Any],
    arguments: Sequence[str],
    when: Mapping[str, Mapping[str, Any]],
    *,
    config: DictConfig,
    loader: ConfigLoader,
) -> Space:
    """Put the space together; the command line takes precedence over `hydra.sweeper.params`.

    Args:
        params: a sweep in Hydra's grammar, or a fixed value, for each key.
        arguments: the command line's overrides of the program's config.
        when: the conditions, `{parameter: {other: choice or list of choices}}`.
        config: the composed config of the whole sweep.
        loader: resolves `glob(*)` over a config group.

    Raises:
        ConfigError: a sweep or a condition makes no sense; the message says which and why.
    """
    parser = OverridesParser.create(config_loader=loader)
    parser.functions.definitions["choice"] = inspect.signature(_choice, eval_str=True)
    written = [f"{key}={_grammar(value)}" for key, value in params.items()]
    latest: dict[str, Override] = {}
    fixed: list[Override] = []
    for override in _parse(parser, [*written, *arguments]):
        key = override.get_key_element() if not override.is_delete() else override.key_or_group
        if override.is_delete():
            latest.pop(key, None)
            fixed.append(override)
        elif override.is_list_extend():
            fixed.append(override)
        else:
            # A key has one meaning: the last that was written, as a sweep or as a fixed value.
            latest = {
                known: one for known, one in latest.items() if known.lstrip("+") != key.lstrip("+")
            }
            latest[key] = override
    parameters = {
        key: parameter_of(key, override)
        for key, override in latest.items()
        if override.is_sweep_override()
    }
    constant = {key: one for key, one in latest.items() if not one.is_sweep_override()}
    _check_conditions(when, {*parameters, *constant})
    conditions = {
        key: {other: _accepted(key, other, of, parameters) for other, of in condition.items()}
        for key, condition in when.items()
        if key in parameters
    }
    known = {
        other: _text(constant[other].value() if other in constant else _current(config, other))
        for condition in conditions.values()
        for other in condition
        if other not in parameters
    }
    return Space(
        parameters=tuple(_in_order(parameters, conditions)),
        fixed=tuple(str(one.input_line) for one in [*fixed, *constant.values()]),
        known=known,
    )


def _choice(*args: Any) -> Any:
    """The signature that `choice` has in `params`: Hydra's own refuses null."""


def _grammar(value: Any) -> str:
    """A value of `params` as text: strings are grammar already, YAML's own values are encoded."""
    return value if isinstance(value, str) else encode(value)


def _parse(parser: OverridesParser, lines: Sequence[str]) -> list[Override]:
    try:
        return parser.parse_overrides(list(lines))
    except HydraException as error:
        raise ConfigError(f"the search space cannot be read: {error}") from error


def parameter_of(key: str, override: Override) -> Parameter:
    """Turn one sweep into a parameter.

    Raises:
        ConfigError: the sweep is empty, or has a tag that means nothing here.
    """
    sweep = override.value()
    if isinstance(sweep, (ChoiceSweep, RangeSweep)) and sweep.shuffle:
        # Draws are random anyway, and every start of a study needs the same list.
        sweep = dataclasses.replace(sweep, shuffle=False)
        override = dataclasses.replace(override, _value=sweep)
    tags = sweep.tags if isinstance(sweep, Sweep) else set()
    numeric = override.is_interval_sweep() or override.is_range_sweep()
    if unknown := tags - ({"log"} if numeric else set()):
        raise ConfigError(
            f"`{override.input_line}`: the tag {', '.join(sorted(unknown))} means nothing here. "
            "`log` on an interval or a range of whole numbers is the only one."
        )
    if override.is_choice_sweep():
        choices = [plain(element) for element in override.sweep_iterator()]
        if not choices:
            raise ConfigError(f"`{override.input_line}` offers no choice.")
        texts = texts_of(choices)
        labels = [encode(one) if encode(one) in texts else one for one in choices]
        return Parameter(key, CategoricalDistribution(labels), texts)
    try:
        distribution = create_optuna_distribution_from_override(override)
    except ValueError as error:
        raise ConfigError(f"`{override.input_line}`: {error}") from error
    if "log" in tags and isinstance(sweep, RangeSweep):
        distribution = _logarithmic(override, distribution)
    return Parameter(key, distribution)


def _logarithmic(override: Override, distribution: BaseDistribution) -> BaseDistribution:
    if not isinstance(distribution, IntDistribution) or distribution.step != 1:
        raise ConfigError(
            f"`{override.input_line}`: a logarithmic range needs whole numbers in steps of 1. Use "
            "tag(log, interval(low, high)) for real numbers."
        )
    if distribution.low < 1:
        raise ConfigError(
            f"`{override.input_line}`: a logarithmic range must start at 1 or more, got "
            f"{distribution.low}."
        )
    return IntDistribution(distribution.low, distribution.high, log=True)


def _check_conditions(when: Mapping[str, Mapping[str, Any]], keys: set[str]) -> None:
    for key in when:
        if key not in keys:
            raise ConfigError(
                f"hydra.sweeper.when: `{key}` is not in the search space. In it are: "
                f"{', '.join(sorted(keys)) or 'none'}."
            )


def _accepted(
    key: str, other: str, choice: Any, parameters: Mapping[str, Parameter]
) -> list[Value]:
    """Labels of another parameter beside which `key` exists."""
    choices = choice if isinstance(choice, list) else [choice]
    if other not in parameters:
        return [_text(one) for one in choices]
    labels = [parameters[other].label(one) for one in choices]
    for one in labels:
        if not _contains(parameters[other].distribution, one):
            raise ConfigError(
                f"hydra.sweeper.when: `{key}` exists beside `{other}`={one!r}, which is not in "
                f"{describe(parameters[other].distribution)}."
            )
    return labels


def _text(value: Any) -> Value:
    """A value that is not searched, as it is compared with a condition's."""
    return value if _is_scalar(value) else encode(value)


def _current(config: DictConfig, key: str) -> Any:
    """The value that a key has in every job: a group's choice or a plain value."""
    choices = config.hydra.runtime.choices
    if key in choices:
        return choices[key]
    missing = object()
    value = OmegaConf.select(config, key.lstrip("+"), default=missing)
    if value is missing:
        raise ConfigError(f"hydra.sweeper.when: there is no `{key}` in the config.")
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _in_order(
    parameters: Mapping[str, Parameter], conditions: Mapping[str, Mapping[str, Sequence[Value]]]
) -> Iterator[Parameter]:
    placed: set[str] = set()
    while len(placed) < len(parameters):
        ready = [
            key
            for key in parameters
            if key not in placed
            and all(
                other in placed or other not in parameters for other in conditions.get(key, {})
            )
        ]
        if not ready:
            raise ConfigError(
                "hydra.sweeper.when: these parameters wait for each other: "
                f"{', '.join(sorted(set(parameters) - placed))}."
            )
        for key in ready:
            one = parameters[key]
            yield Parameter(key, one.distribution, one.texts, conditions.get(key, {}))
            placed.add(key)

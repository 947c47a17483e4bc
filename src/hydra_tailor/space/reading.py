"""Reading a search space: from Hydra's override grammar to Optuna's distributions.

hydra-optuna-sweeper parses intervals and ranges. This module adds lists and dicts as choices,
config groups, logarithmic ranges, conditions, and values that reach the job exactly as written.
"""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from pathlib import PurePath
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import (
    ChoiceSweep,
    Override,
    RangeSweep,
    Sweep,
)
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

from hydra_tailor.errors import ConfigError
from hydra_tailor.flat import flat
from hydra_tailor.internals.hydra import distribution_of_override
from hydra_tailor.space.grammar import Value, bare, encode, is_scalar, plain, texts_of
from hydra_tailor.space.parameter import Parameter, describe
from hydra_tailor.space.space import Space

SWEEP = re.compile(r"\s*(choice|range|interval|glob|tag|sort|shuffle)\(")
"""Start of a sweep of Hydra's grammar."""


def build_space(
    params: Mapping[str, Any],
    arguments: Sequence[str],
    when: Mapping[str, Mapping[str, Any]],
    *,
    config: DictConfig,
    loader: ConfigLoader,
) -> Space:
    """Build the space; the command line takes precedence over `hydra.sweeper.params`.

    Args:
        params: for each key a sweep in Hydra's grammar, or a fixed value.
        arguments: the command line's overrides of the program's config.
        when: the conditions, `{parameter: {other: choice or list of choices}}`.
        config: the composed config of the whole sweep.
        loader: resolves `glob(*)` over a config group.

    Raises:
        ConfigError: a sweep or a condition is invalid.
    """
    parser = OverridesParser.create(config_loader=loader)
    parser.functions.definitions["choice"] = inspect.signature(_choice, eval_str=True)
    _refuse_nested(params)
    written = [f"{key}={_grammar(value)}" for key, value in params.items()]
    kept: list[Override] = []  # in the order of writing: a list comes before its extensions
    for override in _parse(parser, [*written, *arguments]):
        kept = [earlier for earlier in kept if not _replaces(override, earlier)]
        _refuse_to_extend_a_sweep(override, kept)
        kept.append(override)
    fixed = [override for override in kept if not override.is_sweep_override()]
    parameters = {
        key_of(override): parameter_of(override)
        for override in kept
        if override.is_sweep_override()
    }
    constant = {key_of(override): override for override in fixed if _sets(override)}
    when = {
        bare(key): {bare(other): choice for other, choice in condition.items()}
        for key, condition in when.items()
    }
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
        fixed=tuple(str(override.input_line) for override in fixed),
        known=known,
    )


def _refuse_nested(params: Mapping[str, Any]) -> None:
    """Refuse a mapping with a sweep or another parameter in it: it would be one fixed value."""
    for key, value in params.items():
        if not isinstance(value, Mapping):
            continue
        leaves = flat({key: value})
        sweep = next((name for name, leaf in leaves.items() if SWEEP.match(str(leaf))), None)
        if sweep is None and not any(other.startswith(f"{key}.") for other in params):
            continue
        name = sweep or next(iter(leaves))
        raise ConfigError(
            f"hydra.sweeper.params: `{key}` is a mapping of further keys. Write each of them in "
            f"one word with dots: `{name}: {leaves[name]}`. On the command line, type "
            f"{name}={leaves[name]} without hydra.sweeper.params."
        )


def key_of(override: Override) -> str:
    """The key that an override sets or deletes, with the package of a config group."""
    key: str = override.get_key_element()
    return bare(key.removeprefix("~"))


def _sets(override: Override) -> bool:
    return not override.is_delete() and not override.is_list_extend()


def _replaces(later: Override, earlier: Override) -> bool:
    """Whether a later sweep or fixed value of a key replaces an earlier one."""
    if earlier.is_delete() or later.is_list_extend():
        return False
    key, by = key_of(earlier), key_of(later)
    if later.is_delete() or later.is_sweep_override() or not isinstance(later.value(), dict):
        return key == by
    return key == by or key in flat({by: later.value()})


def _refuse_to_extend_a_sweep(override: Override, before: Sequence[Override]) -> None:
    key = override.key_or_group
    searched = [
        earlier
        for earlier in before
        if earlier.is_sweep_override() and earlier.key_or_group == key
    ]
    if override.is_list_extend() and searched:
        raise ConfigError(
            f"`{override.input_line}` extends a list that is searched "
            f"(`{searched[0].input_line}`). Write the whole lists as choices, as in "
            f"{key}=choice([32,64],[32,64,128])."
        )


def _choice(*args: Any) -> Any:
    """The signature of `choice` in `params`: Hydra's own refuses null."""


def _grammar(value: Any) -> str:
    """A value of `params` as text in the grammar; strings already are such text."""
    return value if isinstance(value, str) else encode(value)


def _parse(parser: OverridesParser, lines: Sequence[str]) -> list[Override]:
    try:
        return parser.parse_overrides(list(lines))
    except HydraException as error:
        raise ConfigError(f"the search space cannot be read: {error}") from error


def parameter_of(override: Override) -> Parameter:
    """Turn one sweep into a parameter.

    Raises:
        ConfigError: the sweep is empty, or has an unknown tag.
    """
    sweep = override.value()
    if isinstance(sweep, (ChoiceSweep, RangeSweep)) and sweep.shuffle:
        # Draws are random anyway, and every start of a study must read the same list.
        sweep = dataclasses.replace(sweep, shuffle=False)
        override = dataclasses.replace(override, _value=sweep)
    key = key_of(override)
    prefix = override.get_key_element().removesuffix(key)
    written = str(override.input_line).partition("=")[2]
    tags = sweep.tags if isinstance(sweep, Sweep) else set()
    numeric = override.is_interval_sweep() or override.is_range_sweep()
    if unknown := tags - ({"log"} if numeric else set()):
        raise ConfigError(
            f"`{override.input_line}`: the tag {', '.join(sorted(unknown))} is unknown. "
            "The only tag is `log`, on an interval or a range of whole numbers."
        )
    if override.is_choice_sweep():
        choices = [plain(element) for element in override.sweep_iterator()]
        if not choices:
            raise ConfigError(f"`{override.input_line}` offers no choice.")
        texts = texts_of(choices)
        labels = [encode(choice) if encode(choice) in texts else choice for choice in choices]
        choice = CategoricalDistribution(labels)
        return Parameter(key, choice, texts, written=written, prefix=prefix)
    try:
        distribution = distribution_of_override(override)
    except ValueError as error:
        raise ConfigError(f"`{override.input_line}`: {error}") from error
    bounds = getattr(distribution, "low", 0), getattr(distribution, "high", 0)
    if not all(map(math.isfinite, bounds)):
        raise ConfigError(
            f"`{override.input_line}`: the bounds must be finite, got {bounds[0]} and {bounds[1]}."
        )
    if "log" in tags and isinstance(sweep, RangeSweep):
        distribution = _logarithmic(override, distribution)
    return Parameter(key, distribution, written=written, prefix=prefix)


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
    """Labels of another parameter with which `key` exists."""
    choices = choice if isinstance(choice, list) else [choice]
    if not choices:
        raise ConfigError(
            f"hydra.sweeper.when: `{key}` needs one or more values of `{other}` beside which it "
            "exists, got []."
        )
    if other not in parameters:
        return [_text(accepted) for accepted in choices]
    labels = [parameters[other].label(accepted) for accepted in choices]
    for label in labels:
        if not parameters[other].allows(label):
            raise ConfigError(
                f"hydra.sweeper.when: `{key}` exists beside `{other}`={label!r}, which is not in "
                f"{describe(parameters[other].distribution)}."
            )
    return labels


def own_values(space: Space, config: DictConfig) -> dict[str, Value]:
    """The values that searched keys have in the config, where they lie in the space.

    Args:
        space: the search space.
        config: the composed config of the whole sweep.
    """
    found: dict[str, Value] = {}
    for parameter in space.parameters:
        if not parameter.exists_beside({**space.known, **found}):
            continue
        try:
            label = parameter.label(_current(config, parameter.name))
        except (ConfigError, OmegaConfBaseException):  # a new key, or one that only a job resolves
            continue
        if parameter.allows(label):
            found[parameter.name] = label
    return found


def _text(value: Any) -> Value:
    """A value that is not searched, in the form in which it is compared with a condition."""
    value = _as_typed(value)
    return value if is_scalar(value) else encode(value)


def _as_typed(value: Any) -> Any:
    """A value of a config as it is written on a command line."""
    if OmegaConf.is_config(value):
        return _as_typed(OmegaConf.to_container(value, resolve=True))
    match value:
        case Enum():
            return value.name
        case PurePath():
            return str(value)
        case list():
            return [_as_typed(one) for one in value]
        case dict():
            return {_as_typed(key): _as_typed(one) for key, one in value.items()}
    return value


def _current(config: DictConfig, key: str) -> Any:
    """The value that a key has in every job, as typed: a group's choice or a plain value."""
    choices = config.hydra.runtime.choices
    if key in choices:
        return _as_typed(choices[key])
    missing = object()
    value = OmegaConf.select(config, key, default=missing)
    if value is missing:
        raise ConfigError(f"hydra.sweeper.when: there is no `{key}` in the config.")
    return _as_typed(value)


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
            parameter = parameters[key]
            yield dataclasses.replace(parameter, condition=conditions.get(key, {}))
            placed.add(key)

"""Private names of Hydra 1.4, OmegaConf and Hydra's own plugins that the sweeper needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

# Hydra's reporting of errors, which `end_with_message_of` wraps.
from hydra._internal import hydra as hydra_module
from hydra._internal import utils as hydra_utils

# The callbacks of a context: one of them uploads a job's run directory, in the job's process.
from hydra._internal.callbacks import Callbacks

# The loader that composes jobs; `ComposeOnce` composes each config only once.
from hydra._internal.config_loader_impl import ConfigLoaderImpl

# That loader's cache of config files, from which passwords are removed before jobs get it.
from hydra._internal.config_repository import CachingConfigRepository

# The parser of Hydra's own flags: a trial's note repeats those that were typed.
from hydra._internal.utils import get_args_parser
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn
from omegaconf import DictConfig, OmegaConf

from hydra_tailor.errors import is_interrupt

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution  # importing Optuna takes a moment

__all__ = [
    "Callbacks",
    "ConfigLoaderImpl",
    "cached_configs",
    "distribution_of_override",
    "end_with_message_of",
    "get_args_parser",
    "grid_choices",
    "has_plain_node",
    "hydra_overrides",
    "raw_return_value",
    "start_ray",
    "texts",
]


def end_with_message_of(message: Callable[[Exception], str | None]) -> None:
    """End the program with only a message if composing fails.

    Args:
        message: returns the message for an error. None: Hydra reports the error, as it reports
            all errors of jobs.
    """
    report = hydra_utils.run_and_report

    def run_and_report(func: Callable[[], Any]) -> Any:
        def run() -> Any:
            try:
                return func()
            except Exception as error:
                if is_interrupt(error):
                    raise KeyboardInterrupt from error
                is_of_job = hydra_utils._job_traceback(error.__traceback__) is not None
                if is_of_job or (text := message(error)) is None:
                    raise
                sys.exit(text)

        return report(run)

    for module in (hydra_utils, hydra_module):
        setattr(module, "run_and_report", run_and_report)  # noqa: B010  (mypy knows no such name)


def raw_return_value(returned: JobReturn) -> Any:
    """What a job returned or raised, without raising it."""
    return returned._return_value


def hydra_overrides(config: DictConfig) -> list[str]:
    """The overrides of Hydra's own keys, as written: one may refer to a job's number."""
    return [str(line) for line in config.hydra.overrides.hydra._iter_ex(resolve=False)]


def has_plain_node(config: DictConfig, key: str) -> bool:
    """Whether a key names an existing node, so that setting it needs no composition."""
    try:
        parent, name, node = config._select_impl(
            key, throw_on_missing=False, throw_on_resolution_failure=False
        )
    except Exception:  # whatever is wrong with the key, Hydra's loader reports it
        return False
    return parent is not None and node is not None and OmegaConf.is_config(parent) and bool(name)


def cached_configs(loader: ConfigLoader) -> list[Any]:
    """The config files that a loader has read and keeps in memory."""
    parts = [part for part in vars(loader).values() if isinstance(part, CachingConfigRepository)]
    results = [result for part in parts for result in part.cache.values()]
    return [result.config for result in results if result is not None]


def texts(config: Any) -> Iterator[tuple[Any, str]]:
    """Each node of a config that holds a string, and the string as written."""
    keys = range(len(config)) if OmegaConf.is_list(config) else config
    for node in [config._get_node(key) for key in keys]:
        value = node._value()
        if isinstance(value, str):
            yield node, value
        elif OmegaConf.is_config(node) and value is not None:
            yield from texts(node)


def distribution_of_override(override: Override) -> BaseDistribution:
    """Parse an interval or range with the stock sweeper's code, so that both sweepers agree."""
    from hydra_plugins.hydra_optuna_sweeper._impl import create_optuna_distribution_from_override

    distribution: BaseDistribution = create_optuna_distribution_from_override(override)
    return distribution


def grid_choices(distribution: BaseDistribution) -> Sequence[Any]:
    """The stock sweeper's list of a distribution's values.

    Raises:
        ValueError: there are infinitely many.
    """
    from hydra_plugins.hydra_optuna_sweeper._impl import OptunaSweeperImpl

    return list(OptunaSweeperImpl._to_grid_sampler_choices(distribution))


def start_ray(init: Any) -> None:
    """Connect to the Ray cluster that a Ray launcher's config names."""
    from hydra_plugins.hydra_ray_launcher._launcher_util import start_ray as start

    start(init)

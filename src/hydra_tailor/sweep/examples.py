"""Example jobs of a sweep: composed before it begins, so that what is wrong is found then."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from hydra_tailor.errors import ConfigError, TailorError
from hydra_tailor.sweep.compose import ComposeOnce

log = logging.getLogger(__name__)


class Example(NamedTuple):
    """One job of a sweep.

    Attributes:
        job: its config without the `hydra` node.
        found: what `check_job` returned.
        subdir: its run directory within the sweep's; None if only a job can resolve that.
    """

    job: DictConfig
    found: Mapping[Any, Any]
    subdir: str | None


def compose_example(
    config: DictConfig,
    loader: ComposeOnce,
    overrides: list[str],
    check_job: Callable[[DictConfig], Any] | None,
    number: int,
) -> Example:
    """Compose one job's config as a launcher would: a misspelt key is an error here."""
    found: Mapping[Any, Any] = {}
    job = loader.load_sweep_config(config, overrides)
    subdir = None
    with as_job(job, number):
        if check_job is not None:
            found = _checked(job, check_job)
        with suppress(OmegaConfBaseException):  # only a job can resolve it
            subdir = str(job.hydra.sweep.subdir)
        with read_write(job), open_dict(job):
            del job["hydra"]
        try:
            OmegaConf.to_object(job)  # a schema's __post_init__ may refuse a setting
        except TailorError:
            raise
        except Exception:  # a program may leave values for its jobs to fill in
            log.debug("the config has values that only a job can resolve", exc_info=True)
    return Example(job, found, subdir)


def _checked(job: DictConfig, check_job: Callable[[DictConfig], Any]) -> Mapping[Any, Any]:
    try:
        found = check_job(job)
    except OSError as error:  # not of a file of ours
        raise ConfigError(f"`hydra.sweeper.check_job`: {type(error).__name__}: {error}") from error
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ConfigError(
            "`hydra.sweeper.check_job` must return nothing or texts by name, got a "
            f"{type(found).__name__}."
        )
    return found


def joined(found: Sequence[Mapping[Any, Any]]) -> dict[str, str]:
    """What the checks of all jobs returned: of several texts for a name, each one once."""
    texts: dict[str, set[str]] = {}
    for one in found:
        for name, text in one.items():
            texts.setdefault(str(name), set()).add(str(text))
    return {name: ", ".join(sorted(different)) for name, different in texts.items()}


@contextmanager
def as_job(job: DictConfig, number: int) -> Iterator[None]:
    """Let `${hydra:...}` refer to a job's own config, as it will be while the job runs."""
    with open_dict(job.hydra.job):
        job.hydra.job.num, job.hydra.job.id = number, str(number)
    before = HydraConfig.instance().cfg
    HydraConfig.instance().set_config(job)
    try:
        yield
    finally:
        HydraConfig.instance().cfg = before


def refuse_conditions_on_what_varies(known: Collection[str], jobs: Sequence[DictConfig]) -> None:
    """Refuse a condition on a key that is not searched, but that a searched group sets."""
    for key in known:
        values = {
            repr(OmegaConf.select(job, key, throw_on_resolution_failure=False)) for job in jobs
        }
        if len(values) > 1:
            raise ConfigError(
                f"hydra.sweeper.when: `{key}` is {' or '.join(sorted(values))}, by the values "
                "that are searched. Write the condition on the searched key instead."
            )


def refuse_shared_directory(subdirs: Sequence[str | None]) -> None:
    """Refuse a pattern that gives trials with different values one run directory."""
    for subdir, n in Counter(subdirs).items():
        if n > 1 and subdir is not None:
            raise ConfigError(
                "`hydra.sweep.subdir` must name another directory for each trial, got "
                f"{subdir!r} for several. Type: 'hydra.sweep.subdir=${{hydra.job.num}}'"
            )


def check_epochs_key(name: str | None, jobs: Sequence[DictConfig]) -> None:
    """Raise ConfigError unless a job has the key `epochs_key`."""
    missing = object()
    if name and all(OmegaConf.select(job, name, default=missing) is missing for job in jobs):
        raise ConfigError(
            f"`hydra.sweeper.epochs_key` must name a key of the config, got {name!r}."
        )

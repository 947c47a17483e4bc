"""What a finished study lends to a new one: its best configurations, to be tried first."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Any

import numpy as np
import optuna
from optuna.study import Study

from hydra_tailor.errors import ConfigError
from hydra_tailor.policy.axes import Axes
from hydra_tailor.space.parameter import Parameter
from hydra_tailor.storage.opening import missing_file, open_storage
from hydra_tailor.storage.passwords import masked
from hydra_tailor.study.ranking import ranked

log = logging.getLogger(__name__)

KEY = "hydra.sweeper.learn_from"
N_LENT = 3
"""Configurations that all lenders together lend, at most."""
MIN_DISTANCE = 0.1
"""Configurations closer than this count as the same: a mean over coordinates from 0 to 1."""

Configuration = Mapping[str, Any]
Parameters = Mapping[str, Parameter]


def open_lenders(
    storage: str | Mapping[str, Any], lenders: Sequence[str], *, borrower: str
) -> list[Study]:
    """Open the studies that lend to a new one; nothing is written.

    Args:
        storage: the storage of all studies.
        lenders: their names.
        borrower: name of the new study. One that has trials already borrows nothing.

    Raises:
        ConfigError: a lender does not exist, is the borrower itself, or has several objectives.
    """
    if borrower in lenders:
        raise ConfigError(
            f"`{KEY}` must name other studies, got {borrower!r}, this search itself. "
            "To continue it, leave the key out; to start from it, give this search a new name."
        )
    if not lenders:
        return []
    opened = None if missing_file(storage) else open_storage(storage)
    existing = [study.study_name for study in opened.get_all_studies()] if opened else []
    if opened and borrower in existing:
        if opened.get_n_trials(opened.get_study_id_from_name(borrower)):
            log.info("study %s has begun already: it learns from no other now", borrower)
            return []
        existing.remove(borrower)
    for name in lenders:
        if name not in existing:
            raise ConfigError(
                f"`{KEY}` must name studies in {masked(storage)}, got {name!r}. These exist: "
                f"{', '.join(existing) or 'none'}."
            )
    assert opened is not None
    return [_with_one_objective(optuna.load_study(study_name=n, storage=opened)) for n in lenders]


def _with_one_objective(study: Study) -> Study:
    if (n := len(study.directions)) == 1:
        return study
    raise ConfigError(
        f"`{KEY}` must name studies with one objective, got {study.study_name!r}, which has {n}: "
        "none of its trials is the best one."
    )


def lend(lenders: Sequence[Study], space: Parameters) -> list[Configuration]:
    """The best configurations of other studies that differ enough, each study's in turn.

    Only complete trials whose values lie in the new space are lent. Values of different studies
    are not compared, because their data may differ.

    Args:
        lenders: each with one objective.
        space: parameters of the new study, by name; a lender's other parameters are left out.

    Returns:
        At most `N_LENT`. A parameter that the lender did not search is missing.
    """
    chosen: list[tuple[Study, int, Configuration]] = []
    in_turn = chain.from_iterable(zip_longest(*(_offers(lender, space) for lender in lenders)))
    for offer in in_turn:
        if len(chosen) == N_LENT:
            break
        if offer is not None and _is_new(offer[-1], [known for *_, known in chosen], space):
            chosen.append(offer)
    for lender in lenders:
        _log_lent(lender, [number for study, number, _ in chosen if study is lender], space)
    return [configuration for *_, configuration in chosen]


def _offers(lender: Study, space: Parameters) -> Iterator[tuple[Study, int, Configuration]]:
    for trial in ranked(lender, lender.get_trials(deepcopy=False)):
        common = {name: value for name, value in trial.params.items() if name in space}
        if common and all(space[name].allows(value) for name, value in common.items()):
            yield lender, trial.number, common


def _is_new(offer: Configuration, known: Sequence[Configuration], space: Parameters) -> bool:
    axes = Axes({name: parameter.distribution for name, parameter in space.items()})
    new, *others = axes.coordinates(axes.positions([offer, *known]))
    return all(np.abs(new - other).mean() >= MIN_DISTANCE for other in others)


def _log_lent(lender: Study, numbers: Sequence[int], space: Parameters) -> None:
    name = lender.study_name
    if not numbers:
        log.warning(
            "study %s lends nothing: none of its complete trials lies in this search's space, or "
            "other studies lent the same",
            name,
        )
        return
    log.info("study %s lends the configurations of its trials %s", name, _listed(numbers))
    searched = {key for trial in lender.get_trials(deepcopy=False) for key in trial.params}
    if only_there := searched - space.keys():
        log.info("ignored, since this search does not have them: %s", _listed(sorted(only_there)))
    if only_here := space.keys() - searched:
        log.info("study %s does not have: %s", name, _listed(sorted(only_here)))


def _listed(things: Sequence[Any]) -> str:
    return ", ".join(map(str, things))

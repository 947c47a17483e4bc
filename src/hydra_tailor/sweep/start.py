"""From Hydra's call to a running sweep: launcher, plan, study, loop."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Sequence
from functools import partial

from hydra.core.plugins import Plugins
from hydra.core.utils import configure_log
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.study import Study
from optuna.trial import TrialState

from hydra_tailor import names
from hydra_tailor.errors import ConfigError
from hydra_tailor.files import whole
from hydra_tailor.internals.hydra import hydra_overrides
from hydra_tailor.jobs.dispatch import Dispatcher
from hydra_tailor.jobs.launchers import adapt
from hydra_tailor.jobs.upload import with_upload
from hydra_tailor.pictures.illustrator import Illustrator, NoPictures, folder_of
from hydra_tailor.pictures.messages import Opening
from hydra_tailor.policy.distinct import Distinct
from hydra_tailor.policy.grid import CellAssignment
from hydra_tailor.policy.pausing import Pausing
from hydra_tailor.policy.pruner import build_pruner
from hydra_tailor.policy.sampler import Grid, Seeded, build_sampler, is_enqueued
from hydra_tailor.storage.opening import open_storage, set_grace_period
from hydra_tailor.storage.passwords import masked, secrets_of, with_password
from hydra_tailor.study.continuing import (
    counted,
    first_directory,
    refuse_another_search,
    refuse_directory_of_another_study,
)
from hydra_tailor.study.lending import KEY as LEARN_FROM
from hydra_tailor.study.lending import lend, open_lenders
from hydra_tailor.study.shared import SharedStudy
from hydra_tailor.sweep.compose import ComposeOnce, forget_secrets
from hydra_tailor.sweep.description import description
from hydra_tailor.sweep.freeze import Frozen, freeze
from hydra_tailor.sweep.plan import Plan, make_plan
from hydra_tailor.sweep.same_command import typed
from hydra_tailor.sweep.settings import SweeperSettings
from hydra_tailor.sweep.sweep import Sweep
from hydra_tailor.terminal import plain_console
from hydra_tailor.view.live import make_view

log = logging.getLogger(__name__)


def prepare(
    settings: SweeperSettings,
    hydra_context: HydraContext,
    task_function: TaskFunction,
    config: DictConfig,
) -> Callable[[list[str]], None]:
    """Set the launcher up; return the function that sweeps, given the command line's overrides.

    Raises:
        TailorError: the launcher or a URL cannot be used.
    """
    frozen = freeze(config, settings)
    forget_secrets(hydra_context.config_loader, secrets_of(with_password(frozen.storage)))
    loader = ComposeOnce(hydra_context.config_loader)
    context = dataclasses.replace(hydra_context, config_loader=loader)
    if settings.results_url is not None:
        context = with_upload(context)
    launcher = Plugins.instance().instantiate_launcher(
        config=config, hydra_context=context, task_function=task_function
    )
    return partial(_sweep, settings, config, frozen, loader, launcher)


def _sweep(
    settings: SweeperSettings,
    config: DictConfig,
    frozen: Frozen,
    loader: ComposeOnce,
    launcher: Launcher,
    arguments: list[str],
) -> None:
    configure_log(config.hydra.hydra_logging, config.hydra.verbose)
    plan = make_plan(settings, config, frozen, loader, arguments)
    _check_policy(plan)
    if settings.dry_run:
        plain_console(soft_wrap=True).print(description(plan))
        return
    adapter = adapt(launcher, settings.n_jobs)  # which may refuse the launcher's settings
    illustrator = make_illustrator(plan)
    shared = open_study(plan)
    view = make_view(
        shared,
        prints_to_files=adapter.prints_to_files,
        capacity=adapter.capacity,
        objectives=plan.objectives,
        lengths=plan.lengths,
        next_commands=settings.next_commands,
        again=frozen.again,
    )
    Sweep(plan, shared, Dispatcher(adapter), view, illustrator).run()


def _check_policy(plan: Plan) -> None:
    """Check that the sampler and the pruner can be built and work together, and draw a trial.

    Raises:
        StudyError: the custom search space cannot be drawn from.
        ConfigError: they cannot, or the sampler tries every configuration, and does not know those
            of a custom search space, or has nothing to learn from other studies.
    """
    if plan.is_grid and plan.custom_search_space is not None:
        raise ConfigError(
            "`hydra.sweeper.custom_search_space` must be null with hydra/sweeper/sampler=grid: "
            "what a function searches is not known before it draws. Search it in "
            "hydra.sweeper.params or on the command line, or choose another sampler."
        )
    if plan.is_grid and plan.settings.lenders:
        raise ConfigError(
            f"`{LEARN_FROM}` must be null with hydra/sweeper/sampler=grid, which tries every "
            f"configuration, got {plan.settings.learn_from!r}."
        )
    shared = _shared(plan, InMemoryStorage(), _sampler(plan))
    if plan.custom_search_space is not None:
        plan.draw(shared.study.ask())


def _shared(plan: Plan, storage: BaseStorage, sampler: Seeded | Grid) -> SharedStudy:
    settings = plan.settings
    return SharedStudy(
        storage,
        plan.frozen.study_name,
        directions=settings.directions,
        sampler=sampler,
        budget=settings.n_trials,
        pruner=build_pruner(settings.pruner),
        epoch_budget=settings.epoch_budget,
        confirmation=plan.confirmation,
    )


def open_study(plan: Plan) -> SharedStudy:
    """Open the study, or create it, and write `multirun.yaml`.

    Raises:
        StudyError: the storage cannot be reached, or the study or the directory belongs to another
            search.
    """
    settings, frozen = plan.settings, plan.frozen
    is_grid = plan.is_grid
    lenders = open_lenders(frozen.storage, settings.lenders, borrower=frozen.study_name)
    storage = open_storage(frozen.storage)
    refuse_directory_of_another_study(
        storage,
        frozen.study_name,
        first_directory(plan.config.hydra.sweep),
        shown=masked(frozen.storage),
        anew=frozen.anew,
    )
    if settings.grace_period is not None:
        set_grace_period(storage, settings.grace_period)
    cells = plan.cells
    sampler = _sampler(plan)
    shared = _shared(plan, storage, sampler)
    refuse_another_search(
        shared.study,
        storage,
        space=plan.space.signature(),
        fixed=plan.fixed,
        found=plan.found,
        directions=settings.directions,
        anew=frozen.anew,
        learning=() if is_grid else _how_to_learn(shared.study, plan),
    )
    is_new = not shared.trials
    for configuration in plan.enqueued:
        shared.enqueue(configuration)
    if (surplus := len(plan.enqueued) - settings.n_trials) > 0:
        log.warning(
            "hydra.sweeper.n_trials=%d leaves out %d of the enqueued configurations",
            settings.n_trials,
            surplus,
        )
    if is_new and not is_grid:
        _begin_with_what_is_known(shared, plan, lenders)
    if cells is not None:
        assignment = sampler.cells if isinstance(sampler, Grid) else CellAssignment(cells)
        _fit_budget(shared, assignment, retries=settings.retries)
    if settings.storage is None and os.environ.get(names.STORAGE_VARIABLE):
        log.warning(
            "%s is set, but this program does not use it. In its config, write "
            "hydra.sweeper.storage: ${oc.env:%s}",
            *[names.STORAGE_VARIABLE] * 2,
        )
    frozen.directory.mkdir(parents=True, exist_ok=True)
    with whole(frozen.directory / names.MULTIRUN_FILE) as temporary:
        OmegaConf.save(plan.config, temporary)
    if isinstance(shared.study.pruner, Pausing) and shared.policy is None:
        what = "of a grid" if is_grid else "with several objectives"
        log.info("no trial pauses: every trial %s is trained to its end", what)
    log.info("study %s in %s, sampler %s", frozen.study_name, masked(frozen.storage), sampler.name)
    return shared


def _how_to_learn(study: Study, plan: Plan) -> tuple[str, ...]:
    """The overrides with which another study learns from this one; empty if it cannot."""
    directions = [direction.name.lower() for direction in study.directions]
    if plan.settings.several_objectives or directions != list(plan.settings.directions):
        return ()
    return (*plan.frozen.beside, typed(LEARN_FROM, study.study_name))


def _begin_with_what_is_known(shared: SharedStudy, plan: Plan, lenders: Sequence[Study]) -> None:
    """Enqueue the config's own values, then the best configurations of other studies."""
    own = plan.own if plan.settings.begin_with_config else {}
    lent = lend(lenders, {parameter.name: parameter for parameter in plan.space.parameters})
    first = [own, *({**own, **configuration} for configuration in lent)]
    room = max(0, plan.settings.n_trials - len(shared.trials))
    for configuration in [values for values in first if values][:room]:
        shared.enqueue(plan.space.possible(configuration))


def make_illustrator(plan: Plan) -> Illustrator:
    """Return the object that has the trials' pictures drawn.

    Raises:
        TailorError: nothing can be written into the folder of the pictures.
    """
    settings = plan.settings
    folder = folder_of(settings.pictures, plan.frozen.directory)
    if folder is None:
        return NoPictures()
    opening = Opening(
        storage=plan.frozen.storage,
        study=plan.frozen.study_name,
        folder=str(folder),
        content=settings.picture_content,
        space=plan.space.in_words(),
        fixed=dict(plan.fixed),
        typed=[*plan.space.fixed, *plan.frozen.typed],
        goals=dict(zip(plan.objectives, settings.directions, strict=False)),
    )
    return Illustrator(opening, plan.command_of)


def _sampler(plan: Plan) -> Seeded | Grid:
    seeded = partial(Seeded, conditions=plan.space.conditions)
    distinct = partial(Distinct, space=plan.space, cells=plan.cells)
    return build_sampler(
        plan.settings.sampler,
        grid=plan.cells if plan.is_grid else None,
        explicit=_typed_sampler_keys(plan.config),
        length_parameter=plan.settings.length_parameter,
        seeded=distinct if plan.is_distinct else seeded,
    )


def _typed_sampler_keys(config: DictConfig) -> set[str]:
    """Keys of the sampler that the command line sets."""
    prefix = "hydra.sweeper.sampler."
    overrides = (override.lstrip("+") for override in hydra_overrides(config))
    return {
        override.removeprefix(prefix).partition("=")[0]
        for override in overrides
        if override.startswith(prefix)
    }


def _fit_budget(shared: SharedStudy, cells: CellAssignment, *, retries: int) -> None:
    """Limit a finite space to one trial per configuration; retry failed trials."""
    trials = shared.trials
    repeated = {trial.user_attrs.get(names.RETRY_OF) for trial in trials}
    for trial in trials:
        if trial.state is TrialState.FAIL and trial.number not in repeated:
            shared.retry(trial.number, retries)
    placement = cells.place(shared.trials)
    # A trial that waits for a cell counts by its unused cell. If no cell is left, the trial was
    # enqueued by hand and counts too, or two processes raced and created one trial too many.
    others = sum(
        trial.number not in placement.pending
        or (is_enqueued(trial) and placement.pending[trial.number] is None)
        for trial in counted(shared.trials)
    )
    shared.limit = others + len(placement.unused)
    if shared.limit < shared.budget or isinstance(shared.study.sampler, Grid):
        log.info(
            "%d of %d configurations have no trial yet; with them the study has %d trials, of "
            "which n_trials allows %d",
            len(placement.unused),
            len(cells),
            shared.limit,
            min(shared.budget, shared.limit),
        )
    shared.budget = min(shared.budget, shared.limit)

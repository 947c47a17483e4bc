"""A search in words, before it runs: its space and its budget."""

from __future__ import annotations

from hydra_tailor.files import from_here
from hydra_tailor.space.parameter import Parameter
from hydra_tailor.sweep.plan import Plan


def description(plan: Plan) -> str:
    """Describe a search before it runs, for a user who may want to change it."""
    return "\n".join(
        ["search space", *_space(plan), "", *_size(plan), *_budget(plan), *_goal(plan)]
    )


def _space(plan: Plan) -> list[str]:
    parameters = plan.space.parameters
    width = max((len(parameter.name) for parameter in parameters), default=0)
    lines = [f"  {one.name:<{width}}  {one.written}{_condition(one)}" for one in parameters]
    return lines or ["  nothing is searched: every trial is the same"]


def _condition(parameter: Parameter) -> str:
    return "".join(
        f"   where {key} is {' or '.join(map(str, accepted))}"
        for key, accepted in parameter.condition.items()
    )


def _size(plan: Plan) -> list[str]:
    if plan.cells is None:
        return ["configurations  infinitely many, or too many to list"]
    epochs = plan.lengths.of_cells()
    trained = f"; {epochs:,.0f} epochs to train all of them to their end" if epochs else ""
    return [f"configurations  {len(plan.cells):,}{trained}"]


def _budget(plan: Plan) -> list[str]:
    settings = plan.settings
    n_trials = settings.n_trials
    if plan.cells is not None:
        n_trials = min(n_trials, len(plan.cells))
    limits = [f"{n_trials:,} trials (hydra.sweeper.n_trials={settings.n_trials})"]
    if settings.epoch_budget is not None:
        limits.append(
            f"{settings.epoch_budget:,} epochs of all trials together "
            f"(hydra.sweeper.epoch_budget={settings.epoch_budget})"
        )
    if settings.timeout is not None:
        limits.append(f"{settings.timeout:g} s (hydra.sweeper.timeout={settings.timeout:g})")
    lines = [
        f"budget          at most {limits[0]}",
        *(f"{'':16}and {more}" for more in limits[1:]),
    ]
    if plan.cells is not None and n_trials < len(plan.cells):
        sampler = "" if plan.is_grid else "hydra/sweeper/sampler=grid "
        lines.append(
            f"{'':16}for the whole grid: {sampler}hydra.sweeper.n_trials={len(plan.cells)}"
        )
    return lines


def _goal(plan: Plan) -> list[str]:
    goals = zip(plan.settings.directions, plan.objectives, strict=True)
    return [
        f"objective       {', '.join(f'{direction} {name}' for direction, name in goals)}",
        f"study           {plan.frozen.study_name}, in {from_here(plan.frozen.directory)}",
    ]

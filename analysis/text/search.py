"""The search in sentences: who won, how sure that is, what mattered."""

from __future__ import annotations

from analysis.measure.comparisons import front, knee
from analysis.measure.findings import Findings, RunnerUp
from analysis.read.study import Trial
from analysis.wording import (
    counted,
    duration,
    listed,
    number,
    objective_value,
    percent,
    points,
    probability_value,
    short,
)

SIGNIFICANT = 0.05
MEASURED = 41  # trials of which the best tenth has the five that Optuna advises


def settings(params: dict[str, object]) -> str:
    return listed([f"{short(key)} {number(value)}" for key, value in params.items()])


def winner(findings: Findings) -> str:
    view, trial = findings.view, findings.chosen
    complete = view.ranked
    first = view.objectives[0]
    if not findings.is_best:
        best = complete[0] if complete else None
        text = f"Trial {trial.number} was asked for{_with(trial)}."
        if best is not None:
            text += (
                f" It is not the best of study {view.name}: that is trial {best.number} with a "
                f"{short(first)} of {objective_value(first, best.values[0])}"
            )
            text += (
                f", against {objective_value(first, trial.values[0])} here."
                if trial.values
                else "; this one did not run to its end."
            )
        return text
    several = (
        ""
        if len(view.objectives) == 1
        else f" (the first of {len(view.objectives)} objectives decides)"
    )
    return (
        f"Of {counted(len(complete), 'complete trial')} in study {view.name}, trial "
        f"{trial.number} has the best {short(first)}, "
        f"{objective_value(first, trial.values[0])}{several}{_with(trial)}. "
        "The search did not read the test split; this analysis does."
    )


def _with(trial: Trial) -> str:
    return f": {settings(dict(trial.params))}" if trial.params else ""


def certainty(findings: Findings) -> str:
    """How sure the choice is, by another trial's answers on the same validation images."""
    runner, mine = findings.runner_up, findings.chosen.number
    if runner is None:
        return (
            "There is no other complete trial whose weights are here and that was ranked on the "
            "same images, so there is nothing to compare it with."
        )
    test = runner.comparison
    first = findings.view.objectives[0]
    text = (
        f"{_opponent(findings, runner)} is trial {runner.number} "
        f"({objective_value(first, runner.trial.values[0])}{_with(runner.trial)}). "
        f"On the {findings.sizes['validation']:,} validation images, {test.only_first:,} were "
        f"right in trial {mine} alone and {test.only_second:,} in trial {runner.number} alone: "
        f"the accuracies are {points(abs(test.difference), 2)} "
        f"apart (95 % interval of trial {mine}'s less the other's {100 * test.difference_low:.2f} "
        f"to {100 * test.difference_high:.2f}; McNemar's exact test: "
        f"{probability_value(test.p_value)}). "
    )
    if test.p_value >= SIGNIFICANT:
        return text + (
            "These images do not show which of the two is better; the cheaper or simpler one may "
            "be preferred."
        )
    better = mine if test.difference > 0 else runner.number
    return text + (
        f"That trial {better} is ahead is unlikely to be chance in the images; it says nothing "
        "about chance in the seed, and the winner of many trials is always a little lucky."
    )


def _opponent(findings: Findings, runner: RunnerUp) -> str:
    if runner.is_best:
        return "The best one"
    if findings.is_best and runner.rank == 2:
        return "The runner-up"
    return f"The best other one whose weights are here, at place {runner.rank},"


def matters(findings: Findings) -> list[str]:
    """What the parameters did."""
    view = findings.view
    first = view.objectives[0]
    texts = []
    ranking = sorted(view.importances.items(), key=lambda item: -item[1])
    if ranking:
        key, share = ranking[0]
        text = (
            f"What told the best tenth of the {counted(len(view.ranked), 'complete trial')} from "
            f"the others most was {short(key)} ({percent(share, 0)} of the importance)"
        )
        rest = [f"{short(k)} ({percent(v, 0)})" for k, v in ranking[1:]]
        text += f", before {listed(rest)}." if rest else "."
        if len(view.ranked) < MEASURED:
            text += " So few trials give a hint rather than a measurement."
        texts.append(text)
    best_of = max if view.maximize[0] else min
    sentences = []
    for key, levels in findings.effects.items():
        best = best_of(levels, key=lambda level: level.best)
        middle = best_of(levels, key=lambda level: level.median)
        # A part of an interval is named by its middle.
        near = "at" if view.spaces[key].levels is not None else "around"
        sentences.append(
            f"{short(key).capitalize()}: the best trial has {number(best.at)} "
            f"({objective_value(first, best.best)}), the best median is that of "
            f"{counted(len(middle.trials), 'trial')} {near} {number(middle.value)} "
            f"({objective_value(first, middle.median)})."
        )
    if sentences:
        texts.append(" ".join(sentences))
    return texts


def saving(findings: Findings) -> str:
    found = findings.economy
    text = f"All trials together took {duration(found.seconds_spent)} of training. "
    if found.pruned:
        text += (
            f"{found.pruned} of {found.complete + found.pruned} trials that ended without failing "
            f"were pruned ({percent(found.pruned_share, 0)}), which spared {found.epochs_saved:,} "
            f"epochs, about {duration(found.seconds_saved)} at those trials' own pace."
        )
    else:
        text += "No trial was pruned."
    if found.failed:
        reasons = [
            f"trial {trial.number}" + (f" ({trial.fail_reason})" if trial.fail_reason else "")
            for trial in findings.view.in_state("fail")[:3]
        ]
        if found.failed > len(reasons):
            reasons.append(f"{found.failed - len(reasons)} more")
        text += f" {counted(found.failed, 'trial')} failed: {listed(reasons)}."
    return text


def pareto(findings: Findings) -> str:
    """The front of several objectives; empty for one."""
    view = findings.view
    if len(view.objectives) < 2:
        return ""
    best = front(view)
    if not best:
        return ""
    bend = knee(view, best)
    values = listed(
        [
            f"{short(name)} {objective_value(name, value)}"
            for name, value in zip(view.objectives, bend.values, strict=True)
        ]
    )
    return (
        f"{counted(len(best), 'trial')} of {len(view.ranked)} lie on the Pareto front of "
        f"{listed([short(name) for name in view.objectives])}: no other trial beats one of them "
        f"in every objective. Its knee, where one gives up least of everything at once, is trial "
        f"{bend.number} ({values})."
    )

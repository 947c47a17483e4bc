"""The section about the search: the best trial, how certain it is, and what mattered."""

from __future__ import annotations

from analysis.measure.comparisons import front, knee
from analysis.measure.findings import Findings, RunnerUp
from analysis.measure.metrics import Comparison
from analysis.read.study import Trial
from analysis.wording import (
    counted,
    duration,
    listed,
    number,
    objective_value,
    parameter,
    percent,
    points,
    probability_value,
    setting,
    short,
)

SIGNIFICANCE_LEVEL = 0.05
MIN_TRIALS_FOR_RELIABLE_IMPORTANCES = 41
"""Their top tenth has the five trials that Optuna recommends."""


def settings(params: dict[str, object]) -> str:
    return listed([f"{short(key)} {number(value)}" for key, value in params.items()])


def winner(findings: Findings) -> str:
    view, trial = findings.view, findings.chosen
    complete = view.ranked
    first = view.objectives[0]
    if not findings.is_best:
        best = complete[0] if complete else None
        text = f"This report is about trial {trial.number}{_with_settings(trial)}."
        if best is not None:
            text += (
                f" It is not the best of study {view.name}: trial {best.number} has a "
                f"{short(first)} of {objective_value(first, best.values[0])}"
            )
            text += (
                f", compared with {objective_value(first, trial.values[0])} here."
                if trial.values
                else "; this trial did not run to completion."
            )
        return text
    ranking = (
        ""
        if len(view.objectives) == 1
        else f" (trials are ranked by the first of {len(view.objectives)} objectives)"
    )
    return (
        f"Of {counted(len(complete), 'complete trial')} in study {view.name}, trial "
        f"{trial.number} has the best {short(first)}, "
        f"{objective_value(first, trial.values[0])}{ranking}{_with_settings(trial)}. "
        "The search did not read the test split; this analysis does."
    )


def _with_settings(trial: Trial) -> str:
    return f": {settings(dict(trial.params))}" if trial.params else ""


def certainty(findings: Findings) -> str:
    """Whether the validation images separate the trial from the runner-up."""
    runner, chosen = findings.runner_up, findings.chosen.number
    if runner is None:
        return (
            "There is nothing to compare the trial with: no other complete trial was ranked on "
            "the same validation images and has its weights on this host."
        )
    test = runner.comparison
    first = findings.view.objectives[0]
    text = (
        f"{_opponent(findings, runner)} is trial {runner.number} "
        f"({objective_value(first, runner.trial.values[0])}{_with_settings(runner.trial)}). "
        f"Of the {findings.sizes['validation']:,} validation images, {test.only_first:,} are "
        f"classified correctly only by trial {chosen} and {test.only_second:,} only by trial "
        f"{runner.number}: {_difference(test, chosen)} (95 % interval of the difference: "
        f"{100 * test.difference_low:.2f} to {100 * test.difference_high:.2f}; McNemar's exact "
        f"test: {probability_value(test.p_value)}). "
    )
    if test.p_value >= SIGNIFICANCE_LEVEL:
        return text + (
            "The validation images do not show which of the two is better; the cheaper or simpler "
            "one may be preferred."
        )
    better = chosen if test.difference > 0 else runner.number
    return text + (
        f"Sampling error is unlikely to explain the lead of trial {better}. The seed still may, "
        "and the best of many trials is always somewhat lucky."
    )


def _difference(test: Comparison, chosen: int) -> str:
    if not test.difference:
        return "the accuracies are equal"
    direction = "higher" if test.difference > 0 else "lower"
    return f"the accuracy of trial {chosen} is {points(abs(test.difference), 2)} {direction}"


def _opponent(findings: Findings, runner: RunnerUp) -> str:
    if runner.is_best:
        return "The best trial"
    if findings.is_best and runner.rank == 2:
        return "The runner-up"
    return f"The best other trial whose weights are on this host (rank {runner.rank})"


def effects(findings: Findings) -> list[str]:
    """The importances of the parameters and their best values."""
    view = findings.view
    first = view.objectives[0]
    texts = []
    ranking = sorted(view.importances.items(), key=lambda item: -item[1])
    if ranking:
        key, share = ranking[0]
        subject = parameter(key)
        text = (
            f"{subject[0].upper()}{subject[1:]} best separates the top tenth of the "
            f"{counted(len(view.ranked), 'complete trial')} from the rest ({percent(share, 0)} of "
            "the importance)"
        )
        rest = [f"{short(k)} ({percent(v, 0)})" for k, v in ranking[1:]]
        text += f", followed by {listed(rest)}." if rest else "."
        if len(view.ranked) < MIN_TRIALS_FOR_RELIABLE_IMPORTANCES:
            text += " With so few trials, this is a rough estimate."
        texts.append(text)
    pick, extreme = (max, "highest") if view.maximize[0] else (min, "lowest")
    sentences = []
    for key, levels in findings.effects.items():
        best = pick(levels, key=lambda level: level.best)
        middle = pick(levels, key=lambda level: level.median)
        # A part of an interval is named by its mean.
        preposition = "at" if view.spaces[key].levels is not None else "around"
        sentences.append(
            f"{short(key).capitalize()}: the best trial has {number(best.value_of_best)} "
            f"({objective_value(first, best.best)}); the median is {extreme} {preposition} "
            f"{setting(key, middle.value)} ({objective_value(first, middle.median)}, "
            f"{counted(len(middle.trials), 'trial')})."
        )
    if sentences:
        texts.append(" ".join(sentences))
    return texts


def cost(findings: Findings) -> str:
    """The cost of the search, and how many trials were pruned or failed."""
    spent = findings.search_cost
    text = f"Training all trials took {duration(spent.seconds_spent)}. "
    if spent.pruned:
        text += (
            f"{spent.pruned} of {spent.complete + spent.pruned} trials that did not fail "
            f"{'was' if spent.pruned == 1 else 'were'} pruned ({percent(spent.pruned_share, 0)}), "
            f"which saved {counted(spent.epochs_saved, 'epoch')}, about "
            f"{duration(spent.seconds_saved)} at the speed of these trials."
        )
    else:
        text += "No trial was pruned."
    if spent.failed:
        reasons = [
            f"trial {trial.number}" + (f" ({trial.fail_reason})" if trial.fail_reason else "")
            for trial in findings.view.in_state("fail")[:3]
        ]
        if spent.failed > len(reasons):
            reasons.append(f"{spent.failed - len(reasons)} more")
        text += f" {counted(spent.failed, 'trial')} failed: {listed(reasons)}."
    return text


def pareto(findings: Findings) -> str:
    """The Pareto front of several objectives; empty for a single one."""
    view = findings.view
    if len(view.objectives) < 2:
        return ""
    best = front(view)
    if not best:
        return ""
    compromise = knee(view, best)
    values = listed(
        [
            f"{short(name)} {objective_value(name, value)}"
            for name, value in zip(view.objectives, compromise.values, strict=True)
        ]
    )
    return (
        f"The Pareto front of {listed([short(name) for name in view.objectives])} holds "
        f"{len(best)} of {counted(len(view.ranked), 'complete trial')}: no other trial "
        "improves on them in one objective without being worse in another. Its knee, "
        f"the best compromise between the objectives, is trial {compromise.number} ({values})."
    )

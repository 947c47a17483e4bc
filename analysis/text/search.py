"""The section about the search: the best trial, how certain it is, and what mattered."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from analysis.measure.comparisons import front, knee
from analysis.measure.findings import Findings, Rival
from analysis.measure.importances import MIN_TRIALS_FOR_IMPORTANCES
from analysis.measure.metrics import mean_margin
from analysis.measure.paired import Comparison
from analysis.read.study import PRUNED, StudyView, Trial
from analysis.text.against import name
from analysis.text.differences import difference, evidence
from analysis.wording import (
    COUNTS,
    counted,
    duration,
    listed,
    number,
    objective_difference,
    objective_value,
    parameter,
    percent,
    setting,
    short,
)
from tailor import names

MAX_NAMED_TRIALS = 8
"""More trials are counted instead of named."""


def settings(params: dict[str, object]) -> str:
    return listed([f"{short(key)} {number(value)}" for key, value in params.items()])


def single_run(findings: Findings) -> str:
    """What one run can and cannot show."""
    view, run = findings.view, findings.chosen
    reached = listed(
        [f"{short(key)} of {objective_value(key, run.facts[key])}" for key in view.objectives]
    )
    ended = ", and was pruned before its last epoch" if run.state == PRUNED else ""
    compared = [name(findings.against)] if findings.against else []
    if findings.budgets.best:
        compared.append("runs with other numbers of epochs")
    only, nothing = (
        (f"it is compared only with {listed(compared)}", "nothing else")
        if compared
        else ("no other run is compared with it", "nothing")
    )
    chosen = (
        f"Its settings were chosen without a search: {only}"
        if view.run_read_test
        else f"{only[0].upper()}{only[1:]}"
    )
    test = (
        "The run read the test split once, at its end; this analysis reads it again, with the "
        "same weights."
        if view.run_read_test
        else "The run did not read the test split; this analysis does."
    )
    return (
        f"This report is about one run, in {view.name}, with {reached}{ended}. {chosen}, and "
        f"{nothing} here shows which of its settings matter or whether other values are better. "
        f"{test}"
    )


def winner(findings: Findings) -> str:
    view, trial = findings.view, findings.chosen
    first = view.objectives[0]
    if not findings.is_best:
        return _not_the_winner(view, trial)
    rule = (
        ""
        if len(view.objectives) == 1
        else f" (trials are ranked by the first of {len(view.objectives)} objectives)"
    )
    if trial.number in view.further_values:
        return _confirmed(view, trial)
    return (
        f"Of {counted(len(view.ranked), 'complete trial')} in study {view.name}, trial "
        f"{trial.number} has the best {short(first)}, "
        f"{objective_value(first, trial.values[0])}{rule}{_with_settings(trial)}."
        f"{_ties(view, trial)} The search did not read the test split; this analysis does."
    )


def _confirmed(view: StudyView, trial: Trial) -> str:
    """The winner of those trials that the search trained again with other seeds."""
    first, values = view.objectives[0], (trial.values[0], *view.further_values[trial.number])
    count = len(values)
    return (
        f"Of {counted(len(view.ranked), 'complete trial')} in study {view.name}, the search "
        f"trained the best {len(view.further_values)} again with other seeds. Trial "
        f"{trial.number} has the best mean {short(first)}, "
        f"{objective_value(first, fmean(values))} over {count} seeds (standard deviation "
        f"{objective_difference(first, stdev(values))}; the 95 % interval of the mean is +- "
        f"{objective_difference(first, mean_margin(values))}). With the seed of this report it is "
        f"{objective_value(first, trial.values[0])}{_with_settings(trial)}. The search did not "
        "read the test split; this analysis does."
    )


def _ranked_value(view: StudyView, trial: Trial) -> str:
    """The value by which a trial is ranked, in words."""
    first, further = view.objectives[0], view.further_values.get(trial.number, ())
    if not further:
        return objective_value(first, trial.values[0])
    mean = objective_value(first, fmean((trial.values[0], *further)))
    return f"{mean} in the mean over {1 + len(further)} seeds"


def _not_the_winner(view: StudyView, trial: Trial) -> str:
    text = f"This report is about trial {trial.number}{_with_settings(trial)}."
    if not view.ranked:
        return text
    first, best = view.objectives[0], view.ranked[0]
    if trial.values[:1] == best.values[:1] and not view.further_values:
        relation = "repeats" if trial.identity == best.identity else "has the same value as"
        return (
            f"{text} It {relation} trial {best.number}, which counts as the best of study "
            f"{view.name} because it is the earlier one "
            f"({short(first)} {objective_value(first, best.values[0])})."
        )
    text += (
        f" It is not the best of study {view.name}: trial {best.number} has a "
        f"{short(first)} of {_ranked_value(view, best)}"
    )
    return text + (
        f", compared with {_ranked_value(view, trial)} here."
        if trial.values
        else "; this trial did not run to completion."
    )


def _ties(view: StudyView, best: Trial) -> str:
    """The trials that share the best value, and those that repeat the best trial."""
    equal = [other for other in view.ranked[1:] if other.values[0] == best.values[0]]
    repeated = [other for other in equal if other.identity == best.identity]
    tied = [other for other in equal if other.identity != best.identity]
    text = ""
    if tied:
        text += (
            f" The value of {_trials(tied)} is the same; the earliest trial counts as the best."
        )
    if repeated:
        text += (
            f" The parameters and the result of {_trials(repeated)} equal those of trial "
            f"{best.number}."
        )
    return text


def _trials(trials: Sequence[Trial]) -> str:
    """`trial 3`, `trials 3 and 5`, `12 trials`."""
    if len(trials) > MAX_NAMED_TRIALS:
        return f"{len(trials):,} trials"
    noun = "trial" if len(trials) == 1 else "trials"
    return f"{noun} {listed([str(trial.number) for trial in trials])}"


def _with_settings(trial: Trial) -> str:
    return f": {settings(dict(trial.params))}" if trial.params else ""


def certainty(findings: Findings) -> str:
    """Which other trials the validation images separate from the analysed one."""
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
        f"{runner.number}: {_difference(test, chosen)}."
    )
    if test.comparisons > 1 and first in (names.VAL_ACCURACY, names.VAL_LOSS):
        text += (
            " The correction is for the comparisons of all pairs of trials, because the best "
            "trial was selected on these images."
        )
    if test.shows:
        better = chosen if test.difference > 0 else runner.number
        text += (
            f" Sampling error is unlikely to explain the lead of trial {better}; another seed "
            "still may."
        )
    else:
        text += (
            " The validation images do not show which of the two is better; the cheaper or "
            "simpler one may be preferred."
        )
    return text + _others(findings)


def _others(findings: Findings) -> str:
    """Verdicts on the compared trials after the runner-up."""
    others = findings.rivals[1:]
    alike = [rival.trial for rival in others if not rival.comparison.shows]
    apart = [rival.trial for rival in others if rival.comparison.shows]
    mine = f"trial {findings.chosen.number}"
    text = ""
    if alike:
        text += f" The same test does not separate {_trials(alike)} from {mine}."
    if apart:
        test = "It" if alike else "The same test"
        text += f" {test} separates {_trials(apart)} from {mine}."
    return text


def _difference(test: Comparison, chosen: int) -> str:
    if not test.difference:
        return f"the accuracies are equal {evidence(test)}"
    direction = "higher" if test.difference > 0 else "lower"
    return f"the accuracy of trial {chosen} is {direction} by {difference(test)}"


def _opponent(findings: Findings, runner: Rival) -> str:
    if runner.is_best:
        return "The best trial"
    if findings.is_best and runner.number == findings.view.distinct[1].number:
        return "The runner-up"
    return f"The best other trial whose weights are on this host (rank {runner.rank})"


def effects(findings: Findings) -> tuple[str, str]:
    """The importances of the parameters, and the values with the best medians; "" for none."""
    return _importances(findings), _medians(findings)


def _importances(findings: Findings) -> str:
    measured = findings.importances
    if len(findings.view.spaces) < 2:
        return ""
    if not measured.enough:
        return (
            f"Importances of the parameters are not given: {counted(measured.trials, 'trial')} "
            f"{'is' if measured.trials == 1 else 'are'} complete, and the top tenth of fewer than "
            f"{MIN_TRIALS_FOR_IMPORTANCES} is too small to compare with the rest."
        )
    if not measured.several:
        return ""
    if not measured.shares:
        return (
            "No parameter separates the top tenth of the "
            f"{measured.trials:,} complete trials from the rest."
        )
    ranking = list(measured.shares.items())
    chance = (
        f"with the values shuffled among the trials, the largest share is below "
        f"{percent(measured.by_chance, 0)} in 95 % of cases"
    )
    if not measured.beyond_chance:
        shares = listed([f"{short(key)} {percent(share, 0)}" for key, share in ranking])
        return (
            f"The importances of the {measured.trials:,} complete trials ({shares}) are within "
            f"chance: {chance}. They do not show which parameter matters most."
        )
    key, share = ranking[0]
    subject = parameter(key)
    rest = [f"{short(k)} ({percent(v, 0)})" for k, v in ranking[1:]]
    return (
        f"{subject[0].upper()}{subject[1:]} best separates the top tenth of the "
        f"{measured.trials:,} complete trials from the rest ({percent(share, 0)} of the "
        f"importance){f', followed by {listed(rest)}' if rest else ''}. This is more than chance: "
        f"{chance}."
    )


def _medians(findings: Findings) -> str:
    """For each parameter the value with the best median, where medians can be compared."""
    view = findings.view
    first = view.objectives[0]
    pick, extreme = (max, "highest") if view.maximize[0] else (min, "lowest")
    parts, missing = [], []
    for key, levels in findings.effects.items():
        medians = [level.median for level in levels if level.median is not None]
        if len(medians) < len(levels):
            missing.append(key)
            continue
        best = pick(medians)
        subject = "" if key in COUNTS else f"{short(key)} "
        # A part of an interval is named by its mean.
        subject += "" if view.spaces[key].levels is not None else "around "
        where = [setting(key, level.value) for level in levels if level.median == best]
        counts = [str(len(level.trials)) for level in levels if level.median == best]
        parts.append(
            f"with {subject}{listed(where)} ({objective_value(first, best)}; "
            f"{listed(counts)} complete)"
        )
    text = ""
    if parts:
        text = f"Median {short(first)} is {extreme} {listed(parts)}. "
    if missing:
        pruned = len(view.pruned)
        many, selected = ("", "")
        if pruned:
            many, selected = ", or too many pruned ones", f", {pruned:,} pruned"
        text += (
            f"Medians over {listed([short(key) for key in missing])} are not compared: some of "
            f"their values have too few complete trials{many} ({len(view.ranked):,} "
            f"complete{selected} in all)."
        )
    return text.strip()


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
        f"{len(best)} of {counted(len(view.distinct), 'complete trial')}: no other trial "
        "improves on them in one objective without being worse in another. Its knee, "
        f"the best compromise between the objectives, is trial {compromise.number} ({values})."
    )

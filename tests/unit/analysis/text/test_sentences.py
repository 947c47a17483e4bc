"""Sentences of the report about random made-up studies: none says more than its numbers."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.measure.against import Against
from analysis.measure.comparisons import Budget, BudgetComparison
from analysis.measure.findings import Retrained, TrainingScore
from analysis.measure.importances import Importances
from analysis.measure.paired import compare
from analysis.report import dashboard
from analysis.text import against as against_text
from analysis.text import evaluation as evaluation_text
from analysis.text import limits as limits_text
from analysis.text import model as model_text
from analysis.text import search as search_text
from tests.unit.analysis.made_up import (
    config,
    findings_of,
    predictions,
    rows,
    study_of,
    trial_of,
)

SIZE = 60
seeds = st.integers(0, 2**32 - 1)


def tied_study(seed, *, trials=8):
    """A study with coarse accuracies, so that several trials tie, and with repeated trials."""
    random = np.random.default_rng(seed)
    entries, correct = [], {}
    for number in range(trials):
        if number and random.random() < 0.3:
            source = entries[random.integers(number)]
            correct[number] = correct[source.number]
            settings_of = {
                "epochs": source.params["training.epochs"],
                "lr": source.params["optimizer.lr"],
            }
        else:
            right = np.zeros(SIZE, dtype=bool)
            right[random.permutation(SIZE)[: random.choice([40, 50, 54])]] = True
            correct[number] = right
            settings_of = {
                "epochs": int(random.choice([2, 4, 8])),
                "lr": float(random.choice([0.05, 0.1, 0.2])),
            }
        entries.append(trial_of(number, correct[number], **settings_of))
    pruned = [
        trial_of(trials + index, correct[0], epochs=int(epochs), state="pruned")
        for index, epochs in enumerate(random.choice([2, 4, 8], size=random.integers(4)))
    ]
    view = study_of(*entries, *pruned)
    return findings_of(view, correct, predictions(random))


def sentences(findings):
    return [
        search_text.winner(findings),
        search_text.certainty(findings),
        *search_text.effects(findings),
        search_text.cost(findings),
        *model_text.learning_curve(findings),
        model_text.budgets(findings),
        evaluation_text.accuracy(findings),
        *limits_text.limits(findings),
    ]


@settings(max_examples=60)
@given(seeds)
def test_every_sentence_names_the_same_best_trial(seed):
    findings = tied_study(seed)
    values = {trial.number: trial.values[0] for trial in findings.view.ranked}
    best = min(number for number, value in values.items() if value == max(values.values()))
    assert findings.chosen.number == best
    text = " ".join(sentences(findings))
    assert f"trial {best} has the best validation accuracy" in text
    for number in re.findall(r"[Tt]he best trial is trial (\d+)", text):
        assert int(number) == best
    if findings.budgets.best is not None:
        own = findings.chosen.params["training.epochs"]
        assert findings.budgets.best.trial.params["training.epochs"] == own
        for epochs in re.findall(r"is best with (\d+) epoch", text):
            assert int(epochs) == own


@settings(max_examples=60)
@given(seeds)
def test_a_tie_is_no_lead_and_a_repeated_trial_no_rival(seed):
    findings = tied_study(seed)
    text = " ".join(sentences(findings))
    assert not re.search(r"ahead (of .*? )?by 0\.00", text)
    identities = [rival.trial.identity for rival in findings.rivals]
    assert len(set(identities)) == len(identities)
    assert findings.chosen.identity not in identities
    shared = [t for t in findings.view.ranked[1:] if t.values == findings.chosen.values]
    winner = search_text.winner(findings)
    said = re.search("same value|value of .* is the same|repeat|equal those", winner)
    assert bool(said) is bool(shared)


@settings(max_examples=60)
@given(seeds)
def test_a_verdict_agrees_with_its_interval_and_its_p_value(seed):
    findings = tied_study(seed)
    text = search_text.certainty(findings)
    if findings.runner_up is None:
        return
    low, high = map(float, re.search(r"interval: (-?\d+\.\d\d) to (-?\d+\.\d\d)", text).groups())
    p_value = findings.runner_up.comparison.p_value
    leads = "is unlikely to explain the lead" in text
    assert leads == (p_value < 0.05)
    assert leads is not ("do not show which" in text)
    assert leads == (findings.runner_up.comparison.low > 0 or high < 0)
    assert low <= high


def test_equally_good_trials_are_rarely_told_apart():
    """60 studies of eight equal trials; the correction allows 5 %, and 3 errors more."""
    apart = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        correct = {number: random.random(400) < 0.9 for number in range(8)}
        view = study_of(
            *(trial_of(number, right, lr=0.1 + number) for number, right in correct.items())
        )
        text = search_text.certainty(findings_of(view, correct, predictions(random)))
        apart += "unlikely to explain" in text or "separates" in text
    assert apart / 60 < 0.05 + 0.085


def lead_of(more, fewer, *, lr=0.1):
    """The sentence about two epoch budgets; `lr` is that of the larger one."""
    correct = {0: np.arange(400) < fewer, 1: np.arange(400) < more}
    view = study_of(trial_of(0, correct[0], epochs=2), trial_of(1, correct[1], epochs=8, lr=lr))
    return model_text.budgets(findings_of(view, correct, predictions(np.random.default_rng(0))))


def test_only_runs_that_differ_in_nothing_else_show_what_epochs_do():
    other = lead_of(380, 300, lr=0.2)
    assert "cannot be put down to the number of epochs" in other
    assert "sampling error" not in other
    assert "does not explain" in lead_of(380, 300)
    assert "can explain" in lead_of(301, 300)
    assert "equal with 2 epochs and 8 epochs" in lead_of(300, 300)
    assert "is best with 2 epochs, ahead of 8 epochs" in lead_of(300, 380)


def test_the_lead_of_a_budget_is_corrected_for_the_selection_of_its_trial():
    sizes = {0: (300, 2, 0.1), 1: (308, 8, 0.1), 2: (200, 2, 0.2), 3: (210, 2, 0.3)}
    correct = {number: np.arange(400) < size for number, (size, _, _) in sizes.items()}
    view = study_of(
        *(trial_of(n, correct[n], epochs=epochs, lr=lr) for n, (_, epochs, lr) in sizes.items())
    )
    findings = findings_of(view, correct, predictions(np.random.default_rng(0)))
    text = model_text.budgets(findings)
    assert "corrected for 6 comparisons" in text


def test_trained_budgets_have_no_further_runs():
    """They have the number of the analysed trial, whose further runs have its own epochs."""
    right = {0: np.arange(400) < 300, 1: np.arange(400) < 380}
    view = replace(study_of(trial_of(0, right[0])), further_values={0: (0.1, 0.1)})
    findings = findings_of(view, right, predictions(np.random.default_rng(0)))
    budgets = tuple(
        Budget(epochs, trial_of(0, right[index], epochs=epochs), 1, 0, trained=True)
        for index, epochs in enumerate((2, 8))
    )
    compared = BudgetComparison(budgets, equal=True, best=budgets[1])
    text = model_text.budgets(replace(findings, budgets=compared))
    assert "ahead of 2 epochs by 20.00 percentage points, which is not tested" in text


def test_a_suggested_command_names_the_study_and_another_trial_than_the_best():
    right = {0: np.arange(400) < 380, 1: np.arange(400) < 300}
    view = study_of(trial_of(0, right[0], epochs=8), trial_of(1, right[1], lr=0.2))

    def text(view, chosen):
        random = np.random.default_rng(0)
        findings = findings_of(view, right, predictions(random), chosen=chosen)
        return " ".join([*limits_text.limits(findings), model_text.budgets(findings)])

    for option in ("retrain=5", "budgets=true"):
        assert f"python -m analysis study=made-up {option}." in text(view, 0)
        assert f"python -m analysis study=made-up trial=1 {option}." in text(view, 1)
    single = replace(view, name="outputs/my run", is_single_run=True)
    assert "python -m analysis 'run='\"'\"'outputs/my run'\"'\"'' retrain=5." in text(single, 0)


def test_the_dashboard_names_no_importance_of_a_single_parameter():
    findings = replace(tied_study(0), importances=Importances(trials=50, several=False))
    assert search_text.effects(findings)[0] == ""
    assert any(line.endswith(" of them complete") for line in dashboard.result(findings, Path()))


@settings(max_examples=40)
@given(seeds)
def test_medians_are_those_of_enough_trials(seed):
    findings = tied_study(seed, trials=14)
    text = " ".join(search_text.effects(findings))
    medians = re.search(r"Median .*? is highest (.*?)\. ", text + " ")
    counts = re.findall(r"(\d+)(?:, \d+)* complete\)", medians[1]) if medians else []
    assert all(int(count) >= 3 for count in counts)
    assert "of the importance" not in text
    assert "Importances of the parameters are not given" in text


def test_survivors_are_counted():
    random = np.random.default_rng(0)
    correct = {number: random.random(SIZE) < 0.9 for number in range(8)}
    complete = [
        trial_of(number, right, lr=0.1 * (number + 1), epochs=2 if number < 3 else 8)
        for number, right in correct.items()
    ]
    pruned = [trial_of(20 + n, correct[0], epochs=8, state="pruned") for n in range(17)]
    findings = findings_of(study_of(*complete, *pruned), correct, predictions(random))
    text = " ".join(search_text.effects(findings))
    assert "Medians over epochs and learning rate are not compared" in text
    assert "(8 complete, 17 pruned in all)" in text
    assert "5 complete, 17 pruned" in model_text.budgets(findings)


def gap_text(gap, *, optimism, size=100_000, **changes):
    random = np.random.default_rng(0)
    correct = {0: np.arange(100) < 90, 1: np.arange(100) < 89}
    view = study_of(trial_of(0, correct[0]), trial_of(1, correct[1], lr=0.2))
    findings = findings_of(view, correct, predictions(random))
    return evaluation_text.accuracy(
        replace(
            findings,
            optimism=optimism,
            **changes,
            metrics=replace(findings.metrics, accuracy=0.9 - gap, size=size),
            sizes={**findings.sizes, "validation": size},
        )
    )


def test_the_share_of_the_selection_in_the_gap_is_measured():
    text = gap_text(0.012, optimism=0.0005)
    assert "explains at most about 0.05 percentage points of it" in text
    assert "the rest is a difference between the two sets of images" in text
    partly = gap_text(0.012, optimism=0.0005, rivals=())
    assert "of it (bootstrap of these images)." in partly
    assert "the rest" not in partly
    assert "explains a gap of this size" in gap_text(0.012, optimism=0.02)
    assert "Selecting" not in gap_text(-0.012, optimism=0.0005)
    assert "Selecting" not in gap_text(0.012, optimism=None)
    assert "images, the same." in gap_text(0.0, optimism=None)
    assert not re.search("lucky|always", text)


ERASE, FLIP = {"_target_": "tailor.augment.Erase"}, {"_target_": "tailor.augment.Flip"}


def curve_text(*, score, train=0.5, **settings_of):
    base = tied_study(0)
    changed = config()
    changed = replace(
        changed,
        model={**changed.model, "dropout": settings_of.get("dropout", 0.0)},
        augment=settings_of.get("augment", {}),
    )
    findings = replace(
        base,
        config=changed,
        history=rows([0.9] * 5, train_accuracy=train),
        best_epoch=5,
        training_score=TrainingScore(score, 10_000),
        sizes={**base.sizes, "validation": 10_000},
    )
    return " ".join(model_text.learning_curve(findings)), " ".join(limits_text.limits(findings))


@pytest.mark.parametrize(
    ("settings_of", "words"),
    [
        ({}, "while the weights change. With"),
        ({"dropout": 0.2}, "on images that dropout made harder. With"),
        ({"augment": {"erase": ERASE}}, "on images that augmentation (erase) made harder. With"),
        (
            {"augment": {"flip": FLIP, "erase": None}, "dropout": 0.1},
            "on images that augmentation (flip) and dropout made harder. With",
        ),
    ],
    ids=["none", "dropout", "augmentation", "both"],
)
def test_only_what_is_switched_on_makes_training_harder(settings_of, words):
    assert words in curve_text(score=0.9, **settings_of)[0]


def test_overfitting_is_judged_in_evaluation_mode():
    """The running mean of the last epoch is 50 % in all of these."""
    curve, advice = curve_text(score=0.99)
    assert "training accuracy is 9.0 percentage points above" in curve
    assert "more regularisation may help" in advice
    curve, advice = curve_text(score=0.91)
    assert "no sign of overfitting" in curve
    assert "limited by size or training time" in advice
    _, advice = curve_text(score=0.928)  # its interval includes three points
    assert "limited by size" not in advice
    assert "regularisation" not in advice


def test_what_limits_the_network_agrees_with_its_curves():
    base = replace(tied_study(0), training_score=TrainingScore(0.9, 10_000), best_epoch=5)
    base = replace(base, sizes={**base.sizes, "validation": 10_000})
    losses = (0.3, 0.2, 0.25, 0.3, 0.4)
    history = rows([0.9] * 5)
    rising = [{**row, "val_loss": loss} for row, loss in zip(history, losses, strict=True)]
    perfect = replace(base, history=rows([1.0] * 5), training_score=TrainingScore(1.0, 10_000))
    for findings, limited in (
        (replace(base, history=history), True),
        (replace(base, history=tuple(rising)), False),
        (perfect, False),
    ):
        said = any("limited by size" in item for item in limits_text.limits(findings))
        assert said is limited


def test_few_epochs_say_nothing_about_what_limits_the_network():
    findings = replace(tied_study(0), history=rows([0.9, 0.9]), best_epoch=2)
    assert not any("limited by" in item for item in limits_text.limits(findings))


def test_the_spread_of_few_retrained_runs_has_the_interval_of_its_mean():
    findings = replace(tied_study(0), retrained=Retrained((1, 2, 3), (0.9529, 0.9532, 0.9499)))
    text = evaluation_text.retrained(findings)
    assert "The standard deviation of these 3 runs is 0.18 percentage points" in text
    assert "the 95 % interval of their mean is +- 0.45 percentage points" in text


def test_the_report_of_a_repeated_trial_says_so():
    right = np.arange(100) < 90
    correct = {0: right, 1: right, 2: np.arange(100) >= 10}
    view = study_of(trial_of(0, right), trial_of(1, right), trial_of(2, correct[2], lr=0.2))
    findings = findings_of(view, correct, predictions(np.random.default_rng(0)))
    text = search_text.winner(findings)
    assert "The value of trial 2 is the same; the earliest trial counts as the best." in text
    assert "The parameters and the result of trial 1 equal those of trial 0." in text
    repeated = findings_of(view, correct, predictions(np.random.default_rng(0)), chosen=1)
    assert "It repeats trial 0" in search_text.winner(repeated)
    assert [rival.number for rival in repeated.rivals] == [2]
    tied = findings_of(view, correct, predictions(np.random.default_rng(0)), chosen=2)
    assert "It has the same value as trial 0" in search_text.winner(tied)


def test_a_confirmed_winner_has_a_mean_and_says_how_sure_it_is():
    right = {number: np.arange(1000) < 1000 - 10 * number for number in (3, 4, 5)}
    trials = [trial_of(number, correct, lr=number / 10) for number, correct in right.items()]
    view = replace(study_of(*trials), further_values={3: (0.93, 0.92), 4: (0.96, 0.962)})
    random = np.random.default_rng(0)
    confirmed = findings_of(view, right, predictions(random))
    text = search_text.winner(confirmed)
    assert "the search trained the best 2 again with other seeds" in text
    assert "Trial 4 has the best mean validation accuracy, 96.07 % over 3 seeds" in text
    assert "(standard deviation 0.12 percentage points; the 95 % interval of the mean" in text
    assert "is +- 0.29 percentage points)" in text
    assert "With the seed of this report it is 96.00 %" in text
    assert not any("Every trial ran once" in one for one in limits_text.limits(confirmed))
    single = " ".join(limits_text.limits(findings_of(view, right, predictions(random), chosen=5)))
    assert "Trial 5 ran once, with seed" in single
    assert "Every trial ran once" not in single
    other = search_text.winner(findings_of(view, right, predictions(random), chosen=3))
    assert "trial 4 has a validation accuracy of 96.07 % in the mean over 3 seeds" in other
    assert "compared with 94.00 % in the mean over 3 seeds here" in other


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "differing", [{}, {"augment": ("none", ""), "augment.flip.p": ("", "0.5")}]
)
def test_another_study_is_said_to_differ_only_where_its_test_shows_it(seed, differing):
    findings = tied_study(seed)
    mine = np.random.default_rng(seed).random(findings.metrics.size) < 0.8
    for theirs in (mine, np.zeros_like(mine)):
        other = Against(
            view=replace(findings.view, name="without"),
            trial=findings.chosen,
            data="digits",
            accuracy=float(theirs.mean()),
            low=0.0,
            high=1.0,
            size=len(theirs),
            parameters=10,
            differing=differing,
            test=compare(mine, theirs),
        )
        single = search_text.single_run(replace(findings, against=other))
        assert "compared only with study without" in single
        assert "No other run" not in single
        text = against_text.comparison(findings, other)
        assert ("does not explain" in text) == (not theirs.any())
        assert ("the same settings" in text) == (not differing)
        assert ("in augment" in text) == bool(differing)

"""The section that compares the trial with another study's best trial, or with another run."""

from __future__ import annotations

from analysis.measure.against import Against
from analysis.measure.comparisons import AUGMENT
from analysis.measure.findings import Findings
from analysis.text.differences import higher_accuracy
from analysis.wording import counted, dataset_name, listed, percent, short

MAX_NAMED = 3
"""Number of settings that the text names; the table lists all of them."""


def name(against: Against) -> str:
    """The other study, or the other run, in a title or a sentence."""
    return f"{'run' if against.view.is_single_run else 'study'} {against.view.name}"


def comparison(findings: Findings, other: Against) -> str:
    """The differing settings, and the test accuracy of each trial."""
    metrics, single = findings.metrics, other.view.is_single_run
    subject = f"The {name(other)}" if single else f"The best trial of {name(other)}"
    number = "" if single else f" ({other.trial.number})"
    text = (
        f"{subject}{number} {_differs(other)}. It classifies {percent(other.accuracy, 2)} of "
        f"{counted(other.size, 'test image')} correctly (95 % interval: {percent(other.low, 2)} "
        f"to {percent(other.high, 2)}), the analysed one {percent(metrics.accuracy, 2)} of "
        f"{metrics.size:,}."
    )
    if other.test is None:
        mine = dataset_name(findings.test_name or findings.config.data.name)
        theirs = dataset_name(other.data)
        where = f" ({listed([mine, theirs])})" if mine != theirs else ""
        return (
            f"{text} They were tested on different images{where}, so no test compares the two "
            "accuracies."
        )
    mine, theirs = "of the analysed network", f"of {name(other)}"
    text += f" On the same images, {higher_accuracy(other.test, mine, theirs)}."
    if other.test.shows and len(_settings(other)) > 1:
        text += " It cannot be attributed to any single setting."
    return text


def _settings(other: Against) -> list[str]:
    """The differing settings; augmentation counts once, whatever its steps and options."""
    whole = (AUGMENT if key.split(".")[0] == AUGMENT else key for key in other.differing)
    return list(dict.fromkeys(whole))


def _differs(other: Against) -> str:
    keys = _settings(other)
    if not keys:
        return "has the same settings as the analysed one"
    named = listed([short(key) for key in keys]) if len(keys) <= MAX_NAMED else ""
    what = named or counted(len(keys), "setting")
    return f"differs from the analysed one in {what}"

"""The command that analyses the same trial, or the same run, again."""

from __future__ import annotations

from analysis.measure.findings import Findings
from hydra_tailor.sweep.same_command import typed


def command(findings: Findings, option: str) -> str:
    """A command that repeats this analysis with another option, such as `retrain=5`."""
    view, chosen = findings.view, findings.chosen
    words = [typed("run" if view.is_single_run else "study", view.name)]
    if not view.is_single_run and not findings.is_best:
        words.append(f"trial={chosen.number}")
    return " ".join(["python -m analysis", *words, option])

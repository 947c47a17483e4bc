"""The notes of a study and of its trials, in Markdown, as the dashboard shows them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from hydra_tailor import names

RESULT_HEADING = "## Result of the analysis"
LINE_CHARACTERS = 76
RESULT_LINES = re.compile(r"\n*(?:- .*(?:\n|$))*")
"""The lines of a result, directly below its heading."""


def trial_note(
    trial: FrozenTrial,
    *,
    facts: Mapping[str, str],
    command: Sequence[str],
    working_directory: Path,
) -> str:
    """Describe how a finished trial ended, its facts, and how to run it again.

    Args:
        trial: the trial.
        facts: further rows of the table.
        command: the words of a command that repeats it as a single run when typed in
            `working_directory`.
        working_directory: paths inside it are shown relative to it.
    """
    known = trial.user_attrs
    rows = {
        "run directory": code(_inside(known.get(names.DIRECTORY), working_directory)),
        **facts,
        "seconds": _number(known.get(names.SECONDS)),
        "host": known.get(names.HOST),
        "commit": known.get(names.COMMIT),
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items() if value)
    return (
        f"{ending(trial)}\n\n"
        f"| | |\n|---|---|\n{table}\n"
        f"To repeat it as a single run, type in {code(working_directory)}:\n\n"
        f"{block(typed(command))}"
    )


def ending(trial: FrozenTrial) -> str:
    """One sentence on why a trial stopped."""
    known = trial.user_attrs
    run = known.get(names.EPOCHS_RUN, max(trial.intermediate_values, default=None))
    asked = known.get(names.EPOCHS)
    of_all = f" of {asked}" if asked is not None else ""
    if trial.state is TrialState.FAIL:
        reason = str(known.get(names.FAIL_REASON, "for an unknown reason"))
        after = f" after epoch {run}{of_all}" if run else ""
        if "\n" in reason:
            return f"**Failed**{after}.\n\n{block(reason)}".rstrip()
        return f"**Failed**{after}: {reason}"
    if trial.state is TrialState.PRUNED:
        value = trial.intermediate_values.get(run) if run is not None else None
        at = f" after epoch {run}{of_all}" if run is not None else ""
        reached = f", where it had reached {value:.5g}" if value is not None else ""
        return f"**Pruned**{at}{reached}."
    values = ", ".join(f"{value:.5g}" for value in trial.values or ())
    best = known.get(names.BEST_EPOCH)
    if run is None:
        return f"**Complete**: {values}."
    early = " (stopped early: no better epoch for a while)" if asked and run < asked else ""
    epoch = f", best in epoch {best}" if best is not None else ""
    return f"**Complete** after {run}{of_all} epochs{early}: {values}{epoch}."


def study_note(
    *,
    facts: Mapping[str, str],
    space: Mapping[str, str],
    fixed: Mapping[str, Any],
    typed: Sequence[str],
    goals: Mapping[str, str],
    commit: str | None,
) -> str:
    """Describe what a study searches and what all its trials share.

    Args:
        facts: further items of the list.
        space: the range of each searched key, in words.
        fixed: every other setting, by dotted key.
        typed: overrides that the search was started with.
        goals: direction by objective.
        commit: the commit of the code.
    """
    searched = "".join(f"| {code(key)} | {_cell(where)} |\n" for key, where in space.items())
    items = {
        **facts,
        "objective": ", ".join(f"{way} {name}" for name, way in goals.items()),
        "typed": ", ".join(map(code, typed)),
        "commit": commit,
    }
    listed = "".join(f"- {name}: {value}\n" for name, value in items.items() if value)
    settings = "\n".join(f"{key}: {_plain(value)}" for key, value in sorted(fixed.items()))
    return (
        f"## The search\n\n{listed}\n"
        f"| searched | in |\n|---|---|\n{searched}\n"
        f"{len(fixed)} fixed settings:\n\n{block(settings)}\n"
    )


def with_result(note: str, lines: Sequence[str]) -> str:
    """Append the result of an analysis to a study's note; an earlier result is replaced."""
    before, heading, after = note.partition(RESULT_HEADING)
    kept = RESULT_LINES.sub("", after, count=1) if heading else ""
    parts = [before.rstrip(), kept.strip("\n"), f"{RESULT_HEADING}\n\n" + _bullets(lines)]
    return "\n\n".join(part for part in parts if part)


def _bullets(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def code(text: object) -> str:
    """Text as code, within a sentence or a table."""
    return f"`{_cell(text)}`" if text else ""


def block(text: str) -> str:
    """Text as a code block, with a fence longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _plain(value: Any) -> str:
    """A setting as YAML writes it."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def typed(words: Sequence[str]) -> str:
    """A shell command; long commands are folded so that the page need not scroll."""
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1].strip() and len(lines[-1]) + len(word) >= LINE_CHARACTERS:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _inside(directory: object, parent: Path) -> object:
    """A path relative to `parent`, if it is inside it."""
    if not directory or not Path(str(directory)).is_relative_to(parent):
        return directory
    return Path(str(directory)).relative_to(parent)


def _number(value: Any) -> str | None:
    return None if value is None else f"{value:,.1f}"

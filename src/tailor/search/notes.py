"""The notes of a study and of its trials, in Markdown, as the dashboard shows them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from tailor import names

RESULT_HEADING = "## Result of the analysis"
WIDTH = 76  # characters of a command's line
NEXT_HEADING = re.compile(r"^## ", re.MULTILINE)


def trial_note(trial: FrozenTrial, *, command: Sequence[str], working_directory: Path) -> str:
    """Say how a finished trial ended, what it was, and how to run it again.

    Args:
        trial: the trial.
        command: words that repeat it as a single run when typed in `working_directory`.
        working_directory: paths inside it are written from there.
    """
    facts = trial.user_attrs
    rows = {
        "run directory": code(_inside(facts.get(names.DIRECTORY), working_directory)),
        "parameters of the model": _number(facts.get(names.PARAMETERS)),
        "images a second": _number(facts.get(names.IMAGES_PER_SECOND)),
        "seconds": _number(facts.get(names.SECONDS), digits=1),
        "host": facts.get(names.HOST),
        "commit": facts.get(names.COMMIT),
    }
    table = "".join(f"| {name} | {value} |\n" for name, value in rows.items() if value)
    return (
        f"{ending(trial)}\n\n"
        f"| | |\n|---|---|\n{table}\n"
        f"To repeat it as a single run, type in {code(working_directory)}:\n\n"
        f"{block(typed(command))}"
    )


def ending(trial: FrozenTrial) -> str:
    """Say in a sentence why a trial stopped."""
    facts = trial.user_attrs
    run = facts.get(names.EPOCHS_RUN, max(trial.intermediate_values, default=None))
    asked = facts.get(names.EPOCHS)
    of_all = f" of {asked}" if asked is not None else ""
    if trial.state is TrialState.FAIL:
        reason = str(facts.get(names.FAIL_REASON, "for a reason that was not kept"))
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
    best = facts.get(names.BEST_EPOCH)
    if run is None:
        return f"**Complete**: {values}."
    early = " (stopped early: no better epoch for a while)" if asked and run < asked else ""
    epoch = f", best in epoch {best}" if best is not None else ""
    return f"**Complete** after {run}{of_all} epochs{early}: {values}{epoch}."


def study_note(
    *,
    space: Mapping[str, str],
    fixed: Mapping[str, Any],
    typed: Sequence[str],
    goals: Mapping[str, str],
    commit: str | None,
) -> str:
    """Say what a study searches, on which data, and what all its trials have in common.

    Args:
        space: where each searched key may lie, in words.
        fixed: every other setting, by dotted key.
        typed: overrides that the search was started with.
        goals: direction by objective.
        commit: of the code.
    """
    data = fixed.get("data.name")
    searched = "".join(f"| {code(key)} | {_cell(where)} |\n" for key, where in space.items())
    facts = {
        "data": data,
        "objective": ", ".join(f"{way} {name}" for name, way in goals.items()),
        "typed": ", ".join(map(code, typed)),
        "commit": commit,
    }
    listed = "".join(f"- {name}: {value}\n" for name, value in facts.items() if value)
    settings = "\n".join(f"{key}: {_plain(value)}" for key, value in sorted(fixed.items()))
    return (
        f"## The search\n\n{listed}\n"
        f"| searched | in |\n|---|---|\n{searched}\n"
        f"<details><summary>{len(fixed)} fixed settings</summary>\n\n"
        f"{block(settings)}\n</details>\n"
    )


def with_result(note: str, lines: Sequence[str]) -> str:
    """Put the result of an analysis at the end of a study's note, in place of an earlier one."""
    before, heading, after = note.partition(RESULT_HEADING)
    following = NEXT_HEADING.search(after)
    kept = after[following.start() :] if heading and following else ""
    parts = [before.rstrip(), kept.rstrip(), f"{RESULT_HEADING}\n\n" + _bullets(lines)]
    return "\n\n".join(part for part in parts if part)


def _bullets(lines: Sequence[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


def code(text: object) -> str:
    """Text within a sentence or a table, as it is typed."""
    return f"`{_cell(text)}`" if text else ""


def block(text: str) -> str:
    """Text on lines of its own, as it is typed; fenced so that nothing in it ends the block."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{text}\n{fence}\n"


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _plain(value: Any) -> str:
    """A setting as YAML has it."""
    return value if isinstance(value, str) else json.dumps(value, default=str)


def typed(words: Sequence[str]) -> str:
    """A command as one types it, over several lines where it is long: a page need not scroll."""
    lines = [""]
    for word in map(shlex.quote, words):
        if lines[-1].strip() and len(lines[-1]) + len(word) >= WIDTH:
            lines.append("   ")
        lines[-1] += f" {word}" if lines[-1] else word
    return " \\\n".join(lines)


def _inside(directory: object, parent: Path) -> object:
    """A path as it is typed in `parent`."""
    if not directory or not Path(str(directory)).is_relative_to(parent):
        return directory
    return Path(str(directory)).relative_to(parent)


def _number(value: Any, digits: int = 0) -> str | None:
    return None if value is None else f"{value:,.{digits}f}"

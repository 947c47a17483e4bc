"""What the pictures and the note of a trial show; a program may supply its own content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial

from hydra_tailor.instantiate import function_of_program
from hydra_tailor.names import REPORTS_PICTURE


class Content:
    """The default content: a curve of the values that a trial reported.

    A subclass named by `hydra.sweeper.picture_content` may show more. Its module must import
    quickly: the sweep's own process calls `pictures` for each finished trial.
    """

    def pictures(self, directory: Path, *, reported: bool) -> list[str]:
        """Return the names of the pictures that a finished trial will have.

        Args:
            directory: the trial's run directory.
            reported: whether the trial reported any value.
        """
        return [REPORTS_PICTURE] if reported else []

    def draw(self, picture: str, trial: FrozenTrial, directory: Path) -> bytes:
        """Return a picture as PNG.

        Args:
            picture: one of the names that `pictures` returned.
            trial: the finished trial.
            directory: its run directory.
        """
        from hydra_tailor.pictures.plots import reports

        return reports(trial.intermediate_values)

    def trial_facts(self, trial: FrozenTrial) -> Mapping[str, str]:
        """Return rows for the trial's note, such as the size of its model."""
        return {}

    def study_facts(self, fixed: Mapping[str, Any]) -> Mapping[str, str]:
        """Return items for the study's note, given the settings that all trials share."""
        return {}

    def pinned_overrides(self, directory: Path) -> list[str]:
        """Return overrides that repeating a trial needs besides its own, such as a thread count.

        Args:
            directory: the trial's run directory.
        """
        return []


def content_of(path: str | None) -> Content:
    """Return the content that `hydra.sweeper.picture_content` names; None: the default one."""
    return (
        Content() if path is None else function_of_program("hydra.sweeper.picture_content", path)()
    )

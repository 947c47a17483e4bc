"""The base class of recorders, which receive the events of a run and must not change it."""

from __future__ import annotations

from collections.abc import Sequence

from tailor.training.result import Row, RunResult


class Recorder:
    """Receives a run's events. Override the ones you need."""

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        """The run starts, or continues after the epochs in `history`.

        Args:
            history: rows of the finished epochs.
            epochs: in the whole run.
            steps: optimizer steps per epoch.
        """

    def stepped(self) -> None:
        """One optimizer step is done. Called often: return quickly."""

    def finished_epoch(self, history: Sequence[Row]) -> None:
        """An epoch is done; its row is the last of `history`."""

    def finished(self, result: RunResult) -> None:
        """The run is complete or pruned."""

    def closed(self) -> None:
        """The run has ended, successfully or not; always the last call."""

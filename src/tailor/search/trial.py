"""The trial that the running job belongs to."""

from __future__ import annotations


class RunningTrial:
    """A trial as its own job sees it. This one belongs to no search: it hears and says nothing."""

    number: int | None = None

    def report(self, value: float, epoch: int) -> None:
        """Tell the search the value reached after `epoch`."""

    def should_prune(self) -> bool:
        """Whether the search wants this trial to end now."""
        return False


NO_TRIAL = RunningTrial()


def current_trial() -> RunningTrial:
    """Return the trial of the running job, or `NO_TRIAL` outside a search."""
    return NO_TRIAL

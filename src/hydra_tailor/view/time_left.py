"""How long a search still takes, from the pace of its work so far."""

from __future__ import annotations

import time
from collections.abc import Callable


class TimeLeft:
    """Estimates the remaining time from the work that was done since this object was made.

    Args:
        done: work that was done before, in any unit.
        clock: returns seconds.
    """

    def __init__(self, done: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._opened = self._began = self._last_at = clock()
        self._before = self._last = done

    @property
    def passed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._opened

    def nothing_runs_yet(self) -> None:
        """Exclude the time so far from the pace: workers start, data are read."""
        if self._last == self._before:
            self._began = self._last_at = self._clock()

    def seconds(self, done: float, total: float) -> float | None:
        """Seconds until all work is done; None while nothing was done.

        Between two pieces of work the estimate counts down.

        Args:
            done: all work so far, including what was done before.
            total: all work of the search.
        """
        if done > self._last:
            self._last, self._last_at = done, self._clock()
        here = self._last - self._before
        if here <= 0:
            return None
        pace = (self._last_at - self._began) / here
        return max(0.0, (total - self._last) * pace - (self._clock() - self._last_at))

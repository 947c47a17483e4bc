"""Heartbeats of the trials that this process runs, where the storage keeps them."""

from __future__ import annotations

import threading

from hydra_tailor.internals.optuna import beat, heartbeat_interval, trial_id
from hydra_tailor.storage.opening import HEARTBEAT_SECONDS
from hydra_tailor.study.shared import SharedStudy


class Heartbeat(threading.Thread):
    """Sends a heartbeat for each trial that this process runs, until `end` is called."""

    def __init__(self, shared: SharedStudy) -> None:
        super().__init__(daemon=True, name="heartbeat")
        self._shared = shared
        # Twice as often as the storage expects.
        self.interval = (heartbeat_interval(shared.storage) or 2 * HEARTBEAT_SECONDS) / 2
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(self.interval):
            try:
                for trial in list(self._shared.running.values()):
                    beat(self._shared.storage, trial_id(trial))
            except Exception:  # the database is away: the next beat may reach it again
                continue

    def end(self) -> None:
        self._ended.set()

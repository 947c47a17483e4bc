"""Building the recorders of a run from the config group `recorders`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tailor.addresses import build
from tailor.config import RunConfig, check_recorder_packages
from tailor.errors import ConfigError, TailorError
from tailor.training.recorders.base import Recorder
from tailor.training.result import Row, RunResult

log = logging.getLogger(__name__)


def build_recorders(
    chosen: Mapping[str, Any] | None, *, directory: Path, config: RunConfig
) -> list[Recorder]:
    """Build the recorders of a config.

    Args:
        chosen: by name, a mapping with the `_target_` of a `Recorder` and its arguments, or None
            to leave it out. Each also receives `directory` and `config`.
        directory: of the run.
        config: of the run.

    Raises:
        ConfigError: a package is missing, a target is not trusted, or is not a recorder.
    """
    check_recorder_packages(chosen)
    recorders: list[Recorder] = []
    for name, target in (chosen or {}).items():
        if target is None:
            continue
        try:
            recorders.append(
                Shielded(name, _build(f"recorders.{name}", target, directory, config))
            )
        except TailorError:
            raise
        except Exception as error:  # an unreachable server must not stop the run
            log.warning("recorder %s is left out: %r", name, error)
    return recorders


def _build(key: str, target: Mapping[str, Any], directory: Path, config: RunConfig) -> Recorder:
    # As a partial call: Hydra would convert an argument that is a dataclass to a DictConfig.
    make = build("recorders", {**target, "_partial_": True}, key=key)
    try:
        recorder = make(directory=directory, config=config)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"`{key}`: {target['_target_']!r} cannot be built: {error}") from error
    if not isinstance(recorder, Recorder):
        raise ConfigError(
            f"`{key}` must build a tailor.training.Recorder, got a {type(recorder).__name__}."
        )
    return recorder


class Shielded(Recorder):
    """Shields the run from a failing recorder: the error is logged once, the recorder dropped."""

    def __init__(self, name: str, recorder: Recorder) -> None:
        self._name = name
        self._recorder = recorder
        self._failed = False

    def _send(self, call: Callable[..., None], *arguments: Any, **named: Any) -> None:
        if self._failed:
            return
        try:
            call(*arguments, **named)
        except TailorError:
            raise
        except Exception as error:  # an unreachable server must not stop the run
            self._failed = True
            log.warning("recorder %s is left out from here on: %r", self._name, error)

    def started(self, history: Sequence[Row], *, epochs: int, steps: int) -> None:
        self._send(self._recorder.started, history, epochs=epochs, steps=steps)

    def stepped(self) -> None:
        self._send(self._recorder.stepped)

    def finished_epoch(self, history: Sequence[Row]) -> None:
        self._send(self._recorder.finished_epoch, history)

    def finished(self, result: RunResult) -> None:
        self._send(self._recorder.finished, result)

    def closed(self) -> None:
        self._failed = False  # a failed recorder is closed, too
        self._send(self._recorder.closed)

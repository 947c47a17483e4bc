"""A contender's log: events with their times, as lines of JSON for `benchmarks/peers`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tailor.history import Row
from tailor.training.recorders import Recorder


def arguments() -> argparse.Namespace:
    """Parse the command line of the contenders without one of their own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path, help="holds the images and split.json")
    parser.add_argument("out", type=Path, help="receives log.jsonl and what the contender keeps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--epochs", type=int, nargs="+", default=[3, 6, 12], help="the choices")
    return parser.parse_args()


class Log:
    """Appends to `log.jsonl` in a directory; several processes may write at once."""

    def __init__(self, out: Path) -> None:
        self._path = out / "log.jsonl"
        self._training = 0.0

    @contextmanager
    def training(self) -> Iterator[None]:
        """Measure the training part of an epoch."""
        start = time.perf_counter()
        yield
        self._training += time.perf_counter() - start

    def epoch(self, images: int, value: float, training: float | None = None) -> None:
        """Log a finished epoch.

        Args:
            images: number of images that it trained on.
            value: validation accuracy, a fraction.
            training: seconds of the training part; None uses those measured by `training()`.
        """
        seconds = self._training if training is None else training
        self._write(event="epoch", images=images, value=value, training=seconds)
        self._training = 0.0

    def ended(self) -> None:
        """Log the end of the search; later work serves the comparison and is not timed."""
        self._write(event="ended")

    def winner(self, test_accuracy: float) -> None:
        self._write(event="winner", test_accuracy=test_accuracy)

    def _write(self, **line: Any) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps({"time": time.time(), **line}) + "\n")


class TailorLog(Recorder):
    """Writes the same lines for a training of `python src/train.py`."""

    def __init__(self, *, out: str, images: int, **_: Any) -> None:
        self._log = Log(Path(out))
        self._images = images

    def finished_epoch(self, history: Sequence[Row]) -> None:
        row = history[-1]
        training = self._images / row["images_per_second"]
        self._log.epoch(self._images, row["val_accuracy"], training)

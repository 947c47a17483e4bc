"""What TensorBoard itself reads back from the event files."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tailor import names
from tailor.training.recorders.tensorboard import FOLDER

COLUMNS = set(names.METRIC_COLUMNS) - {names.EPOCH}


def scalars(directory: Path) -> dict[str, list[tuple[int, float]]]:
    events = EventAccumulator(str(directory / FOLDER)).Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def rows(directory: Path) -> list[dict[str, str]]:
    with (directory / names.METRICS_FILE).open(newline="") as file:
        return list(csv.DictReader(file))


def wait_for_the_next_second() -> None:
    """TensorBoard orders files by the second in which they were begun."""
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.05)


def assert_like_the_csv(directory: Path) -> None:
    logged = scalars(directory)
    assert set(logged) == COLUMNS
    for column in COLUMNS:
        expected = [(int(row[names.EPOCH]), float(row[column])) for row in rows(directory)]
        assert [step for step, _ in logged[column]] == [step for step, _ in expected]
        assert [value for _, value in logged[column]] == pytest.approx(
            [value for _, value in expected], rel=1e-6
        )


def test_every_column_of_every_epoch_is_read_back(
    train: Callable[..., object], tmp_path: Path
) -> None:
    train("tensorboard")
    assert len(rows(tmp_path)) == 4
    assert_like_the_csv(tmp_path)
    events = EventAccumulator(str(tmp_path / FOLDER)).Reload()
    text = events.Tensors("config/text_summary")[0].tensor_proto.string_val[0].decode()
    assert "training.epochs: 4" in text


def test_a_run_that_goes_on_shows_every_epoch_once(
    train: Callable[..., object], tmp_path: Path
) -> None:
    train("tensorboard", kill_in=3)  # saved, but in no event file
    wait_for_the_next_second()
    train("tensorboard")
    assert_like_the_csv(tmp_path)


def test_a_tensorboard_that_looks_all_the_while_shows_every_epoch_once(
    train: Callable[..., object], tmp_path: Path
) -> None:
    train("tensorboard", kill_in=3)
    looking = EventAccumulator(str(tmp_path / FOLDER)).Reload()
    assert [event.step for event in looking.Scalars(names.VAL_LOSS)] == [1, 2]
    wait_for_the_next_second()
    train("tensorboard")
    looking.Reload()
    assert [event.step for event in looking.Scalars(names.VAL_LOSS)] == [1, 2, 3, 4]

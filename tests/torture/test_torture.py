"""The smallest form of each kind of loop of `make torture`, so that all keep working."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.torture import inputs, kills, leaks, settings
from tests.torture.__main__ import table, torture
from tests.torture.searches import Broken


def test_a_search_that_is_killed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kills, "BLOWS", 1)
    assert kills.strike(tmp_path, kills.worker_reporting, random.Random(0)) <= 1


def test_what_is_broken_is_counted_and_kept() -> None:
    def breaks(directory: Path, rng: random.Random) -> int:
        if rng.random() < 0.5:
            raise Broken("it hangs")
        directory.rmdir()
        directory.mkdir()
        return 1

    count = torture("broken", breaks, 3, seconds=60, seed=1)
    assert count.reached == 3
    assert count.broken
    for line in count.broken:
        kept = Path(line.partition("kept in ")[2].partition(":")[0])
        kept.rmdir()
    assert table({"broken": count}).row_count == 1


def test_a_few_mutated_files(tmp_path: Path) -> None:
    assert inputs.mutate_files(tmp_path, random.Random(0), 60) == 60


def test_a_few_mutated_command_lines() -> None:
    assert inputs.mutate_commands(random.Random(0), 10) == 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_search_with_drawn_settings(tmp_path: Path, seed: int) -> None:
    assert settings.search_with_drawn_settings(tmp_path, random.Random(seed)) <= 1


@pytest.mark.slow
def test_two_coordinators(tmp_path: Path) -> None:
    assert kills.race(tmp_path, random.Random(0), n=2, kills=False) == 2


@pytest.mark.slow
def test_a_search_that_may_not_grow(tmp_path: Path) -> None:
    assert leaks.search_long(tmp_path, 40) == 40

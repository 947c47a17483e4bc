"""A draw is made once, and is the same when it is read again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tailor.data.draws import FOLDER
from tailor.data.split import split_indices, subset_indices
from tailor.errors import DataError
from tailor.names import CACHE_DIR_VARIABLE

TARGETS = torch.arange(200) % 4


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_DIR_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def split(targets: Tensor = TARGETS, *, seed: int = 0, stratify: bool = True) -> list[list[int]]:
    sides = split_indices(targets, val_fraction=0.2, seed=seed, stratify=stratify)
    return [side.tolist() for side in sides]


def test_a_second_start_needs_no_scikit_learn(cache: Path) -> None:
    script = (
        "import json, sys, torch\n"
        "from tailor.data.split import split_indices, subset_indices\n"
        "targets = torch.arange(200) % 4\n"
        "drawn = [*split_indices(targets, val_fraction=0.2, seed=0),\n"
        "         subset_indices(targets, size=40, seed=0)]\n"
        "print(json.dumps(['sklearn' in sys.modules, [side.tolist() for side in drawn]]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    starts = [
        json.loads(subprocess.check_output([sys.executable, "-c", script], env=environment))
        for _ in range(2)
    ]
    assert [imported for imported, _ in starts] == [True, False]
    assert starts[0][1] == starts[1][1]


def test_every_setting_has_a_draw_of_its_own(cache: Path) -> None:
    first = split()
    others = [split(seed=1), split(stratify=False), split(TARGETS.flip(0))]
    assert all(other != first for other in others)
    assert len(list((cache / FOLDER).iterdir())) == 4
    assert split() == first


@pytest.mark.parametrize(
    "damaged",
    [
        lambda _: b"",
        lambda content: content[:-20],
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    ],
    ids=["empty", "cut", "flipped"],
)
def test_a_damaged_file_is_drawn_again(cache: Path, damaged: Callable[[bytes], bytes]) -> None:
    first = split()
    (path,) = (cache / FOLDER).iterdir()
    whole = path.read_bytes()
    path.write_bytes(damaged(whole))
    assert split() == first
    assert path.read_bytes() == whole


def test_without_a_cache_it_is_drawn_every_time(cache: Path) -> None:
    cache.write_text("a file where the directory would be")
    assert split() == split()


def test_a_refused_draw_is_not_kept(cache: Path) -> None:
    with pytest.raises(DataError):
        subset_indices(TARGETS, size=201, seed=0)
    with pytest.raises(DataError):
        split_indices(TARGETS, val_fraction=0.999, seed=0)
    assert not (cache / FOLDER).exists()

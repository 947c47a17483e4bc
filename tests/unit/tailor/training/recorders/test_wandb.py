"""What stands in the files of an offline run, which `wandb sync` would send."""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tailor import names

pytest.importorskip("wandb", reason="W&B is an extra: pip install wandb")

pytestmark = pytest.mark.filterwarnings("ignore")  # W&B's own, of every kind


TIMEOUT_SECONDS = 60
BLOCK = 32 * 1024  # of a LevelDB log, the form of an offline file
FULL, FIRST, LAST = 1, 2, 4


def records(log: bytes) -> Iterator[bytes]:
    """The records of a LevelDB log behind W&B's header of seven bytes."""
    offset, parts = 7, b""
    while offset + 7 <= len(log):
        if BLOCK - offset % BLOCK < 7:  # what is left of a block is too short for a record
            offset += BLOCK - offset % BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", log, offset)
        piece = log[offset + 7 : offset + 7 + length]
        parts = piece if kind in (FULL, FIRST) else parts + piece
        if kind in (FULL, LAST):
            yield parts
        offset += 7 + length


def logged(directory: Path) -> list[dict[str, Any]]:
    """The rows of all offline files, the oldest file first."""
    from wandb.proto import wandb_internal_pb2

    rows = []
    for file in sorted(directory.glob("wandb/offline-run-*/*.wandb")):
        for content in records(file.read_bytes()):
            record = wandb_internal_pb2.Record()
            record.ParseFromString(content)
            if record.WhichOneof("record_type") == "history":
                items = record.history.item
                keys = [item.key or ".".join(item.nested_key) for item in items]
                values = [json.loads(item.value_json) for item in items]
                rows.append(dict(zip(keys, values, strict=True)))
    return rows


def test_a_run_and_its_going_on_log_every_epoch_once(
    train: Callable[..., Any], tmp_path: Path
) -> None:
    train("wandb", kill_in=3, project="study", mode="offline")
    first = json.loads((tmp_path / "wandb_run.json").read_text())
    result = train("wandb", project="study", mode="offline")
    last = json.loads((tmp_path / "wandb_run.json").read_text())
    assert first["id"] == last["id"]
    assert (first["sent"], last["sent"]) == (2, 4)
    deadline = time.monotonic() + TIMEOUT_SECONDS  # W&B's own process writes the file
    while len(rows := logged(tmp_path)) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [row["_step"] for row in rows] == [1, 2, 3, 4]
    best = rows[result.best_epoch - 1]
    assert best[names.VAL_ACCURACY] == pytest.approx(result.val_accuracy)

"""`metrics.csv`: read as it was written, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tailor import names
from tailor.errors import DamagedFile
from tailor.history import read_history, write_history

ROWS = [
    {column: 0.1 * epoch for column in names.METRIC_COLUMNS} | {names.EPOCH: epoch}
    for epoch in (1, 2)
]
HEADER = ",".join(names.METRIC_COLUMNS)


def test_a_history_survives_the_file(tmp_path: Path) -> None:
    path = tmp_path / names.METRICS_FILE
    assert read_history(path) == []
    write_history(path, ROWS)
    assert read_history(path) == ROWS


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfe", id="not-text"),
        pytest.param(b"", id="empty"),
        pytest.param(b"a,b\n1,2\n", id="other-columns"),
        pytest.param(f"{HEADER}\n1,2,3\n".encode(), id="a-short-row"),
        pytest.param(f"{HEADER}\n1{',x' * 7}\n".encode(), id="no-number"),
        pytest.param(f"{HEADER}\n1{',nan' * 7}\n".encode(), id="not-finite"),
        pytest.param(f"{HEADER}\n2{',0' * 7}\n".encode(), id="without-epoch-1"),
        pytest.param(f'{HEADER}\n"'.encode() + b"x" * 200_000, id="a-long-cell"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / names.METRICS_FILE
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=r"metrics\.csv is damaged"):
        read_history(path)


def test_a_directory_in_its_place_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedFile, match="is damaged"):
        read_history(tmp_path)

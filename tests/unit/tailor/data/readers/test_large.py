"""Files that are larger than memory, or take long to read."""

import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tailor.data.readers import large, table
from tailor.data.readers.npz_file import read_array
from tailor.data.readers.table import read_columns, read_table
from tailor.data.readers.table_format import TableFormat
from tailor.errors import DataError

FORMAT = TableFormat("label", True, ",", None, (), 1.0, skip=False)


def free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(large.psutil, "virtual_memory", lambda: SimpleNamespace(available=size))


def csv_of(rows: int, path: Path) -> Path:
    path.write_text("label,a,b,c,d\n" + "0,1,2,3,4\n1,2,3,4,5\n" * (rows // 2))
    return path


def test_a_table_is_left_where_it_outgrows_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = csv_of(40, tmp_path / "a.csv")
    monkeypatch.setattr(table, "CHUNK_ROWS", 10)
    free(monkeypatch, 4 * 25)
    with pytest.raises(DataError, match=r"the first \d+ rows of .*a.csv need .* GB of memory"):
        read_table(path, FORMAT)
    free(monkeypatch, 4 * 41)
    assert len(read_table(path, FORMAT).labels) == 40


def test_a_long_read_says_how_far_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(table, "CHUNK_ROWS", 10)
    monkeypatch.setattr(large, "PROGRESS_SECONDS", 0)
    with caplog.at_level(logging.INFO):
        read_table(csv_of(40, tmp_path / "a.csv"), FORMAT)
    assert any("a.csv: 11 rows so far" in message for message in caplog.messages)


def test_more_columns_than_an_image_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_COLUMNS", 4)
    with pytest.raises(DataError, match="must have at most 4 columns, got 5"):
        read_columns(csv_of(2, tmp_path / "a.csv"), FORMAT)


def test_an_array_larger_than_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.zeros((100, 10), np.uint8))
    free(monkeypatch, 1999)
    with pytest.raises(DataError, match=r"a.npz\[x\] need 0.0 GB of memory"):
        read_array(tmp_path / "a.npz", "x")
    free(monkeypatch, 2000)
    monkeypatch.setattr(large, "NOTED_BYTES", 1000)
    with caplog.at_level(logging.INFO):
        assert read_array(tmp_path / "a.npz", "x").shape == (100, 10)
    assert "a.npz[x]: 0.0 GB" in caplog.text

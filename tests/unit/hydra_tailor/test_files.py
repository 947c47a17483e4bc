"""Files appear whole or not at all."""

import os
from pathlib import Path

import pytest

from hydra_tailor.files import read_json, remove_leftovers, whole, write_json


def test_the_old_file_stays_when_writing_fails(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"value": 1})
    with pytest.raises(OSError, match="no space"):
        fill_the_disk(path)
    assert read_json(path) == {"value": 1}
    assert list(tmp_path.iterdir()) == [path]


def fill_the_disk(path: Path) -> None:
    with whole(path) as temporary:
        temporary.write_text("half")
        raise OSError("no space")


def test_nothing_is_visible_before_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "metrics.csv"
    with whole(path) as temporary:
        temporary.write_text("all of it")
        assert not path.exists()
        assert temporary.suffix == path.suffix
    assert path.read_text() == "all of it"


def test_json_refuses_what_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "result.json", {"loss": float("nan")})
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    writing = whole(tmp_path / "last.pt")
    with writing as temporary:
        temporary.write_text("half")
        (tmp_path / ".hydra").mkdir()
        (tmp_path / ".notes.txt").touch()
        remove_leftovers(tmp_path)
        assert not temporary.exists()
        temporary.write_text("all")
    assert {path.name for path in tmp_path.iterdir()} == {"last.pt", ".hydra", ".notes.txt"}


def test_bytes_reach_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last.pt"
    seen = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: seen.append(path.exists()))
    write_json(path, 1)
    assert seen == [False]

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from filelock import FileLock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailor.data import LabelledImages, cache, cached
from tailor.errors import DataError
from tests.datasets import labelled


class Source:
    """A source file, and a decoder that counts its calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls = 0
        path.write_bytes(b"first")

    def open(self, **settings: int) -> LabelledImages:
        return cached("toy", files=[self.path], settings=settings, decode=self.decode)

    def decode(self) -> LabelledImages:
        self.calls += 1
        images = labelled(seed=len(self.path.read_bytes()))
        return LabelledImages(images.images, images.targets, images.classes, notes=("a note",))


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source.bin")


def entry(cache_directory: Path) -> Path:
    (directory,) = cache_directory.iterdir()
    return directory


def assert_same(first: LabelledImages, second: LabelledImages) -> None:
    assert torch.equal(first.images, second.images)
    assert torch.equal(first.targets, second.targets)
    assert (first.classes, first.notes) == (second.classes, second.notes)


def test_second_opening_decodes_nothing(source: Source) -> None:
    first, second = source.open(), source.open()
    assert source.calls == 1
    assert_same(first, second)


def test_what_a_caller_writes_does_not_reach_the_cache(source: Source) -> None:
    first = source.open()
    source.open().images.zero_()
    assert_same(source.open(), first)
    assert source.calls == 1


def test_settings_have_entries_of_their_own(source: Source) -> None:
    source.open(size=1)
    source.open(size=2)
    source.open(size=1)
    assert source.calls == 2


@pytest.mark.parametrize("content", [b"longer than first", b"FIRST"], ids=["size", "bytes"])
def test_a_changed_source_is_decoded_again(source: Source, content: bytes) -> None:
    source.open()
    source.path.write_bytes(content)
    os.utime(source.path, ns=(1, 1))
    source.open()
    source.open()
    assert source.calls == 2


def test_a_touched_source_with_the_same_bytes_is_not(
    source: Source, cache_directory: Path
) -> None:
    source.open()
    os.utime(source.path, ns=(1, 1))
    source.open()
    assert source.calls == 1
    recorded = (entry(cache_directory) / "meta.json").read_text()
    source.open()
    assert (entry(cache_directory) / "meta.json").read_text() == recorded


def test_bytes_are_not_read_while_size_and_time_are_as_recorded(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.open()

    def refuse(files: object) -> str:
        raise AssertionError("the source's bytes were read")

    monkeypatch.setattr("tailor.data.cache._content", refuse)
    source.open()


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [flip_a_byte, cut, empty, Path.unlink])
@pytest.mark.parametrize("name", ["images.npy", "targets.npy"])
def test_damaged_arrays_are_noticed_and_rebuilt(
    source: Source, cache_directory: Path, name: str, damage
) -> None:
    first = source.open()
    damage(entry(cache_directory) / name)
    assert_same(source.open(), first)
    assert source.calls == 2
    source.open()
    assert source.calls == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"listing": 1', "\x00"])
def test_damaged_meta_is_noticed_and_rebuilt(
    source: Source, cache_directory: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    first = source.open()
    (entry(cache_directory) / "meta.json").write_text(text)
    assert_same(source.open(), first)
    assert source.calls == 2
    assert "damaged" in caplog.text


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(["images.npy", "targets.npy", "meta.json"]),
    percent=st.integers(0, 99),
    bit=st.integers(0, 7),
)
def test_no_flipped_bit_reaches_the_data(
    source: Source, cache_directory: Path, name: str, percent: int, bit: int
) -> None:
    source.open()
    path = entry(cache_directory) / name
    content = bytearray(path.read_bytes())
    content[percent * len(content) // 100] ^= 1 << bit
    path.write_bytes(content)
    assert_same(source.open(), source.decode())


def test_a_cache_that_cannot_be_written_costs_one_warning(
    source: Source,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TAILOR_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with caplog.at_level(logging.WARNING):
        assert_same(source.open(), source.open())
    assert source.calls == 2
    (warning,) = caplog.messages
    assert "cannot be written" in warning
    assert "TAILOR_CACHE_DIR" in warning


def test_a_full_disk_leaves_the_data_and_no_entry(
    source: Source, cache_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        first = source.open()
    assert [path.name for path in entry(cache_directory).iterdir()] in ([], [".lock"])
    assert_same(source.open(), first)
    assert source.calls == 2


def test_waiting_for_another_process_is_logged(
    source: Source,
    cache_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.open()
    (entry(cache_directory) / "meta.json").unlink()
    other = FileLock(entry(cache_directory) / ".lock")
    other.acquire()
    logged = threading.Event()

    class Release(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            other.release()
            logged.set()

    handler = Release()
    monkeypatch.setattr(cache, "LOCK_WARNING_SECONDS", 0.01)
    with caplog.at_level(logging.INFO, logger=cache.__name__):
        cache._log.addHandler(handler)
        try:
            source.open()
        finally:
            cache._log.removeHandler(handler)
    assert logged.is_set()
    assert "another process is decoding toy: waiting for it" in caplog.messages
    assert source.calls == 2


def test_what_a_killed_process_left_is_removed(source: Source, cache_directory: Path) -> None:
    source.open()
    (entry(cache_directory) / f".images.{'0' * 32}.npy").write_bytes(b"half an array")
    source.path.write_bytes(b"other bytes")
    source.open()
    left = {path.name for path in entry(cache_directory).iterdir()} - {".lock"}
    assert left == {"images.npy", "targets.npy", "meta.json"}


def test_a_missing_source_is_left_to_the_decoder(source: Source) -> None:
    source.open()
    source.path.unlink()
    with pytest.raises(FileNotFoundError, match=r"source\.bin"):
        source.open()


def test_a_failure_to_decode_leaves_no_entry(tmp_path: Path, cache_directory: Path) -> None:
    def fail() -> LabelledImages:
        raise DataError("bad bytes")

    for _ in range(2):
        with pytest.raises(DataError, match="bad bytes"):
            cached("toy", files=[], settings={}, decode=fail)
    assert not list(cache_directory.rglob("*.npy"))

from __future__ import annotations

import gzip
import io
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tailor.data.sources import cifar
from tailor.data.sources.cifar import assemble, cifar10, cifar100, read_members
from tailor.errors import DataError
from tailor.torchvision_parts import import_torchvision
from tests.datasets import md5, python2_pickle, random_images, write_cifar, write_tar


def test_images_labels_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "CIFAR100", monkeypatch, train=200, test=100)
    images, targets = random_images(100, (3072,), num_classes=100, seed=100)
    fine = cifar100(split="test", root=str(tmp_path), labels="fine")
    coarse = cifar100(split="test", root=str(tmp_path), labels="coarse")
    assert torch.equal(fine.images.flatten(1), torch.from_numpy(images))
    assert fine.targets.tolist() == targets.tolist()
    assert coarse.targets.tolist() == (targets % 20).tolist()
    assert (fine.classes[99], coarse.classes[19]) == ("thing 99", "group 19")


def test_batches_keep_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cifar(tmp_path, "CIFAR10", monkeypatch, train=50)
    images, targets = random_images(50, (3072,), num_classes=10, seed=50)
    result = cifar10(split="train", root=str(tmp_path))
    assert torch.equal(result.images.flatten(1), torch.from_numpy(images))
    assert result.targets.tolist() == targets.tolist()


def test_agrees_with_torchvisions_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_cifar(tmp_path, "CIFAR100", monkeypatch)
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    dataset = import_torchvision().datasets.CIFAR100
    monkeypatch.setattr(dataset, "_check_integrity", lambda self: True)
    monkeypatch.setitem(dataset.meta, "md5", md5(tmp_path / "cifar-100-python" / "meta"))
    theirs = dataset(tmp_path, train=False)
    ours = cifar100(split="test", root=str(tmp_path), labels="fine")
    np.testing.assert_array_equal(ours.images.permute(0, 2, 3, 1).numpy(), theirs.data)
    assert ours.targets.tolist() == theirs.targets
    assert list(ours.classes) == theirs.classes


def test_nothing_is_extracted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_cifar(tmp_path, "CIFAR10", monkeypatch)
    cifar10(split="test", root=str(tmp_path))
    assert [entry for entry in tmp_path.iterdir() if entry.name != "cache"] == [path]


def test_pickles_are_not_opened_before_the_checksum_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_cifar(tmp_path, "CIFAR10", monkeypatch)
    with path.open("ab") as file:
        file.write(b"x")

    def refuse(*args: object) -> None:
        raise AssertionError("the archive was opened")

    monkeypatch.setattr(cifar, "read_members", refuse)
    with pytest.raises(DataError, match=f"{re.escape(path.name)} is damaged: its MD5 sum must be"):
        cifar10(split="train", root=str(tmp_path))


def test_no_network_and_no_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = import_torchvision().datasets.CIFAR100
    monkeypatch.setattr(published, "url", "http://127.0.0.1:9/x.tar.gz")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(DataError) as caught:
        cifar100(split="train", root=str(tmp_path), labels="fine")
    for part in (str(tmp_path), "TAILOR_DATA_DIR", "data=digits"):
        assert part in str(caught.value)


def test_labels_of_another_kind(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be fine or coarse, got 'medium'"):
        cifar100(split="train", root=str(tmp_path), labels="medium")


ROWS = random_images(4, (3072,), num_classes=2)[0]
META = {"label_names": ["a", "b"]}


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"labels": [0, 1, 0, 1]}, "'data' must be a ndarray, got NoneType"),
        ({"data": ROWS}, "'labels' must be a list"),
        ({"data": ROWS, "labels": [0, 1, 2, 0]}, "must all be integers below 2"),
        ({"data": ROWS, "labels": [0, 1, "x", 0]}, "must all be integers below 2"),
        (
            {"data": ROWS[:, :9], "labels": [0, 1, 0, 1]},
            r"must be \[N, 3072\] bytes, got \[4, 9\]",
        ),
        ({"data": ROWS, "labels": [0, 1]}, "4 images and 2 labels"),
    ],
)
def test_a_batch_that_does_not_fit(batch: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        assemble(
            [python2_pickle(batch)],
            python2_pickle(META),
            "labels",
            "label_names",
            where="an archive",
        )


def test_names_that_are_not_strings() -> None:
    batch = python2_pickle({"data": ROWS, "labels": [0, 1, 0, 1]})
    with pytest.raises(DataError, match="label_names must all be strings"):
        assemble(
            [batch], python2_pickle({"label_names": [1, 2]}), "labels", "label_names", where=""
        )


def test_a_member_is_missing_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.tar.gz"
    write_tar(path, {"there": b"123", "../outside": b"x"})
    assert read_members(path, {"there"}) == {"there": b"123"}
    with pytest.raises(DataError, match="lacks absent"):
        read_members(path, {"there", "absent"})
    monkeypatch.setattr(cifar, "MAX_MEMBER_BYTES", 2)
    with pytest.raises(DataError, match="there declares 3 bytes"):
        read_members(path, {"there"})


def plain_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("there")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"123"))
    return buffer.getvalue()[:1536]


TAR = plain_tar()


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    content = bytearray(TAR)
    for _ in range(draw(st.integers(1, 4))):
        content[draw(st.integers(0, 600))] = draw(st.integers(0, 255))
    whole = bytes(content[: draw(st.integers(0, len(content)))])
    return gzip.compress(whole, mtime=0) if draw(st.booleans()) else whole


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(content=st.one_of(damaged(), st.binary(max_size=700)))
def test_any_bytes_end_in_an_error_or_the_members(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzzed.tar.gz"
    path.write_bytes(content)
    try:
        result = read_members(path, {"there"})
    except DataError:
        return
    assert set(result) == {"there"}

from __future__ import annotations

import pytest
import torch

from tailor.errors import ConfigError, TrainingError
from tailor.training import machine


def test_without_a_card_auto_is_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert machine.pick_device("auto") == torch.device("cpu")


def test_a_card_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"a device of this machine \(.*cpu.*got 'cuda:1'"):
        machine.pick_device("cuda:1")


@pytest.mark.parametrize(
    ("cores", "threads", "used"),
    [pytest.param({0}, None, 1, id="the cores it owns"), pytest.param({0}, 2, 2, id="as asked")],
)
def test_threads(
    monkeypatch: pytest.MonkeyPatch, cores: set[int], threads: int | None, used: int
) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: cores, raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert machine.prepare(torch.device("cpu"), threads) == used
    assert torch.get_num_threads() == used


@pytest.mark.parametrize(
    ("stated", "used"), [("2", 2), ("8", 3), ("0", 3), ("", 3), ("2,1", 3)], ids=repr
)
def test_a_share_that_the_launcher_stated(
    monkeypatch: pytest.MonkeyPatch, stated: str, used: int
) -> None:
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {0, 1, 2}, raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", stated)
    assert machine.usable_cores() == used


def test_denormal_numbers_are_flushed() -> None:
    machine.prepare(torch.device("cpu"), 1)
    assert (torch.tensor([1e-38]) * 0.01).item() == 0


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 8 bytes"),
        MemoryError(),
    ],
)
def test_short_memory_names_a_smaller_batch(error: Exception) -> None:
    with (
        pytest.raises(TrainingError, match=r"batch_size=64\. Try training\.batch_size=32"),
        machine.short_of_memory(64),
    ):
        raise error


def test_one_image_a_step_cannot_be_fewer() -> None:
    with (
        pytest.raises(TrainingError, match=r"batch_size=1\. Try a smaller network"),
        machine.short_of_memory(1),
    ):
        raise MemoryError


def test_other_errors_pass_unchanged() -> None:
    with pytest.raises(RuntimeError, match="shapes"), machine.short_of_memory(64):
        raise RuntimeError("shapes differ")

"""How a machine is shared out among workers."""

import math
import os
from typing import Any

import pytest

from hydra_tailor.jobs.pool import explain_exit
from hydra_tailor.jobs.settings import LocalLauncherSettings
from hydra_tailor.jobs.slots import Slot, slots, visible_gpus
from tailor.errors import ConfigError

SLOTS = "hydra_tailor.jobs.slots"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Any:
    def build(
        cores: int,
        gpus: list[int],
        gib: float,
        allowed_cores: float = math.inf,
        allowed_gib: float = math.inf,
    ) -> None:
        monkeypatch.setattr(f"{SLOTS}.usable_cores", lambda: list(range(cores)))
        monkeypatch.setattr(f"{SLOTS}.visible_gpus", lambda: gpus)
        memory = type("Memory", (), {"available": gib * 2**30})
        monkeypatch.setattr("psutil.virtual_memory", lambda: memory)
        monkeypatch.setattr("hydra_tailor.jobs.cgroup.cores_allowed", lambda: allowed_cores)
        monkeypatch.setattr("hydra_tailor.jobs.cgroup.memory_left", lambda: allowed_gib * 2**30)

    return build


def shared(workers: Any, **keys: Any) -> list[Slot]:
    return slots(LocalLauncherSettings(workers=workers, **keys))


@pytest.mark.parametrize(
    ("cores", "gpus", "gib", "workers", "keys", "expected"),
    [
        pytest.param(4, [], 64, "auto", {}, [((i,), None) for i in range(4)], id="one-a-core"),
        pytest.param(4, [], 4, "auto", {}, [((0, 2), None), ((1, 3), None)], id="memory-for-two"),
        pytest.param(4, [], 0.1, "auto", {}, [((0, 1, 2, 3), None)], id="at-least-one"),
        pytest.param(2, [], 64, -1, {}, [((0,), None), ((1,), None)], id="minus-one"),
        pytest.param(
            2, [], 64, 3, {}, [((0,), None), ((1,), None), ((0,), None)], id="more-than-cores"
        ),
        pytest.param(4, [0, 1], 64, "auto", {}, [((0, 2), 0), ((1, 3), 1)], id="one-a-gpu"),
        pytest.param(
            4, [0, 1], 64, "auto", {"devices": [1]}, [((0, 1, 2, 3), 1)], id="named-gpus"
        ),
        pytest.param(
            2, [0], 64, "auto", {"trials_per_device": 2}, [((0,), 0), ((1,), 0)], id="two-a-gpu"
        ),
        pytest.param(3, [0, 1], 64, 3, {}, [((0,), 0), ((1,), 1), ((2,), 0)], id="more-than-gpus"),
    ],
)
def test_slots(
    machine: Any, cores: int, gpus: list[int], gib: float, workers: Any, keys: Any, expected: Any
) -> None:
    machine(cores, gpus, gib)
    assert [(slot.cores, slot.device) for slot in shared(workers, **keys)] == expected


@pytest.mark.parametrize(
    ("workers", "allowed_cores", "allowed_gib", "threads"),
    [
        pytest.param("auto", math.inf, math.inf, [1] * 8, id="no-limit"),
        pytest.param("auto", 2.5, math.inf, [1, 1], id="time-of-two-cores"),
        pytest.param("auto", 0.5, math.inf, [1], id="half-a-core"),
        pytest.param("auto", math.inf, 3.5, [4, 4], id="memory-for-two"),
        pytest.param("auto", 4, 3.5, [2, 2], id="both"),
        pytest.param("auto", math.inf, -1, [8], id="memory-used-up"),
        pytest.param(-1, 2, math.inf, [1, 1], id="minus-one"),
        pytest.param(3, 4, math.inf, [2, 1, 1], id="a-number"),
    ],
)
def test_a_containers_limits_hold(
    machine: Any, workers: Any, allowed_cores: float, allowed_gib: float, threads: list[int]
) -> None:
    machine(8, [], 64, allowed_cores, allowed_gib)
    shares = shared(workers)
    assert [slot.threads for slot in shares] == threads
    # Which cores a container's time is spent on is the kernel's to say: none is given up.
    assert {core for slot in shares for core in slot.cores} == set(range(8))


@pytest.mark.parametrize(
    ("workers", "keys", "message"),
    [
        (
            0,
            {},
            r"`hydra.launcher.workers` must be 1 or more, -1 \(one per core\), or auto, got 0",
        ),
        ("x", {}, "got 'x'"),
        (1, {"devices": [3]}, r"`hydra.launcher.devices` must be a list of GPUs .* got \[3\]"),
        (1, {"devices": []}, r"got \[\]"),
        (1, {"devices": [-1]}, r"got \[-1\]"),
        (1, {"devices": ["a"]}, r"got \['a'\]"),
        (1, {"memory_per_worker": 0}, "above 0, got 0"),
        (1, {"trials_per_device": 0}, "1 or more, got 0"),
    ],
)
def test_impossible_ones_are_refused(machine: Any, workers: Any, keys: Any, message: str) -> None:
    machine(2, [], 8)
    with pytest.raises(ConfigError, match=message):
        shared(workers, **keys)


def test_a_gpu_is_listed_once(machine: Any) -> None:
    machine(2, [0, 1], 8)
    with pytest.raises(ConfigError, match=r"\(\[0, 1\]\), each once, or null, got \[0, 0\]"):
        shared("auto", devices=[0, 0])


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        ("2,3", [2, 3]),
        ("0, 1", [0, 1]),
        ("GPU-5ebe,MIG-77", ["GPU-5ebe", "MIG-77"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
    ],
)
def test_gpus_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, visible: str, expected: list[Any]
) -> None:
    monkeypatch.setitem(os.environ, "CUDA_VISIBLE_DEVICES", visible)
    assert visible_gpus() == expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "exit code 1"),
        (-11, "killed by SIGSEGV"),
        (-9, "SIGKILL, perhaps because memory ran out"),
    ],
)
def test_an_exit_is_explained(code: int, words: str) -> None:
    assert words in explain_exit(code)

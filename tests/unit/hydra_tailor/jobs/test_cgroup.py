"""What control groups allow, read from files as the kernel writes them."""

import math
from pathlib import Path

import pytest

from hydra_tailor.jobs.cgroup import cores_allowed, memory_left

V2 = "0::/"
V2_NESTED = "0::/job/step"
V1 = "4:memory:/docker/5e\n2:cpu,cpuacct:/docker/5e\n1:name=systemd:/"
NONE_V1 = "9223372036854771712"


@pytest.mark.parametrize(
    ("ours", "files", "memory", "cores"),
    [
        pytest.param("", {}, math.inf, math.inf, id="no-groups"),
        pytest.param(V2, {}, math.inf, math.inf, id="no-files"),
        pytest.param(
            V2,
            {"memory.max": "max\n", "memory.current": "7\n", "cpu.max": "max 100000\n"},
            math.inf,
            math.inf,
            id="no-limit",
        ),
        pytest.param(
            V2,
            {"memory.max": "1000\n", "memory.current": "700\n", "cpu.max": "150000 100000\n"},
            300,
            1.5,
            id="a-container",
        ),
        pytest.param(
            V2,
            {
                "memory.max": "1000\n",
                "memory.current": "700\n",
                "memory.stat": "anon 200\nactive_file 100\ninactive_file 400\n",
            },
            700,
            math.inf,
            id="files-that-were-read-are-no-use-of-memory",
        ),
        pytest.param(
            V2_NESTED,
            {
                "job/memory.max": "1000\n",
                "job/memory.current": "900\n",
                "job/step/memory.max": "500\n",
                "job/step/memory.current": "100\n",
                "job/cpu.max": "400000 100000\n",
                "job/step/cpu.max": "max 100000\n",
            },
            100,
            4,
            id="the-tightest-of-nested-groups",
        ),
        pytest.param(
            V1,
            {
                "memory/memory.limit_in_bytes": "1000\n",
                "memory/memory.usage_in_bytes": "700\n",
                "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 50\n",
                "cpu,cpuacct/cpu.cfs_quota_us": "200000\n",
                "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            350,
            2,
            id="version-1-in-a-container",
        ),
        pytest.param(
            V1,
            {
                "memory/docker/5e/memory.limit_in_bytes": f"{NONE_V1}\n",
                "memory/docker/5e/memory.usage_in_bytes": "0\n",
                "cpu,cpuacct/docker/5e/cpu.cfs_quota_us": "-1\n",
                "cpu,cpuacct/docker/5e/cpu.cfs_period_us": "100000\n",
            },
            int(NONE_V1),
            math.inf,
            id="version-1-without-limit",
        ),
    ],
)
def test_limits(
    tmp_path: Path, ours: str, files: dict[str, str], memory: float, cores: float
) -> None:
    groups, own = tmp_path / "cgroup", tmp_path / "self"
    if ours:
        own.write_text(f"{ours}\n")
    for name, text in files.items():
        file = groups / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert memory_left(groups, own) == memory
    assert cores_allowed(groups, own) == cores


def test_this_machine_allows_something() -> None:
    assert memory_left() > 0
    assert cores_allowed() > 0

"""What a trial asks of a Ray cluster, and what its process gets to know."""

import os
from types import SimpleNamespace
from typing import Any

import pytest
from omegaconf import OmegaConf

from hydra_tailor.jobs.ray import RayCluster, import_environment, needs, trials_in
from tailor.errors import ConfigError


@pytest.mark.parametrize(
    ("remote", "resources", "expected"),
    [
        pytest.param({}, {"CPU": 8}, 8, id="a-core-each"),
        pytest.param({"num_cpus": 2}, {"CPU": 7}, 3, id="two-cores-each"),
        pytest.param({"num_gpus": 0.5}, {"CPU": 16, "GPU": 2}, 4, id="half-a-gpu"),
        pytest.param({"num_gpus": 0.1, "num_cpus": 0}, {"GPU": 1}, 10, id="a-tenth"),
        pytest.param({"num_gpus": 1}, {"CPU": 2, "GPU": 8}, 2, id="cores-are-short"),
        pytest.param({"num_gpus": 1}, {"CPU": 2}, 0, id="no-gpu"),
        pytest.param({"resources": {"tpu": 4}}, {"CPU": 9, "tpu": 8}, 2, id="a-resource-by-name"),
        pytest.param({"num_cpus": 0}, {"CPU": 4}, 1, id="asks-for-nothing"),
        pytest.param({"max_retries": 0}, {"CPU": 3}, 3, id="other-options"),
    ],
)
def test_trials_on_a_node(remote: Any, resources: Any, expected: int) -> None:
    assert trials_in(resources, needs(remote)) == expected


def test_a_job_takes_the_storage_of_its_sweep_and_keeps_its_own_paths(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TAILOR_STORAGE", "sqlite:///mine.db")
    monkeypatch.setenv("TAILOR_DATA_DIR", "/local/data")
    monkeypatch.delenv("TAILOR_TRUST", raising=False)
    import_environment(
        {"TAILOR_STORAGE": "x://theirs", "TAILOR_DATA_DIR": "/theirs", "TAILOR_TRUST": "mine"}
    )
    assert os.environ["TAILOR_STORAGE"] == "x://theirs"
    assert os.environ["TAILOR_DATA_DIR"] == "/local/data"
    assert os.environ.pop("TAILOR_TRUST") == "mine"


def launcher_for(address: str) -> Any:
    return SimpleNamespace(ray_cfg=OmegaConf.create({"init": {"address": address}, "remote": {}}))


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("auto", r"address=auto: Could not find any running Ray instance\. Start one \(ray start"),
        ("127.0.0.1:1", r"address=127\.0\.0\.1:1: .*[Rr]efused\. Start one"),
        ("no-such-host.invalid:6379", r"address=no-such-host\.invalid:6379: .*\. Start one"),
    ],
)
def test_no_cluster_at_the_address(
    monkeypatch: pytest.MonkeyPatch, address: str, message: str
) -> None:
    util = pytest.importorskip("hydra_plugins.hydra_ray_launcher._launcher_util")

    def refuse(_: Any) -> None:  # as Ray does for `auto`; it must not get to the others
        assert address == "auto"
        raise ConnectionError("Could not find any running Ray instance. Please specify")

    monkeypatch.setattr(util, "start_ray", refuse)
    with pytest.raises(ConfigError, match=message):
        RayCluster(launcher_for(address))

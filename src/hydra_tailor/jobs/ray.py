"""`hydra/launcher=ray`: the size of a Ray cluster, and the environment of its jobs."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from omegaconf import OmegaConf, open_dict, read_write

from hydra_tailor import names
from hydra_tailor.errors import ConfigError
from hydra_tailor.internals.hydra import start_ray

log = logging.getLogger(__name__)

EXPORTED_PREFIX = "TAILOR_"
"""A job gets the sweep's environment variables with this prefix."""
COUNT_MAX_AGE_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 10.0
RESOURCE_NAMES = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}


class RayCluster:
    """A connection to the cluster of a Ray launcher.

    Args:
        launcher: a launcher of hydra-ray-launcher that is set up.

    Raises:
        ConfigError: no cluster answers.
    """

    def __init__(self, launcher: Any) -> None:
        config = launcher.ray_cfg
        if "max_retries" not in config.remote:
            # Ray would silently rerun a job that crashed or used up the memory. Here a crash fails
            # the trial, and a lost node requeues it (`lost_node`).
            with read_write(config), open_dict(config):
                config.remote.max_retries = 0
        _connect(config.init)
        self._needs = needs(OmegaConf.to_container(config.remote, resolve=True))
        self._counted_at, self._count = -COUNT_MAX_AGE_SECONDS, 0
        if self._count_trials() == 0:
            log.warning(
                "no node of the Ray cluster can hold a trial, which asks for %s "
                "(hydra.launcher.ray.remote); waiting for one that can",
                ", ".join(f"{amount:g} {name}" for name, amount in self._needs.items()),
            )

    @property
    def capacity(self) -> int:
        """Trials that the cluster's current nodes can hold at once.

        At least one: a cluster that grows on demand adds a node only when a job needs it.
        """
        if time.monotonic() - self._counted_at > COUNT_MAX_AGE_SECONDS:
            self._counted_at, self._count = time.monotonic(), self._count_trials()
        return max(1, self._count)

    def _count_trials(self) -> int:
        ray: Any = import_module("ray")  # imported here: Ray is optional
        return sum(
            trials_in(node["Resources"], self._needs) for node in ray.nodes() if node["Alive"]
        )


def needs(remote: Any) -> dict[str, float]:
    """Resources of one trial, by Ray's names, given `hydra.launcher.ray.remote`."""
    asked = {RESOURCE_NAMES[key]: float(remote[key]) for key in RESOURCE_NAMES if remote.get(key)}
    asked |= {key: float(value) for key, value in (remote.get("resources") or {}).items()}
    return asked if "num_cpus" in remote else {"CPU": 1.0, **asked}


def trials_in(resources: Mapping[str, float], needs: Mapping[str, float]) -> int:
    """How many trials fit on a node: 2 GPUs suffice for four trials of half a GPU each."""
    return min(
        (int(resources.get(key, 0.0) / amount + 1e-9) for key, amount in needs.items()),
        default=1,
    )


def exported_environment() -> dict[str, str]:
    """This process's environment variables that tell a job where studies and data are."""
    return {key: value for key, value in os.environ.items() if key.startswith(EXPORTED_PREFIX)}


def import_environment(variables: Mapping[str, str]) -> None:
    """Set exported variables in a job's process.

    The storage is always the sweep's. For data and caches, the node's own setting wins.
    """
    for key, value in variables.items():
        if key == names.STORAGE_VARIABLE:
            os.environ[key] = value
        else:
            os.environ.setdefault(key, value)


def _connect(init: Any) -> None:
    try:
        _check_address(init.get("address"))
        start_ray(init)  # before several threads do it at once
    except OSError as error:
        reason = str(error).partition(". ")[0].rstrip(".")
        raise ConfigError(
            f"no Ray cluster answers at hydra.launcher.ray.init.address={init.get('address')}: "
            f"{reason}. Start one (ray start --head), or leave the address at null for one on "
            "this machine alone."
        ) from error


def _check_address(address: str | None) -> None:
    """Fail at once if nothing listens there; Ray itself would retry for many minutes."""
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdigit() and "/" not in host:  # not `auto`, `local`, `ray://...`
        socket.create_connection((host, int(port)), timeout=CONNECT_TIMEOUT_SECONDS).close()

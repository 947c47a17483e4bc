"""`hydra/launcher=ray`: what a search on a Ray cluster needs beyond one job after the other."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from omegaconf import OmegaConf, open_dict, read_write

from tailor import names
from tailor.errors import ConfigError

log = logging.getLogger(__name__)

CARRIED = "TAILOR_"  # prefix of the environment variables that a job gets from its sweep
LOOK_EVERY = 5.0  # seconds between two looks at the cluster's size
KNOCK = 10.0  # seconds that a cluster's head has to take a connection
AMOUNTS = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}


class RayCluster:
    """The cluster behind a Ray launcher, connected to.

    Args:
        launcher: hydra-ray-launcher's, set up.

    Raises:
        ConfigError: no cluster answers.
    """

    def __init__(self, launcher: Any) -> None:
        config = launcher.ray_cfg
        if "max_retries" not in config.remote:
            # Ray would run a job that crashed or took all memory again and again, and say nothing;
            # here a crash fails the trial, and a lost node brings it back (`_lost`).
            with read_write(config), open_dict(config):
                config.remote.max_retries = 0
        _connect(config.init)
        self._needs = needs(OmegaConf.to_container(config.remote, resolve=True))
        self._looked, self._holds = -LOOK_EVERY, 0
        if self._count() == 0:
            log.warning(
                "no node of the Ray cluster holds a trial, which asks for %s "
                "(hydra.launcher.ray.remote): waiting for one that does",
                ", ".join(f"{amount:g} {name}" for name, amount in self._needs.items()),
            )

    @property
    def capacity(self) -> int:
        """Trials that the cluster holds at once; nodes come and go.

        One at least: a cluster that grows on demand has to see some.
        """
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._looked, self._holds = time.monotonic(), self._count()
        return max(1, self._holds)

    def _count(self) -> int:
        ray: Any = import_module("ray")  # only now is it sure to be installed
        return sum(
            trials_in(node["Resources"], self._needs) for node in ray.nodes() if node["Alive"]
        )


def needs(remote: Any) -> dict[str, float]:
    """Resources of one trial, by Ray's names, given `hydra.launcher.ray.remote`."""
    asked = {AMOUNTS[key]: float(remote[key]) for key in AMOUNTS if remote.get(key)}
    asked |= {key: float(value) for key, value in (remote.get("resources") or {}).items()}
    return asked if "num_cpus" in remote else {"CPU": 1.0, **asked}


def trials_in(resources: Mapping[str, float], needs: Mapping[str, float]) -> int:
    """How many trials a node's resources suffice for: 2 GPUs hold four of half a GPU each."""
    return min(
        (int(resources.get(key, 0.0) / amount + 1e-9) for key, amount in needs.items()),
        default=1,
    )


def carried() -> dict[str, str]:
    """Environment variables of this process that say where studies and data are."""
    return {key: value for key, value in os.environ.items() if key.startswith(CARRIED)}


def take(variables: Mapping[str, str]) -> None:
    """Set in a job's process what its sweep knows.

    The study's storage is the sweep's. Where data and caches lie, the node may know better.
    """
    for key, value in variables.items():
        if key == names.STORAGE_VARIABLE:
            os.environ[key] = value
        else:
            os.environ.setdefault(key, value)


def _connect(init: Any) -> None:
    from hydra_plugins.hydra_ray_launcher._launcher_util import start_ray

    try:
        _knock(init.get("address"))
        start_ray(init)  # before threads would do it all at once
    except OSError as error:
        reason = str(error).partition(". ")[0].rstrip(".")
        raise ConfigError(
            f"no Ray cluster answers at hydra.launcher.ray.init.address={init.get('address')}: "
            f"{reason}. Start one (ray start --head), or leave the address at null for one on "
            "this machine alone."
        ) from error


def _knock(address: str | None) -> None:
    """Ray tries an address at which nobody answers for many minutes; see at once."""
    host, colon, port = (address or "").rpartition(":")
    if colon and port.isdigit() and "/" not in host:  # not `auto`, `local`, `ray://...`
        socket.create_connection((host, int(port)), timeout=KNOCK).close()

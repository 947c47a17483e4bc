"""Composing a job's config from one that is already composed, where only values differ.

Composing from files takes Hydra longer than everything else in a short trial. A value override
cannot change which files are composed. So the config composed from a job's other overrides is
cached, and Hydra's own code sets the values in a copy of it.
"""

from __future__ import annotations

import pickle
import threading
from collections.abc import Sequence
from typing import Any

import cloudpickle
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig

from hydra_tailor.internals.hydra import (
    ConfigLoaderImpl,
    cached_configs,
    has_plain_node,
    hydra_overrides,
    texts,
)
from hydra_tailor.storage.passwords import without_password

CACHE_SIZE = 32
"""Latest composed configs that are kept, one per combination of group choices."""


class ComposeOnce(ConfigLoaderImpl):
    """Hydra's loader, with `load_sweep_config` faster and safe to call from several threads.

    Args:
        loader: the loader that this one replaces.
    """

    def __init__(self, loader: ConfigLoader) -> None:
        self.__dict__.update(loader.__dict__)
        # Pickled: unpickling takes a sixth of the time of copying. With cloudpickle: a structured
        # config may be defined in the program's own file.
        self._composed: dict[tuple[str, ...], bytes] = {}
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_lock"]
        state["_composed"] = {}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.Lock()

    def load_sweep_config(
        self, master_config: DictConfig, sweep_overrides: list[str]
    ) -> DictConfig:
        with self._lock:
            parsed = OverridesParser.create().parse_overrides(list(sweep_overrides))
            values = [override for override in parsed if self._sets_a_value(override)]
            others = [override for override in parsed if not self._sets_a_value(override)]
            if _is_order_mixed(parsed, values):
                return super().load_sweep_config(master_config, list(sweep_overrides))
            config: DictConfig = pickle.loads(self._compose(master_config, others))
            if any(not has_plain_node(config, override.key_or_group) for override in values):
                return super().load_sweep_config(master_config, list(sweep_overrides))
            self._apply_overrides_to_config(values, config)
            config.hydra.overrides.task = [
                override.input_line for override in parsed if not override.is_hydra_override()
            ]
            return config

    def _sets_a_value(self, override: Override) -> bool:
        return (
            override.type == OverrideType.CHANGE
            and override.package is None
            and not override.is_hydra_override()
            and not isinstance(override.value(), dict)
            and not self.repository.group_exists(override.key_or_group)
        )

    def _compose(self, master: DictConfig, overrides: list[Override]) -> bytes:
        lines = [str(override.input_line) for override in overrides]
        key = (*hydra_overrides(master), *lines)
        if key not in self._composed:
            if len(self._composed) >= CACHE_SIZE:
                self._composed.pop(next(iter(self._composed)))
            self._composed[key] = cloudpickle.dumps(super().load_sweep_config(master, lines))
        return self._composed[key]


def _is_order_mixed(parsed: Sequence[Override], values: Sequence[Override]) -> bool:
    """Whether applying the values last may give another config than the order of writing."""
    if any(override.is_list_extend() for override in parsed):
        return True
    return parsed[len(parsed) - len(values) :] != values and any(
        isinstance(override.value(), dict) or override.is_delete() for override in parsed
    )


def forget_secrets(loader: ConfigLoader, secrets: Sequence[str]) -> None:
    """Remove a storage's password from the config files that Hydra has read and sends to jobs.

    Args:
        loader: the sweep's loader; changed in place.
        secrets: the password, in each form in which it is written.
    """
    for config in cached_configs(loader):
        for node, text in texts(config):
            if any(secret in text for secret in secrets):
                node._set_value(without_password(text))

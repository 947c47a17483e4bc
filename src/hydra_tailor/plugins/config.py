"""What the plugins add to Hydra's config groups.

The samplers of hydra-optuna-sweeper are in the same group, `hydra/sweeper/sampler`.
"""

from __future__ import annotations

from hydra.core.config_store import ConfigStore

from hydra_tailor.jobs.settings import LocalLauncherSettings
from hydra_tailor.plugins.pruners import PRUNERS
from hydra_tailor.plugins.samplers import SAMPLERS
from hydra_tailor.sweep.settings import SweeperSettings


def _register() -> None:
    """Also called in each worker process, whose config store is a copy of the sweep's."""
    store = ConfigStore.instance()
    nodes = {
        ("hydra/sweeper", "tailor"): SweeperSettings,
        ("hydra/launcher", "local"): LocalLauncherSettings,
        **{("hydra/sweeper/pruner", name): node for name, node in PRUNERS.items()},
        **{("hydra/sweeper/sampler", name): node for name, node in SAMPLERS.items()},
    }
    for (group, name), node in nodes.items():
        store.store(group=group, name=name, node=node, provider="hydra_tailor", replace=True)


_register()

"""The schema of a run: meaning, unit and bounds of each key.

Values are in `conf/`; types and bounds are here, next to each field. Hydra checks names and types
while it composes; `run_config` checks all bounds at once, before any data is read.
"""

from __future__ import annotations

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from tailor.config.dashboard import (
    FOLDER_RULE,
    DashboardConfig,
    dashboard_config,
    folder,
    is_folder,
)
from tailor.config.data import DataConfig
from tailor.config.location import conf_directory
from tailor.config.model import CnnConfig, ModelConfig, ResnetConfig, TorchvisionConfig
from tailor.config.next_command import next_command
from tailor.config.optimizer import (
    AdamConfig,
    SchedulerConfig,
    SgdConfig,
    WarmupConfig,
    length_parameter,
)
from tailor.config.options import as_yaml, options
from tailor.config.recorders import check_recorder_packages, chosen_recorders
from tailor.config.run import (
    RunConfig,
    TrainConfig,
    check_hydra_config,
    check_study,
    direction_of,
    objectives_of,
    run_config,
    study_name,
)
from tailor.config.training import TrainingConfig

__all__ = [
    "FOLDER_RULE",
    "DashboardConfig",
    "DataConfig",
    "RunConfig",
    "TrainConfig",
    "TrainingConfig",
    "check_hydra_config",
    "check_recorder_packages",
    "check_study",
    "chosen_recorders",
    "conf_directory",
    "dashboard_config",
    "direction_of",
    "is_folder",
    "objectives_of",
    "register",
    "run_config",
]


def register() -> None:
    """Register the schema and the resolvers with Hydra; call before composing."""
    store = ConfigStore.instance()
    store.store(name="train_schema", node=TrainConfig, replace=True)
    store.store(name="dashboard_schema", node=DashboardConfig, replace=True)
    for name, schema in {
        "data": DataConfig,
        "cnn": CnnConfig,
        "mlp": ModelConfig,
        "resnet": ResnetConfig,
        "torchvision": TorchvisionConfig,
        "sgd": SgdConfig,
        "adam": AdamConfig,
        "constant": SchedulerConfig,
        "warmup": WarmupConfig,
        "training": TrainingConfig,
    }.items():
        store.store(group="schema", name=name, node=schema, replace=True)
    for resolver in (
        as_yaml,
        direction_of,
        folder,
        length_parameter,
        next_command,
        options,
        study_name,
    ):
        name = resolver.__name__.removesuffix("_of")
        OmegaConf.register_resolver(name, resolver, replace=True, annotation_validation="off")

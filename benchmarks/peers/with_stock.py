"""Hydra with the stock Optuna sweeper, after its documentation: a job returns its value."""

from pathlib import Path

import fashion
import hydra
import torch
from hydra.core.hydra_config import HydraConfig
from log import Log
from omegaconf import DictConfig


@hydra.main(config_path=".", config_name="with_stock", version_base=None)
def main(cfg: DictConfig) -> float:
    log = Log(Path(cfg.out))
    torch.manual_seed(cfg.seed)
    train, val = fashion.loaders(Path(cfg.directory))
    model = fashion.Net(cfg.num_layers, cfg.neurons)
    optimizer, scheduler = fashion.build_optimizer(model, cfg.lr, cfg.epochs, len(train))
    accuracy = 0.0
    for _ in range(cfg.epochs):
        with log.training():
            fashion.train_epoch(model, train, optimizer, scheduler)
        accuracy = fashion.accuracy(model, val)
        log.epoch(len(train.dataset), accuracy)
    torch.save(model.state_dict(), Path(HydraConfig.get().runtime.output_dir, "model.pt"))
    return accuracy


if __name__ == "__main__":
    main()

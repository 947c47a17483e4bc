"""PyTorch Lightning with Optuna's pruning callback, after the example in Optuna's collection."""

import time

import fashion
import lightning
import optuna
import torch
from lightning.pytorch.callbacks import Callback
from log import Log, arguments
from optuna_integration import PyTorchLightningPruningCallback

args = arguments()
log = Log(args.out)


class Data(lightning.LightningDataModule):
    def __init__(self) -> None:
        super().__init__()
        # As Lightning advises: one process that loads, besides the one that trains.
        self._train, self._val = fashion.loaders(args.directory, workers=1)

    def train_dataloader(self) -> fashion.Loader:
        return self._train

    def val_dataloader(self) -> fashion.Loader:
        return self._val


class Classifier(lightning.LightningModule):
    def __init__(self, num_layers: int, neurons: int, lr: float, epochs: int) -> None:
        super().__init__()
        self.model = fashion.Net(num_layers, neurons)
        self._lr, self._epochs = lr, epochs

    def training_step(self, batch: list[torch.Tensor], _: int) -> torch.Tensor:
        images, targets = batch
        return torch.nn.functional.cross_entropy(self.model(images), targets)

    def validation_step(self, batch: list[torch.Tensor], _: int) -> None:
        images, targets = batch
        right = (self.model(images).argmax(1) == targets).float().mean()
        self.log("val_accuracy", right, batch_size=len(targets))

    def configure_optimizers(self) -> dict:
        steps = self.trainer.estimated_stepping_batches // self._epochs
        optimizer, scheduler = fashion.build_optimizer(self, self._lr, self._epochs, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }


class EpochLog(Callback):
    """Measures for the comparison; not part of a user's code."""

    _start, _training = 0.0, 0.0

    def on_train_epoch_start(self, *_: object) -> None:
        self._start = time.perf_counter()

    def on_validation_start(self, *_: object) -> None:
        self._training = time.perf_counter() - self._start

    def on_validation_end(self, trainer: lightning.Trainer, _: object) -> None:
        images = len(trainer.train_dataloader.dataset)
        log.epoch(images, float(trainer.callback_metrics["val_accuracy"]), self._training)


def objective(trial: optuna.Trial) -> float:
    epochs = trial.suggest_categorical("epochs", args.epochs)
    lr = trial.suggest_float("lr", 0.01, 0.5, log=True)
    num_layers = trial.suggest_int("num_layers", 2, 5)
    neurons = trial.suggest_categorical("neurons", [8, 16, 32])
    pruning = PyTorchLightningPruningCallback(trial, monitor="val_accuracy")
    trainer = lightning.Trainer(
        max_epochs=epochs,
        accelerator="auto",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        num_sanity_val_steps=0,
        callbacks=[pruning, EpochLog()],
    )
    classifier = Classifier(num_layers, neurons, lr, epochs)
    trainer.fit(classifier, datamodule=Data())
    torch.save(classifier.model.state_dict(), args.out / f"{trial.number}.pt")
    return trainer.callback_metrics["val_accuracy"].item()


if __name__ == "__main__":
    lightning.seed_everything(args.seed)
    sampler = optuna.samplers.TPESampler(seed=args.seed)
    pruner = optuna.pruners.MedianPruner()
    study = optuna.create_study(direction="maximize", sampler=sampler, pruner=pruner)
    study.optimize(objective, n_trials=args.trials)
    log.ended()
    best = study.best_trial
    model = fashion.Net(best.params["num_layers"], best.params["neurons"])
    model.load_state_dict(torch.load(args.out / f"{best.number}.pt"))
    log.winner(fashion.accuracy(model, fashion.test_loader(args.directory)))

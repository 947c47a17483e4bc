"""Optuna alone, after the PyTorch example of its documentation: TPE and the median pruner."""

import fashion
import optuna
import torch
from log import Log, arguments

args = arguments()
log = Log(args.out)
train, val = fashion.loaders(args.directory)


def objective(trial: optuna.Trial) -> float:
    epochs = trial.suggest_categorical("epochs", args.epochs)
    lr = trial.suggest_float("lr", 0.01, 0.5, log=True)
    num_layers = trial.suggest_int("num_layers", 2, 5)
    neurons = trial.suggest_categorical("neurons", [8, 16, 32])
    model = fashion.Net(num_layers, neurons)
    optimizer, scheduler = fashion.build_optimizer(model, lr, epochs, len(train))
    accuracy = 0.0
    for epoch in range(epochs):
        with log.training():
            fashion.train_epoch(model, train, optimizer, scheduler)
        accuracy = fashion.accuracy(model, val)
        log.epoch(len(train.dataset), accuracy)
        trial.report(accuracy, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    torch.save(model.state_dict(), args.out / f"{trial.number}.pt")
    return accuracy


if __name__ == "__main__":
    torch.manual_seed(args.seed)
    sampler = optuna.samplers.TPESampler(seed=args.seed)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    study.optimize(objective, n_trials=args.trials)
    log.ended()
    best = study.best_trial
    model = fashion.Net(best.params["num_layers"], best.params["neurons"])
    model.load_state_dict(torch.load(args.out / f"{best.number}.pt"))
    log.winner(fashion.accuracy(model, fashion.test_loader(args.directory)))

"""Ray Tune, after the PyTorch tutorial of its documentation: ASHA and OptunaSearch.

A trial has one core, so that as many trials run at once as the machine has cores.
"""

import fashion
import torch
from log import Log, arguments
from ray import tune
from ray.tune.schedulers import ASHAScheduler
from ray.tune.search.optuna import OptunaSearch

args = arguments()


def train_fashion(config: dict) -> None:
    log = Log(args.out)
    torch.manual_seed(args.seed)
    train, val = fashion.loaders(args.directory)
    model = fashion.Net(config["num_layers"], config["neurons"])
    optimizer, scheduler = fashion.build_optimizer(
        model, config["lr"], config["epochs"], len(train)
    )
    for _ in range(config["epochs"]):
        with log.training():
            fashion.train_epoch(model, train, optimizer, scheduler)
        accuracy = fashion.accuracy(model, val)
        log.epoch(len(train.dataset), accuracy)
        # Any iteration may be the trial's last: ASHA ends a trial between two iterations.
        torch.save(model.state_dict(), args.out / f"{tune.get_context().get_trial_id()}.pt")
        tune.report({"accuracy": accuracy})


if __name__ == "__main__":
    tuner = tune.Tuner(
        tune.with_resources(train_fashion, {"cpu": 1}),
        param_space={
            "epochs": tune.choice(args.epochs),
            "lr": tune.loguniform(0.01, 0.5),
            "num_layers": tune.randint(2, 6),
            "neurons": tune.choice([8, 16, 32]),
        },
        tune_config=tune.TuneConfig(
            metric="accuracy",
            mode="max",
            num_samples=args.trials,
            search_alg=OptunaSearch(seed=args.seed),
            scheduler=ASHAScheduler(max_t=max(args.epochs), grace_period=1, reduction_factor=2),
        ),
        run_config=tune.RunConfig(storage_path=str(args.out / "ray"), verbose=0),
    )
    results = tuner.fit()
    log = Log(args.out)
    log.ended()
    best = results.get_best_result()
    model = fashion.Net(best.config["num_layers"], best.config["neurons"])
    model.load_state_dict(torch.load(args.out / f"{best.metrics['trial_id']}.pt"))
    log.winner(fashion.accuracy(model, fashion.test_loader(args.directory)))

"""A small Hydra program that is nobody's tailor program: no torch, a value from two numbers.

A run has `epochs` steps. It keeps how far it came in `state.json` in its own directory and goes
on from there; its value depends on every step, so a step lost or done twice shows in the result.
"""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

log = logging.getLogger(__name__)


class Needy(Exception):
    """Does not survive pickling: it cannot be made again from its message alone."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} because {why}")


def misbehave(action: str) -> Any:
    """What a trial does wrong on purpose; the returned value becomes the job's."""
    match action:
        case "raise":
            raise RuntimeError("the toy broke")
        case "needy":
            raise Needy("the toy broke", "it was told to")
        case "lock":  # an exception that does not pickle
            raise RuntimeError("the toy broke", __import__("threading").Lock())
        case "kill" | "segv" | "term":
            print("last words", flush=True)
            os.kill(os.getpid(), getattr(signal, f"SIG{action.upper()}"))
        case "exit":
            sys.exit(3)
        case "nan":
            return float("nan")
        case "none":
            return None
        case "text":
            return "a word"
        case "handle":  # a value that does not pickle
            return __import__("threading").Lock()
        case "child":
            subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
        case "print":
            print("x" * 1_000_000)
        case "prune":
            import optuna

            raise optuna.TrialPruned
    return 0.0


def step(config: DictConfig, epoch: int) -> float:
    return (config.x - 0.3) ** 2 + (config.y + 0.1) ** 2 + config.shape.height / epoch


@hydra.main(config_path="conf", config_name="toy")
def main(config: DictConfig) -> Any:
    from hydra_tailor import current_trial

    trial = current_trial()
    job = HydraConfig.get().job.get("num", 0)
    directory = Path(HydraConfig.get().runtime.output_dir)
    with (directory.parent / "events.csv").open("a") as events:
        events.write(f"{job},{os.getpid()},{time.time()}\n")
    print(f"toy runs as job {job}")
    log.info("toy logs")
    actions = dict(one.split(":") for one in config.at)
    if actions.get(str(job), "").startswith("wait"):
        other = directory.parent / actions[str(job)].removeprefix("wait") / "state.json"
        while not other.exists():
            time.sleep(0.05)
    elif str(job) in actions:
        result = misbehave(actions[str(job)])
        if actions[str(job)] in ("nan", "none", "text", "handle"):
            return result

    state_file = directory / "state.json"
    state = json.loads(state_file.read_text()) if state_file.exists() else {"epoch": 0, "sum": 0.0}
    if config.expect:
        trial.expect(config.epochs)
    if state["epoch"]:
        print(f"goes on after epoch {state['epoch']}")
        # Killed between keeping an epoch and reporting it, the study never heard of it.
        trial.report(state["sum"] / state["epoch"], state["epoch"])
    for epoch in range(state["epoch"] + 1, config.epochs + 1):
        time.sleep(config.pause[job % len(config.pause)])
        state = {"epoch": epoch, "sum": state["sum"] + step(config, epoch)}
        if config.keep:
            temporary = state_file.with_suffix(".new")
            temporary.write_text(json.dumps(state))
            temporary.replace(state_file)
        with (directory / "epochs.txt").open("a") as trained:
            trained.write(f"{epoch}\n")
        trial.report(state["sum"] / epoch, epoch)
        if trial.should_prune():
            import optuna

            raise optuna.TrialPruned
    trial.set_user_attr("sum", state["sum"])
    value = state["sum"] / config.epochs
    return [value, config.x] if config.two else value


if __name__ == "__main__":
    main()

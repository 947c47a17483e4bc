"""Searches with settings drawn at random: each must end, rightly or with a message."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from optuna.trial import TrialState

from tests.torture.searches import Broken, Search

LAUNCHERS = ("local", "local", "basic", "joblib")
SAMPLERS = ("random", "tpe", "grid", "curves", "qmc", "nsgaii", "cmaes")
PRUNERS = (
    *("none", "freeze_thaw", "promote", "median", "successive_halving", "hyperband"),
    *("percentile", "patient", "wilcoxon"),
)
FAULTS = ("raise", "exit", "nan", "none", "lock", "prune", "kill")


def search_with_drawn_settings(directory: Path, rng: random.Random) -> int:
    """Run one search with random settings, and then the same command again.

    Raises:
        Broken: it hangs, shows a traceback of ours, leaves a trial that neither ended nor waits,
            or trains an epoch twice.
    """
    launcher = rng.choice(LAUNCHERS)
    # "kill" ends the job's process, which is the search's own with this launcher.
    words = drawn_settings(rng, FAULTS[:-1] if launcher == "basic" else FAULTS)
    search = Search(directory, launcher=launcher, words=words)
    try:
        for _ in range(2):
            code = search.wait(search.start())
            output = search.outputs()[-1]
            if "Traceback" in output and "the toy broke" not in output:
                raise Broken(f"a traceback: {output}")
            if code not in (0, 1) or not output:
                raise Broken(f"the search ended with {code}: {search.last_output()}")
            if not (search.sweep / "study.db").exists():
                return 0  # these settings are refused together
            _check_trials(search)
    except Broken as error:
        raise Broken(f"{error}\n  settings: {' '.join(words)}, {launcher}") from error
    finally:
        search.kill()
    return 1


def drawn_settings(rng: random.Random, faults: Sequence[str]) -> list[str]:
    """Overrides of a search of at most a few seconds.

    Args:
        faults: what may go wrong in a job.
    """
    epochs = rng.randint(1, 12)
    n_trials = rng.randint(1, 16)
    sampler, pruner = rng.choice(SAMPLERS), rng.choice(PRUNERS)
    if pruner == "freeze_thaw":  # which needs this sampler's model
        sampler = "curves"
    ranges = ["choice(-0.5,0,0.5)", "range(-1,1,0.1)"]
    if sampler != "grid":
        ranges.append("interval(-1,1)")
    words = [
        "epochs=" + rng.choice((str(epochs), str(epochs), "1,2,4,8", "choice(2,3)", "range(1,9)")),
        f"hydra.sweeper.n_trials={n_trials}",
        f"hydra.sweeper.n_jobs={rng.randint(1, 3)}",
        f"hydra/sweeper/sampler={sampler}",
        f"hydra/sweeper/pruner={pruner}",
        f"expect={str(rng.random() < 0.6).lower()}",
        f"keep={str(rng.random() < 0.6).lower()}",
        f"pause=[{rng.choice((0.0, 0.0, 0.01, 0.05))}]",
    ]
    if rng.random() < 0.4:
        words.append(f"hydra.sweeper.epoch_budget={rng.randint(1, epochs * n_trials + 5)}")
    if rng.random() < 0.3:
        words.append(f"hydra.sweeper.confirm={rng.randint(1, 3)}")
        words.append("+seed=0")
    if rng.random() < 0.3:
        words.append(f"hydra.sweeper.patience={rng.randint(1, 5)}")
    if rng.random() < 0.2:
        words.append("hydra.sweeper.target=0.05")
    if rng.random() < 0.2:
        words.append(f"hydra.sweeper.timeout={rng.choice((0.5, 2, 5))}")
    if rng.random() < 0.3:
        words.append(f"hydra.sweeper.retries={rng.randint(1, 3)}")
    if rng.random() < 0.3:
        words.append("hydra.sweeper.begin_with_config=false")
    if rng.random() < 0.3:
        words.append(f"y={rng.choice(ranges)}")
    if rng.random() < 0.4:
        wrong = [f"{n}:{rng.choice(faults)}" for n in range(n_trials) if rng.random() < 0.2]
        words.append(f"at=[{','.join(wrong)}]")
        words.append(f"hydra.sweeper.max_failure_rate={rng.choice((0.2, 1))}")
    return [f"x={rng.choice(ranges)}", *words]


def _check_trials(search: Search) -> None:
    for trial in search.trials():
        if trial.state is TrialState.RUNNING:
            raise Broken(f"trial {trial.number} still runs")
        file = search.sweep / str(trial.number) / "epochs.txt"
        lines = file.read_text().split() if file.exists() else []
        if "keep=true" in search.words and len(lines) != len(set(lines)):
            raise Broken(f"trial {trial.number} trained its epochs {lines}")

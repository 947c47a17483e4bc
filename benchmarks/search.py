"""Measure how good a network a search finds in how many epochs, on simulated learning curves.

    python benchmarks/search.py --model data/lcbench [--tasks 3945,34539] [--seeds 10]
        [--policies tailor;stock] [--workers 1,8] [--budget 20] [--out F.jsonl] [--picture F.png]
        [--noise 1.3] [--bars F.png]

A surrogate of LCBench (perceptrons on OpenML tasks, 52 epochs) replaces the training. The
sweeper's own code decides: `SharedStudy` on a storage in memory, with its samplers and pruners;
only the jobs and the clock are simulated. In policies of NePS and Syne Tune, those libraries
decide (`contenders/`, extra `bench`). A policy may train `--budget` times 52 epochs; a continued
trial pays only for its new epochs. Regret is the distance to the best configuration known for the
task (among 20,000 random ones and all that were tried), in points of validation accuracy.

With `--noise`, two runs of a configuration differ like real training: the standard deviation is
this many points after the first epoch and a sixth of that after the last. Regret then uses the
noise-free accuracy of the network that the search considers best.
Searches that the file `--out` already holds are not repeated, so a comparison can be continued.
"""

from __future__ import annotations

import argparse
import functools
import heapq
import importlib.util
import itertools
import json
import logging
import math
import multiprocessing
import os
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
import optuna
from numpy.typing import NDArray
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState
from rich.console import Console
from rich.table import Table
from scipy.stats import wilcoxon

from hydra_tailor import names
from hydra_tailor.policy.axes import Axes
from hydra_tailor.policy.pruner import build_pruner
from hydra_tailor.policy.sampler import build_sampler
from hydra_tailor.space.parameter import Parameter
from hydra_tailor.study.confirming import Confirmation
from hydra_tailor.study.lending import lend
from hydra_tailor.study.outcome import Outcome
from hydra_tailor.study.ranking import best_of
from hydra_tailor.study.shared import SharedStudy

EPOCHS = 52
N_RANDOM = 20_000
SHARES = (0.1, 0.125, 0.25, 0.5, 1.0)
"""Shares of the budget; the table has one column per share."""
SIGNIFICANT = 0.05

SPACE: dict[str, BaseDistribution] = {
    "batch_size": IntDistribution(16, 512, log=True),
    "learning_rate": FloatDistribution(1e-4, 0.1, log=True),
    "momentum": FloatDistribution(0.1, 0.99),
    "weight_decay": FloatDistribution(1e-5, 0.1),
    "num_layers": IntDistribution(1, 5),
    "max_units": IntDistribution(64, 1024, log=True),
    "max_dropout": FloatDistribution(0.0, 1.0),
}

TPE = {"_target_": "optuna.samplers.TPESampler"}
GP = {"_target_": "optuna.samplers.GPSampler"}
CURVES = {"_target_": "hydra_tailor.policy.CurveSampler"}
FREEZE_THAW = {"_target_": "hydra_tailor.policy.FreezeThaw"}
PROMOTE = {"_target_": "hydra_tailor.policy.Promote"}
MEDIAN = {"_target_": "optuna.pruners.MedianPruner"}
HYPERBAND = {"_target_": "optuna.pruners.HyperbandPruner"}
POLICIES: dict[str, tuple[dict[str, Any], dict[str, Any] | None]] = {
    "tailor": (CURVES, FREEZE_THAW),
    "curves, promote": (CURVES, PROMOTE),
    "curves, no pruning": (CURVES, None),
    "tpe, promote": (TPE, PROMOTE),
    "tpe, median 2/2": (TPE, MEDIAN | {"n_startup_trials": 2, "n_warmup_steps": 2}),
    "stock": (TPE, None),
    "random": ({"_target_": "optuna.samplers.RandomSampler"}, None),
    "tpe, median": (TPE, MEDIAN),
    "tpe, halving": (TPE, {"_target_": "optuna.pruners.SuccessiveHalvingPruner"}),
    "tpe, hyperband": (TPE, HYPERBAND),
    "optuna gp": (GP, None),
    "optuna gp, hyperband": (GP, HYPERBAND),
}
"""Sampler and pruner of each policy; settings not given here have their defaults."""

GUESS = {
    "batch_size": 128,
    "learning_rate": 0.01,
    "momentum": 0.9,
    "weight_decay": 1e-4,
    "num_layers": 3,
    "max_units": 256,
    "max_dropout": 0.2,
}
BAD_GUESS = {
    "batch_size": 512,
    "learning_rate": 1.2e-4,
    "momentum": 0.15,
    "weight_decay": 0.09,
    "num_layers": 5,
    "max_units": 64,
    "max_dropout": 0.95,
}


@dataclass(frozen=True)
class Start:
    """What a search begins with, and how it ends.

    Attributes:
        guess: the configuration of the first trial.
        teacher: 1 learns from a search on another task, -1 from one that looked for the worst
            configurations there.
        confirm: number of best configurations that are trained again with two further seeds.
    """

    guess: Mapping[str, Any] | None = None
    teacher: int | None = None
    confirm: int = 0


STARTS = {
    "tailor, guess": Start(GUESS),
    "tailor, bad guess": Start(BAD_GUESS),
    "tailor, teacher": Start(teacher=1),
    "tailor, bad teacher": Start(teacher=-1),
    "tailor, guess, teacher": Start(GUESS, teacher=1),
    "tailor, guess, bad teacher": Start(GUESS, teacher=-1),
    "stock, guess": Start(GUESS),
    "tailor, confirm": Start(confirm=3),
}
"""`hydra.sweeper.begin_with_config`, `learn_from` and `confirm`; other policies have none."""
POLICIES |= {name: POLICIES[name.partition(",")[0]] for name in STARTS}
TEACHERS_SEED = 100

CONTENDERS: dict[str, tuple[str, str]] = {
    "neps asha": ("neps", "asha"),
    "neps async_hb": ("neps", "async_hb"),
    "neps hyperband": ("neps", "hyperband"),
    "neps priorband": ("neps", "priorband"),
    "syne tune asha": ("syne_tune", "asha"),
    "syne tune bohb": ("syne_tune", "bohb"),
    "syne tune ashacqr": ("syne_tune", "ashacqr"),
    "syne tune ashabore": ("syne_tune", "ashabore"),
    "syne tune cqr": ("syne_tune", "cqr"),
}
"""Library and algorithm; the settings are in `contenders/with_<library>.py`."""


class Contender(Protocol):
    """The deciding part of a search. Trials are numbered from 0 in the order of their creation."""

    def next(self) -> tuple[int, dict[str, Any]] | None:
        """Number and configuration of the next trial to train; None until the next report."""

    def report(self, number: int, epoch: int, value: float) -> bool:
        """Record the accuracy of an epoch, counted from 1; return whether the trial continues."""


class Surrogate:
    """Learning curves from the ONNX file of YAHPO Gym; see its README for the inputs.

    Args:
        folder: holds `model.onnx` and `tasks.json`.
    """

    def __init__(self, folder: Path) -> None:
        self.tasks: dict[str, int] = json.loads((folder / "tasks.json").read_text())
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(folder / "model.onnx", options)

    def accuracies(
        self, task: str, configurations: list[dict[str, Any]], epochs: range
    ) -> NDArray[np.float64]:
        """Validation accuracy in per cent, one row for each configuration."""
        rows = [
            [epoch, *(values[name] for name in SPACE)]
            for values in configurations
            for epoch in epochs
        ]
        inputs = {
            "x_cat": np.full((len(rows), 1), self.tasks[task], np.int32),
            "x_cont": np.array(rows, np.float32),
        }
        (found,) = self._session.run(None, inputs)
        accuracies: NDArray[np.float64] = found[:, 1].astype(float)
        return accuracies.reshape(len(configurations), len(epochs))

    def best_of_random(self, task: str) -> float:
        axes = Axes(SPACE)
        drawn = axes.draw(np.random.default_rng(0), N_RANDOM)
        configurations = [axes.values(row) for row in drawn]
        return float(self.accuracies(task, configurations, range(EPOCHS, EPOCHS + 1)).max())


KEYS = ("task", "policy", "seed", "workers", "budget", "noise")


@dataclass(frozen=True)
class Search:
    """One search to simulate."""

    folder: Path
    task: str
    policy: str
    seed: int
    workers: int
    budget: int
    noise: float = 0.0

    @property
    def key(self) -> dict[str, Any]:
        """The fields that identify a search, as written with its results."""
        return {name: getattr(self, name) for name in KEYS}


class StudySearch:
    """A search by `SharedStudy`, with a sampler and a pruner as in `POLICIES`."""

    def __init__(
        self,
        sampler: dict[str, Any],
        pruner: dict[str, Any] | None,
        *,
        seed: int,
        budget: int,
        guess: Mapping[str, Any] | None = None,
        teacher: optuna.Study | None = None,
        confirm: int = 0,
    ) -> None:
        self._shared = SharedStudy(
            InMemoryStorage(),
            "search",
            directions=("maximize",),
            sampler=build_sampler({**sampler, "seed": seed}, grid=None, explicit=set()),
            budget=10**6,
            pruner=build_pruner(pruner),
            epoch_budget=budget,
            confirmation=Confirmation(confirm, seeds=(1, 2)) if confirm else None,
        )
        self._parameters = {name: Parameter(name, SPACE[name]) for name in SPACE}
        lent = lend([teacher], self._parameters) if teacher is not None else []
        for configuration in [guess, *lent] if guess is not None else lent:
            self._shared.enqueue(configuration)

    @property
    def study(self) -> optuna.Study:
        return self._shared.study

    def next(self) -> tuple[int, dict[str, Any]] | None:
        if (trial := self._shared.next() or self._shared.next_confirmation()) is None:
            return None
        values = {name: one.suggest(trial) for name, one in self._parameters.items()}
        if names.EPOCHS not in trial.user_attrs:
            trial.set_user_attr(names.EPOCHS, EPOCHS)
        return trial.number, values

    def report(self, number: int, epoch: int, value: float) -> bool:
        trial = self._shared.running[number]
        trial.report(value, epoch)
        if epoch == EPOCHS:
            self._shared.tell(number, Outcome(TrialState.COMPLETE, (value,)), {})
            return False
        if not trial.should_prune():
            return True
        paused = self._shared.is_at_rung(number)
        state = TrialState.WAITING if paused else TrialState.PRUNED
        self._shared.tell(number, Outcome(state, paused=paused), {})
        return False

    def confirmed(self) -> int | None:
        return best_of(self.study).number if self._shared.confirmation else None


def enter(search: Search) -> Contender:
    """Create the deciding part of a search."""
    if search.policy in POLICIES:
        start = STARTS.get(search.policy, Start())
        return StudySearch(
            *POLICIES[search.policy],
            seed=search.seed,
            budget=search.budget,
            guess=start.guess,
            teacher=_teacher_of(search, start.teacher) if start.teacher else None,
            confirm=start.confirm,
        )
    library, algorithm = CONTENDERS[search.policy]
    if library == "neps":
        module, name = "contenders.with_neps", "NepsSearch"
    else:
        module, name = "contenders.with_syne_tune", "SyneTuneSearch"
    make = getattr(importlib.import_module(module), name)
    contender: Contender = make(algorithm, SPACE, epochs=EPOCHS, seed=search.seed)
    return contender


def is_installed(policy: str) -> bool:
    """Whether the library of a policy is installed."""
    return policy in POLICIES or importlib.util.find_spec(CONTENDERS[policy][0]) is not None


def simulate(search: Search) -> dict[str, Any]:
    """Run a search; return the best accuracy after each trained epoch, and the costs."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    return train(search, enter(search))


def _teacher_of(search: Search, sign: int) -> optuna.Study:
    """A finished search on another task; that depends only on the search's task and seed."""
    tasks = [task for task in _surrogate(search.folder).tasks if task != search.task]
    rng = np.random.default_rng((int(search.task), search.seed))
    return _teacher(search.folder, tasks[rng.integers(len(tasks))], search.budget, sign)


@functools.cache
def _teacher(folder: Path, task: str, budget: int, sign: int) -> optuna.Study:
    search = Search(folder, task, "tailor", TEACHERS_SEED, 1, budget)
    teacher = StudySearch(*POLICIES["tailor"], seed=search.seed, budget=budget)
    train(search, teacher, sign=sign)
    return teacher.study


def train(search: Search, contender: Contender, *, sign: int = 1) -> dict[str, Any]:
    """Train a contender's trials, as `simulate` does; report their values times `sign`."""
    surrogate = _surrogate(search.folder)
    curves: dict[int, NDArray[np.float64]] = {}
    seen: dict[int, NDArray[np.float64]] = {}  # with noise, as reported to the search
    trained: dict[int, int] = {}  # epochs of each trial
    best: list[float] = []
    order: list[int] = []  # the number of the trial that trained each epoch
    decisions: list[float] = []
    working: list[tuple[int, int]] = []  # when a trial's next epoch ends, and its number

    def begin(now: int) -> None:
        while len(working) < search.workers:
            started = time.perf_counter()
            if (chosen := contender.next()) is None:
                return
            decisions.append(time.perf_counter() - started)
            number, values = chosen
            if number not in curves:
                (accuracies,) = surrogate.accuracies(search.task, [values], range(1, EPOCHS + 1))
                curves[number] = sign * accuracies
                seen[number] = curves[number] + search.noise * luck(search.seed, number)
            heapq.heappush(working, (now + 1, number))

    leading = -math.inf  # the highest value reported to the search
    begin(0)
    while working and len(best) < search.budget:
        now, number = heapq.heappop(working)
        epoch = trained[number] = trained.get(number, 0) + 1
        value = float(seen[number][epoch - 1])
        best.append(best[-1] if value < leading else float(curves[number][epoch - 1]))
        leading = max(leading, value)
        order.append(number)
        if contender.report(number, epoch, value):
            heapq.heappush(working, (now + 1, number))
        begin(now)
    if isinstance(contender, StudySearch) and (confirmed := contender.confirmed()) is not None:
        best[-1] = float(curves[confirmed][-1])
    return {
        **search.key,
        "best": best,
        "order": order,
        "trials": len(curves),
        "decision_ms": 1000 * float(np.mean(decisions)),
        "slowest_ms": 1000 * float(np.max(decisions)),
    }


def luck(seed: int, number: int) -> NDArray[np.float64]:
    """Noise in each epoch's value, in units of the standard deviation at the first epoch.

    A sixth of it is constant in a run; the rest fades until the last epoch. This follows
    measurements on 12,000 images of Fashion-MNIST: 29 runs of nearly one configuration of the
    default network differed by 1.2 points after the first of 3 epochs, and the 4 that were
    continued differed by 0.2 after the last.
    """
    rng = np.random.default_rng((seed, number))
    of_run, of_epochs = rng.normal(), rng.normal(size=EPOCHS)
    left = 1.0 - np.log(np.arange(1, EPOCHS + 1)) / math.log(EPOCHS)
    return np.asarray(of_run / 6 + left * of_epochs)


@functools.cache
def _surrogate(folder: Path) -> Surrogate:
    return Surrogate(folder)


def best_known(
    surrogate: Surrogate, tasks: Sequence[str], found: Sequence[dict[str, Any]]
) -> dict[str, float]:
    """The best accuracy known for each task: of random configurations and of all searches."""
    return {
        task: max(
            surrogate.best_of_random(task),
            *(max(one["best"]) for one in found if one["task"] == task),
        )
        for task in tasks
    }


def table(found: list[dict[str, Any]], optima: dict[str, float], budget: int) -> Table:
    """Mean regret of each policy at shares of the budget, and when it is as good as stock.

    The column `as stock's end` has the share of the budget at which the mean regret is at most
    that of stock at its end. The columns `better` and `worse` count the tasks on which a policy
    ends better or worse than random search, by a paired Wilcoxon test over the seeds.
    """
    ends = {(one["policy"], one["task"], one["seed"]): one["best"][-1] for one in found}
    goals = {key[1:]: end for key, end in ends.items() if key[0] == "stock"}
    shown = Table(title=f"regret in points, {budget} epochs, {len(optima)} tasks")
    shown.add_column("policy")
    columns = [f"{100 * share:g} %" for share in SHARES]
    columns += ["as stock's end", "reaches stock", "median at"]
    has_random = any(one["policy"] == "random" for one in found)
    columns += ["better", "worse"] if has_random else []
    for column in (*columns, "trials", "ms a decision", "slowest"):
        shown.add_column(column, justify="right")
    at_end = [
        regret(one, optima[one["task"]], budget)[-1] for one in found if one["policy"] == "stock"
    ]
    for policy in dict.fromkeys(one["policy"] for one in found):
        mine = [one for one in found if one["policy"] == policy]
        regrets = np.mean([regret(one, optima[one["task"]], budget) for one in mine], axis=0)
        at = [_reached(one["best"], goals.get((one["task"], one["seed"]))) for one in mine]
        as_stock = regrets <= np.mean(at_end) if at_end else np.zeros(1)
        shown.add_row(
            policy,
            *(f"{regrets[int(share * budget) - 1]:.2f}" for share in SHARES),
            f"{(np.argmax(as_stock) + 1) / budget:.3f}" if as_stock.any() else "-",
            f"{100 * np.mean(np.isfinite(at)):.0f} %" if goals else "-",
            f"{np.median(at) / budget:.2f}" if goals else "-",
            *(map(str, _against_random(policy, list(optima), ends)) if has_random else ()),
            f"{np.mean([one['trials'] for one in mine]):.0f}",
            f"{np.mean([one['decision_ms'] for one in mine]):.0f}",
            f"{np.max([one['slowest_ms'] for one in mine]):.0f}",
        )
    return shown


def _against_random(
    policy: str, tasks: list[str], ends: dict[tuple[str, str, int], float]
) -> tuple[int, int]:
    """Count the tasks on which a policy ends significantly better and worse than random search."""
    signs = []
    for task in tasks:
        seeds = [key[2] for key in ends if key[:2] == ("random", task)]
        gains = np.array([ends[policy, task, seed] - ends["random", task, seed] for seed in seeds])
        if gains.any() and wilcoxon(gains).pvalue < SIGNIFICANT:
            signs.append(np.sign(gains.mean()))
    return signs.count(1), signs.count(-1)


def regret(one: dict[str, Any], optimum: float, budget: int) -> NDArray[np.float64]:
    best = np.array(one["best"])
    return optimum - np.concatenate([best, np.full(budget - len(best), best[-1])])


def _reached(best: list[float], goal: float | None) -> float:
    if goal is None:
        return np.inf
    return float(np.argmax(np.array(best) >= goal) + 1) if best[-1] >= goal else np.inf


def picture(
    found: list[dict[str, Any]], optima: dict[str, float], budget: int, file: Path
) -> None:
    """Mean regret over epochs, with the standard error of the mean over searches."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    figure = Figure(figsize=(7.5, 4.5), layout="constrained")
    axes = figure.subplots()
    for policy in dict.fromkeys(one["policy"] for one in found):
        regrets = np.array(
            [regret(one, optima[one["task"]], budget) for one in found if one["policy"] == policy]
        )
        mean, error = regrets.mean(axis=0), regrets.std(axis=0) / np.sqrt(len(regrets))
        epochs = np.arange(1, budget + 1)
        (line,) = axes.plot(epochs, mean, label=policy)
        axes.fill_between(epochs, mean - error, mean + error, color=line.get_color(), alpha=0.2)
    axes.set(
        xlabel="epochs trained",
        ylabel="regret, points of validation accuracy",
        xscale="log",
        yscale="log",
        xlim=(2, budget),
    )
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_minor_formatter(NullFormatter())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.legend()
    axes.grid(alpha=0.3, which="both")
    figure.savefig(file, dpi=150)


def bars(one: dict[str, Any], file: Path) -> None:
    """Draw one search: a row per trial, with a bar for each stretch of its training."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    order = np.array(one["order"])
    figure = Figure(figsize=(7.5, 5.5), layout="constrained")
    axes = figure.subplots()
    colours = {"begun": "tab:blue", "continued": "tab:orange", "to its last epoch": "tab:green"}
    for trial in range(order.max() + 1):
        at = np.flatnonzero(order == trial)
        stretches = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        for i, stretch in enumerate(stretches):
            ends = i == len(stretches) - 1 and len(at) == EPOCHS
            colour = "to its last epoch" if ends else "continued" if i else "begun"
            axes.broken_barh(
                [(stretch[0], len(stretch))], (trial - 0.4, 0.8), color=colours[colour]
            )
    axes.set(
        xlabel="epochs trained by all trials together",
        ylabel="trial",
        xlim=(0, len(order)),
        ylim=(order.max() + 1, -1),
    )
    axes.legend(handles=[Patch(color=colour, label=name) for name, colour in colours.items()])
    figure.savefig(file, dpi=150)


def search_all(
    searches: list[Search], *, processes: int, out: Path | None
) -> list[dict[str, Any]]:
    """Run the searches that the file `out` does not hold; add each to it when it ends."""
    lines = out.read_text().splitlines() if out is not None and out.exists() else []
    known = {tuple(one.get(name, 0.0) for name in KEYS): one for one in map(json.loads, lines)}
    keys = [tuple(search.key.values()) for search in searches]
    found = [known[key] for key in keys if key in known]
    left = [search for search, key in zip(searches, keys, strict=True) if key not in known]
    # One thread for each process: models of the contenders would start one for each core.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for one in pool.imap_unordered(simulate, left):
            found.append(one)
            if out is not None:
                with out.open("a") as file:
                    file.write(json.dumps(one) + "\n")
    return found


def whole_numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="folder of the surrogate")
    parser.add_argument("--tasks", help="comma-separated; default: all")
    parser.add_argument("--seeds", type=int, default=10)
    known = [*POLICIES, *CONTENDERS]
    parser.add_argument(
        "--policies",
        help=f"from: {'; '.join(known)} (separated by ;); default: all that are installed",
    )
    parser.add_argument(
        "--workers",
        type=whole_numbers,
        default=[1],
        help="comma-separated: trials that run at once",
    )
    parser.add_argument("--budget", type=int, default=20, help="in trainings of 52 epochs")
    parser.add_argument("--noise", type=float, default=0.0, help="points at the first epoch")
    parser.add_argument("--processes", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--out", type=Path, help="file for every search, a line of JSON each")
    parser.add_argument("--picture", type=Path, help="file for the regret over epochs")
    parser.add_argument("--bars", type=Path, help="file for the trials of the first search")
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    surrogate = Surrogate(arguments.model)
    tasks = arguments.tasks.split(",") if arguments.tasks else list(surrogate.tasks)
    policies = (
        [policy.strip() for policy in arguments.policies.split(";")]
        if arguments.policies
        else [policy for policy in known if is_installed(policy)]
    )
    for policy in policies:
        if policy not in known:
            parser.error(f"--policies: unknown policy `{policy}`, choose from: {'; '.join(known)}")
        if not is_installed(policy):
            parser.error(
                f"--policies: `{policy}` needs `{CONTENDERS[policy][0]}`, which is not installed. "
                "Try, in an environment of its own: pip install --editable '.[bench]'"
            )
    budget = arguments.budget * EPOCHS
    workers: list[int] = arguments.workers
    searches = [
        Search(arguments.model, task, policy, seed, count, budget, arguments.noise)
        for count in workers
        for seed in range(arguments.seeds)
        for task in tasks
        for policy in policies
    ]
    found = search_all(searches, processes=arguments.processes, out=arguments.out)
    order = list(itertools.product(workers, policies))
    found.sort(
        key=lambda one: (order.index((one["workers"], one["policy"])), one["task"], one["seed"])
    )
    for one in found:  # the first number of workers is the one to compare with
        if one["workers"] != workers[0]:
            one["policy"] += f", {one['workers']} workers"
    optima = best_known(surrogate, tasks, found)
    Console(width=180).print(table(found, optima, budget))
    if arguments.picture:
        picture(found, optima, budget, arguments.picture)
    if arguments.bars:
        bars(found[0], arguments.bars)


if __name__ == "__main__":
    main()

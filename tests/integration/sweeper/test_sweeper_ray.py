"""`hydra/launcher=ray` on real clusters of this machine: lost nodes, shares of GPUs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from optuna.trial import TrialState

from hydra_tailor.jobs.lost_node import MAX_LOST_NODES

from .conftest import ROOT, Sweep, Toy, X, states

pytestmark = [
    pytest.mark.slow,
    # Ray leaves the pipes and processes of a cluster to the garbage collector.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

NodeDiedError = pytest.importorskip("ray.exceptions").NodeDiedError

NODES = """
import sys
from ray.cluster_utils import Cluster

small = {"object_store_memory": 80 * 2**20}
cluster = Cluster(
    initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False, **small}
)
nodes = [cluster.add_node(num_cpus=1, **small) for _ in range(2)]
print(cluster.address, flush=True)
for line in sys.stdin:  # a word: kill -9 what a node runs; the end: all
    cluster.remove_node(nodes.pop(), allow_graceful=False)
cluster.shutdown()
"""
EPOCHS = 8
"""Enough for two trials to be in their middle for seconds, also on a busy machine."""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A head that runs nothing and two nodes of one core, which know of no study."""
    environment = {key: value for key, value in os.environ.items() if key[:6] != "TAILOR"}
    with (
        (tmp_path / "ray.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-c", NODES],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**environment, "PYTHONPATH": str(ROOT / "src")},
        ) as process,
    ):
        yield process
        children = psutil.Process(process.pid).children(recursive=True)
    psutil.wait_procs(children, timeout=20)
    assert not [child for child in children if child.is_running()]


def two_in_the_middle(toy: Toy, process: subprocess.Popen[str]) -> list[int]:
    """Numbers of two trials that run, have a checkpoint, and are not at their last epochs."""
    assert process.poll() is None, "the sweep ended before two trials ran at once"
    if not (toy.sweep_dir / "0" / "state.json").exists():
        return []  # there may be no study yet
    found = [
        trial.number
        for trial in toy.trials
        if trial.state is TrialState.RUNNING
        and 1 <= len(trial.intermediate_values) <= EPOCHS - 2
        and (toy.sweep_dir / str(trial.number) / "state.json").exists()
    ]
    return found if len(found) == 2 else []


def test_trials_of_a_lost_node_run_again(toy: Toy, cluster: subprocess.Popen[str]) -> None:
    """Neither failed nor counted twice, and to the values of a sweep that lost nothing."""
    assert cluster.stdin is not None
    assert cluster.stdout is not None
    five = [X, "hydra.sweeper.n_trials=5", f"epochs={EPOCHS}"]
    process = toy.start(
        *five,
        "hydra/launcher=ray",
        f"hydra.launcher.ray.init.address='{cluster.stdout.readline().strip()}'",
        "hydra.sweeper.n_jobs=auto",
        "hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}",  # only this process has it
        "hydra.sweeper.results_url=results",
        "pause=[0.5]",
        env={"TAILOR_STORAGE": f"sqlite:///{toy.sweep_dir / 'study.db'}"},
    )
    # Both at once: what the two nodes hold, without a word of how many.
    begun = toy.wait_for(lambda: two_in_the_middle(toy, process))
    cluster.stdin.write("kill\n")
    cluster.stdin.flush()
    ended = toy.end(process)
    toy.assert_whole(5)
    [lost] = [trial for trial in toy.trials if trial.user_attrs.get("lost_nodes")]
    assert lost.number in begun
    assert lost.user_attrs["lost_nodes"] == 1
    assert f"trial {lost.number} runs again: its node was lost" in ended.output
    assert Counter(job for job, _, _ in toy.events) == Counter([*range(5), lost.number])
    assert "goes on after epoch" in ended.output  # from what it had kept on the shared disk
    for trial in toy.trials:
        place = toy.directory / "results" / "toy" / str(trial.number)
        assert trial.user_attrs["results_url"] == f"file://{place}"
        assert (place / "state.json").exists()
    values = toy.values
    calm = Toy(toy.directory / "calm")
    calm.directory.mkdir()
    calm.run(*five, "hydra/launcher=basic")
    assert values == calm.values


def test_four_trials_on_halves_of_two_gpus(toy: Toy) -> None:
    """Each waits for the other three; Ray gives each one card, to which no driver is needed."""
    program = toy.directory / "halves.py"
    program.write_text(
        "import os, time\n"
        "from pathlib import Path\n"
        "import hydra\n"
        "from hydra.core.hydra_config import HydraConfig\n"
        f"@hydra.main(config_path={str(ROOT / 'tests' / 'apps' / 'conf')!r}, config_name='toy')\n"
        "def main(config):\n"
        "    directory = Path(HydraConfig.get().runtime.output_dir)\n"
        "    (directory / 'gpu').write_text(os.environ['CUDA_VISIBLE_DEVICES'])\n"
        "    while len(list(directory.parent.glob('*/gpu'))) < 4:\n"
        "        time.sleep(0.05)\n"
        "    return 0.0\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    toy.run(
        X,
        "hydra/launcher=ray",
        "hydra.launcher.ray.init.address=local",
        "+hydra.launcher.ray.init.num_cpus=4",
        "+hydra.launcher.ray.init.num_gpus=2",
        "+hydra.launcher.ray.remote.num_gpus=0.5",
        "hydra.sweeper.n_jobs=auto",
        "hydra.sweeper.n_trials=4",
        program=program,
    )
    cards = [(toy.sweep_dir / str(number) / "gpu").read_text() for number in range(4)]
    assert sorted(cards) == ["0", "0", "1", "1"]


def test_a_trial_that_loses_node_after_node_is_failed(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that brings its nodes down must not go through the whole cluster, again and again."""
    launch = BasicLauncher.launch
    begun = []

    def lose_trial_1(self: Any, overrides: Any, initial_job_idx: int) -> Any:
        begun.append(initial_job_idx)
        if initial_job_idx == 1:
            raise NodeDiedError("Task failed because the node is dead. Node IP: 10.0.0.7")
        return launch(self, overrides, initial_job_idx)

    monkeypatch.setattr(BasicLauncher, "launch", lose_trial_1)
    study = sweep(
        lambda config: float(config.x),
        X,
        "hydra.sweeper.n_trials=3",
        "hydra.sweeper.max_failure_rate=1",
    )
    assert states(study) == "CFC"
    assert begun == [0, *[1] * MAX_LOST_NODES, 2]
    reason = study.trials[1].user_attrs["fail_reason"]
    lost = f"it lost {MAX_LOST_NODES} nodes; the last: its node was lost (Task failed"
    assert reason.startswith(lost)

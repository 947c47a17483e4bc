"""`hydra/launcher=local`: processes that live on, and die alone."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import psutil
import pytest
from optuna.trial import TrialState

from .conftest import Toy, X, states

MANY_FAIL = "hydra.sweeper.max_failure_rate=1"


@pytest.mark.parametrize("launcher", ["local", "basic"])
def test_the_exit_status_of_a_job_is_not_that_of_the_search(toy: Toy, launcher: str) -> None:
    failing = "at=[0:exit,1:exit,2:exit]"  # a job's status may be 0, and the search has failed
    ended = toy.run(X, f"hydra/launcher={launcher}", failing, "hydra.sweeper.n_trials=3", code=1)
    assert "3 of 3 trials" in ended.output
    assert "SystemExit: 3" in ended.output
    assert "Traceback" not in ended.output


def test_a_worker_dies_alone_and_is_replaced(toy: Toy) -> None:
    """Signals, exits, and what does not pickle: one sweep, a failure of each kind."""
    kinds = ["kill", "segv", "exit", "raise", "needy", "lock", "handle", "nan", "none", "text"]
    ended = toy.run(
        X,
        MANY_FAIL,
        f"at=[{','.join(f'{2 * k + 1}:{kind}' for k, kind in enumerate(kinds))}]",
        "hydra.sweeper.n_trials=22",
    )
    assert states(toy.study) == "CF" * 10 + "CC"
    reasons = [
        trial.user_attrs["fail_reason"] for trial in toy.trials if trial.state is TrialState.FAIL
    ]
    expected = [
        r"killed by SIGKILL, perhaps because memory ran out",
        r"killed by SIGSEGV",
        r"SystemExit: 3",
        r"^Traceback[\s\S]*in misbehave[\s\S]*RuntimeError: the toy broke$",
        r"Needy: the toy broke because it was told to",
        r"the toy broke.*lock object",
        r"lock",
        r"must return .*got nan",
        r"must return a number, got None",
        r"must return a number, got 'a word'",
    ]
    for reason, pattern in zip(reasons, expected, strict=True):
        assert re.search(pattern, reason), (reason, pattern)
    assert "last words" in toy.output(1)
    assert "Traceback" not in ended.output  # it is in the trial and its log
    # Two deaths: four processes in all, and nobody else's trial was lost.
    assert len({pid for _, pid, _ in toy.events}) == 4


def test_processes_live_on_and_output_goes_to_the_trial(toy: Toy) -> None:
    ended = toy.run(
        X,
        "at=[2:print,3:child]",
        "hydra.sweeper.n_trials=6",
        "pause=[0.05]",
    )
    toy.assert_whole(6)
    by_process = Counter(pid for _, pid, _ in toy.events)
    assert len(by_process) == 2
    assert sum(by_process.values()) == 6
    for number in range(6):
        assert toy.output(number).count("toy runs as job") == 1
        assert f"toy runs as job {number}\n" in toy.output(number)
        assert "toy logs" in toy.output(number)
    assert len(toy.output(2)) > 1_000_000
    assert "from a child" in toy.output(3)
    assert "toy runs" not in ended.output
    # All that the dashboard is to show.
    for trial in toy.trials:
        assert trial.user_attrs["directory"] == str(toy.sweep_dir / str(trial.number))
        assert trial.user_attrs["epochs"] == len(trial.intermediate_values) == 3
        assert trial.user_attrs["sum"] / 3 == trial.value


def test_cores_are_shared_out(toy: Toy) -> None:
    program = toy.directory / "cores.py"
    program.write_text(
        "import os\n"
        "import hydra\n"
        f"@hydra.main(config_path={str(Path(__file__).parents[2] / 'apps' / 'conf')!r}, "
        "config_name='toy')\n"
        "def main(config):\n"
        "    from pathlib import Path\n"
        "    cores = ','.join(map(str, sorted(os.sched_getaffinity(0))))\n"
        "    with Path('cores.txt').open('a') as file:\n"
        "        file.write(f\"{cores} {os.environ['OMP_NUM_THREADS']}\\n\")\n"
        "    return 0.0\n"
        "if __name__ == '__main__':\n"
        "    main()\n"
    )
    toy.run(X, program=program)
    text = (toy.directory / "cores.txt").read_text()
    lines = {tuple(line.split()) for line in text.splitlines()}
    mine = psutil.Process().cpu_affinity()
    held = [set(cores.split(",")) for cores, _ in lines]
    assert set.union(*held) <= {str(core) for core in mine}
    assert all(int(threads) == len(cores.split(",")) for cores, threads in lines)
    if len(mine) >= 2 and len(held) == 2:
        assert not held[0] & held[1]


SEEN_BY_A_WORKER = (
    "import os, sys\n"
    "import hydra\n"
    f"@hydra.main(config_path={str(Path(__file__).parents[2] / 'apps' / 'conf')!r}, "
    "config_name='toy')\n"
    "def main(config):\n"
    "    from pathlib import Path\n"
    "    import time\n"
    "    seen = os.environ.get('CUDA_VISIBLE_DEVICES'), 'torch' in sys.modules\n"
    "    with Path('gpus.txt').open('a') as file:\n"
    "        file.write(f'{os.getpid()} {seen}\\n')\n"
    "    wanted = int(os.environ['WORKERS'])\n"
    "    while len({line.split()[0] for line in Path('gpus.txt').open()}) < wanted:\n"
    "        time.sleep(0.05)\n"  # every worker gets a trial
    "    return 0.0\n"
    "if __name__ == '__main__':\n"
    "    main()\n"
)


@pytest.mark.parametrize(
    ("visible", "overrides", "expected"),
    [
        pytest.param("0,1,2,3", ["devices=[0,1,2,3]"], ["0", "1", "2", "3"], id="one-a-gpu"),
        pytest.param(
            "0,1,2,3",
            ["devices=[1,3]", "trials_per_device=2"],
            ["1", "1", "3", "3"],
            id="two-a-gpu",
        ),
        pytest.param("GPU-5e,GPU-7f", [], ["GPU-5e", "GPU-7f"], id="by-name"),
    ],
)
def test_gpus_are_shared_out(
    toy: Toy, visible: str, overrides: list[str], expected: list[str]
) -> None:
    """Each worker sees its own card alone, before anything has imported torch."""
    program = toy.directory / "gpus.py"
    program.write_text(SEEN_BY_A_WORKER)
    toy.run(
        X,
        *(f"hydra.launcher.{one}" for one in overrides),
        "hydra.sweeper.n_jobs=auto",
        f"hydra.sweeper.n_trials={len(expected)}",
        program=program,
        env={"CUDA_VISIBLE_DEVICES": visible, "WORKERS": str(len(expected))},
    )
    lines = set((toy.directory / "gpus.txt").read_text().splitlines())
    seen = [line.partition(" ")[2] for line in lines]
    assert sorted(seen) == [f"('{device}', False)" for device in expected]


def test_a_gpu_that_is_not_there(toy: Toy) -> None:
    ended = toy.run(X, "hydra.launcher.devices=[0,7]", code=1, env={"CUDA_VISIBLE_DEVICES": "0,1"})
    assert (
        "`hydra.launcher.devices` must be a list of GPUs of this machine ([0, 1])" in ended.output
    )
    assert "Traceback" not in ended.output


def test_a_program_without_a_guard_gets_a_clear_message(toy: Toy) -> None:
    program = toy.directory / "unguarded.py"
    program.write_text(
        "import hydra\n"
        f"@hydra.main(config_path={str(Path(__file__).parents[2] / 'apps' / 'conf')!r}, "
        "config_name='toy')\n"
        "def main(config):\n"
        "    return 0.0\n"
        "main()\n"
    )
    ended = toy.run(X, program=program, code=1)
    assert 'under `if __name__ == "__main__":`' in ended.output
    assert "Traceback" not in ended.output
    assert set(states(toy.study)) == {"W"}  # no trial is to blame


def test_under_the_basic_sweeper(toy: Toy) -> None:
    basic = ["--config-name", "plain"]
    ended = toy.run(*basic, "x=1,2,3,4")
    assert sorted(job for job, _, _ in toy.events) == [0, 1, 2, 3]
    assert len({pid for _, pid, _ in toy.events}) == 2
    assert "goes on" not in ended.output


def test_under_the_basic_sweeper_a_failure_and_ctrl_c(toy: Toy) -> None:
    import signal

    failed = toy.run("--config-name", "plain", "x=1,2", "at=[1:raise]", code=1)
    assert "RuntimeError: the toy broke" in failed.output
    process = toy.start("--config-name", "plain", "x=3,4,5,6", "pause=[5.0]", "epochs=9")
    toy.wait_for(lambda: len(toy.events) >= 4)
    pids = {pid for _, pid, _ in toy.events[-2:]}
    psutil.Process(process.pid).send_signal(signal.SIGINT)
    toy.end(process, code=None)
    assert process.returncode != 0
    assert not any(map(psutil.pid_exists, pids))

"""What a sweep decides: budget, stopping, failures, spaces. The jobs are plain functions."""

from __future__ import annotations

import math
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from optuna.trial import TrialState

from hydra_tailor import NO_TRIAL, current_trial
from tailor.errors import ConfigError, TailorError

Sweep = Callable[..., optuna.Study]
Look = Callable[[], optuna.Study]
X = "x=interval(-1,1)"
BY_VALUES = (
    *(X, "hydra.sweep.subdir=${hydra.job.override_dirname}"),
    "hydra.job.config.override_dirname.exclude_keys=[epochs]",
)
NEAR_X = f"custom_search_space={__name__}.near_x"


def square(config: DictConfig) -> float:
    return float(config.x**2)


def number() -> int:
    return int(HydraConfig.get().job.num)


def states(study: optuna.Study) -> str:
    return "".join(trial.state.name[0] for trial in study.trials)


def near_x(config: DictConfig, trial: optuna.Trial) -> None:
    x = trial.params["x"]
    trial.suggest_float("y", x - config.epochs / 6, x + config.epochs / 6)


def params(study: optuna.Study) -> list[dict[str, Any]]:
    return [trial.params for trial in study.trials]


STRICT = ["hydra.sweeper.max_failure_rate=0", "hydra.sweeper.min_failures=1"]


class TestBudget:
    """Defects 1 and 3: `n_trials` is the study's, numbers go on, a seed does not start over."""

    def test_the_same_command_again_does_nothing(self, sweep: Sweep) -> None:
        first = sweep(square, X)
        assert params(sweep(square, X)) == params(first)

    def test_a_larger_budget_goes_on_as_if_it_had_been_so_from_the_start(
        self, sweep: Sweep, tmp_path: Path
    ) -> None:
        jobs: list[int] = []

        def job(config: DictConfig) -> float:
            jobs.append(number())
            return square(config)

        sweep(job, X, "hydra.sweeper.n_trials=2")
        grown = sweep(job, X, "hydra.sweeper.n_trials=5")
        elsewhere = f"hydra.sweep.dir={tmp_path / 'whole'}"
        storage = f"hydra.sweeper.storage=sqlite:///{tmp_path / 'sweep' / 'study.db'}"
        another = [elsewhere, storage, "hydra.sweeper.study_name=b"]
        whole = sweep(square, X, "hydra.sweeper.n_trials=5", *another, study="b")
        assert jobs == [0, 1, 2, 3, 4]  # job, trial and directory have one number
        assert params(grown) == params(whole)
        assert sorted(p.name for p in (tmp_path / "sweep").iterdir() if p.is_dir()) == list(
            "01234"
        )

    def test_an_analysis_is_not_suggested_where_run_directories_were_removed(
        self, sweep: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        command = [X, "hydra.sweeper.n_trials=1", "hydra.sweeper.next_commands=[look closely]"]
        sweep(square, *command)
        assert "Next:\n  look closely" in capsys.readouterr().out
        shutil.rmtree(tmp_path / "sweep" / "0")
        sweep(square, *command)
        said = capsys.readouterr().out
        assert "The best trial's run directory is not on this host." in said
        assert "look closely" not in said

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (
                ["x=1,2", "hydra.sweep.subdir=all"],
                r"another directory for each.*'all' for several",
            ),
            (
                ["shape=bowl,ridge", "y=1,2", "+hydra.sweeper.when={y: {shape.height: 1.0}}"],
                "`shape.height` is 0.0 or 1.0, by the values that are searched",
            ),
            (["x=interval(0,inf)"], "the bounds must be finite, got 0.0 and inf"),
            (["x=interval(0,nan)"], "the bounds must be finite"),
            (["x=1,2", "hydra.sweeper.epochs_key=epoks"], "epochs_key` must name a key.*'epoks'"),
            ([*BY_VALUES, "hydra.sweeper.retries=1"], "retries=1 runs .* one directory, 'x="),
            ([*BY_VALUES, "hydra.sweeper.distinct=false"], "distinct=false runs a configuration"),
            (
                [*BY_VALUES, "hydra.sweeper.confirm=1", "hydra.sweeper.seed_key=epochs"],
                "confirm=1 runs a configuration more than once",
            ),
            (
                ["x=1,2", "hydra/sweeper/sampler=grid", f"hydra.sweeper.{NEAR_X}"],
                "custom_search_space` must be null with hydra/sweeper/sampler=grid",
            ),
            (
                ["x=range(0,1000)", "y=range(0,1001)", "hydra/sweeper/sampler=grid"],
                "at most 1,000,000 configurations, got 1,001,000",
            ),
        ],
    )
    def test_what_cannot_be_searched_is_refused_before_a_study_begins(
        self, sweep: Sweep, tmp_path: Path, words: list[str], message: str
    ) -> None:
        with pytest.raises(TailorError, match=message):
            sweep(square, *words)
        assert not (tmp_path / "sweep" / "study.db").exists()

    @pytest.mark.parametrize("given", ["", "hydra.sweeper.storage=${oc.env:TAILOR_STORAGE}"])
    def test_a_variable_that_the_program_does_not_use_is_named(
        self,
        sweep: Sweep,
        tmp_path: Path,
        given: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("TAILOR_STORAGE", f"sqlite:///{tmp_path}/sweep/study.db")
        sweep(square, X, "hydra.sweeper.n_trials=1", *filter(None, [given]))
        said = "TAILOR_STORAGE is set, but this program does not use it"
        assert (said in capsys.readouterr().out) == (not given)

    def test_a_program_whose_name_holds_the_time_goes_on_as_advised(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = [X, "+name=s-${now:%S-%f}", "hydra.sweeper.study_name=${name}"]
        with pytest.raises(KeyError):  # no study has the name of the program
            sweep(square, *words, "hydra.sweeper.n_trials=1")
        advice = re.search(r"n_trials=2 (hydra\S+=(s-\S+))\.$", capsys.readouterr().out)
        assert advice is not None
        again = [*words, "hydra.sweeper.n_trials=2", advice[1]]
        assert len(sweep(square, *again, study=advice[2]).trials) == 2

    def test_directories_by_values_are_enough_where_none_is_repeated(
        self, sweep: Sweep, tmp_path: Path
    ) -> None:
        assert len(sweep(square, *BY_VALUES, "hydra.sweeper.n_trials=2").trials) == 2
        assert len(list((tmp_path / "sweep").glob("x=*"))) == 2

    @pytest.mark.parametrize(("distinct", "n_trials"), [("true", 1), ("false", 4)])
    def test_without_parameters_one_trial_is_enough(
        self, sweep: Sweep, distinct: str, n_trials: int
    ) -> None:
        assert len(sweep(square, f"hydra.sweeper.distinct={distinct}").trials) == n_trials

    def test_a_search_that_is_done_is_not_to_be_continued(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sweep(square, X, "hydra.sweeper.n_trials=1", "hydra.sweeper.timeout=1e-9")
        assert "To continue, type the same command again" in capsys.readouterr().out

        def slow(config: Any) -> float:
            time.sleep(0.5)
            return float(square(config))

        sweep(slow, X, "hydra.sweeper.n_trials=1", "hydra.sweeper.timeout=0.4")
        said = capsys.readouterr().out
        assert "To continue" not in said
        assert "For more trials, type the same command with hydra.sweeper.n_trials=2" in said

    def test_the_advised_budget_of_epochs_exceeds_what_is_spent(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def reporting(config: Any) -> float:
            for epoch in (1, 2, 3):
                current_trial().report(0.0, epoch)
            return 0.0

        words = [X, "hydra.sweeper.n_trials=9", "expect=false"]
        sweep(reporting, *words, "hydra.sweeper.epoch_budget=1")
        assert "with hydra.sweeper.epoch_budget=6" in capsys.readouterr().out

    def test_a_renamed_study_goes_on(self, sweep: Sweep, tmp_path: Path) -> None:
        """As docs/sweeper.md renames it: a copy in the same storage, and a deletion."""
        storage = f"sqlite:///{tmp_path / 'sweep' / 'study.db'}"
        old = params(sweep(square, X, "hydra.sweeper.n_trials=2"))
        optuna.copy_study(
            from_study_name="toy", to_study_name="new", from_storage=storage, to_storage=storage
        )
        optuna.delete_study(study_name="toy", storage=storage)
        renamed = [X, "hydra.sweeper.n_trials=3", "hydra.sweeper.study_name=new"]
        new = sweep(square, *renamed, study="new")
        assert states(new) == "CCC"
        assert params(new)[:2] == old
        with pytest.raises(TailorError, match="`y` was 0.0, is 1"):
            sweep(square, *renamed, "y=1", study="new")

    def test_a_study_without_a_name_is_the_programs(self, sweep: Sweep) -> None:
        for _ in range(2):
            assert len(sweep(square, X, "hydra.sweeper.study_name=null").trials) == 4


class TestRefusals:
    """Defect 2: what is wrong is found before a trial is asked for."""

    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            pytest.param(["xx=interval(0,1)"], "Could not override 'xx'", id="misspelt-key"),
            pytest.param(["shape=choice(bowl,rigde)"], "shape/rigde", id="misspelt-choice"),
            pytest.param(
                ["shape=choice(bowl,ridge)", "shape.wide=choice(1,2)"],
                "shape.wide",
                id="misspelt-key-in-a-group",
            ),
            pytest.param(["x=tag(log,interval(0,1))"], "low", id="impossible-interval"),
            pytest.param([X, "hydra.sweeper.n_jobs=0"], "n_jobs.*got 0", id="n-jobs-0"),
            pytest.param([X, "hydra.sweeper.n_jobs=x"], "n_jobs.*got 'x'", id="n-jobs-text"),
            pytest.param(
                [X, "hydra/sweeper/pruner=median", "hydra.sweeper.pruner.n_startup_trials=-1"],
                "pruner.*cannot be built",
                id="impossible-pruner",
            ),
            pytest.param(
                [X, "hydra/sweeper/sampler=grid"], "`x` has infinitely many", id="no-grid"
            ),
            pytest.param(
                [X, "hydra/sweeper/sampler=tpe", "hydra/sweeper/pruner=freeze_thaw"],
                "decides by the model of the sampler `curves`",
                id="pruner-of-another-sampler",
            ),
            pytest.param(
                [X, "+hydra.sweeper.sampler.nope=1", "hydra.sweeper.dry_run=true"],
                "sampler.*cannot be built",
                id="impossible-sampler-in-a-dry-run",
            ),
            pytest.param(
                [X, "hydra.sweeper.storage='nonsense://x'"], "cannot be reached", id="storage"
            ),
            pytest.param(
                [X, "hydra.sweep.dir=/proc/no"], "cannot be used: .*/proc/no", id="unwritable"
            ),
        ],
    )
    def test_no_trial_is_left(
        self, sweep: Sweep, tmp_path: Path, overrides: list[str], message: str
    ) -> None:
        with pytest.raises(Exception, match=message):
            sweep(square, *overrides)
        database = tmp_path / "sweep" / "study.db"
        assert not database.exists() or not optuna.get_all_study_summaries(f"sqlite:///{database}")

    def test_the_program_may_refuse_a_job(
        self, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checked = []

        def no_ridge(config: DictConfig) -> None:
            checked.append(HydraConfig.get().runtime.choices["shape"])
            if config.shape.height:
                raise ConfigError("no ridge today")

        monkeypatch.setattr(sys.modules[__name__], "no_ridge", no_ridge, raising=False)
        word = f"hydra.sweeper.check_job={__name__}.no_ridge"
        with pytest.raises(TailorError, match="no ridge today"):
            sweep(square, X, "shape=choice(bowl,ridge)", word)
        assert checked == ["bowl", "bowl", "ridge"]  # both bounds of x, then each shape
        assert not (tmp_path / "sweep").exists()
        assert states(sweep(square, X, word)) == "CCCC"

    @pytest.mark.parametrize("bad", [True, "text"])
    def test_the_program_says_what_must_not_change(
        self, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: object
    ) -> None:
        found: dict[str, object] = {"the data": "v1"}
        monkeypatch.setattr(sys.modules[__name__], "look", lambda _: found, raising=False)
        word = f"hydra.sweeper.check_job={__name__}.look"
        sweep(square, X, word)
        found["the data"] = "v2"
        with pytest.raises(TailorError, match="other data.*`the data` was v1, is v2"):
            sweep(square, X, word, "hydra.sweeper.n_trials=9")
        found["the data"] = "v1"
        assert states(sweep(square, X, word, "hydra.sweeper.n_trials=5")) == "CCCCC"
        monkeypatch.setattr(sys.modules[__name__], "look", lambda _: bad)
        with pytest.raises(TailorError, match="must return nothing or texts by name, got a"):
            sweep(square, X, word)
        monkeypatch.setattr(
            sys.modules[__name__], "look", lambda _: (tmp_path / "no.csv").read_text()
        )
        with pytest.raises(TailorError, match="check_job`: FileNotFoundError: .*no.csv"):
            sweep(square, X, word)

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (["y=3"], "`y` was 0.0, is 3"),
            (["shape=ridge"], "`shape.height` was 0.0, is 1.0.*`shape.width` was .not set., is 2"),
            (["y=choice(1,2)"], "`y` was .not set., is"),
            (["x=interval(-1,2)"], r"`x` was \[-1.0, 1.0\], is \[-1.0, 2.0\]"),
            (["hydra.sweeper.direction=maximize"], r"direction` was \['minimize'\]"),
        ],
    )
    def test_another_search_under_the_same_name(
        self, sweep: Sweep, study: Look, changed: list[str], message: str
    ) -> None:
        sweep(square, X)
        with pytest.raises(TailorError, match=f"(?s)study_name=NEW_NAME.*{message}"):
            sweep(square, X, *changed, "hydra.sweeper.n_trials=9")
        assert states(study()) == "CCCC"

    def test_a_search_that_changed_goes_on_as_the_refusal_advises(
        self, sweep: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A space that grew: what the message says to add is typed after the same command."""
        sweep(square, X)
        wider = ["x=interval(-1,2)", "y=interval(0,1)"]
        with pytest.raises(TailorError) as refused:
            sweep(square, *wider)
        advice = re.search(r"of this one first, add (.*?)\. To continue", str(refused.value))
        assert advice
        named = (
            advice[1].replace("NEW_NAME", "wider").replace("NEW_DIRECTORY", f"{tmp_path}/wider")
        )
        capsys.readouterr()
        new = sweep(square, *wider, *shlex.split(named), study="wider")
        assert states(new) == "CCCC"
        assert "study toy lends the configurations of its trials" in capsys.readouterr().out

    @pytest.mark.parametrize(
        "changed",
        [
            pytest.param(["hydra.sweeper.direction=maximize"], id="other-direction"),
            pytest.param(["x=choice(0,1)", "hydra/sweeper/sampler=grid"], id="grid"),
        ],
    )
    def test_what_cannot_learn_is_not_told_to(self, sweep: Sweep, changed: list[str]) -> None:
        sweep(square, X)
        with pytest.raises(TailorError, match="To begin another study, add") as refused:
            sweep(square, X, *changed)
        assert "learn_from" not in str(refused.value)

    def test_what_may_differ_may(self, sweep: Sweep) -> None:
        sweep(square, X)
        assert states(sweep(square, X, "pause=[0.1]", "hydra.sweeper.n_trials=5")) == "CCCCC"

    @pytest.mark.parametrize("subdir", ["${hydra.job.num}", "run_${hydra:job.num}"])
    def test_a_new_study_does_not_write_over_another_ones_runs(
        self, sweep: Sweep, study: Look, tmp_path: Path, subdir: str
    ) -> None:
        """Of the same name, whose database was removed, deleted in, or is another one."""
        there = [X, f"hydra.sweep.subdir={subdir}"]
        sweep(square, *there)
        before = {file: file.read_bytes() for file in tmp_path.rglob("*.yaml")}
        other = f"hydra.sweeper.storage=sqlite:///{tmp_path / 'other.db'}"
        with pytest.raises(
            TailorError, match="(?s)holds a run of another.*'toy'.*study_name=NEW_NAME"
        ):
            sweep(square, *there, other)
        optuna.delete_study(study_name="toy", storage=f"sqlite:///{tmp_path}/sweep/study.db")
        with pytest.raises(TailorError, match="holds a run of another search"):
            sweep(square, *there)
        assert {file: file.read_bytes() for file in tmp_path.rglob("*.yaml")} == before
        assert not optuna.get_all_study_summaries(f"sqlite:///{tmp_path / 'other.db'}")

    def test_where_a_directory_depends_on_the_draw_nothing_is_known(self, sweep: Sweep) -> None:
        draws = [X, "hydra.sweep.subdir=${hydra.job.override_dirname}"]
        assert states(sweep(square, *draws)) == "CCCC"
        named = [*draws, "hydra.sweeper.study_name=b"]
        assert states(sweep(square, *named, study="b")) == "CCCC"


class TestDistinct:
    SMALL = ("x=choice(0,1)", "y=choice(0,1)", "hydra.sweeper.n_trials=20")

    def test_a_search_ends_when_every_configuration_has_a_trial(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for _ in range(2):  # a second start has nothing to do
            study = sweep(square, *self.SMALL)
            assert len({str(one) for one in params(study)}) == len(study.trials) == 4
            said = capsys.readouterr().out
            assert "study toy: 4 complete of 4" in said
            assert "Every configuration of the search space has a trial." in said

    def test_advice_does_not_go_beyond_the_space(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        sweep(square, *self.SMALL, "hydra.sweeper.n_trials=3")
        assert "type the same command with hydra.sweeper.n_trials=4." in capsys.readouterr().out

    def test_repetitions_on_purpose(self, sweep: Sweep) -> None:
        study = sweep(square, *self.SMALL, "hydra.sweeper.distinct=false")
        assert len(study.trials) == 20

    def test_a_failed_configuration_is_not_drawn_again(self, sweep: Sweep) -> None:
        def job(config: DictConfig) -> float:
            if config.x == 1:
                raise RuntimeError
            return square(config)

        allowed = "hydra.sweeper.max_failure_rate=1"
        assert sorted(states(sweep(job, *self.SMALL, allowed))) == list("CCFF")
        assert len(sweep(job, *self.SMALL, allowed).trials) == 4


class TestStopping:
    def test_timeout(self, sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
        def slow(config: DictConfig) -> float:
            import time

            time.sleep(0.3)
            return square(config)

        study = sweep(slow, X, "hydra.sweeper.n_trials=50", "hydra.sweeper.timeout=1")
        assert 1 <= len(study.trials) < 10
        assert "no further trial: the timeout of 1 s has passed" in capsys.readouterr().out

    @pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
    def test_a_sampler_with_nothing_left_to_draw(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Optuna's BruteForceSampler calls `study.stop()` then; a later start begins nothing."""
        brute = "hydra.sweeper.sampler._target_=optuna.samplers.BruteForceSampler"
        three = ["x=choice(-1,0,1)", "hydra.sweeper.n_trials=9", "hydra.sweeper.distinct=false"]
        for _ in range(2):
            study = sweep(square, *three, brute)
            assert sorted(trial.params["x"] for trial in study.trials) == [-1, 0, 1]
            said = capsys.readouterr().out
            assert "3 complete of 9 (stopped: BruteForceSampler has nothing left to draw)" in said
        assert len(sweep(square, *three).trials) == 9  # another sampler goes on

    def test_target(self, sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
        study = sweep(
            lambda c: -number(), X, "hydra.sweeper.target=-2", "hydra.sweeper.n_trials=9"
        )
        assert states(study) == "CCC"
        assert "trial 2 reached the target of -2 with -2" in capsys.readouterr().out

    def test_target_where_more_is_better(self, sweep: Sweep) -> None:
        up = ["hydra.sweeper.direction=maximize", "hydra.sweeper.target=2"]
        assert states(sweep(lambda c: number(), X, *up, "hydra.sweeper.n_trials=9")) == "CCC"

    def test_patience(self, sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
        values = [3, 1, 2, 2, 2, 0]
        study = sweep(lambda c: values[number()], X, "hydra.sweeper.patience=3")
        assert len(study.trials) == 4  # the budget
        more = [X, "hydra.sweeper.patience=3", "hydra.sweeper.n_trials=9"]
        assert states(sweep(lambda c: values[number()], *more)) == "CCCCC"
        assert "3 finished trials were not better than trial 1" in capsys.readouterr().out


class TestFailures:
    """Defect 4: judged over the study, with the trial, its directory and its traceback named."""

    @staticmethod
    def failing_at(*numbers: int) -> Callable[[Any], float]:
        def job(config: DictConfig) -> float:
            if number() in numbers:
                raise RuntimeError("it broke")
            return square(config)

        return job

    def test_single_ones_do_not_end_a_sweep(self, sweep: Sweep) -> None:
        assert states(sweep(self.failing_at(0, 1), X)) == "FFCC"

    @pytest.mark.parametrize("n_trials", [1, 2, 8])
    def test_nothing_but_failures_ends_it(self, sweep: Sweep, study: Look, n_trials: int) -> None:
        with pytest.raises(RuntimeError, match="it broke"):
            sweep(self.failing_at(*range(8)), X, f"hydra.sweeper.n_trials={n_trials}")
        assert states(study()) == "F" * min(3, n_trials)

    def test_those_of_an_earlier_start_do_not_count(self, sweep: Sweep, study: Look) -> None:
        with pytest.raises(RuntimeError):
            sweep(self.failing_at(0, 1, 2), X, "hydra.sweeper.n_trials=8")
        again = sweep(self.failing_at(4, 6), X, "hydra.sweeper.n_trials=8")
        assert states(again) == "FFFCFCFC"

    def test_a_jobs_own_missing_file_is_not_one_of_the_sweep(self, sweep: Sweep) -> None:
        def job(config: DictConfig) -> float:
            raise FileNotFoundError(2, "No such file or directory", "/data/train.csv")

        with pytest.raises(TailorError, match=r"FileNotFoundError.*/data/train.csv") as raised:
            sweep(job, X, *STRICT)
        assert "cannot be written" not in str(raised.value)

    def test_the_first_one_ends_the_sweep_where_asked(
        self, sweep: Sweep, study: Look, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        with pytest.raises(RuntimeError, match="it broke"):
            sweep(self.failing_at(1), X, *STRICT)
        assert states(study()) == "CF"
        reason = study().trials[1].user_attrs["fail_reason"]
        assert reason.startswith("Traceback")
        assert reason.endswith("RuntimeError: it broke")
        said = capsys.readouterr().out
        assert "1 of 2 trials of study 'toy' that finished since this start failed" in said
        assert f"The last was trial 1 in {tmp_path / 'sweep' / '1'}: RuntimeError" in said

    def test_the_rate_is_of_all_finished_trials(self, sweep: Sweep, study: Look) -> None:
        half = ["hydra.sweeper.min_failures=1", "hydra.sweeper.n_trials=8"]
        assert states(sweep(self.failing_at(1, 3), X, *half)) == "CFCFCCCC"

    def test_some_are_seen_before_it_is_judged(self, sweep: Sweep, study: Look) -> None:
        with pytest.raises(RuntimeError):
            sweep(self.failing_at(0, 1, 2), X, STRICT[0], "hydra.sweeper.min_failures=3")
        assert states(study()) == "FFF"

    @pytest.mark.parametrize(
        ("direction", "value"),
        [("minimize", math.nan), ("minimize", None), ("[minimize,minimize]", [1.0])],
        ids=["nan", "none", "too-few"],
    )
    def test_a_rejected_result_is_a_failure(
        self, sweep: Sweep, study: Look, direction: str, value: Any
    ) -> None:
        good = 1.0 if direction == "minimize" else [1.0, 1.0]
        overrides = [X, f"hydra.sweeper.direction={direction}", "hydra.sweeper.n_trials=3"]

        def job(config: DictConfig) -> Any:
            return value if number() == 0 else good

        with pytest.raises(TailorError, match="1 of 1 trials.*the job must return"):
            sweep(job, *overrides, *STRICT)
        assert states(study()) == "F"
        assert states(sweep(job, *overrides)) == "FCC"

    def test_nothing_but_failures_is_not_an_error_of_its_own(self, sweep: Sweep) -> None:
        all_of_them = [X, "hydra.sweeper.max_failure_rate=1"]
        assert states(sweep(lambda c: None, *all_of_them)) == "FFFF"

    def test_retries(self, sweep: Sweep) -> None:
        study = sweep(self.failing_at(1, 2), X, "hydra.sweeper.retries=2")
        assert states(study) == "CFFCCC"  # two more numbers, the budget of four is whole
        assert study.trials[1].params == study.trials[2].params == study.trials[3].params
        assert study.trials[2].user_attrs["retry_of"] == 1

    def test_retries_end(self, sweep: Sweep, study: Look) -> None:
        with pytest.raises(RuntimeError):
            sweep(self.failing_at(1, 2), X, "hydra.sweeper.retries=1", *STRICT)
        assert states(study()) == "CFF"

    def test_sys_exit_is_a_failure_of_the_trial(self, sweep: Sweep) -> None:
        def job(config: DictConfig) -> float:
            if number() == 1:
                raise SystemExit(3)
            return square(config)

        study = sweep(job, X, "hydra.sweeper.max_failure_rate=0.5")
        assert states(study) == "CFCC"
        assert "SystemExit: 3" in study.trials[1].user_attrs["fail_reason"]

    def test_defect_5_a_trial_finished_elsewhere_stays_as_it_is(self, sweep: Sweep) -> None:
        def job(config: DictConfig) -> float:
            if number() == 1:
                storage = HydraConfig.get().sweeper.storage
                other = optuna.load_study(study_name="toy", storage=storage)
                other.tell(1, state=TrialState.FAIL)
            return square(config)

        assert states(sweep(job, X, "hydra.sweeper.max_failure_rate=0.5")) == "CFCC"

    @pytest.mark.parametrize("reports", [False, True], ids=["and-it-ends", "and-it-reports"])
    def test_a_trial_failed_from_elsewhere_counts_as_any_other(
        self, sweep: Sweep, study: Look, reports: bool
    ) -> None:
        def job(config: DictConfig) -> float:
            if number() == 1:
                study().tell(1, state=TrialState.FAIL)
                if reports:
                    current_trial().report(1.0, 1)
            return square(config)

        with pytest.raises(
            TailorError, match=r"1 of 2 .* trial 1 in .*: failed by another program"
        ):
            sweep(job, X, *STRICT)
        assert states(study()) == "CF"

    def test_defect_14_a_pruned_trial_is_no_failure(self, sweep: Sweep) -> None:
        def job(config: DictConfig) -> float:
            current_trial().report(1.0, 1)
            if number() == 1:
                raise optuna.TrialPruned
            return square(config)

        study = sweep(job, X)
        assert states(study) == "CPCC"
        assert study.trials[1].value == 1.0


class TestCurrentTrial:
    def test_it_reports_and_is_pruned(self, sweep: Sweep) -> None:
        pruner = ["hydra/sweeper/pruner=median", "hydra.sweeper.pruner.n_startup_trials=2"]

        def job(config: DictConfig) -> float:
            trial = current_trial()
            assert trial.number == number()
            for epoch in range(1, 4):
                trial.report(number(), epoch)
                trial.set_user_attr("seen", epoch)
                if trial.should_prune():
                    raise optuna.TrialPruned
            return number()

        study = sweep(job, X, *pruner)
        assert states(study) == "CCPP"
        assert study.trials[1].intermediate_values == {1: 1.0, 2: 1.0, 3: 1.0}
        assert study.trials[2].user_attrs["seen"] == 1

    def test_a_job_knows_which_process_launched_it(self, sweep: Sweep) -> None:
        owners = []

        def job(config: DictConfig) -> float:
            owners.append(HydraConfig.get().sweeper.owner)
            return square(config)

        study = sweep(job, X, "hydra.sweeper.owner=a_user:1:1.00", "hydra.sweeper.n_trials=2")
        assert owners == [trial.user_attrs["owner"] for trial in study.trials]

    def test_there_is_none_outside_a_sweep(self) -> None:
        assert current_trial() is NO_TRIAL
        NO_TRIAL.report(1.0, 1)
        NO_TRIAL.set_user_attr("a", 1)
        assert not NO_TRIAL.should_prune()


class TestSpaces:
    def seen(self, sweep: Sweep, *overrides: str) -> list[Any]:
        seen: list[Any] = []

        def job(config: DictConfig) -> float:
            seen.append(OmegaConf.to_container(config)["any"])  # type: ignore[call-overload, index]
            return 1.0

        sweep(job, *overrides)
        return seen

    def test_defect_9_values_arrive_unchanged(self, sweep: Sweep) -> None:
        values = """'1','c,d',"relu gelu",null,1,'null',[32,64],{a:[1,'x y']},true,'it\\'s'"""
        seen = self.seen(
            sweep,
            f"any={values}",
            "hydra/sweeper/sampler=grid",
            "hydra.sweeper.n_trials=20",
        )
        expected = ["1", "c,d", "relu gelu", None, 1, "null", [32, 64], {"a": [1, "x y"]}, True]
        assert sorted(map(repr, seen)) == sorted(map(repr, [*expected, "it's"]))

    @pytest.mark.filterwarnings("ignore:extend_list:UserWarning")
    def test_a_fixed_list_is_extended_in_every_job(self, sweep: Sweep) -> None:
        assert self.seen(sweep, "any=[1]", "any=extend_list(2)", "x=0.1,0.2") == [[1, 2]] * 2

    def test_defect_8_a_grid_leaves_out_what_is_fixed(self, sweep: Sweep) -> None:
        space = "+hydra.sweeper.params={x: 'choice(1,2,3)', y: 'choice(1,2)'}"
        study = sweep(square, space, "x=2", "hydra/sweeper/sampler=grid")
        assert sorted(trial.params["y"] for trial in study.trials) == [1, 2]

    def test_groups_and_conditions(self, sweep: Sweep) -> None:
        seen = []

        def job(config: DictConfig) -> float:
            seen.append((config.shape.name, config.shape.get("width")))
            return 1.0

        study = sweep(
            job,
            "shape=choice(bowl,ridge)",
            "+hydra.sweeper.params={shape.width: 'choice(3,4)'}",
            "+hydra.sweeper.when={shape.width: {shape: ridge}}",
            "hydra/sweeper/sampler=grid",
        )
        assert sorted(seen, key=str) == [("bowl", None), ("ridge", 3), ("ridge", 4)]
        assert "shape.width" not in next(
            trial.params for trial in study.trials if trial.params["shape"] == "bowl"
        )

    def test_enqueued_ones_beyond_the_budget_are_named(
        self, sweep: Sweep, capfd: pytest.CaptureFixture[str]
    ) -> None:
        enqueued = "hydra.sweeper.enqueue=[{x: 0.25}, {x: -0.5}, {x: 0.5}]"
        sweep(square, X, enqueued, "hydra.sweeper.n_trials=2")
        assert "n_trials=2 leaves out 1 of the enqueued configurations" in capfd.readouterr().out

    def test_enqueued_ones_come_first_and_once(self, sweep: Sweep) -> None:
        known = ["hydra.sweeper.enqueue=[{x: 0.25, any: [2]}, {x: -0.5}]"]
        for n_trials in (3, 4):
            study = sweep(
                square, X, "any=choice([1],[2])", *known, f"hydra.sweeper.n_trials={n_trials}"
            )
        assert params(study)[0] == {"x": 0.25, "any": "[2]"}
        assert [trial.params["x"] for trial in study.trials].count(0.25) == 1
        assert params(study)[1]["x"] == -0.5
        assert len(study.trials) == 4

    def test_the_configs_own_values_come_first_and_once(self, sweep: Sweep) -> None:
        spaces = [
            X,
            "y=interval(5,6)",
            "any=[1],null",
            "shape=choice(ridge,bowl)",
            "+z=1,2",
        ]
        for n_trials in (2, 3):
            study = sweep(square, *spaces, f"hydra.sweeper.n_trials={n_trials}")
        first = params(study)[0]
        # y has another value in the config than the space allows, and z is not in it.
        assert {name: first[name] for name in ("x", "any", "shape")} == {
            "x": 0.0,
            "any": None,
            "shape": "bowl",
        }
        assert [trial.params["x"] for trial in study.trials].count(0.0) == 1

    def test_the_configs_own_values_are_left_out_where_asked(self, sweep: Sweep) -> None:
        study = sweep(square, X, "hydra.sweeper.begin_with_config=false")
        assert 0.0 not in [trial.params["x"] for trial in study.trials]

    def test_the_best_of_another_study_come_after_the_configs_own_values(
        self, sweep: Sweep, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        old = sweep(square, "x=interval(0.5,1)", "+z=interval(0,1)")
        best = min(trial.params["x"] for trial in old.trials)
        another = [
            X,
            "y=interval(-1,1)",
            "hydra.sweeper.study_name=new",
            f"hydra.sweeper.storage=sqlite:///{tmp_path / 'sweep' / 'study.db'}",
            f"hydra.sweep.dir={tmp_path / 'new'}",
            "hydra.sweeper.learn_from=toy",
        ]
        for n_trials in (2, 4):
            new = sweep(square, *another, f"hydra.sweeper.n_trials={n_trials}", study="new")
        assert params(new)[:2] == [{"x": 0.0, "y": 0.0}, {"x": best, "y": 0.0}]
        assert len(new.trials) == 4
        said = capsys.readouterr().out
        assert "ignored, since this search does not have them: z" in said
        assert "study toy does not have: y" in said

    @pytest.mark.parametrize(
        ("overrides", "message"),
        [
            pytest.param(["learn_from=gone"], "got 'gone'. These exist: none", id="unknown"),
            pytest.param(["learn_from=[toy]"], "got 'toy', this search itself", id="itself"),
            pytest.param(
                ["learn_from=a", "direction=[minimize,minimize]"],
                "learn_from` must be left out where there are several objectives, got 'a'",
                id="several-objectives",
            ),
        ],
    )
    def test_an_impossible_lender_is_refused_before_anything_is_written(
        self, sweep: Sweep, tmp_path: Path, overrides: list[str], message: str
    ) -> None:
        with pytest.raises(TailorError, match=message):
            sweep(square, X, *[f"hydra.sweeper.{override}" for override in overrides])
        assert not (tmp_path / "sweep").exists()

    def test_a_grid_has_no_lender(self, sweep: Sweep, tmp_path: Path) -> None:
        grid = ["x=choice(0,1)", "hydra/sweeper/sampler=grid", "hydra.sweeper.learn_from=a"]
        with pytest.raises(TailorError, match="must be null with hydra/sweeper/sampler=grid"):
            sweep(square, *grid)
        assert not (tmp_path / "sweep").exists()

    @pytest.mark.parametrize("failing", [5, 2], ids=["the-last-cell", "one-between"])
    def test_defect_11_a_failed_cell_of_a_grid_is_tried_again_where_asked(
        self, sweep: Sweep, failing: int
    ) -> None:
        calls: list[tuple[float, float]] = []

        def job(config: DictConfig) -> float:
            calls.append((config.x, config.y))
            if len(calls) == failing + 1:
                raise RuntimeError
            return square(config)

        grid = [
            "x=choice(0,1,2)",
            "y=choice(0,1)",
            "hydra/sweeper/sampler=grid",
            "hydra.sweeper.n_trials=50",
            "hydra.sweeper.max_failure_rate=1",
        ]
        assert states(sweep(job, *grid)).count("F") == 1
        assert len(sweep(job, *grid).trials) == 6  # it would fail again
        again = sweep(job, *grid, "hydra.sweeper.retries=1")
        assert states(again) == states(again)[:6] + "C"
        assert calls[6] == calls[failing]
        assert len(sweep(job, *grid, "hydra.sweeper.retries=1").trials) == 7

    @pytest.mark.parametrize(
        ("first", "n_trials"),
        [
            pytest.param("hydra.sweeper.sampler.seed=2", 6, id="another-seed"),
            pytest.param("hydra/sweeper/sampler=random", 6, id="another-sampler"),
            pytest.param(
                "hydra/sweeper/sampler=random hydra.sweeper.distinct=false",
                7,
                id="with-repetitions",
            ),
        ],
    )
    def test_a_grid_tries_every_cell_whatever_the_study_was_begun_with(
        self, sweep: Sweep, first: str, n_trials: int
    ) -> None:
        cells = ["x=choice(0,1,2)", "y=choice(0,1)", "hydra.sweeper.n_trials=50"]
        grid = "hydra/sweeper/sampler=grid"
        sweep(square, *cells, grid, *first.split(), "hydra.sweeper.n_trials=4")
        for _ in range(2):  # a second start has nothing to do
            study = sweep(square, *cells, grid)
            assert len({str(trial.params) for trial in study.trials}) == 6
            assert len(study.trials) == n_trials

    def test_a_chosen_configuration_of_a_grid_is_not_run_twice(self, sweep: Sweep) -> None:
        chosen = "hydra.sweeper.enqueue=[{x: 2, y: 1}, {x: 1}]"
        study = sweep(
            square,
            "x=choice(0,1,2)",
            "y=choice(0,1)",
            "hydra/sweeper/sampler=grid",
            chosen,
            "hydra.sweeper.n_trials=50",
        )
        assert params(study)[0] == {"x": 2, "y": 1}
        assert len({str(one) for one in params(study)}) == len(study.trials) == 6

    def test_a_custom_search_space(self, sweep: Sweep, tmp_path: Path) -> None:
        study = sweep(
            lambda config: abs(config.x - config.y) + config.w,
            X,
            "+w=interval(0,1)",
            "epochs=1",
            "+owner=me",
            f"hydra.sweeper.custom_search_space={__name__}.near_x",
        )
        for trial in study.trials:
            assert abs(trial.params["x"] - trial.params["y"]) <= 0.5
            assert 0 <= trial.params["w"] <= 1
            assert trial.user_attrs["epochs"] == 1
            assert trial.user_attrs["owner"] != "me"

    @pytest.mark.parametrize(
        ("y", "message"),
        [
            ("y=1", "`y` is fixed on the command line"),
            ("y=choice(a,b)", "must not be searched on the command line, too"),
        ],
    )
    def test_a_custom_parameter_that_is_set_elsewhere_is_an_error(
        self, sweep: Sweep, tmp_path: Path, y: str, message: str
    ) -> None:
        with pytest.raises(TailorError, match=message):
            sweep(square, X, y, f"hydra.sweeper.custom_search_space={__name__}.near_x")
        assert not (tmp_path / "sweep" / "study.db").exists()

    def test_another_custom_search_space_is_another_search(self, sweep: Sweep) -> None:
        words = [X, "hydra.sweeper.n_trials=1"]
        sweep(square, *words, f"hydra.sweeper.custom_search_space={__name__}.near_x")
        with pytest.raises(TailorError, match="custom_search_space` was .*near_x, is"):
            sweep(square, *words)


class TestSeveralObjectives:
    def test_the_front_is_written(self, sweep: Sweep, tmp_path: Path) -> None:
        study = sweep(
            lambda config: [config.x**2, (config.x - 1) ** 2],
            X,
            "hydra.sweeper.direction=[minimize,minimize]",
            "hydra.sweeper.n_trials=6",
        )
        results = OmegaConf.load(tmp_path / "sweep" / "optimization_results.yaml")
        assert {one.trial for one in results.solutions} == {
            trial.number for trial in study.best_trials
        }
        for one in results.solutions:
            assert one["values"] == [one.params.x**2, (one.params.x - 1) ** 2]

    def test_reports_and_pruning_are_quiet(self, sweep: Sweep) -> None:
        def job(config: DictConfig) -> list[float]:
            current_trial().report(1.0, 1)
            assert not current_trial().should_prune()
            return [config.x, -config.x]

        both = ["hydra.sweeper.direction=[minimize,maximize]", "hydra/sweeper/pruner=median"]
        assert states(sweep(job, X, *both)) == "CCCC"


class TestFiles:
    def test_defect_12_results_name_all_that_is_needed(self, sweep: Sweep, tmp_path: Path) -> None:
        study = sweep(square, X, "y=1")
        directory = tmp_path / "sweep"
        results = OmegaConf.to_container(OmegaConf.load(directory / "optimization_results.yaml"))
        assert results == {
            "name": "optuna",
            "best_params": study.best_params,
            "best_value": study.best_value,
            "best_trial": study.best_trial.number,
            "study": "toy",
            "storage": f"sqlite:///{directory / 'study.db'}",
            "directory": str(directory),
            "sampler_seed": 1,
            "fixed_overrides": ["y=1"],
        }
        assert (directory / "multirun.yaml").exists()

    def test_results_are_there_while_the_sweep_runs(self, sweep: Sweep, tmp_path: Path) -> None:
        seen = []

        def job(config: DictConfig) -> float:
            seen.append((tmp_path / "sweep" / "optimization_results.yaml").exists())
            return square(config)

        sweep(job, X)
        assert seen == [False, True, True, True]

    def test_a_customised_directory_is_the_trials(self, sweep: Sweep, tmp_path: Path) -> None:
        study = sweep(square, X, "hydra.sweep.subdir=run_${hydra.job.num}")
        assert study.trials[3].user_attrs["directory"] == str(tmp_path / "sweep" / "run_3")

    def test_a_jobs_own_directory_changes_nothing(self, sweep: Sweep, tmp_path: Path) -> None:
        def job(config: DictConfig) -> float:
            assert Path.cwd() == tmp_path / "sweep" / str(number())
            current_trial().report(1.0, 1)
            return square(config)

        assert states(sweep(job, X, "hydra.job.chdir=true")) == "CCCC"


class TestStorages:
    """Defect 6: any storage, by URL or by `_target_`; no password in what is printed."""

    def test_a_target_with_arguments(self, sweep: Sweep, tmp_path: Path) -> None:
        database = tmp_path / "other.db"
        storage = (
            "hydra.sweeper.storage={_target_: optuna.storages.RDBStorage, "
            f"url: 'sqlite:///{database}', heartbeat_interval: 1, grace_period: 2}}"
        )

        def job(config: DictConfig) -> float:
            current_trial().report(1.0, 1)
            return square(config)

        with pytest.raises((KeyError, ValueError)):  # nothing in the sweep's directory
            sweep(job, X, storage)
        study = optuna.load_study(study_name="toy", storage=f"sqlite:///{database}")
        assert states(study) == "CCCC"

    def test_a_journal(self, sweep: Sweep, tmp_path: Path) -> None:
        log = tmp_path / "journal.log"
        storage = (
            "hydra.sweeper.storage={_target_: optuna.storages.JournalStorage, log_storage: "
            f"{{_target_: optuna.storages.journal.JournalFileBackend, file_path: '{log}'}}}}"
        )

        def job(config: DictConfig) -> float:
            current_trial().report(1.0, 1)
            return square(config)

        with pytest.raises((KeyError, ValueError)):
            sweep(job, X, storage, "hydra.sweeper.retries=1")
        backend = optuna.storages.journal.JournalFileBackend(str(log))
        study = optuna.load_study(
            study_name="toy", storage=optuna.storages.JournalStorage(backend)
        )
        assert states(study) == "CCCC"
        assert study.trials[2].intermediate_values == {1: 1.0}

    def test_a_database_in_memory_is_refused(self, sweep: Sweep) -> None:
        with pytest.raises(TailorError, match="a SQLite database in memory exists in one process"):
            sweep(square, X, "hydra.sweeper.storage='sqlite:///:memory:'")

    URL = "postgresql+psycopg://me:secret@127.0.0.1:1/x"

    def test_a_password_is_not_printed(
        self, sweep: Sweep, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("TAILOR_STORAGE", "")  # to be as it was, afterwards
        with pytest.raises(TailorError, match="cannot be reached") as caught:
            sweep(square, X, f"hydra.sweeper.storage='{self.URL}'")
        assert "secret" not in str(caught.value) + capsys.readouterr().out
        assert "me:***@127.0.0.1" in str(caught.value)

    def test_a_typed_password_is_refused(
        self, sweep: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        storage = f"hydra.sweeper.storage='{self.URL}'"
        monkeypatch.setattr(sys, "argv", [sys.argv[0], "-m", storage])
        with pytest.raises(TailorError, match="must be typed without a password"):
            sweep(square, X, storage)
        assert not (tmp_path / "sweep").exists()

    def test_a_password_among_the_arguments_of_a_storage_is_refused(
        self, sweep: Sweep, tmp_path: Path
    ) -> None:
        arguments = "engine_kwargs: {connect_args: {password: secret}}"
        target = f"{{_target_: optuna.storages.RDBStorage, url: 'sqlite:///x.db', {arguments}}}"
        with pytest.raises(TailorError, match="connect_args.password` must be left out") as caught:
            sweep(square, X, f"hydra.sweeper.storage={target}")
        assert "secret" not in str(caught.value)
        assert not (tmp_path / "sweep").exists()

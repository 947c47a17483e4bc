from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from hydra_tailor.errors import DiskFull
from hydra_tailor.trial import RunningTrial
from tailor import names
from tailor.config import RunConfig
from tailor.confusion import read_confusion
from tailor.data import DataSplits
from tailor.errors import TrainingError
from tailor.training import Recorder, fit
from tailor.training.result import Row

ConfigOf = Callable[..., RunConfig]
TIMES = (names.SECONDS, names.IMAGES_PER_SECOND)


class Killed(Exception):
    """Stands for the end of the process."""


class Killer(Recorder):
    """Ends the run after an epoch, before anything more is done for it."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch

    def finished_epoch(self, history: Sequence[Row]) -> None:
        if len(history) == self._epoch:
            raise Killed


class Trial(RunningTrial):
    """Stores its reports; prunes the run after an epoch."""

    def __init__(self, *, prune_after: int | None = None) -> None:
        self.reports: dict[int, float] = {}
        self._prune_after = prune_after

    def report(self, value: float, epoch: int) -> None:
        self.reports[epoch] = value

    def should_prune(self) -> bool:
        return self._prune_after is not None and max(self.reports) >= self._prune_after


def rows(directory: Path) -> list[dict[str, str]]:
    with (directory / names.METRICS_FILE).open(newline="") as file:
        return list(csv.DictReader(file))


def without_times(history: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key not in TIMES} for row in history]


def stored(directory: Path) -> dict[str, Any]:
    """Everything that a run stores, without its times."""
    last = torch.load(directory / names.LAST_FILE, weights_only=True)
    return {
        "best": torch.load(directory / names.BEST_FILE, weights_only=True),
        "learner": last["learner"],
        "history": without_times(last["history"]),
        "metrics": without_times(rows(directory)),
    }


def same_bits(first: Any, second: Any) -> bool:
    if isinstance(first, torch.Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same_bits(first[k], second[k]) for k in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same_bits, first, second))
    return bool(first == second)


class TestFiles:
    def test_metrics_has_one_row_per_epoch_with_the_named_columns(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        fit(config_of("training.epochs=3"), splits, tmp_path)
        table = rows(tmp_path)
        assert [row["epoch"] for row in table] == ["1", "2", "3"]
        assert tuple(table[0]) == names.METRIC_COLUMNS
        assert all(math.isfinite(float(value)) for row in table for value in row.values())

    def test_the_directory_holds_these_files_and_no_other(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        fit(config_of(), splits, tmp_path)
        files = {
            names.METRICS_FILE,
            names.BEST_FILE,
            names.LAST_FILE,
            names.RESULT_FILE,
            names.VAL_CONFUSION_FILE,
        }
        assert {path.name for path in tmp_path.iterdir()} == files

    def test_result_is_that_of_the_best_row(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        result = fit(config_of("training.epochs=4"), splits, tmp_path)
        best = max(
            rows(tmp_path), key=lambda row: (float(row["val_accuracy"]), -float(row["val_loss"]))
        )
        written = json.loads((tmp_path / names.RESULT_FILE).read_text())
        assert written == result.as_dict()
        assert written["best_epoch"] == int(best["epoch"])
        assert written["val_accuracy"] == float(best["val_accuracy"])
        assert written["val_loss"] == float(best["val_loss"])
        assert written["status"] == "complete"
        assert written["test"] is None

    def test_best_holds_the_weights_of_the_best_epoch(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        config = config_of("training.epochs=4", "scheduler=constant", "optimizer.lr=0.8")
        best_epoch = fit(config, splits, tmp_path / "whole").best_epoch
        with pytest.raises(Killed):
            fit(config, splits, tmp_path / "cut", recorders=[Killer(best_epoch)])
        at_best = torch.load(tmp_path / "cut" / names.LAST_FILE, weights_only=True)
        best = torch.load(tmp_path / "whole" / names.BEST_FILE, weights_only=True)
        assert same_bits(best, at_best["learner"]["model"])

    def test_confusion_counts_are_those_of_the_best_epoch(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        config = config_of("training.epochs=4", "scheduler=constant", "optimizer.lr=0.8")
        result = fit(config, splits, tmp_path)
        assert result.best_epoch < 4  # or the test could not tell it from the last
        confusion = read_confusion(tmp_path / names.VAL_CONFUSION_FILE)
        assert confusion.classes == splits.val.classes
        assert [sum(row) for row in confusion.counts] == splits.val.targets.bincount().tolist()
        right = sum(confusion.counts[index][index] for index in range(3))
        assert right / len(splits.val) == pytest.approx(result.val_accuracy)


FEATURES = [
    pytest.param([], id="sgd"),
    pytest.param(["optimizer=adamw", "model.dropout=0.3"], id="adamw with dropout"),
    pytest.param(["augment=[erase,mixup]", "training.ema=0.9", "training.tta=true"], id="average"),
    pytest.param(["training.amp=bf16", "training.grad_clip=0.5"], id="bf16, clipped"),
]


class TestContinuing:
    @pytest.mark.parametrize("overrides", FEATURES)
    @pytest.mark.parametrize("epoch", [1, 2, 3])
    def test_killed_after_an_epoch_and_continued_gives_the_same_bits(
        self,
        config_of: ConfigOf,
        splits: DataSplits,
        tmp_path: Path,
        epoch: int,
        overrides: list[str],
    ) -> None:
        config = config_of("training.epochs=3", *overrides)
        whole = fit(config, splits, tmp_path / "whole")
        with pytest.raises(Killed):
            fit(config, splits, tmp_path / "cut", recorders=[Killer(epoch)])
        continued = fit(config, splits, tmp_path / "cut")
        assert same_bits(stored(tmp_path / "cut"), stored(tmp_path / "whole"))
        confusion = [tmp_path / run / names.VAL_CONFUSION_FILE for run in ("cut", "whole")]
        assert confusion[0].read_bytes() == confusion[1].read_bytes()
        assert continued.best_epoch == whole.best_epoch
        assert continued.val_loss == whole.val_loss

    def test_an_optimizer_of_torch_with_lists_can_be_continued(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        config = config_of()
        config.optimizer = OmegaConf.create(
            {"_target_": "torch.optim.NAdam", "_partial_": True, "lr": 1e-3, "betas": [0.9, 0.99]}
        )
        with pytest.raises(Killed):
            fit(config, splits, tmp_path, recorders=[Killer(1)])
        assert fit(config, splits, tmp_path).epochs_run == 2

    def test_metrics_lost_with_the_process_come_back(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        fit(config_of(), splits, tmp_path)
        (tmp_path / names.METRICS_FILE).unlink()
        fit(config_of(), splits, tmp_path)
        assert [row["epoch"] for row in rows(tmp_path)] == ["1", "2"]

    def test_a_continued_run_reports_what_it_may_not_have_reported(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        with pytest.raises(Killed):
            fit(config_of("training.epochs=3"), splits, tmp_path, recorders=[Killer(2)])
        trial = Trial()
        fit(config_of("training.epochs=3"), splits, tmp_path, trial=trial)
        assert list(trial.reports) == [1, 2, 3]

    def test_a_network_whose_class_changed_is_refused(
        self,
        config_of: ConfigOf,
        splits: DataSplits,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        fit(config_of("training.epochs=1"), splits, tmp_path)
        monkeypatch.setattr(
            "tailor.training.step.learner.build_model",
            lambda *_, **__: torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10)),
        )
        monkeypatch.setattr("tailor.training.step.learner.initialise", lambda *_: None)
        with pytest.raises(TrainingError, match="holds the run of another network"):
            fit(config_of("training.epochs=1"), splits, tmp_path)

    def test_a_file_that_the_model_reads_is_not_reported_as_one_that_is_written(
        self,
        config_of: ConfigOf,
        splits: DataSplits,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def read(*_: object, **__: object) -> None:
            Path("/nowhere/weights.pt").read_bytes()

        monkeypatch.setattr("tailor.training.step.learner.build_model", read)
        with pytest.raises(FileNotFoundError, match="weights.pt"):
            fit(config_of(), splits, tmp_path)

    def test_another_config_is_refused_and_the_files_stay(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        fit(config_of(), splits, tmp_path)
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(TrainingError, match="a run of another config"):
            fit(config_of("optimizer.lr=0.05"), splits, tmp_path)
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    def test_a_shorter_run_is_not_made_of_a_longer_one(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        fit(config_of("scheduler=constant", "training.epochs=3"), splits, tmp_path)
        with pytest.raises(TrainingError, match=r"of 3 epochs, which cannot be continued .* of 2"):
            fit(config_of("scheduler=constant", "training.epochs=2"), splits, tmp_path)
        assert len(rows(tmp_path)) == 3


class TestUnwritable:
    def test_a_full_disk_is_said_and_the_run_continues_later(
        self,
        config_of: ConfigOf,
        splits: DataSplits,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        whole = fit(config_of(), splits, tmp_path / "whole")

        def full(*_: object, **__: object) -> None:
            raise OSError(28, "No space left on device")

        directory = tmp_path / "full"
        with pytest.raises(Killed):
            fit(config_of(), splits, directory, recorders=[Killer(1)])
        with monkeypatch.context() as patch:
            patch.setattr(torch, "save", full)
            with pytest.raises(DiskFull, match=f"no space is left for {directory}"):
                fit(config_of(), splits, directory)
        result = fit(config_of(), splits, directory)
        assert (result.val_loss, result.epochs_run) == (whole.val_loss, 2)
        assert not list(directory.glob(".*"))

    def test_a_directory_in_the_way_is_named(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        (tmp_path / names.METRICS_FILE).mkdir()
        with pytest.raises(TrainingError, match=r"metrics\.csv cannot be written: Is a directory"):
            fit(config_of(), splits, tmp_path)


class TestEnding:
    def test_a_pruned_run_ends_where_the_trial_wants_and_keeps_its_files(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        result = fit(config_of("training.epochs=5"), splits, tmp_path, trial=Trial(prune_after=2))
        assert (result.status, result.epochs_run) == ("pruned", 2)
        assert len(rows(tmp_path)) == 2
        assert (tmp_path / names.BEST_FILE).exists()
        assert json.loads((tmp_path / names.RESULT_FILE).read_text())["status"] == "pruned"

    def test_a_finished_run_is_not_pruned(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        result = fit(config_of(), splits, tmp_path, trial=Trial(prune_after=2))
        assert (result.status, result.epochs_run) == ("complete", 2)

    def test_the_trial_receives_the_objective_of_each_epoch(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        trial = Trial()
        fit(config_of("objective=val_loss"), splits, tmp_path, trial=trial)
        losses = {int(row["epoch"]): float(row["val_loss"]) for row in rows(tmp_path)}
        assert trial.reports == losses

    @pytest.mark.parametrize("objective", ["seconds", "parameters"])
    def test_a_sole_objective_of_the_whole_run_is_reported_too(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path, objective: str
    ) -> None:
        trial = Trial()
        result = fit(config_of(f"objective={objective}"), splits, tmp_path, trial=trial)
        reports = [trial.reports[epoch] for epoch in sorted(trial.reports)]
        assert reports[-1] == result.value_of(objective)
        assert reports == sorted(reports)

    def test_patience_ends_a_run_that_gets_no_better_also_when_it_is_continued(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        # A rate this small changes no float32 weight: no epoch beats the first.
        still = ("optimizer.lr=1e-30", "model.norm=none", "training.epochs=9")
        config = config_of(*still, "training.patience=2")
        for _ in range(2):
            result = fit(config, splits, tmp_path)
            assert (result.status, result.best_epoch, result.epochs_run) == ("complete", 1, 3)
        assert len(rows(tmp_path)) == 3

    @pytest.mark.parametrize("lr", ["100", "1e30"])
    def test_divergence_is_an_error_with_epoch_loss_and_advice_and_no_value(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path, lr: str
    ) -> None:
        trial = Trial()
        config = config_of(f"optimizer.lr={lr}", "model.norm=none", "training.epochs=4")
        message = r"diverged in epoch \d: the loss is \S+ with optimizer\.lr=.* smaller"
        with pytest.raises(TrainingError, match=message):
            fit(config, splits, tmp_path, trial=trial)
        assert all(math.isfinite(value) for value in trial.reports.values())
        assert not (tmp_path / names.RESULT_FILE).exists()

    def test_batch_norm_of_batches_of_one_is_an_error_with_advice(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        with pytest.raises(TrainingError, match=r"batch of one image.*batch_size to 2 or more"):
            fit(config_of("training.batch_size=1"), splits, tmp_path)

    def test_short_memory_is_an_error_with_a_smaller_batch(
        self,
        config_of: ConfigOf,
        splits: DataSplits,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def full(*_: object, **__: object) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

        monkeypatch.setattr("tailor.training.step.learner.Learner.step", full)
        with pytest.raises(TrainingError, match=r"batch_size=16\. Try training\.batch_size=8"):
            fit(config_of(), splits, tmp_path)


class TestLearning:
    def test_batches_of_one_follow_the_whole_schedule(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        config = config_of("training.batch_size=1", "model.norm=none", "scheduler.warmup=0")
        fit(config, splits, tmp_path)
        rate = float(rows(tmp_path)[-1]["lr"]) / config.optimizer["lr"]
        assert rate == pytest.approx(1 - 99.5 / 100)

    @pytest.mark.parametrize("overrides", FEATURES)
    def test_rows_that_differ_in_height_are_told_apart(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path, overrides: list[str]
    ) -> None:
        config = config_of("training.epochs=30", "model.neurons=8", *overrides)
        assert fit(config, splits, tmp_path).val_accuracy >= 0.9

    def test_the_learning_rate_follows_the_schedule(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path
    ) -> None:
        config = config_of("scheduler.warmup=0", "optimizer.lr=0.1")
        fit(config, splits, tmp_path)
        # 50 images in batches of 16: 4 steps per epoch, 8 in all; the last one's middle is 7.5.
        assert float(rows(tmp_path)[-1]["lr"]) == pytest.approx(0.1 * (1 - 7.5 / 8))

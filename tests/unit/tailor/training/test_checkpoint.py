from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tailor import names
from tailor.config import RunConfig
from tailor.data import DataSplits
from tailor.data.batches import Normalise
from tailor.errors import StudyError, TrainingError
from tailor.training import fit, restore
from tailor.training.checkpoint import fingerprint, load, read_run_config
from tailor.training.evaluate import evaluate

ConfigOf = Callable[..., RunConfig]


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param([], id="plain"),
        pytest.param(["training.ema=0.8", "training.tta=true"], id="averaged"),
        pytest.param(["model.norm=group", "model.pooling=stride"], id="another network"),
    ],
)
def test_a_restored_network_scores_what_the_run_wrote(
    config_of: ConfigOf, splits: DataSplits, tmp_path: Path, overrides: list[str]
) -> None:
    config = config_of("training.epochs=4", "training.amp=bf16", *overrides)
    result = fit(config, splits, tmp_path)
    cpu = torch.device("cpu")
    model = restore(tmp_path, config, splits)
    score = evaluate(model, splits.val, Normalise(splits.mean, splits.std, device=cpu), cpu)
    assert not model.training
    assert score.accuracy == result.val_accuracy
    assert score.loss == result.val_loss


def test_a_directory_without_a_run_is_named(
    config_of: ConfigOf, splits: DataSplits, tmp_path: Path
) -> None:
    with pytest.raises(StudyError, match=r"never finished an epoch"):
        restore(tmp_path, config_of(), splits)
    with pytest.raises(StudyError, match=r"holds no run: \.hydra/config\.yaml is missing"):
        read_run_config(tmp_path)


class Payload:
    def __reduce__(self) -> tuple[object, ...]:
        return print, ("executed",)


def test_loading_executes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / names.BEST_FILE
    torch.save(Payload(), path, pickle_module=pickle)
    with pytest.raises(TrainingError, match="is damaged"):
        load(path)
    assert capsys.readouterr().out == ""


class TestFingerprint:
    def test_tells_apart_all_that_changes_numbers(self, config_of: ConfigOf) -> None:
        changes = [
            "seed=1",
            "training.threads=2",
            "training.ema=0.5",
            "training.amp=off",
            "optimizer.lr=0.3",
            "augment=flip",
            "data.split_seed=1",
        ]
        digests = {fingerprint(config_of(change)) for change in changes}
        assert len(digests | {fingerprint(config_of())}) == len(changes) + 1

    def test_the_location_of_the_data_does_not_matter(self, config_of: ConfigOf) -> None:
        roots = [f"data.root={directory}" for directory in ("/a", "/b")]
        first, second = (fingerprint(config_of("data=fashion_mnist", root)) for root in roots)
        assert first == second

    def test_a_run_may_continue_on_another_device(self, config_of: ConfigOf) -> None:
        digests = {fingerprint(config_of(f"training.device={d}")) for d in ("cpu", "cuda:1")}
        assert len(digests) == 1

    @pytest.mark.parametrize(("scheduler", "n_digests"), [("constant", 1), ("onecycle", 2)])
    def test_the_length_matters_where_the_schedule_depends_on_it(
        self, config_of: ConfigOf, scheduler: str, n_digests: int
    ) -> None:
        lengths = (f"training.epochs={epochs}" for epochs in (2, 5))
        configs = [config_of(f"scheduler={scheduler}", length) for length in lengths]
        assert len(set(map(fingerprint, configs))) == n_digests

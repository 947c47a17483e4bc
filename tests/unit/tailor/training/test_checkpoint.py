from __future__ import annotations

import pickle
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tailor import names
from tailor.config import RunConfig
from tailor.data import DataSplits
from tailor.data.batches import Normalise
from tailor.errors import DamagedFile, StudyError, TrainingError
from tailor.training import fit, restore
from tailor.training.checkpoint import fingerprint, load, load_last, save
from tailor.training.evaluate import evaluate
from tailor.training.stored_config import read_run_config

ConfigOf = Callable[..., RunConfig]
Damage = Callable[[Path], None]


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
    with pytest.raises(DamagedFile, match="is damaged or no checkpoint"):
        load(path)
    assert capsys.readouterr().out == ""


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def flipped(path: Path) -> None:
    """Change one bit of the largest tensor: torch itself loads such a file."""
    with zipfile.ZipFile(path) as archive:
        tensors = (info for info in archive.infolist() if "/data/" in info.filename)
        largest = max(tensors, key=lambda info: info.file_size)
        with archive.open(largest) as record:
            content = record.read()
    whole = bytearray(path.read_bytes())
    whole[whole.index(content) + len(content) // 2] ^= 1
    path.write_bytes(bytes(whole))
    torch.load(path, weights_only=True)


def a_list(path: Path) -> None:
    torch.save([1, 2], path)


def a_dict(path: Path) -> None:
    torch.save({"fingerprint": ""}, path)


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = [emptied, cut, flipped, a_list, a_dict, a_directory]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
class TestDamage:
    def test_a_run_begins_again_and_says_so(
        self,
        config_of: ConfigOf,
        splits: DataSplits,
        tmp_path: Path,
        caplog: pytest.LogCaptureFixture,
        damage: Damage,
    ) -> None:
        whole = fit(config_of(), splits, tmp_path)
        damage(tmp_path / names.LAST_FILE)
        again = fit(config_of(), splits, tmp_path)
        assert (again.val_loss, again.epochs_run) == (whole.val_loss, 2)
        (record,) = caplog.records
        assert str(tmp_path / names.LAST_FILE) in record.message
        assert "the run begins again at its first epoch" in record.message
        assert (tmp_path / names.DAMAGED_FILE).exists()

    def test_weights_are_refused_with_a_way_out(
        self, config_of: ConfigOf, splits: DataSplits, tmp_path: Path, damage: Damage
    ) -> None:
        fit(config_of(), splits, tmp_path)
        damage(tmp_path / names.BEST_FILE)
        with pytest.raises(DamagedFile, match=rf"{names.BEST_FILE}.*Choose another trial"):
            restore(tmp_path, config_of(), splits)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"a: [1", id="cut"),
        pytest.param(b"\xff\x00", id="not-text"),
        pytest.param(b"- a\n- b\n", id="a-list"),
        pytest.param(b"modle: {}\n", id="another-config"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"a: &a [0, 0]\nb: &b [*a, *a]\n", id="aliases"),
    ],
)
def test_a_damaged_config_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / names.HYDRA_DIR / names.CONFIG_FILE
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=re.escape(str(path))):
        read_run_config(tmp_path)


def test_a_checkpoint_that_may_not_be_read_is_not_set_aside(
    config_of: ConfigOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    (tmp_path / names.LAST_FILE).touch()
    with pytest.raises(PermissionError):
        load_last(tmp_path, config_of(), data="")
    assert [path.name for path in tmp_path.iterdir()] == [names.LAST_FILE]


def test_a_checkpoint_of_an_earlier_version_is_continued(
    config_of: ConfigOf, splits: DataSplits, tmp_path: Path
) -> None:
    fit(config_of(), splits, tmp_path)
    last = tmp_path / names.LAST_FILE
    content = load(last)
    del content["hydra_files"], content["data"]
    save(last, content)
    assert load_last(tmp_path, config_of(), data=splits.checksum) is not None
    content["hydra_files"] = {"..": ""}
    save(last, content)
    assert load_last(tmp_path, config_of(), data=splits.checksum) is None


def test_a_run_is_not_continued_on_other_images(
    config_of: ConfigOf, splits: DataSplits, tmp_path: Path
) -> None:
    fit(config_of(), splits, tmp_path)
    images = splits.val.images.clone()
    images[0, 0, 0, 0] ^= 1
    changed = replace(splits, val=replace(splits.val, images=images))
    with pytest.raises(TrainingError, match=f"other images .*{splits.checksum}"):
        fit(config_of(), changed, tmp_path)
    fit(config_of(), splits, tmp_path)


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

    def test_labels_may_be_numbers_and_texts(self, config_of: ConfigOf) -> None:
        chosen = ("data=csv", "data.source.classes={1: one, x: other}")
        assert fingerprint(config_of(*chosen)) != fingerprint(config_of("data=csv"))

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

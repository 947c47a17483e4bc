"""Mutated files and mutated command lines: each must be read, or refused with a message."""

from __future__ import annotations

import contextlib
import gzip
import io
import logging
import random
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from hydra import compose, initialize_config_dir
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from PIL import Image

from hydra_tailor.errors import TailorError
from tailor import command_line, names
from tailor import config as schema
from tailor.config import RunConfig
from tailor.data import load
from tailor.history import read_history
from tailor.training import fit, restore
from tailor.training.checkpoint import load_last
from tailor.training.stored_config import read_run_config
from tests.torture.searches import ROOT, Broken

CONF = str(ROOT / "conf")
SMALL = [
    *("data=digits", "model=mlp", "model.num_layers=1", "model.neurons=4"),
    *("training.epochs=1", "training.batch_size=512", "training.threads=1"),
]
COMMANDS = [
    ["data=digits", "training.epochs=3", "optimizer.lr=0.1", "model.neurons=8"],
    ["data=csv", "data.root=/nowhere", "data.val_fraction=0.2", "seed=3"],
    ["-m", "search=quick", "hydra.sweeper.n_trials=4", "study=one"],
    ["model=resnet", "model.norm=group", "augment=mixup", "scheduler=cosine"],
    ["+recorders=[tensorboard]", "objective=[val_accuracy,val_loss]", "training.amp=bf16"],
    ["--cfg", "job", "optimizer=adamw", "optimizer.weight_decay=1e-4", "~scheduler"],
]
SCRAPS = [
    *("=", "[", "]", "{", "}", ",", ":", "'", '"', "\\", "$", "${", "${oc.env:X}", "-", "+", "~"),
    *("null", "nan", "1e400", "-1", "0", "[[1]]", "{a: b}", "é", "\x00", "\ud800", " ", "@", "/"),
    *("..", "_target_", "true", "interval(0,1)", "choice(", "hydra.sweeper=false", "9" * 400),
]
SOURCES = {
    "csv": [
        "data.source.shape=[5,6]",
        "data.source.train=train.csv",
        "data.source.test=test.csv.gz",
    ],
    "npz": [],
    "image_folder": ["data.source.path=.", "data.source.size=[5,6]", "data.source.channels=1"],
}
Read = Callable[[], object]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """Change a file's content as an accident might."""
    size = len(content)
    start = rng.randrange(size) if size else 0
    end = min(size, start + rng.choice((1, 4, 64, 1024)))
    match rng.randrange(7):
        case 0:
            return content[:start]
        case 1:
            changed = bytearray(content)
            for _ in range(rng.randint(1, 8)):
                changed[rng.randrange(size)] ^= 1 << rng.randrange(8)
            return bytes(changed)
        case 2:
            return content[:start] + bytes(end - start) + content[end:]
        case 3:
            return content[:start] + rng.randbytes(end - start) + content[end:]
        case 4:
            return content[:start] + content[end:]
        case 5:
            return content[:end] + content[start:]
    return rng.choice((b"", b"\n", b"[]", b"{}", b"null", rng.randbytes(100)))


def mutate_files(directory: Path, rng: random.Random, n: int) -> int:
    """Damage the files of a run and of its data, one at a time; return how many were read.

    Raises:
        Broken: reading one raised an exception other than a `TailorError`.
    """
    schema.register()
    torch.set_num_threads(1)
    logging.getLogger("tailor").setLevel(logging.ERROR)
    readers = _run_files(directory / "run") | _data_files(directory / "data")
    whole = {path: path.read_bytes() for path in readers}
    for _ in range(n):
        path = rng.choice(list(readers))
        damaged = mutated(whole[path], rng)
        path.write_bytes(damaged)
        try:
            with warnings.catch_warnings(action="ignore"):
                readers[path]()
        except TailorError as error:
            if not str(error):
                raise Broken(f"{path}: an error without words") from error
        except Exception as error:
            kept = directory.with_name(f"{directory.name}-{path.name}")
            kept.write_bytes(damaged)
            raise Broken(f"{path.name}, kept as {kept}: {error!r}") from error
        path.write_bytes(whole[path])
    return n


def _run_files(run: Path) -> dict[Path, Read]:
    config = _composed(SMALL)
    (run / names.HYDRA_DIR).mkdir(parents=True)
    (run / names.HYDRA_DIR / names.CONFIG_FILE).write_text(_config_text())
    splits = load(config.data)
    fit(config, splits, run)
    return {
        run / names.LAST_FILE: lambda: load_last(run, config, data=splits.checksum),
        run / names.BEST_FILE: lambda: restore(run, config, splits),
        run / names.METRICS_FILE: lambda: read_history(run / names.METRICS_FILE),
        run / names.HYDRA_DIR / names.CONFIG_FILE: lambda: read_run_config(run),
    }


def _data_files(root: Path) -> dict[Path, Read]:
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (24, 5, 6), dtype=np.uint8)
    labels = np.arange(24) % 3
    readers: dict[Path, Read] = {}
    for name in ("csv", "npz", "image_folder"):
        (root / name).mkdir(parents=True)
    lines = [
        "label," + ",".join(f"p{k}" for k in range(30)),
        *(
            ",".join(map(str, (label, *image.ravel())))
            for label, image in zip(labels, images, strict=True)
        ),
    ]
    table = root / "csv" / "train.csv"
    table.write_text("\n".join(lines))
    packed = root / "csv" / "test.csv.gz"
    packed.write_bytes(gzip.compress("\n".join(lines).encode()))
    arrays = root / "npz" / "data.npz"
    np.savez(arrays, x_train=images, y_train=labels, x_test=images, y_test=labels)
    for k, image in enumerate(images):
        folder = root / "image_folder" / f"class{labels[k]}"
        folder.mkdir(exist_ok=True)
        Image.fromarray(image).save(folder / f"{k}.png")
    picture = root / "image_folder" / "class0" / "0.png"
    files = {"csv": [table, packed], "npz": [arrays], "image_folder": [picture]}
    for name, paths in files.items():
        words = [f"data={name}", f"data.root={root / name}"]
        words += SOURCES[name]
        config = _composed([*words, *SMALL[1:]])
        load(config.data)  # undamaged, the files can be read
        for path in paths:
            readers[path] = lambda config=config: load(config.data)
    return readers


def mutate_commands(rng: random.Random, n: int) -> int:
    """Check and compose mutated command lines in this process; return how many.

    Raises:
        Broken: one raised an exception other than an error with a message for the user.
    """
    schema.register()
    said = (TailorError, HydraException, OmegaConfBaseException, SystemExit)
    for _ in range(n):
        words = _mutated_words(rng)
        try:
            with contextlib.redirect_stderr(io.StringIO()):  # messages for the user
                command_line.checked(words)
            overrides = [word for word in words if not word.startswith("-") and word != "job"]
            _composed(overrides)
        except said:
            continue
        except Exception as error:
            raise Broken(f"{words!r}: {error!r}") from error
    return n


def _mutated_words(rng: random.Random) -> list[str]:
    words = list(rng.choice(COMMANDS))
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(words))
        word = words[place]
        at = rng.randint(0, len(word))
        match rng.randrange(5):
            case 0:
                words[place] = word[:at] + rng.choice(SCRAPS) + word[at:]
            case 1:
                words[place] = word[:at] + word[at + 1 :]
            case 2:
                words[place] = f"{word.partition('=')[0]}={rng.choice(SCRAPS)}"
            case 3:
                words.insert(place, rng.choice(rng.choice(COMMANDS)))
            case 4:
                words[place] = rng.choice(("+", "++", "~", "--")) + word
    return words


def _composed(overrides: list[str]) -> RunConfig:
    with initialize_config_dir(CONF):
        return schema.run_config(compose("train", overrides))


def _config_text() -> str:
    with initialize_config_dir(CONF):
        return OmegaConf.to_yaml(compose("train", SMALL))

"""Compare tailor with five alternatives that a user might pick: the same search, in turns.

    python benchmarks/peers [--contenders tailor,stock] [--seeds 3] [--out F.jsonl]
        [--picture F.png] [--form full|quick|small]

Every alternative is a file `with_*.py` beside this one, written after its own documentation;
`fashion.py` holds what most of them need. All search the same space of the same network (Hyperband
sets the epochs itself) on the same 12,000 images of Fashion-MNIST, a fifth for validation. A
contender whose budget is a number of trials gets 20; one that counts epochs gets the expected
epochs of 20 trials. The contenders take turns, so that another program on the machine disturbs all
of them. Runs that the file `--out` already holds are not repeated. Fashion-MNIST must be in
TAILOR_DATA_DIR; the extra `peers` installs the packages.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path

import fashion
from contenders import CONTENDERS, FORMS, ROOT
from hydra import compose, initialize_config_dir
from rich.console import Console
from run import Run, compete
from show import draw, table

from tailor import config as schema
from tailor.config import RunConfig
from tailor.data.split import split_indices, subset_indices


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--contenders", default=",".join(CONTENDERS), help="separated by commas")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="keeps the runs, and holds those not to repeat")
    parser.add_argument("--picture", type=Path, help="of accuracy over seconds")
    parser.add_argument(
        "--form", choices=FORMS, default="full", help="only the figures of the full one count"
    )
    arguments = parser.parse_args()
    names = arguments.contenders.split(",")
    if unknown := sorted(set(names) - set(CONTENDERS)):
        parser.error(f"--contenders must be of {', '.join(CONTENDERS)}; got {', '.join(unknown)}.")
    out = arguments.out
    runs = [Run.read(line) for line in out.open()] if out and out.exists() else []
    form = FORMS[arguments.form]
    console = Console(width=300)  # a Markdown table has one line a row
    with tempfile.TemporaryDirectory() as directory:
        images = prepared(Path(directory), form.images)
        for seed in range(arguments.seeds):
            for name in names:
                if any((run.contender, run.seed) == (name, seed) for run in runs):
                    continue
                run = compete(name, images, Path(directory) / f"{name}-{seed}", seed, form)
                console.print(f"{name}, seed {seed}: {run.seconds:.0f} s, {100 * run.best:.2f} %")
                runs.append(run)
                if out:
                    with out.open("a") as file:
                        file.write(json.dumps(asdict(run)) + "\n")
    runs = [run for run in runs if run.contender in names]
    console.print(table(names, runs))
    if arguments.picture:
        draw(names, runs, arguments.picture)


def prepared(directory: Path, n_images: int) -> Path:
    """Lay out the images as torchvision expects them, and write tailor's split of them."""
    source = Path(os.environ.get("TAILOR_DATA_DIR", "data"), "FashionMNIST", "raw")
    raw = directory / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for path in sorted(source.glob("*-ubyte*")):
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as packed:
            (raw / path.name.removesuffix(".gz")).write_bytes(packed.read())
    schema.register()
    with initialize_config_dir(str(ROOT / "conf")):
        config: RunConfig = schema.run_config(compose("train", []))
    seed, fraction = config.data.split_seed, config.data.val_fraction
    targets = fashion.torchvision.datasets.FashionMNIST(directory, train=True).targets
    kept = subset_indices(targets, size=n_images, seed=seed)
    train, val = split_indices(targets[kept], val_fraction=fraction, seed=seed)
    split = {"train": kept[train].tolist(), "val": kept[val].tolist()}
    (directory / "split.json").write_text(json.dumps(split))
    return directory


if __name__ == "__main__":
    main()

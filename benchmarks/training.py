"""Measure how close training comes to the machine's limits; compare only figures of one run.

    python benchmarks/training.py            all of it, about five minutes on two quiet cores
    python benchmarks/training.py speed      one part: speed | flops | workers | memory

Compared measurements take turns (A B A B ...), each in its own process if the settings of a
process matter. Medians are printed with the smallest and the largest value. Fashion-MNIST must be
in TAILOR_DATA_DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

from hydra import compose, initialize_config_dir

from tailor import config as schema
from tailor.config import RunConfig
from tailor.training import fit

ROOT = Path(__file__).parents[1]
IMAGES = 6_400
EPOCHS = 3  # of IMAGES images; the median epoch counts
CNN = (
    "model=cnn",
    "model.num_layers=2",
    "model.neurons=[32,64]",
    "training.batch_size=64",
    "training.device=cpu",  # like the usual loop
)


def with_spread(values: list[float], unit: str) -> str:
    return f"{median(values):,.1f} {unit} ({min(values):,.1f} to {max(values):,.1f})"


# Measurements of a child process.


def composed(overrides: Iterable[str]) -> RunConfig:
    schema.register()
    with initialize_config_dir(str(ROOT / "conf")):
        return schema.run_config(compose("train", list(overrides)))


def tailors_way(overrides: list[str]) -> float:
    """Images/s of the engine on the first IMAGES training images."""
    import torch

    from tailor.data import DataSplits, load

    config = composed([f"training.epochs={EPOCHS}", *overrides])
    whole = load(config.data)
    first = torch.arange(IMAGES)
    splits = DataSplits(
        whole.train.take(first), whole.val.take(first[:500]), whole.mean, whole.std
    )
    with tempfile.TemporaryDirectory() as directory:
        return fit(config, splits, Path(directory)).images_per_second


def usual_way(num_workers: int) -> float:
    """Images/s of a tutorial's loop: a dataset, transforms per sample, a DataLoader."""
    import torch
    from torch.utils.data import DataLoader, Subset

    from tailor.models import build_model
    from tailor.torchvision_parts import import_torchvision

    torchvision = import_torchvision()
    transforms = torchvision.transforms
    with tempfile.TemporaryDirectory() as root:
        raw = Path(root) / "FashionMNIST" / "raw"
        source = Path(os.environ.get("TAILOR_DATA_DIR", "data")) / "FashionMNIST" / "raw"
        shutil.copytree(source, raw)
        dataset = torchvision.datasets.FashionMNIST(
            root,
            download=True,  # unpacks the copied files
            transform=transforms.Compose(
                [transforms.ToTensor(), transforms.Normalize((0.286,), (0.353,))]
            ),
        )
    loader = DataLoader(
        Subset(dataset, range(IMAGES)), batch_size=64, shuffle=True, num_workers=num_workers
    )
    config = composed(CNN)
    model = build_model(config.model, in_shape=[1, 28, 28], num_classes=10, seed=0)
    model = model.to(memory_format=torch.contiguous_format)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    criterion = torch.nn.CrossEntropyLoss()
    rates = []
    for _ in range(EPOCHS):
        started = time.perf_counter()
        for images, targets in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), targets)
            loss.backward()
            optimizer.step()
        rates.append(IMAGES / (time.perf_counter() - started))
    return median(rates)


def efficiency(amp: str, rounds: int) -> dict[str, list[float]]:
    """Rates in GFLOP/s of the residual net's forward and backward pass, and of a product."""
    import torch
    import torch.nn.functional as F
    from torch.utils.flop_counter import FlopCounterMode

    from tailor.models import build_model
    from tailor.training.machine import prepare
    from tailor.training.step.precision import Precision

    cpu = torch.device("cpu")
    prepare(cpu, None)
    config = composed(["model=resnet", "model.neurons=24"])
    model = build_model(config.model, in_shape=[1, 28, 28], num_classes=10, seed=0)
    images = torch.randn(128, 1, 28, 28).to(memory_format=torch.channels_last)
    targets = torch.randint(10, (128,))
    precision = Precision(amp, cpu)

    def step() -> None:
        model.zero_grad(set_to_none=True)
        with precision.autocast():
            logits = model(images)
        F.cross_entropy(logits.float(), targets).backward()

    with FlopCounterMode(display=False) as counter:
        step()
    side = 1024
    factor = torch.randn(side, side, dtype=torch.bfloat16 if amp == "bf16" else torch.float32)

    def rate(work: Callable[[], object], flops: float, repeats: int) -> float:
        seconds = []
        for _ in range(repeats):
            started = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - started)
        return flops / median(seconds) / 1e9

    found: dict[str, list[float]] = {"network": [], "product": []}
    for _ in range(3 * rounds):
        found["product"].append(rate(lambda: factor @ factor, 2 * side**3, 25))
        found["network"].append(rate(step, counter.get_total_flops(), 5))
    return found


# Comparisons of the parent process.


def child(*arguments: str, core: int | None = None) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, "measure", *arguments]
    if core is not None:
        command = ["taskset", "--cpu-list", str(core), *command]
    return subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True
    )


def value_of(process: subprocess.Popen[str]) -> float:
    output, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(process.returncode)
    return float(json.loads(output.splitlines()[-1]))


def speeds(rounds: int) -> dict[str, list[float]]:
    """Images/s of each way to train, one value for each turn."""
    ways = {
        "usual way, 0 workers": ("usual", "0"),
        "usual way, 2 workers": ("usual", "2"),
        "tailor, float32": ("tailor", *CNN, "training.amp=off"),
        "tailor, as configured": ("tailor", *CNN),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, arguments in ways.items():
            rates[name].append(value_of(child(*arguments)))
    return rates


def usual_speed(rates: dict[str, list[float]]) -> float:
    """Images/s of the faster one of the usual ways."""
    return max(median(values) for name, values in rates.items() if name.startswith("usual"))


def speed(rounds: int) -> None:
    rates = speeds(rounds)
    print("\nImages/s of model=cnn, 32 and 64 channels, batch 64")
    for name, values in rates.items():
        ratio = median(values) / usual_speed(rates)
        print(f"  {name:24} {with_spread(values, '/s'):40} x {ratio:.2f}")


def shares(found: dict[str, list[float]]) -> list[float]:
    """Percent of the matrix product's rate that the network reaches, one for each turn."""
    return [
        100 * network / product
        for network, product in zip(found["network"], found["product"], strict=True)
    ]


def flops(rounds: int) -> None:
    print("\nForward and backward pass of model=resnet, 24 channels, batch 128")
    for amp in ("off", "bf16"):
        found = efficiency(amp, rounds)
        print(f"  amp={amp:5} {with_spread(found['network'], 'GFLOP/s')}")
        print(f"  {'product':9} {with_spread(found['product'], 'GFLOP/s')}")
        print(f"  {'share':9} {with_spread(shares(found), '%')}")


def workers(rounds: int) -> None:
    one, two = [], []
    for _ in range(rounds):
        one.append(value_of(child("tailor", *CNN, "training.threads=2")))
        pair = [child("tailor", *CNN, "training.threads=1", core=core) for core in (0, 1)]
        two.append(sum(map(value_of, pair)))
    print("\nTwo cores, model=cnn, images/s in sum")
    print(f"  one worker, two threads  {with_spread(one, '/s')}")
    print(
        f"  two workers, one thread  {with_spread(two, '/s')}  x {median(two) / median(one):.2f}"
    )


def memory(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, str(ROOT / "src" / "train.py"), "training.epochs=1"]
        process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(1)
    print(f"\nPeak resident memory of a run of the defaults: {usage.ru_maxrss / 2**10:,.0f} MiB")


PARTS: dict[str, Callable[[int], None]] = {
    part.__name__: part for part in (speed, flops, workers, memory)
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("part", nargs="?", choices=["all", *PARTS], default="all")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each measurement")
    options = parser.parse_args()
    for name, part in PARTS.items():
        if options.part in ("all", name):
            part(options.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["measure"]:
        kind, *rest = sys.argv[2:]
        print(json.dumps(tailors_way(rest) if kind == "tailor" else usual_way(int(rest[0]))))
    else:
        main()

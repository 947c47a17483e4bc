"""Test what a search survives, at random moments and with random inputs.

    python -m tests.torture [--seed 0] [--minutes 30] [--kills 100] [--files 100000] [--only KIND]

Each kind of test ends when its count is reached or its share of the minutes is spent. One table
shows how often each kind was tried and how often it broke; the exit code is 1 if anything broke.
The directory of a broken test is kept, and its name is shown.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests import postgres
from tests.torture import inputs, kills, leaks, settings
from tests.torture.searches import Broken

Loop = Callable[[Path, random.Random], int]
"""One turn of a loop in an empty directory; returns how many disturbances it made."""
FILES_A_TURN, COMMANDS_A_TURN = 500, 100


@dataclass
class Count:
    """The progress of a loop."""

    wanted: int
    reached: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)


def main() -> None:
    arguments = _arguments()
    console = Console(width=110)
    with ExitStack() as stack:
        loops = dict(_loops(arguments, stack))
        if arguments.only:
            loops = {name: loops[name] for name in loops if arguments.only in name}
        if not loops:
            sys.exit(f"--only: no kind is called so, got {arguments.only}")
        counts = {}
        end = time.monotonic() + 60 * arguments.minutes
        for turn, (name, (loop, wanted)) in enumerate(loops.items()):
            share = (end - time.monotonic()) / (len(loops) - turn)
            counts[name] = torture(name, loop, wanted, seconds=share, seed=arguments.seed)
            console.print(_in_words(name, counts[name]), markup=False, soft_wrap=True)
    console.print(table(counts))
    sys.exit(any(count.broken for count in counts.values()))


def torture(name: str, loop: Loop, wanted: int, *, seconds: float, seed: int) -> Count:
    """Repeat a loop until it has made enough disturbances, or the time is spent."""
    count = Count(wanted)
    begun = time.monotonic()
    turn = 0
    while count.reached < wanted and time.monotonic() - begun < seconds:
        directory = Path(tempfile.mkdtemp(prefix="tailor-torture-"))
        try:
            count.reached += loop(directory, random.Random(f"{seed} {name} {turn}"))
        except PermissionError:
            count.wanted = 0  # not possible here
            break
        except Broken as error:
            count.broken.append(f"turn {turn}, kept in {directory}: {error}")
        else:
            shutil.rmtree(directory)
        turn += 1
    count.seconds = time.monotonic() - begun
    return count


def table(counts: dict[str, Count]) -> Table:
    shown = Table("loop", title="what was tried")
    for column in ("tried", "wanted", "broken", "seconds"):
        shown.add_column(column, justify="right")
    for name, count in counts.items():
        numbers = (count.reached, count.wanted, len(count.broken), round(count.seconds))
        shown.add_row(name, *(f"{number:,}" for number in numbers))
    return shown


def _in_words(name: str, count: Count) -> str:
    lines = [f"{name}: {count.reached} in {count.seconds:.0f} s", *count.broken]
    return "\n  ".join(lines)


def _loops(
    arguments: argparse.Namespace, stack: ExitStack
) -> Iterator[tuple[str, tuple[Loop, int]]]:
    blows = {
        "kill -9 of the group": kills.group,
        "kill -9 of the coordinator": kills.coordinator,
        "kill -9 of a starting worker": kills.worker_starting,
        "kill -9 of a working worker": kills.worker_working,
        "kill -9 of a reporting worker": kills.worker_reporting,
        "SIGSTOP of a worker": kills.stop_worker,
        "SIGSTOP of the coordinator": kills.stop_coordinator,
    }
    for name, blow in blows.items():
        yield name, (partial(_strike, blow=blow), arguments.kills)
    for launcher in ("local", "joblib", "basic"):
        loop = partial(_strike, blow=kills.interrupt, launcher=launcher)
        yield f"Ctrl-C or SIGTERM, twice, {launcher}", (loop, arguments.kills)
    storages: dict[str, Callable[[], str | None]] = {"SQLite": lambda: None}
    if (programs := postgres.binaries()) is not None and arguments.kills:
        server = stack.enter_context(postgres.running(programs))
        storages["PostgreSQL"] = lambda: server.database(f"torture{random.getrandbits(60)}")
    for name, storage in storages.items():
        for n in (2, 4):
            for kill in (False, True):
                loop = partial(_race, n=n, kills_them=kill, storage=storage)
                what = ", all but one killed" if kill else ""
                yield f"{n} coordinators on {name}{what}", (loop, arguments.kills)
    yield "a full disk", (kills.fill_disk, arguments.kills)
    yield "drawn settings", (settings.search_with_drawn_settings, arguments.kills)
    yield "mutated files", (partial(_mutate_files, n=arguments.files), arguments.files)
    yield (
        "mutated command lines",
        (partial(_mutate_commands, n=arguments.commands), arguments.commands),
    )
    yield "trials of one search", (partial(_search_long, n=arguments.trials), arguments.trials)


def _strike(
    directory: Path, rng: random.Random, *, blow: kills.Blow, launcher: str = "local"
) -> int:
    return kills.strike(directory, blow, rng, launcher=launcher)


def _race(
    directory: Path,
    rng: random.Random,
    *,
    n: int,
    kills_them: bool,
    storage: Callable[[], str | None],
) -> int:
    return kills.race(directory, rng, n=n, kills=kills_them, storage=storage())


def _mutate_files(directory: Path, rng: random.Random, *, n: int) -> int:
    return inputs.mutate_files(directory, rng, min(n, FILES_A_TURN))


def _mutate_commands(directory: Path, rng: random.Random, *, n: int) -> int:
    return inputs.mutate_commands(rng, min(n, COMMANDS_A_TURN))


def _search_long(directory: Path, rng: random.Random, *, n: int) -> int:
    return leaks.search_long(directory, n)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--seed", type=int, default=0, help="of moments and mutations")
    parser.add_argument("--minutes", type=float, default=30.0, help="bound of the whole run")
    parser.add_argument("--kills", type=int, default=100, help="of each kind, interrupts too")
    parser.add_argument("--files", type=int, default=100_000, help="mutated files to read")
    parser.add_argument("--commands", type=int, default=10_000, help="mutated command lines")
    parser.add_argument("--trials", type=int, default=300, help="of the search that may not leak")
    parser.add_argument("--only", default="", help="loops whose name has this text")
    return parser.parse_args()


if __name__ == "__main__":
    main()

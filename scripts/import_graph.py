"""Print the rooms of this repository and the imports between them, as Markdown tables.

python scripts/import_graph.py

A room is a folder of a package, or a module beside the folders. `tests/unit/test_floors.py` holds
the rules: no import upward, no cycle.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = {
    "hydra_tailor": ROOT / "src" / "hydra_tailor",
    "tailor": ROOT / "src" / "tailor",
    "analysis": ROOT / "analysis",
}
FLOORS: dict[str, list[list[str]]] = {
    "hydra_tailor": [
        ["plugins"],
        ["sweep"],
        ["pictures", "view"],
        ["jobs"],
        ["trial"],
        ["study"],
        ["policy"],
        ["space", "storage"],
        ["internals"],
        ["bounds", "disk", "instantiate"],
        ["commit", "errors", "files", "flat", "imports", "names", "signals", "terminal"],
    ],
    "tailor": [
        ["command_line", "dashboard", "program"],
        ["training"],
        ["data", "models"],
        ["augment", "confusion", "history", "hydra_files"],
        ["addresses", "config", "torchvision_parts"],
        ["errors", "names"],
    ],
    "analysis": [
        ["notebook"],
        ["commands"],
        ["report"],
        ["figures", "text"],
        ["further_runs"],
        ["measure"],
        ["read"],
        ["loss_names"],
        ["fonts", "wording"],
    ],
}
"""The rooms of each package, from the top floor down; a room uses only rooms below its own."""

Module = tuple[str, ...]
"""A module's name by its parts, as in ("tailor", "data", "load")."""


def modules() -> dict[Module, Path]:
    """Every module of the packages, without the `__init__` files: those are faces, not rooms."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            if path.name != "__init__.py":
                found[(package, *path.relative_to(folder).with_suffix("").parts)] = path
    return found


def imports_of(path: Path) -> Iterator[tuple[Module, bool]]:
    """The names that a file imports, and whether a block `if TYPE_CHECKING` does."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for name in node.names:
                yield (*node.module.split("."), name.name), node in for_types
        elif isinstance(node, ast.Import):
            for name in node.names:
                yield tuple(name.name.split(".")), node in for_types


def edges() -> set[tuple[Module, Module]]:
    """Pairs of modules of which the first imports the second, or a name from it."""
    known = modules()
    pairs = set()
    for module, path in known.items():
        for target, for_types in imports_of(path):
            if for_types or target[0] not in PACKAGES:
                continue
            longest = (target[:length] for length in range(len(target), 0, -1))
            imported = next((name for name in longest if name in known), None)
            # A name from a package's face counts for the room as a whole.
            pairs.add((module, imported or target[:2]))
    return {(source, target) for source, target in pairs if source != target}


def room(module: Module) -> str:
    """The room of a module: `package.folder`, or `package.module` beside the folders."""
    return ".".join(module[:2])


def arrows() -> Counter[tuple[str, str]]:
    """Imports between different rooms, counted by room."""
    counts: Counter[tuple[str, str]] = Counter()
    for source, target in edges():
        if room(source) != room(target):
            counts[room(source), room(target)] += 1
    return counts


def main() -> None:
    known = modules()
    between = arrows()
    number_of_rooms = number_of_arrows = 0
    for package, floors in FLOORS.items():
        print(f"\n### {package}\n\n| floor | room | modules | lines | imports from |")
        print("|---|---|---|---|---|")
        for height, rooms in zip(range(len(floors) - 1, -1, -1), floors, strict=True):
            for name in rooms:
                full = f"{package}.{name}"
                files = [path for module, path in known.items() if room(module) == full]
                lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
                uses = sorted(
                    target.removeprefix(f"{package}.")
                    for source, target in between
                    if source == full
                )
                number_of_rooms += 1
                number_of_arrows += len(uses)
                print(f"| {height} | {name} | {len(files)} | {lines:,} | {', '.join(uses)} |")
    print(f"\n{number_of_arrows} arrows between {number_of_rooms} rooms.")


if __name__ == "__main__":
    main()

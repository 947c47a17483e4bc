"""Private names of Optuna, Hydra and rich are used in `hydra_tailor.internals` alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import ROOT

LIBRARIES = ("optuna", "hydra", "hydra_plugins", "omegaconf", "rich")
ATTRIBUTES = (
    "_study_id",
    "_trial_id",
    "_storage",
    "_thread_local",
    "_return_value",
    "_backend",
    "_live_render",
)
INTERNALS = ROOT / "src" / "hydra_tailor" / "internals"


def private_names(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            parts = node.module.split(".")
            names = [*parts, *(name.name for name in node.names)]
            if parts[0] in LIBRARIES and any(name.startswith("_") for name in names):
                yield f"{path.relative_to(ROOT)}:{node.lineno} imports {node.module}"
        elif isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES and not _own(node):
            yield f"{path.relative_to(ROOT)}:{node.lineno} reads {ast.unparse(node)}"


def _own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def test_they_have_one_home() -> None:
    files = [
        path
        for folder in (ROOT / "src", ROOT / "analysis")
        for path in folder.rglob("*.py")
        if INTERNALS not in path.parents
    ]
    assert [name for path in files for name in private_names(path)] == []

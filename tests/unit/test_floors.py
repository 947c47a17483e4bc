"""Imports point one way: between packages, between the rooms of a package, and inside a room."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from tests.conftest import ROOT

ORDER = ["analysis", "tailor", "hydra_tailor"]
MOST_MODULES = 13


def _graph() -> ModuleType:
    spec = importlib.util.spec_from_file_location("import_graph", ROOT / "scripts/import_graph.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


graph = _graph()


def test_every_room_has_a_floor() -> None:
    rooms = {graph.room(module) for module in graph.modules()} - {
        "tailor.__main__",
        "analysis.__main__",
    }
    on_floors = {
        f"{package}.{room}"
        for package, floors in graph.FLOORS.items()
        for rooms_of_floor in floors
        for room in rooms_of_floor
    }
    assert rooms == on_floors


@pytest.mark.parametrize("package", ORDER)
def test_no_import_goes_up(package: str) -> None:
    floors = graph.FLOORS[package]
    height = {f"{package}.{room}": -i for i, rooms in enumerate(floors) for room in rooms}
    upward = [
        (".".join(source), ".".join(target))
        for source, target in graph.edges()
        if {graph.room(source), graph.room(target)} <= height.keys()
        and graph.room(source) != graph.room(target)
        and height[graph.room(source)] <= height[graph.room(target)]
    ]
    assert upward == []


def test_packages_stand_on_each_other_in_one_order() -> None:
    used = {(source[0], target[0]) for source, target in graph.edges()}
    assert {(a, b) for a, b in used if ORDER.index(a) > ORDER.index(b)} == set()


def test_no_module_imports_itself_by_a_detour() -> None:
    known = graph.modules()
    uses: dict[tuple[str, ...], set[tuple[str, ...]]] = {module: set() for module in known}
    for source, target in graph.edges():
        if target in known:
            uses[source].add(target)
    left = dict(uses)
    while free := [module for module, targets in left.items() if not targets & left.keys()]:
        for module in free:
            del left[module]
    assert sorted(".".join(module) for module in left) == []


def test_no_folder_is_crowded() -> None:
    folders: dict[Path, int] = {}
    for path in graph.modules().values():
        folders[path.parent] = folders.get(path.parent, 0) + 1
    assert {folder for folder, count in folders.items() if count > MOST_MODULES} == set()

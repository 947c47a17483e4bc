"""Two pyproject files, one truth: what the package requires, the application requires as well."""

import tomllib
from typing import Any

from hydra_tailor import __version__
from tests.conftest import ROOT


def project(path: str) -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads((ROOT / path).read_text(encoding="utf-8"))["project"]
    return content


APPLICATION, PACKAGE = project("pyproject.toml"), project("src/pyproject.toml")


def test_the_application_has_what_the_package_needs() -> None:
    extras = PACKAGE["optional-dependencies"]
    needed = [*PACKAGE["dependencies"], *extras["pictures"], *extras["results"]]
    assert set(needed) <= set(APPLICATION["dependencies"])


def test_extras_of_both_agree() -> None:
    ours, theirs = APPLICATION["optional-dependencies"], PACKAGE["optional-dependencies"]
    shared = ours.keys() & theirs.keys()
    assert shared == {"grpc", "postgres", "ray", "slurm"}
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


def test_hydra_finds_the_same_plugins() -> None:
    assert APPLICATION["entry-points"] == PACKAGE["entry-points"]


def test_the_version_is_written_once() -> None:
    assert APPLICATION["dynamic"] == PACKAGE["dynamic"] == ["version"]
    assert "version" not in APPLICATION | PACKAGE
    init = (ROOT / "src" / "hydra_tailor" / "__init__.py").read_text()
    assert init.count(f'__version__ = "{__version__}"') == 1


def test_licence_of_both_is_the_same() -> None:
    assert (ROOT / "LICENSE").read_bytes() == (ROOT / "src" / "LICENSE").read_bytes()

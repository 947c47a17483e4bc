"""What tests of every kind share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tailor import config
from tests import postgres as server

settings.register_profile("tailor", deadline=None)  # no test checks a time
settings.load_profile("tailor")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def schema() -> None:
    config.register()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def conf_dir() -> str:
    return str(ROOT / "conf")


@pytest.fixture(scope="session")
def fashion_mnist_dir() -> Path:
    """`TAILOR_DATA_DIR`, where it holds the real Fashion-MNIST; else the test says it skips."""
    directory = Path(os.environ.get("TAILOR_DATA_DIR", ROOT / "data"))
    if not (directory / "FashionMNIST" / "raw" / "train-images-idx3-ubyte.gz").exists():
        pytest.skip("the real Fashion-MNIST is not in TAILOR_DATA_DIR")
    return directory.resolve()


@pytest.fixture(scope="session")
def postgres() -> Iterator[server.Postgres]:
    """A PostgreSQL server, one for each process that runs tests."""
    if (programs := server.binaries()) is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    with server.running(programs) as running:
        yield running

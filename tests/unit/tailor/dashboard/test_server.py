import socket
from pathlib import Path

import optuna
import pytest

from tailor.dashboard.server import OwnPagesOnly, serve
from tailor.errors import StudyError, TailorError


@pytest.fixture
def storage(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/study.db"
    optuna.create_study(storage=url)
    return url


def test_a_port_in_use_is_named_with_the_way_out(storage: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(TailorError, match=rf"port {port} is in use .*dashboard.py port=8081"):
            serve(storage, pictures=str(tmp_path / "artifacts"), port=port)


def test_a_port_that_does_not_exist(storage: str, tmp_path: Path) -> None:
    with pytest.raises(TailorError, match="port 70000 cannot be used"):
        serve(storage, pictures=str(tmp_path / "artifacts"), port=70_000)


def test_a_missing_storage_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="there is no storage at .*none.db"):
        serve(f"sqlite:///{tmp_path}/none.db", pictures=str(tmp_path), port=0)
    assert list(tmp_path.iterdir()) == []


def test_a_storage_without_a_study(tmp_path: Path) -> None:
    optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(StudyError, match=r"holds no study yet\. Run a search first"):
        serve(f"sqlite:///{tmp_path}/empty.db", pictures=str(tmp_path), port=0)


def test_a_folder_of_pictures_that_is_a_file(storage: str, tmp_path: Path) -> None:
    (tmp_path / "artifacts").touch()
    with pytest.raises(TailorError, match="artifacts, is a file. Name another one"):
        serve(storage, pictures=str(tmp_path / "artifacts"), port=0)


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        pytest.param("127.0.0.1:8080", None, "200 OK", id="typed"),
        pytest.param("localhost:9000", "http://localhost:9000", "200 OK", id="through-a-tunnel"),
        pytest.param("evil.example:8080", None, "403 Forbidden", id="a-name-that-points-here"),
        pytest.param("127.0.0.1:8080", "http://evil.example", "403 Forbidden", id="foreign-page"),
        pytest.param("127.0.0.1:8080", "http://127.0.0.1:3000", "403 Forbidden", id="other-port"),
        pytest.param("127.0.0.1:8080", "null", "403 Forbidden", id="a-local-file"),
        pytest.param("", None, "403 Forbidden", id="no-host"),
        pytest.param("[", None, "403 Forbidden", id="no-host-name"),
    ],
)
def test_only_its_own_pages_are_answered(host: str, origin: str | None, status: str) -> None:
    def application(environ, start_response):  # type: ignore[no-untyped-def]
        start_response("200 OK", [])
        return [b"studies"]

    answered = []
    environ = {"HTTP_HOST": host} | ({} if origin is None else {"HTTP_ORIGIN": origin})
    body = OwnPagesOnly(application)(environ, lambda status, _: answered.append(status))  # type: ignore[arg-type,func-returns-value,return-value]
    assert answered == [status]
    assert (b"studies" in b"".join(body)) is (status == "200 OK")

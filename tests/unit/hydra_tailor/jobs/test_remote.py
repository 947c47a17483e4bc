"""Copies of run directories behind a URL."""

import logging
import sys
from pathlib import Path

import pytest
from fsspec.registry import known_implementations

from hydra_tailor.errors import UploadError
from hydra_tailor.jobs import remote
from hydra_tailor.jobs.remote import check, fetch, upload, url_of_trial
from tailor.errors import ConfigError, StudyError

KEPT = ["best.pt", "metrics.csv", "result.json", ".hydra/config.yaml", "images/0.png"]
LEFT_OUT = ["last.pt", ".result.0123456789abcdef0123456789abcdef.json"]


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "RETRY_PAUSES_SECONDS", (0.0, 0.0))


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    directory = tmp_path / "run"
    for name in KEPT + LEFT_OUT:
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(name)
    return directory


@pytest.fixture(params=["file", "memory"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"file://{tmp_path}/there" if request.param == "file" else f"memory://{tmp_path}/there"


def files_below(directory: Path) -> set[str]:
    return {
        path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()
    }


def test_what_goes_up_comes_back(url: str, run_directory: Path, tmp_path: Path) -> None:
    place = url_of_trial(check(url), "mine", 3)
    assert place.endswith("/there/mine/3")
    upload(run_directory, place, exclude=["last.pt"])
    upload(run_directory, place, exclude=["last.pt"])  # a trial that ran again
    back = tmp_path / "back"
    fetch({place: back}, [*KEPT, *LEFT_OUT, "never.txt"])
    assert files_below(back) == set(KEPT)
    assert all((back / name).read_text() == name for name in KEPT)


def test_several_trials_and_one_that_is_gone(
    url: str, run_directory: Path, tmp_path: Path
) -> None:
    places = [url_of_trial(url, "mine", number) for number in range(3)]
    for place in places[:2]:
        upload(run_directory, place)
    fetch({place: tmp_path / place[-1] for place in places}, ["result.json"])
    assert [(tmp_path / str(number)).exists() for number in range(3)] == [True, True, False]


def test_a_local_place_is_the_same_from_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check("results") == check("file://results") == f"file://{tmp_path}/results"
    assert list((tmp_path / "results").iterdir()) == []  # what was tried is gone


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nope://x", "must be a URL of a file system that fsspec knows.*got 'nope://x'"),
        ("sftp://me:secret@host/runs", "must not hold a password"),
    ],
)
def test_an_impossible_url_is_refused(url: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        check(url)
    assert "secret" not in str(raised.value)


def test_a_missing_backend_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = {"class": "no_such_backend.System", "err": "Install no_such_backend"}
    monkeypatch.setitem(known_implementations, "far", backend)
    with pytest.raises(ConfigError, match="=far://runs needs .*: pip install no_such_backend$"):
        check("far://runs")


def test_a_place_that_refuses_is_found_before_the_sweep(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"nothing can be written to .*file/below: .*Error"):
        check(f"file://{tmp_path}/file/below")


def test_an_upload_is_tried_again(
    run_directory: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    put, failures = remote._put, ["away", "still away"]

    def flaky(*arguments: object) -> None:
        if failures:
            raise OSError(failures.pop(0))
        put(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(remote, "_put", flaky)
    with caplog.at_level(logging.WARNING):
        upload(run_directory, f"file://{tmp_path}/there/0", exclude=["last.pt"])
    assert [record.message.partition("Error: ")[2] for record in caplog.records] == [
        "away; trying again in 0 s",
        "still away; trying again in 0 s",
    ]
    assert files_below(tmp_path / "there" / "0") == set(KEPT)
    failures.extend("1234")
    with pytest.raises(UploadError, match=r"could not be copied to .*, tried 3 times: OSError: 3"):
        upload(run_directory, f"file://{tmp_path}/there/1")


def test_a_place_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("not yours")

    monkeypatch.setattr(remote, "_get", refuse)
    with pytest.raises(StudyError, match="cannot be read from memory://x: PermissionError: not"):
        fetch({"memory://x/0": tmp_path / "0"}, ["result.json"])


def test_fsspec_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ConfigError, match="not installed.*pip install fsspec"):
        check("file:///tmp/runs")

"""Run directories behind an fsspec URL: where a trial's results lie for every host.

A run directory is on the disk of the host that ran the trial. `hydra.sweeper.artifacts_url` names
a place that all hosts reach (`s3://bucket/runs`, `file:///mnt/runs`, ...), to which the process
that ran a trial copies its results when the trial has ended.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from tailor import names
from tailor.errors import ConfigError, StudyError, TailorError

log = logging.getLogger(__name__)

KEY = "hydra.sweeper.artifacts_url"
PAUSES = (1.0, 5.0, 15.0)  # seconds before each further try of an upload
KEPT_AT_HOME = (names.LAST_FILE,)  # as large as the rest together, and of use to the run alone
UNFINISHED = re.compile(r"\..*\.[0-9a-f]{32}(\..*)?")  # what `tailor.files.whole` is writing


class UploadError(TailorError):
    """A run directory could not be copied."""


def check(url: str) -> str:
    """Return the URL as every process is to use it, once something was written there.

    Raises:
        ConfigError: the URL holds a password, its backend is not installed, or nothing can be
            written there.
    """
    if _password(url):
        raise ConfigError(
            f"`{KEY}` must not hold a password: it is kept with every trial. Put the password "
            "where the backend looks for it (its own environment variables or files, "
            "FSSPEC_<PROTOCOL>_PASSWORD, or ~/.config/fsspec)."
        )
    system, root = _system(url)
    probe = f"{root}/.{uuid.uuid4().hex}"
    try:
        system.makedirs(root, exist_ok=True)
        system.pipe_file(probe, b"")
        system.rm_file(probe)
    except Exception as error:  # each backend has errors of its own
        raise ConfigError(
            f"nothing can be written to `{KEY}`={url}: {_line(error)}. It must be a place that "
            "this process and every job may write to."
        ) from error
    return str(system.unstrip_protocol(root)) if _is_local(system) else url


def place_of(url: str, study: str, number: int) -> str:
    """Where the results of a trial lie below `hydra.sweeper.artifacts_url`."""
    return f"{url.rstrip('/')}/{study}/{number}"


def upload(directory: Path, place: str) -> None:
    """Copy a run directory's results, all but what only the run itself needs.

    Raises:
        UploadError: they could not be copied, `len(PAUSES)` more tries included.
    """
    files = sorted(_results(directory))
    for pause in (*PAUSES, None):
        try:
            return _put(directory, files, place)
        except Exception as error:
            if pause is None:
                raise UploadError(
                    f"the results in {directory} could not be copied to {place}, tried "
                    f"{len(PAUSES) + 1} times: {_line(error)}. They stay where they are."
                ) from error
            log.warning("%s: %s; trying again in %g s", place, _line(error), pause)
            time.sleep(pause)
    return None


def fetch(wanted: Mapping[str, Path], files: Sequence[str]) -> None:
    """Copy files of some trials' places here; those that a place does not have are left out.

    Args:
        wanted: place -> directory, made where it is missing.
        files: paths below each place; each file is whole, and those of a directory appear in
            this order.

    Raises:
        StudyError: a backend is not installed or does not answer.
    """
    for parent in sorted({place.rpartition("/")[0] for place in wanted}):
        below = {place: to for place, to in wanted.items() if place.rpartition("/")[0] == parent}
        try:
            _get(parent, below, files)
        except TailorError as error:
            raise StudyError(str(error)) from error
        except Exception as error:
            raise StudyError(
                f"the trials' results cannot be read from {parent}: {_line(error)}. The analysis "
                "needs to read there what the jobs wrote, or the run directories themselves."
            ) from error


def _put(directory: Path, files: Sequence[Path], place: str) -> None:
    system, root = _system(place)
    pairs = [(file, f"{root}/{file.relative_to(directory).as_posix()}") for file in files]
    for folder in sorted({str(PurePosixPath(target).parent) for _, target in pairs}):
        system.makedirs(folder, exist_ok=True)
    system.put([str(file) for file, _ in pairs], [target for _, target in pairs])


def _get(parent: str, below: Mapping[str, Path], files: Sequence[str]) -> None:
    system, root = _system(parent)
    system.invalidate_cache()
    there = {str(path) for path in system.find(root)}
    pairs: list[tuple[str, Path, Path]] = []
    for place, directory in below.items():
        source = f"{root}/{place.rpartition('/')[2]}"
        mark = f".{uuid.uuid4().hex}"
        pairs += [
            (
                f"{source}/{name}",
                (target := directory / name).with_name(target.name + mark),
                target,
            )
            for name in files
            if f"{source}/{name}" in there
        ]
    for _, temporary, _ in pairs:
        temporary.parent.mkdir(parents=True, exist_ok=True)
    try:
        if pairs:
            system.get([source for source, _, _ in pairs], [str(one) for _, one, _ in pairs])
        for _, temporary, target in pairs:
            temporary.replace(target)
    finally:
        for _, temporary, _ in pairs:
            temporary.unlink(missing_ok=True)


def _results(directory: Path) -> Iterator[Path]:
    for path in directory.rglob("*"):
        if (
            path.is_file()
            and path.name not in KEPT_AT_HOME
            and not UNFINISHED.fullmatch(path.name)
        ):
            yield path


def _system(url: str) -> tuple[Any, str]:
    """The file system that a URL names, and the path in it."""
    from fsspec.core import url_to_fs  # not for those who never name a URL

    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        cause = error.__cause__
        package = (
            cause.name if isinstance(cause, ImportError) else None
        ) or "the package it names"
        raise ConfigError(
            f"`{KEY}`={url} needs a package that is not installed ({error}). Install it here and "
            f"wherever jobs run: pip install {package}"
        ) from error
    except Exception as error:
        raise ConfigError(
            f"`{KEY}` must be a URL of a file system that fsspec knows, as in s3://bucket/runs or "
            f"file:///mnt/runs, got {url!r}: {_line(error)}."
        ) from error
    return system, str(path).rstrip("/")


def _is_local(system: Any) -> bool:
    return "file" in ([system.protocol] if isinstance(system.protocol, str) else system.protocol)


def _password(url: str) -> Any:
    try:
        return make_url(url).password
    except (ArgumentError, ValueError):
        return re.search(r"://[^/@]*:[^/@]+@", url)


def _line(error: BaseException) -> str:
    text = str(error).strip().rstrip(".")
    return f"{type(error).__name__}: {text.splitlines()[0]}" if text else type(error).__name__

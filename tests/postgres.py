"""A PostgreSQL server of the tests' own: made in a temporary directory, stopped at the end."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from sqlalchemy.engine import URL

USER, DATABASE = "searcher", "postgres"
UNPRIVILEGED = "postgres"  # whom the server runs as where we are root, which it refuses to be
# Without fsync a crash of the server, unlike one of the machine, still loses nothing.
SETTINGS = {"fsync": "off", "max_connections": "200", "listen_addresses": "127.0.0.1"}


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`; Debian keeps them off the search path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if found:
        return found[-1].parent
    on_path = shutil.which("pg_ctl")
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A running server.

    Args:
        directory: an empty one that the server's user can reach; it takes it over.
        bin: folder of the server's programs.
    """

    def __init__(self, directory: Path, bin: Path) -> None:
        self.password = f"secret{secrets.token_hex(6)}"
        self.port = free_port()
        self._data = directory / "data"
        self._directory = directory
        self._bin = bin
        if os.geteuid() == 0:
            shutil.chown(directory, UNPRIVILEGED)
        with tempfile.NamedTemporaryFile("w", dir=directory) as file:
            file.write(self.password)
            file.flush()
            Path(file.name).chmod(0o644)
            self._call(
                "initdb",
                f"--pgdata={self._data}",
                f"--username={USER}",
                f"--pwfile={file.name}",
                "--auth=scram-sha-256",
                "--no-sync",
                "--encoding=UTF8",
                "--no-locale",
            )
        self.start()

    def start(self) -> None:
        settings = SETTINGS | {
            "port": str(self.port),
            "unix_socket_directories": str(self._directory),
        }
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())
        self._call("pg_ctl", "start", "--wait", f"--options={options}", *self._where)

    def stop(self) -> None:
        """Stop as a crash would: no connection is closed in order."""
        self._call("pg_ctl", "stop", "--mode=immediate", *self._where)

    def database(self, new: str | None = None) -> str:
        """Make a database, or empty the one that is there; return its URL, with the password.

        Each is hundreds of files, which is too many for every test to have one.
        """
        self.sql(f"CREATE DATABASE {new}" if new else "DROP SCHEMA public CASCADE")
        if new is None:
            self.sql("CREATE SCHEMA public")
        where = (self.password, "127.0.0.1", self.port, new or DATABASE)
        url = URL.create("postgresql+psycopg", USER, *where)
        return url.render_as_string(hide_password=False)

    def sql(self, statement: str, database: str = DATABASE) -> str:
        """Run a statement with psql and return what it prints."""
        done = subprocess.run(
            [
                *(self.program("psql"), "--no-psqlrc", "--tuples-only", "--no-align"),
                *("--host=127.0.0.1", f"--port={self.port}", f"--username={USER}"),
                *(f"--dbname={database}", f"--command={statement}"),
            ],
            env={**os.environ, "PGPASSWORD": self.password},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    @property
    def cpu_seconds(self) -> float:
        """What the server has used for connections that are closed by now."""
        pid = int((self._data / "postmaster.pid").read_text().split()[0])
        times = psutil.Process(pid).cpu_times()
        return float(times.children_user + times.children_system)

    def program(self, name: str) -> Path:
        return self._bin / name

    @property
    def _where(self) -> list[str]:
        return [f"--pgdata={self._data}", f"--log={self._directory / 'log'}"]

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.program(program), *arguments],
            user=UNPRIVILEGED if os.geteuid() == 0 else None,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,  # a pipe would be the server's as well, and never end
            stderr=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            log = self._directory / "log"
            raise RuntimeError(f"{program} failed: {log.read_text() if log.exists() else ''}")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(bin: Path) -> Iterator[Postgres]:
    """A server for the time of the block."""
    # Not pytest's temporary directory, which other users cannot enter.
    directory = Path(tempfile.mkdtemp(prefix="tailor-postgres-"))
    try:
        server = Postgres(directory, bin)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)

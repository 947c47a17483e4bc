"""optuna-dashboard on the project's storage, served on localhost only."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna_dashboard import wsgi

from hydra_tailor.errors import TailorError
from hydra_tailor.pictures.artifacts import open_folder
from hydra_tailor.storage.opening import open_storage
from hydra_tailor.storage.passwords import masked
from hydra_tailor.study.stored import study_names

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"  # studies are private; view them from another machine through an SSH tunnel
LOCAL_NAMES = (HOST, "localhost", "::1")


class OwnPagesOnly:
    """Admits only requests from this server's own pages.

    A foreign page cannot read answers of `localhost`, but it can send requests. With a host name
    that it makes point to 127.0.0.1, it can read the answers as well.

    Args:
        application: answers the admitted requests.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        origin = environ.get("HTTP_ORIGIN")
        # Any port is admitted: an SSH tunnel has its own.
        if _is_local(host) and origin in (None, f"http://{host}"):
            return self._application(environ, start_response)
        start_response("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8")])
        return [f"The dashboard answers its own pages at http://{HOST} only.\n".encode()]


def _is_local(host: str) -> bool:
    try:
        return urlsplit(f"//{host}").hostname in LOCAL_NAMES
    except ValueError:  # not a valid address
        return False


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the page polls every few seconds."""


def serve(storage: str, *, pictures: str | Literal[False], port: int) -> None:
    """Serve the dashboard until Ctrl-C.

    Args:
        storage: URL of the storage; a missing SQLite file is not created.
        pictures: folder of the trials' pictures, created if missing; false: none are shown.
        port: on 127.0.0.1; 0 picks a free one.

    Raises:
        StudyError: there is no storage yet, or it cannot be reached.
        TailorError: the port is in use or not allowed; the folder cannot be used.
    """
    names = study_names(storage)
    folder = open_folder(Path(pictures)) if pictures else None
    application = OwnPagesOnly(wsgi(open_storage(storage), folder))
    try:
        server = make_server(
            HOST, port, application, server_class=_Server, handler_class=_QuietHandler
        )
    except (OSError, OverflowError) as error:
        in_use = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        reason = "is in use by another program" if in_use else f"cannot be used ({error})"
        raise TailorError(
            f"port {port} {reason}. Choose another one: python src/dashboard.py port=8081"
        ) from error
    print(
        f"{len(names)} {'study' if len(names) == 1 else 'studies'} of {masked(storage)} at "
        f"http://{HOST}:{server.server_port}/ "
        "(Ctrl-C ends it)",
        flush=True,
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()
    finally:
        server.server_close()

"""optuna-dashboard on the project's storage, served on localhost only."""

from __future__ import annotations

import errno
from pathlib import Path
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from optuna_dashboard import wsgi

from hydra_tailor.errors import StudyError, TailorError
from hydra_tailor.pictures.artifacts import open_folder
from hydra_tailor.storage.opening import open_storage
from hydra_tailor.storage.passwords import masked
from hydra_tailor.study.stored import study_names

HOST = "127.0.0.1"  # studies are private; view them from another machine through an SSH tunnel


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing: the page polls every few seconds."""


def serve(storage: str, *, pictures: str, port: int) -> None:
    """Serve the dashboard until Ctrl-C.

    Args:
        storage: URL of the storage; a missing SQLite file is not created.
        pictures: folder of the trials' pictures; created where it is missing.
        port: on 127.0.0.1; 0 picks a free one.

    Raises:
        StudyError: there is no storage yet, or it cannot be reached.
        TailorError: the port is in use or not allowed; the folder cannot be used.
    """
    names = study_names(storage)
    if not names:
        raise StudyError(
            f"{masked(storage)} holds no study yet. Run a search first: python src/train.py -m"
        )
    application = wsgi(open_storage(storage), open_folder(Path(pictures)))
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

"""Listen: one process, uvicorn with httptools and uvloop, the socket bound before anything else is done."""

from __future__ import annotations

import errno
import signal
import socket
from functools import partial
from typing import TYPE_CHECKING, Any

from padauk.core.errors import ConflictError, InputError
from padauk.server import api, mlflow_api, static
from padauk.server.app import App
from padauk.server.protocol import HttpProtocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from padauk.core.settings import ServerSettings


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one.

    Raises:
        ConflictError: somebody else listens there.
        InputError: the host is no address of this machine, or the port may not be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(2048)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise ConflictError(
                f"port {port} on {host} is in use",
                hint="stop what listens there, or choose another with --port",
            ) from error
        if error.errno == errno.EACCES:
            raise InputError(
                f"port {port} may not be used: {error.strerror}", hint="use one above 1023"
            ) from error
        raise InputError(f"cannot listen on {host}:{port}: {error.strerror}", hint="check --host") from error
    except OverflowError as error:
        sock.close()
        raise InputError(f"{port} is no port", hint="use one from 1 to 65535") from error
    sock.set_inheritable(True)
    return sock


def make_app(settings: ServerSettings) -> App:
    """The application over a newly opened service."""
    from padauk.workspace.service import Service

    return App(Service(settings), [*mlflow_api.all_routes(), *api.all_routes(), *static.routes.routes])


def serve(settings: ServerSettings, sock: socket.socket, *, ready: Callable[[], None] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; what was accepted is finished."""
    import uvicorn

    class Server(uvicorn.Server):
        def handle_exit(self, sig: int, frame: Any) -> None:
            # uvicorn would raise the signal again after a clean end, and make it look like a failure
            if self.should_exit and sig == signal.SIGINT:
                self.force_exit = True
            self.should_exit = True

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if ready and self.started:
                ready()

        async def shutdown(self, sockets: Any = None) -> None:
            app.service.stopping = True
            await super().shutdown(sockets)

    app = make_app(settings)
    config = uvicorn.Config(
        app,
        http=partial(HttpProtocol, app),  # type: ignore[arg-type]
        loop="uvloop",
        lifespan="on",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        timeout_graceful_shutdown=30,
        timeout_keep_alive=75,
    )
    Server(config).run(sockets=[sock])

"""What a route is, and how a path finds one.

A room's API is a module with a :class:`Routes` value: each handler is a plain function of (call,
request) that returns its answer. ``read`` handlers get a session that reads, ``write`` handlers run
inside one transaction
(and may run twice: a lost one is tried again), ``raw`` handlers are coroutines that read the body and the
database by themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import unquote

from padauk.core.errors import InputError
from padauk.server.wire import Empty, Message

if TYPE_CHECKING:
    from padauk.db import Session
    from padauk.workspace.service import Service

Kind = Literal["read", "write", "raw"]
Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)
Receive = Callable[[], Awaitable[dict[str, Any]]]


@dataclass(slots=True)
class Call:
    """One request on its way through a handler.

    Attributes:
        service: the rooms behind the server.
        scope: the ASGI scope.
        path: the values of the route's ``{names}``, percent-decoded.
        receive: the ASGI channel of the body; only ``raw`` handlers read it.
        route: who answers, once that is known.
        began: when its head had come, on the clock ``time.perf_counter``.
    """

    service: Service
    scope: dict[str, Any]
    receive: Receive
    path: dict[str, str] = field(default_factory=dict)
    route: Route | None = None
    began: float = field(default_factory=perf_counter)
    _tx: Session | None = None

    @property
    def tx(self) -> Session:
        """The transaction of a ``read`` or ``write`` handler."""
        if self._tx is None:
            raise RuntimeError("a raw handler opens its own transactions: call.service.db")
        return self._tx

    @property
    def query(self) -> bytes:
        found: bytes = self.scope["query_string"]
        return found

    def header(self, name: bytes) -> bytes | None:
        """The first header of that (lower-case) name."""
        for key, value in self.scope["headers"]:
            if key == name:
                found: bytes = value
                return found
        return None

    async def body(self, limit: int) -> bytes:
        """The whole body.

        Raises:
            InputError: it is larger than ``limit`` bytes.
            ConnectionError: the client went away before its end.
        """
        parts: list[bytes] = []
        size = 0
        async for part in self.chunks():
            size += len(part)
            if size > limit:
                raise InputError(
                    f"Requests must be at most {limit} bytes, got a request of at least {size} bytes."
                )
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives.

        Raises:
            ConnectionError: the client went away before its end.
        """
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client went away in the middle of the body")
            if message["body"]:
                yield message["body"]
            if not message.get("more_body"):
                return


@dataclass(slots=True)
class Reply:
    """An answer that is more than 200 and JSON.

    Attributes:
        body: all of it, or an iterator of its parts.
        headers: lower-case names; ``content-length`` is added for a body that is there as a whole.
    """

    body: bytes | AsyncIterator[bytes] = b""
    status: int = 200
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path, and who answers.

    Attributes:
        quick: reads little: may run on the event loop where the database is a local file.
        limit: the largest body in bytes.
    """

    method: str
    path: str
    kind: Kind
    handler: Handler
    request: type[Message] = Empty
    quick: bool = False
    limit: int = 64 << 20

    @property
    def changes(self) -> bool:
        """Whether its requests may change something."""
        return self.kind == "write" or (self.kind == "raw" and self.method not in {"GET", "OPTIONS"})


class Routes:
    """The routes of one API module, collected by decorators.

    Args:
        prefixes: what stands before each path: every route is answered under all of them.
    """

    def __init__(self, *prefixes: str) -> None:
        self._prefixes = prefixes or ("",)
        self.routes: list[Route] = []

    def read(
        self, method: str, path: str, request: type[Message] = Empty, *, quick: bool = False
    ) -> Callable[[H], H]:
        """Answer from a session that reads: ``handler(call, request) -> Message | Reply | bytes``."""
        return self._add("read", method, path, request, quick=quick)

    def write(
        self, method: str, path: str, request: type[Message] = Empty, *, limit: int = 64 << 20
    ) -> Callable[[H], H]:
        """Answer from inside one transaction, sent when it is durable."""
        return self._add("write", method, path, request, limit=limit)

    def raw(self, method: str, path: str) -> Callable[[H], H]:
        """Answer with a coroutine ``handler(call) -> Message | Reply | bytes`` that does all itself."""
        return self._add("raw", method, path, Empty)

    def _add(
        self, kind: Kind, method: str, path: str, request: type[Message], **more: Any
    ) -> Callable[[H], H]:
        def decorate(handler: H) -> H:
            for prefix in self._prefixes:
                self.routes.append(Route(method, prefix + path, kind, handler, request, **more))
            return handler

        return decorate


class Router:
    """Finds the route of a method and path.

    Paths without ``{names}`` are one dictionary lookup. A ``{name}`` matches one segment,
    ``{name:path}`` the rest.
    """

    def __init__(self, routes: list[Route]) -> None:
        self._exact: dict[tuple[str, str], Route] = {}
        self._patterns: list[tuple[list[str], Route]] = []
        for route in routes:
            if "{" in route.path:
                self._patterns.append((route.path.split("/"), route))
            else:
                self._exact[route.method, route.path] = route
        # a path with more literal segments is more specific
        self._patterns.sort(key=lambda pattern: -sum("{" not in part for part in pattern[0]))

    def find(self, method: str, path: str, raw_path: bytes) -> tuple[Route | None, dict[str, str], bool]:
        """The route, the values of its names, and whether the path exists with another method."""
        route = self._exact.get((method, path))
        if route is not None:
            return route, {}, True
        known = False
        segments = raw_path.decode("latin-1").split("/")
        for pattern, route in self._patterns:
            values = _match(pattern, segments)
            if values is not None:
                if route.method == method:
                    return route, values, True
                known = True
        return None, {}, known or any(other == path for _, other in self._exact)


def _match(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    if len(segments) < len(pattern):
        return None
    values: dict[str, str] = {}
    for place, part in enumerate(pattern):
        if part[:1] != "{":
            if segments[place] != part:
                return None
        elif part.endswith(":path}"):
            values[part[1:-6]] = unquote("/".join(segments[place:]))
            return values
        else:
            values[part[1:-1]] = unquote(segments[place])
    return values if len(segments) == len(pattern) else None

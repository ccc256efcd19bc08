"""Whom the server answers: ``Host`` headers against DNS rebinding, origins against other people's web pages.

Same defaults as MLflow since 3.5, and one difference: the server's own origin may always change things,
so a page served from behind a reverse proxy works as soon as its host is allowed.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from padauk.core.errors import PermissionDeniedError

if TYPE_CHECKING:
    from padauk.core.settings import ServerSettings

_THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0")  # noqa: S104 - a name to recognise
_PRIVATE = ("10.*", "192.168.*", *(f"172.{number}.*" for number in range(16, 32)), "fc00:*", "fd00:*")
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_CHANGING = {"POST", "PUT", "PATCH", "DELETE"}
_EXEMPT = {"/health", "/version"}
_REMEMBERED = 1000


class Guard:
    """Checks each request's headers by the settings; what passed once is remembered."""

    def __init__(self, settings: ServerSettings) -> None:
        given = settings.allowed_hosts
        default = tuple(pattern for name in (*_THIS_MACHINE, *_PRIVATE) for pattern in (name, f"{name}:*"))
        self._hosts = default if given is None else given
        self._origins = settings.allowed_origins
        self._passed: set[bytes] = set()
        self.headers = [(b"x-content-type-options", b"nosniff")]
        if settings.frame_options:
            self.headers.append((b"x-frame-options", settings.frame_options.encode("latin-1")))

    def check(self, scope: dict[str, Any]) -> None:
        """Let a request pass.

        Raises:
            PermissionDeniedError: its host or its origin may not.
        """
        host = origin = b""
        for name, value in scope["headers"]:
            if name == b"host":
                host = value
            elif name == b"origin":
                origin = value
        if host not in self._passed and scope["path"] not in _EXEMPT:
            self._check_host(host)
        if origin and scope["method"] in _CHANGING:
            self._check_origin(origin.decode("latin-1"), host.decode("latin-1"))

    def _check_host(self, host: bytes) -> None:
        name = host.decode("latin-1").lower()
        bare = name.rpartition(":")[0] if not name.endswith("]") and ":" in name else name
        # a pattern without a port allows every port: an ingress adds or strips them as it likes
        if not any(_matches(name, pattern) or _matches(bare, pattern) for pattern in self._hosts):
            raise PermissionDeniedError(
                "Invalid Host header - possible DNS rebinding attack detected",
                hint=f"to answer to {bare or 'anything'}, start with --allowed-hosts {bare or '*'}",
            )
        if len(self._passed) < _REMEMBERED:
            self._passed.add(host)

    def _check_origin(self, origin: str, host: str) -> None:
        parts = urlsplit(origin)
        if parts.hostname in _LOOPBACK or parts.netloc == host:
            return
        if not any(fnmatchcase(origin, pattern) for pattern in self._origins):
            raise PermissionDeniedError(
                "Cross-origin request blocked",
                hint=f"to allow it, start with --cors-allowed-origins {origin}",
            )

    def allows_origin(self, origin: bytes) -> bool:
        """Whether pages of ``origin`` may read answers."""
        text = origin.decode("latin-1")
        return urlsplit(text).hostname in _LOOPBACK or any(
            fnmatchcase(text, pattern) for pattern in self._origins
        )


def _matches(name: str, pattern: str) -> bool:
    # brackets are part of an IPv6 address here, not a set of letters
    return fnmatchcase(name, pattern.replace("[", "[[]"))

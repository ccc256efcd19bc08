"""Where the artifacts of a run or logged model are: with us, in a plain folder, or at a place only clients
reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlparse

from padauk.artifacts.folder import local_root
from padauk.artifacts.paths import safe_path
from padauk.core.errors import InputError, UnsupportedError

_ROUTE = "/api/2.0/mlflow-artifacts/artifacts/"


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Files that came through this server; ``path`` is their folder below its artifact root."""

    path: str

    def below(self, path: str) -> str:
        """The name of the file or folder ``path`` of this root."""
        return f"{self.path}/{path}" if self.path and path else self.path or path


@dataclass(frozen=True, slots=True)
class Folder:
    """Files in a folder on the server's disk that clients write to by themselves."""

    path: str


def root_of(uri: str) -> Uploaded | Folder:
    """What an artifact URI of a run, logged model or version means to this server.

    Raises:
        UnsupportedError: the files are in a store that clients talk to directly.
        InputError: it is no URI of files, or no clean one.
    """
    parsed = urlparse(uri)
    if parsed.scheme == "mlflow-artifacts":
        return Uploaded(safe_path(parsed.path.lstrip("/")))
    if parsed.scheme in ("http", "https"):
        _, found, path = parsed.path.partition(_ROUTE)
        if not found:
            raise InputError(f"{uri!r} is not served by this server")
        return Uploaded(safe_path(path.lstrip("/")))
    folder = local_root(uri)
    if folder is None:
        raise UnsupportedError(
            f"artifacts at {parsed.scheme}: URIs do not pass through this server",
            hint="list and download them with the mlflow client, which reads that store itself",
        )
    return Folder(folder)

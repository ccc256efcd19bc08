"""From a URL to a store."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from padauk.core.errors import InputError, UnsupportedError
from padauk.storage.local import LocalStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from padauk.storage.base import Store

_LATER = {"s3", "gs", "azure", "abfs", "ssh", "sftp", "hdfs", "webhdfs", "http", "https", "webdav", "webdavs"}


def open_store(url: str, options: Mapping[str, object] | None = None) -> Store:
    """The store at ``url``: an absolute path, or ``file:///…``.

    Args:
        url: where; a relative path must have been resolved by who knows what it is relative to.
        options: settings of the remote beyond its URL; a local folder needs none.

    Raises:
        InputError: the URL is none.
        UnsupportedError: a kind of store that padauk does not have yet.
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        if not os.path.isabs(url):
            raise InputError(f"a store's path must be absolute, got {url!r}")
        return LocalStore(url)
    if scheme == "file":
        parts = urlsplit(url)
        if parts.netloc not in {"", "localhost"} or not parts.path.startswith("/"):
            raise InputError(f"not a local file URL: {url!r}", hint="write it as file:///absolute/path")
        return LocalStore(unquote(parts.path))
    if scheme in _LATER:
        raise UnsupportedError(
            f"padauk cannot reach {scheme}:// stores yet", hint="use a local or mounted folder as remote"
        )
    raise InputError(f"unknown kind of store {scheme!r} in {_without_secrets(url)!r}")


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(parts.netloc, parts.netloc.rpartition("@")[2], 1) if "@" in parts.netloc else url

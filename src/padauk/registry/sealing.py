"""Secrets in the database are sealed: encrypted with a key that is not in it (Fernet: AES-128-CBC and HMAC-
SHA256).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from padauk.core.errors import InputError, PermissionDeniedError, UnsupportedError

if TYPE_CHECKING:
    from cryptography.fernet import Fernet


class Sealer:
    """Seals and opens secrets.

    Args:
        key: a Fernet key, or ``None``: one is made and kept in ``file``.
        file: where a key of our own lies, mode 0600; ``None`` makes a given key necessary.
    """

    def __init__(self, key: str | None, file: str | None) -> None:
        self._key = key
        self._file = file

    def seal(self, secret: str) -> str:
        """``secret``, encrypted.

        Raises:
            InputError: there is no key, or it is none.
            UnsupportedError: the ``webhooks`` extra is not installed.
        """
        return self._fernet(make=True).encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """What was sealed.

        Raises:
            InputError: there is no key, or it is none.
            PermissionDeniedError: it was sealed with another key.
        """
        fernet = self._fernet(make=False)
        from cryptography.fernet import InvalidToken

        try:
            return fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise PermissionDeniedError(
                "a webhook's secret was sealed with another key", hint="set its secret again"
            ) from None

    def _fernet(self, *, make: bool) -> Fernet:
        try:
            from cryptography.fernet import Fernet
        except ImportError:
            raise UnsupportedError(
                "webhooks with a secret need the cryptography package", hint="pip install 'padauk[webhooks]'"
            ) from None
        key = self._key or self._read_key()
        if key is None and make and self._file is not None:
            key = self._make_key(Fernet.generate_key())
        if key is None:
            raise InputError(
                "no key to keep secrets of webhooks with", hint="set PADAUK_WEBHOOK_KEY to a Fernet key"
            )
        try:
            return Fernet(key)
        except ValueError:
            raise InputError(
                "the key for secrets of webhooks is no Fernet key", hint="32 bytes in URL-safe base64"
            ) from None

    def _read_key(self) -> str | None:
        try:
            with open(self._file or "", encoding="ascii") as file:
                return file.read().strip()
        except FileNotFoundError:
            return None

    def _make_key(self, key: bytes) -> str:
        path = self._file or ""
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(key + b"\n")
                os.fsync(file.fileno())
        except FileExistsError:  # another process was faster
            return self._read_key() or ""
        return key.decode()

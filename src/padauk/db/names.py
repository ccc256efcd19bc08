"""Keys of metrics, params and tags as small numbers: each text is stored once in the table ``names``.

A million points of ``train/loss`` then carry four bytes of key instead of ten, and indexes stay small. The
dictionary only grows, so every process may remember what it has seen committed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from padauk.db.engine import Session

_REMEMBERED = 200_000
_CHUNK = 500


class Names:
    """The remembered part of the dictionary, shared by all sessions of one database."""

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    def ids(self, tx: Session, texts: Iterable[str]) -> dict[str, int]:
        """The number of each text; new texts are written. Call once a transaction with all of them: the
        order in which new ones are locked is what keeps two transactions from waiting for each other."""
        known = self._ids
        found: dict[str, int] = {}
        missing: list[str] = []
        for text in texts:
            number = known.get(text)
            if number is None:
                missing.append(text)
            else:
                found[text] = number
        if missing:
            fresh = self._write(tx, sorted(set(missing)))
            found.update(fresh)
            tx.after_commit(lambda: self._remember(fresh))
        return found

    def find(self, tx: Session, text: str) -> int | None:
        """The number of ``text``, or ``None`` when nothing was ever logged under it."""
        number = self._ids.get(text)
        if number is None:
            number = tx.value("SELECT id FROM names WHERE name = ?", (text,))
            if number is not None:
                # maybe of this very transaction: remembered by whoever commits it
                tx.after_commit(lambda: self._remember({text: number}))
        return number

    def texts(self, tx: Session, numbers: Iterable[int]) -> dict[int, str]:
        """The texts of ``numbers``: a shared dictionary that holds at least these; do not change it."""
        known = self._texts
        missing = [number for number in set(numbers) if number not in known]
        if not missing:
            return known
        fresh: dict[int, str] = {}
        for start in range(0, len(missing), _CHUNK):
            part = missing[start : start + _CHUNK]
            fresh.update(tx.all(f"SELECT id, name FROM names WHERE id IN ({marks(part)})", part))
        tx.after_commit(lambda: self._remember({text: number for number, text in fresh.items()}))
        return {**known, **fresh}

    def _write(self, tx: Session, texts: list[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for start in range(0, len(texts), _CHUNK):
            part = texts[start : start + _CHUNK]
            query = f"SELECT name, id FROM names WHERE name IN ({marks(part)})"
            found.update(tx.all(query, part))
            fresh = [text for text in part if text not in found]
            if fresh:
                tx.many(
                    "INSERT INTO names (name) VALUES (?) ON CONFLICT DO NOTHING", [(text,) for text in fresh]
                )
                found.update(tx.all(query, part))
        return found

    def _remember(self, fresh: dict[str, int]) -> None:
        if len(self._ids) + len(fresh) > _REMEMBERED:
            self._ids, self._texts = {}, {}
        self._ids.update(fresh)
        self._texts.update({number: text for text, number in fresh.items()})

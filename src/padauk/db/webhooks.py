"""Statements on webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from padauk.db.engine import marks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from padauk.db.engine import Row, Session

WEBHOOK = "w.id, w.uid, w.name, w.url, w.description, w.sealed_secret, w.active, w.created, w.updated"


def insert(tx: Session, values: Mapping[str, Any]) -> int:
    """Make a webhook; its number."""
    columns = ", ".join(values)
    number = tx.value(
        f"INSERT INTO webhooks ({columns}) VALUES ({marks(values)}) RETURNING id", tuple(values.values())
    )
    return int(number)


def find(tx: Session, uid: str) -> Row | None:
    """The row :data:`WEBHOOK` of an id."""
    return tx.one(f"SELECT {WEBHOOK} FROM webhooks w WHERE w.uid = ?", (uid,))


def page(tx: Session, *, limit: int, offset: int) -> list[Row]:
    """Rows :data:`WEBHOOK`, the newest first."""
    return tx.all(f"SELECT {WEBHOOK} FROM webhooks w ORDER BY w.id DESC LIMIT ? OFFSET ?", (limit, offset))


def subscribed(tx: Session, event: str) -> list[Row]:
    """Rows :data:`WEBHOOK` of the active ones that want to know of an event."""
    return tx.all(
        f"SELECT {WEBHOOK} FROM webhook_events e JOIN webhooks w ON w.id = e.webhook_id"
        " WHERE e.event = ? AND w.active = 1 ORDER BY w.id",
        (event,),
    )


def update(tx: Session, number: int, values: Mapping[str, Any]) -> None:
    """Change columns of a webhook."""
    columns = ", ".join(f"{name} = ?" for name in values)
    tx.run(f"UPDATE webhooks SET {columns} WHERE id = ?", (*values.values(), number))


def delete(tx: Session, number: int) -> None:
    """Remove a webhook."""
    tx.run("DELETE FROM webhook_events WHERE webhook_id = ?", (number,))
    tx.run("DELETE FROM webhooks WHERE id = ?", (number,))


def set_events(tx: Session, number: int, events: Iterable[str]) -> None:
    """Let a webhook know of these events and no others."""
    tx.run("DELETE FROM webhook_events WHERE webhook_id = ?", (number,))
    tx.many(
        "INSERT INTO webhook_events (event, webhook_id) VALUES (?, ?)", [(event, number) for event in events]
    )


def events_of(tx: Session, numbers: Sequence[int]) -> dict[int, list[str]]:
    """The events of each of these webhooks, in alphabetical order."""
    found: dict[int, list[str]] = {}
    for start in range(0, len(numbers), 500):
        part = numbers[start : start + 500]
        for number, event in tx.all(
            f"SELECT webhook_id, event FROM webhook_events WHERE webhook_id IN ({marks(part)}) ORDER BY "
            "event",
            part,
        ):
            found.setdefault(number, []).append(event)
    return found

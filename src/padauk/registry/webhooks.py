"""Webhooks: who is told of what. Sending is in ``delivery``."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from padauk.core.errors import InputError, NotFoundError
from padauk.core.text import now_ms
from padauk.db import webhooks as rows
from padauk.db.conditions import page_offset, page_token

if TYPE_CHECKING:
    from collections.abc import Sequence

    from padauk.db.engine import Row, Session

_NAME = re.compile(r"(?=.{1,63}\Z)[a-z0-9]([a-z0-9._\-]*[a-z0-9])?\Z", re.IGNORECASE)

_MODEL: dict[str, Any] = {"name": "example_model"}
_PROMPT: dict[str, Any] = {"name": "example_prompt"}
_TAGS = {"tags": {"example_key": "example_value"}}
_ONE: dict[str, Any] = {"version": "1"}
_KEY: dict[str, Any] = {"key": "example_key"}
_PAIR: dict[str, Any] = {"key": "example_key", "value": "example_value"}
_ALIAS: dict[str, Any] = {"alias": "example_alias"}

EXAMPLES: dict[str, dict[str, Any]] = {
    "registered_model.created": {**_MODEL, **_TAGS, "description": "An example registered model"},
    "model_version.created": {
        **_MODEL,
        **_ONE,
        "source": "models:/123",
        "run_id": "abcd1234abcd5678",
        **_TAGS,
        "description": "An example model version",
    },
    "model_version_tag.set": {**_MODEL, **_ONE, **_PAIR},
    "model_version_tag.deleted": {**_MODEL, **_ONE, **_KEY},
    "model_version_alias.created": {**_MODEL, **_ALIAS, **_ONE},
    "model_version_alias.deleted": {**_MODEL, **_ALIAS},
    "prompt.created": {**_PROMPT, **_TAGS, "description": "An example prompt"},
    "prompt_version.created": {
        **_PROMPT,
        **_ONE,
        "template": "Hello {{name}}!",
        **_TAGS,
        "description": "An example prompt version",
    },
    "prompt_tag.set": {**_PROMPT, **_PAIR},
    "prompt_tag.deleted": {**_PROMPT, **_KEY},
    "prompt_version_tag.set": {**_PROMPT, **_ONE, **_PAIR},
    "prompt_version_tag.deleted": {**_PROMPT, **_ONE, **_KEY},
    "prompt_alias.created": {**_PROMPT, **_ALIAS, **_ONE},
    "prompt_alias.deleted": {**_PROMPT, **_ALIAS},
}
"""Every event that can be told of, and what a test call tells."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Somebody who wants to be told.

    Attributes:
        events: keys of :data:`EXAMPLES`.
        sealed_secret: what deliveries are signed with, encrypted.
    """

    webhook_id: str
    name: str
    url: str
    events: tuple[str, ...]
    created: int
    updated: int
    description: str | None = None
    active: bool = True
    sealed_secret: str | None = field(default=None, repr=False)


def create_webhook(
    tx: Session,
    name: str,
    url: str,
    events: Sequence[str],
    *,
    description: str | None = None,
    sealed_secret: str | None = None,
    active: bool = True,
) -> Webhook:
    """Make a webhook; the caller has checked where its URL leads.

    Raises:
        InputError: the name is not allowed, or there is no such event.
    """
    _check_name(name)
    known = check_events(events)
    moment = now_ms()
    uid = str(uuid.uuid4())
    number = rows.insert(
        tx,
        {
            "uid": uid,
            "name": name,
            "url": url,
            "description": description,
            "sealed_secret": sealed_secret,
            "active": int(active),
            "created": moment,
            "updated": moment,
        },
    )
    rows.set_events(tx, number, known)
    return get_webhook(tx, uid)


def get_webhook(tx: Session, webhook_id: str) -> Webhook:
    """One webhook.

    Raises:
        NotFoundError: there is none of that id.
    """
    return _webhooks(tx, [_row(tx, webhook_id)])[0]


def list_webhooks(tx: Session, limit: int | None, token: str | None) -> tuple[list[Webhook], str | None]:
    """A page of webhooks, the newest first, and the token of the next page if there is one.

    Raises:
        InputError: the limit or the token is wrong.
    """
    size = limit or 100
    if not 1 <= size <= 1000:
        raise InputError("max_results must be between 1 and 1000.")
    offset = page_offset(token)
    found = rows.page(tx, limit=size + 1, offset=offset)
    return _webhooks(tx, found[:size]), page_token(offset + size) if len(found) > size else None


def update_webhook(
    tx: Session,
    webhook_id: str,
    *,
    name: str | None = None,
    url: str | None = None,
    events: Sequence[str] | None = None,
    description: str | None = None,
    sealed_secret: str | None = None,
    active: bool | None = None,
) -> Webhook:
    """Change what is given, keep what is ``None``.

    Raises:
        NotFoundError: there is none of that id.
        InputError: a name or an event is not allowed.
    """
    row = _row(tx, webhook_id)
    given: dict[str, Any] = {
        "name": name if name is None else _check_name(name),
        "url": url,
        "description": description,
        "sealed_secret": sealed_secret,
        "active": None if active is None else int(active),
    }
    changes = {column: value for column, value in given.items() if value is not None}
    rows.update(tx, row[0], {**changes, "updated": now_ms()})
    if events is not None:
        rows.set_events(tx, row[0], check_events(events))
    return get_webhook(tx, webhook_id)


def delete_webhook(tx: Session, webhook_id: str) -> None:
    """Remove a webhook.

    Raises:
        NotFoundError: there is none of that id.
    """
    rows.delete(tx, _row(tx, webhook_id)[0])


def subscribers(tx: Session, event: str) -> list[Webhook]:
    """The active webhooks that want to know of an event."""
    return _webhooks(tx, rows.subscribed(tx, event))


def check_events(events: Sequence[str]) -> list[str]:
    """``events`` without doubles.

    Raises:
        InputError: there are none, or there is no such event.
    """
    if not events:
        raise InputError("Webhook events must be a non-empty list of WebhookEvent objects: [].")
    for event in events:
        if event not in EXAMPLES:
            entity, _, action = event.partition(".")
            valid = sorted(known.partition(".")[2] for known in EXAMPLES if known.startswith(f"{entity}."))
            raise InputError(f"Invalid action '{action}' for entity '{entity}'. Valid actions are: {valid}")
    return list(dict.fromkeys(events))


def _check_name(name: str) -> str:
    if not _NAME.match(name):
        raise InputError(
            f"Webhook name {name!r} is invalid. It must start and end with a letter or digit, be less "
            "than 63 "
            "characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-)."
        )
    return name


def _row(tx: Session, webhook_id: str) -> Row:
    row = rows.find(tx, webhook_id)
    if row is None:
        raise NotFoundError(f"Webhook with ID {webhook_id} not found.")
    return row


def _webhooks(tx: Session, found: Sequence[Row]) -> list[Webhook]:
    events = rows.events_of(tx, [row[0] for row in found]) if found else {}
    return [
        Webhook(
            webhook_id=uid,
            name=name,
            url=url,
            events=tuple(events.get(number, ())),
            created=created,
            updated=updated,
            description=description,
            active=bool(active),
            sealed_secret=sealed,
        )
        for number, uid, name, url, description, sealed, active, created, updated in found
    ]

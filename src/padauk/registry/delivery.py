"""Tell webhooks what happened: signed, with patience, and never in the way of the request that caused it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import random
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from padauk.core.errors import PadaukError
from padauk.registry import outbound

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from padauk.core.settings import WebhookSettings
    from padauk.registry.sealing import Sealer
    from padauk.registry.webhooks import Webhook

_log = logging.getLogger("padauk.webhooks")
_AGAIN = frozenset((429, 500, 502, 503, 504))
_LONGEST_WAIT = 60.0
_SHOWN = 10_000  # letters of an answer that a test call shows


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test call: an answer, or ``error``."""

    success: bool
    status: int | None = None
    body: str | None = None
    error: str | None = None


class Courier:
    """Sends events in threads of its own. Thread-safe."""

    def __init__(self, settings: WebhookSettings, sealer: Sealer) -> None:
        self.settings = settings
        self.sealer = sealer
        self._closing = threading.Event()
        self._guard = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._web: httpx.Client | None = None

    def send(self, webhooks: Sequence[Webhook], event: str, data: dict[str, Any]) -> None:
        """Tell each of ``webhooks`` of an event, soon; what goes wrong is logged."""
        with self._guard:
            if self._closing.is_set():
                return
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self.settings.workers, thread_name_prefix="padauk-webhook")
            for webhook in webhooks:
                self._pool.submit(self._deliver, webhook, event, data)

    def test(self, webhook: Webhook, event: str, data: dict[str, Any]) -> Outcome:
        """Tell one webhook of an event now, and say what came of it."""
        import httpx

        try:
            answer = self._post(webhook, event, data)
        except (PadaukError, OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
            return Outcome(False, error=f"Failed to test webhook: {error!r}")
        return Outcome(answer.status_code < 400, answer.status_code, answer.text[:_SHOWN])

    def close(self) -> None:
        """Finish deliveries that are under way, without waiting to try again."""
        with self._guard:
            self._closing.set()
            pool, web = self._pool, self._web
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        if web is not None:
            web.close()

    def _deliver(self, webhook: Webhook, event: str, data: dict[str, Any]) -> None:
        import httpx

        try:
            answer = self._post(webhook, event, data)
        except (PadaukError, OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
            _log.warning("webhook %s was not told of %s: %s", webhook.name, event, error)
        else:
            if answer.status_code >= 400:
                _log.warning("webhook %s answered %s with %d", webhook.name, event, answer.status_code)

    def _post(self, webhook: Webhook, event: str, data: dict[str, Any]) -> httpx.Response:
        import httpx

        outbound.check_url(webhook.url, self.settings)
        secret = None if webhook.sealed_secret is None else self.sealer.open(webhook.sealed_secret)
        body, headers = message(event, data, secret)
        web = self._client()
        for attempt in range(self.settings.retries + 1):
            last = attempt == self.settings.retries
            try:
                answer = web.post(webhook.url, content=body, headers=headers)
            except httpx.TransportError:
                if last or self._closing.wait(_pause(attempt, None)):
                    raise
                continue
            again = answer.status_code in _AGAIN and not last
            if not again or self._closing.wait(_pause(attempt, answer.headers.get("retry-after"))):
                return answer
        raise AssertionError("the last attempt returns or raises")

    def _client(self) -> httpx.Client:
        with self._guard:
            if self._web is None:
                self._web = outbound.client(self.settings)
            return self._web


def message(event: str, data: dict[str, Any], secret: str | None) -> tuple[bytes, dict[str, str]]:
    """The body of a delivery and its headers, signed when there is a secret.

    The signature is the HMAC-SHA256 of ``<delivery id>.<timestamp>.<body>``, as Standard Webhooks has it.
    """
    entity, _, action = event.partition(".")
    moment = datetime.now(UTC).isoformat()
    body = json.dumps({"entity": entity, "action": action, "timestamp": moment, "data": data}).encode()
    delivery, timestamp = str(uuid.uuid4()), str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "X-MLflow-Delivery-Id": delivery,
        "X-MLflow-Timestamp": timestamp,
    }
    if secret:
        signed = f"{delivery}.{timestamp}.".encode() + body
        digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
        headers["X-MLflow-Signature"] = f"v1,{base64.b64encode(digest).decode()}"
    return body, headers


def _pause(attempt: int, retry_after: str | None) -> float:
    if retry_after is not None and retry_after.isdecimal():
        return min(float(retry_after), _LONGEST_WAIT)
    return min(2.0**attempt + random.random(), _LONGEST_WAIT)  # noqa: S311

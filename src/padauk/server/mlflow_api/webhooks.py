"""``webhooks…`` of MLflow's API, and how other handlers tell webhooks what they did."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar

from padauk.core.errors import InputError
from padauk.registry import outbound, webhooks
from padauk.registry.values import IS_PROMPT
from padauk.server import wire
from padauk.server.mlflow_api.frame import mlflow_routes
from padauk.server.wire import Empty, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from padauk.registry.webhooks import Webhook
    from padauk.server.routing import Call

routes = mlflow_routes()

# protobuf's numbers, which clients may send for the names
_ENTITIES = (
    "ENTITY_UNSPECIFIED",
    "REGISTERED_MODEL",
    "MODEL_VERSION",
    "MODEL_VERSION_TAG",
    "MODEL_VERSION_ALIAS",
    "PROMPT",
    "PROMPT_VERSION",
    "PROMPT_TAG",
    "PROMPT_VERSION_TAG",
    "PROMPT_ALIAS",
    "BUDGET_POLICY",
)
_ACTIONS = ("ACTION_UNSPECIFIED", "CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED")
_STATUSES = ("STATUS_UNSPECIFIED", "ACTIVE", "DISABLED")
_PROMPT_TYPE = "_mlflow_prompt_type"
_PROMPT_TEXT = "mlflow.prompt.text"


class WireEvent(Message):
    entity: str | int = ""
    action: str | int = ""


class WireWebhook(Message):
    webhook_id: str
    name: str
    url: str
    events: list[WireEvent]
    status: str
    creation_timestamp: int
    last_updated_timestamp: int
    description: str | None = None


class OneWebhook(Message):
    webhook: WireWebhook


class CreateWebhook(Message):
    required: ClassVar = ("name", "url", "events")
    name: str = ""
    url: str = ""
    events: list[WireEvent] = []
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class UpdateWebhook(Message):
    name: str | None = None
    url: str | None = None
    events: list[WireEvent] = []
    description: str | None = None
    secret: str | None = None
    status: str | int | None = None


class ListWebhooks(Message):
    max_results: int | None = None
    page_token: str = ""


class FoundWebhooks(Message):
    webhooks: list[WireWebhook] = []
    next_page_token: str | None = None


class TestCall(Message):
    event: WireEvent | None = None


class WireResult(Message):
    success: bool
    response_status: int | None = None
    response_body: str | None = None
    error_message: str | None = None


class Tested(Message):
    result: WireResult


def shown_webhook(webhook: Webhook) -> WireWebhook:
    """A webhook as MLflow's clients read it; its secret is never shown."""
    pairs = [event.upper().split(".") for event in webhook.events]
    return WireWebhook(
        webhook_id=webhook.webhook_id,
        name=webhook.name,
        url=webhook.url,
        events=[WireEvent(entity=entity, action=action) for entity, action in pairs],
        status="ACTIVE" if webhook.active else "DISABLED",
        creation_timestamp=webhook.created,
        last_updated_timestamp=webhook.updated,
        description=webhook.description,
    )


def notify(call: Call, event: str, data: dict[str, Any]) -> None:
    """Tell who wants to know of ``event``, once what the handler does is committed."""
    told = webhooks.subscribers(call.tx, event)
    if told:
        courier = call.service.courier
        call.tx.after_commit(lambda: courier.send(told, event, data))


def without_prompt_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Tags of a prompt that a person has set."""
    hidden = (IS_PROMPT, _PROMPT_TYPE, _PROMPT_TEXT)
    return {key: value for key, value in tags.items() if key not in hidden}


@routes.raw("POST", "/webhooks")
async def create(call: Call) -> OneWebhook:
    request = wire.decode_body(CreateWebhook, await _body(call))
    events = [_event(event) for event in request.events]
    courier = call.service.courier
    # the name server is asked, and a key may be made, before the one write thread is bothered
    await asyncio.to_thread(outbound.check_url, request.url, courier.settings)
    sealed = await asyncio.to_thread(courier.sealer.seal, request.secret) if request.secret else None
    webhook = await call.service.db.submit(
        lambda tx: webhooks.create_webhook(
            tx,
            request.name,
            request.url,
            events,
            description=request.description or None,
            sealed_secret=sealed,
            active=_active(request.status) is not False,
        )
    )
    return OneWebhook(webhook=shown_webhook(webhook))


@routes.read("GET", "/webhooks", ListWebhooks)
def list_all(call: Call, request: ListWebhooks) -> FoundWebhooks:
    found, more = webhooks.list_webhooks(call.tx, request.max_results, request.page_token)
    return FoundWebhooks(webhooks=[shown_webhook(webhook) for webhook in found], next_page_token=more)


@routes.read("GET", "/webhooks/{webhook_id}", quick=True)
def get(call: Call, request: Empty) -> OneWebhook:
    return OneWebhook(webhook=shown_webhook(webhooks.get_webhook(call.tx, call.path["webhook_id"])))


@routes.raw("PATCH", "/webhooks/{webhook_id}")
async def update(call: Call) -> OneWebhook:
    request = wire.decode_body(UpdateWebhook, await _body(call))
    webhook_id = call.path["webhook_id"]
    courier = call.service.courier
    if request.url:
        await asyncio.to_thread(outbound.check_url, request.url, courier.settings)
    sealed = await asyncio.to_thread(courier.sealer.seal, request.secret) if request.secret else None
    webhook = await call.service.db.submit(
        lambda tx: webhooks.update_webhook(
            tx,
            webhook_id,
            name=request.name or None,
            url=request.url or None,
            events=[_event(event) for event in request.events] or None,
            description=request.description,
            sealed_secret=sealed,
            active=_active(request.status),
        )
    )
    return OneWebhook(webhook=shown_webhook(webhook))


@routes.write("DELETE", "/webhooks/{webhook_id}")
def delete(call: Call, request: Empty) -> Empty:
    webhooks.delete_webhook(call.tx, call.path["webhook_id"])
    return Empty()


@routes.raw("POST", "/webhooks/{webhook_id}/test")
async def test(call: Call) -> Tested:
    request = wire.decode_body(TestCall, await _body(call))
    with call.service.db.read() as tx:
        webhook = webhooks.get_webhook(tx, call.path["webhook_id"])
    event = _event(request.event) if request.event else webhook.events[0]
    (event,) = webhooks.check_events([event])
    result = await asyncio.to_thread(call.service.courier.test, webhook, event, webhooks.EXAMPLES[event])
    return Tested(
        result=WireResult(
            success=result.success,
            response_status=result.status,
            response_body=result.body,
            error_message=result.error,
        )
    )


def _event(event: WireEvent) -> str:
    return f"{_name(event.entity, _ENTITIES, 'entity')}.{_name(event.action, _ACTIONS, 'action')}".lower()


def _active(status: str | int | None) -> bool | None:
    return None if status is None else _name(status, _STATUSES, "status") != "DISABLED"


def _name(value: str | int, names: tuple[str, ...], what: str) -> str:
    if isinstance(value, int) and 0 <= value < len(names):
        return names[value]
    if value not in names:
        raise InputError(f"Unknown webhook {what}: {value!r}")
    return str(value)


async def _body(call: Call) -> bytes:
    body = bytearray()
    async for piece in call.chunks():
        body += piece
        if len(body) > 1 << 20:
            raise InputError("The request body is larger than 1,048,576 bytes.")
    return bytes(body)

"""The first thousand characters of what went into a trace and came out of it, for lists."""

from __future__ import annotations

import json
from typing import Any

MAX_PREVIEW = 1000


def preview(value: Any, role: str) -> str | None:
    """What to show of the inputs (``role`` ``user``) or outputs (``assistant``) of a root span.

    Of chat messages it is the text of the last one of that role; of anything else its JSON.
    """
    if value is None:
        return None
    text = _last_text(value, role) or json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_PREVIEW else text[: MAX_PREVIEW - 3] + "..."


def _last_text(value: Any, role: str) -> str | None:
    messages = _messages(value)
    if not messages:
        return None
    of_role = [message for message in messages if message.get("role") == role]
    content = (of_role or messages)[-1].get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        for part in content:
            if isinstance(part, dict) and isinstance(part.get("text"), str):
                return str(part["text"])
    return None


def _messages(value: Any) -> list[dict[str, Any]]:
    """The chat messages in a request or an answer, in the shapes that chat services use."""
    if not isinstance(value, dict):
        return []
    for key in ("messages", "input", "output"):
        if isinstance(value.get(key), list):
            return [one for one in value[key] if isinstance(one, dict) and "role" in one]
    choices = value.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        return [message] if isinstance(message, dict) else []
    request = value.get("request")
    return _messages(request) if isinstance(request, dict) else []

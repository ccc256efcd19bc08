"""Attributes of spans from other libraries, under the names that MLflow's clients look for.

Sources: OpenTelemetry's semantic conventions for generative AI, OpenInference, and OpenLLMetry. What a span
brings under MLflow's own name stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from padauk.traces.nouns import INPUTS, OUTPUTS, SPAN_TOKENS, SPAN_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_decode = msgspec.json.Decoder().decode
_OPENING = frozenset('{["')
_KIND_KEYS = ("gen_ai.operation.name", "openinference.span.kind", "traceloop.span.kind")
_KINDS = {
    "chat": "CHAT_MODEL",
    "create_agent": "AGENT",
    "invoke_agent": "AGENT",
    "agent": "AGENT",
    "embeddings": "EMBEDDING",
    "embedding": "EMBEDDING",
    "execute_tool": "TOOL",
    "tool": "TOOL",
    "generate_content": "LLM",
    "text_completion": "LLM",
    "response": "LLM",
    "llm": "LLM",
    "chain": "CHAIN",
    "retriever": "RETRIEVER",
    "reranker": "RERANKER",
    "guardrail": "GUARDRAIL",
    "evaluator": "EVALUATOR",
    "workflow": "WORKFLOW",
    "task": "TASK",
}
_INPUTS = (
    "gen_ai.input.messages",
    "gen_ai.tool.call.arguments",
    "input.value",
    "traceloop.entity.input",
    "gen_ai.prompt",
)
_OUTPUTS = (
    "gen_ai.output.messages",
    "gen_ai.tool.call.result",
    "output.value",
    "traceloop.entity.output",
    "gen_ai.completion",
)
_MODELS = ("gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "embedding.model_name")
_PROVIDERS = ("gen_ai.provider.name", "gen_ai.system", "llm.provider")
_TOKENS = {
    "input_tokens": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt"),
    "output_tokens": (
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "llm.token_count.completion",
    ),
    "total_tokens": ("gen_ai.usage.total_tokens", "llm.usage.total_tokens", "llm.token_count.total"),
}
_FOREIGN = ("gen_ai.", "input.", "output.", "traceloop.", "llm.", "openinference.", "embedding.")
SESSION_KEYS = ("session.id", "gen_ai.conversation.id")
USER_KEY = "user.id"


def translate(attributes: dict[str, Any]) -> None:
    """Read texts that hold JSON, and add to ``attributes`` what MLflow's names can be told from others."""
    for name, value in attributes.items():
        if isinstance(value, str) and value[:1] in _OPENING and value:
            attributes[name] = _decoded(value)
    if not any(name.startswith(_FOREIGN) for name in attributes):
        return
    if attributes.get(SPAN_TYPE, "UNKNOWN") == "UNKNOWN":
        kind = _KINDS.get(str(first(attributes, _KIND_KEYS)).lower())
        if kind:
            attributes[SPAN_TYPE] = kind
    for name, sources in (
        (INPUTS, _INPUTS),
        (OUTPUTS, _OUTPUTS),
        ("mlflow.llm.model", _MODELS),
        ("mlflow.llm.provider", _PROVIDERS),
    ):
        value = first(attributes, sources)
        if name not in attributes and value is not None:
            attributes[name] = value
    if SPAN_TOKENS not in attributes:
        tokens = {key: first(attributes, sources) for key, sources in _TOKENS.items()}
        given = {key: int(value) for key, value in tokens.items() if isinstance(value, int | float)}
        if "input_tokens" in given and "output_tokens" in given:
            given.setdefault("total_tokens", given["input_tokens"] + given["output_tokens"])
            attributes[SPAN_TOKENS] = given


def first(attributes: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The value of the first of ``names`` that is there, or ``None``."""
    for name in names:
        value = attributes.get(name)
        if value is not None:
            return value
    return None


def _decoded(text: str) -> Any:
    """Attributes may be no more than texts elsewhere, so lists and objects are sent as JSON."""
    try:
        return _decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text

"""The unmodified client traces into padauk: points 62 and 63, and what people do with traces."""

from __future__ import annotations

import gzip
import json
import time
import urllib.request
import zlib
from typing import TYPE_CHECKING, Any

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, Feedback
from mlflow.exceptions import MlflowException
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from padauk.testing.servers import ServerProcess

pytestmark = [
    pytest.mark.compat,
    pytest.mark.filterwarnings("default"),  # the client warns about itself
]


@pytest.fixture
def experiment(padauk: ServerProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A new experiment that the client logs to, one call at a time."""
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(padauk.url)
    made = mlflow.set_experiment(f"traces-{time.time_ns()}").experiment_id
    mlflow.tracing.reset()
    yield made
    mlflow.tracing.reset()
    mlflow.set_tracking_uri(before)


@mlflow.trace(span_type="CHAIN", attributes={"k": "v"})
def ask(question: str) -> dict[str, Any]:
    mlflow.update_current_trace(
        tags={"team": "red"},
        metadata={"mlflow.trace.session": "s-1", "mlflow.trace.user": "eve"},
        client_request_id=f"request {question}",
    )
    with mlflow.start_span("retrieve", span_type="RETRIEVER") as span:
        span.set_inputs({"query": question, "more": [1, 2.5, None, True, {"é": "ü"}]})
        span.set_attribute(
            "mlflow.chat.tokenUsage", {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
        )
        span.add_event(mlflow.entities.SpanEvent("found", attributes={"n": 3}))
        span.set_outputs("documents")
    return {"answer": question.upper()}


def _asked(question: str = "why?") -> str:
    ask(question)
    found = mlflow.get_last_active_trace_id()
    assert found is not None
    return str(found)


def _find(experiment: str, where: str = "", **more: Any) -> list[str]:
    found = mlflow.search_traces(locations=[experiment], filter_string=where, return_type="list", **more)
    return [trace.info.trace_id for trace in found]


def test_a_traced_function_comes_back_as_it_was(experiment: str) -> None:
    trace = mlflow.get_trace(_asked())
    assert trace is not None
    info = trace.info
    assert (info.state, info.experiment_id, info.client_request_id) == ("OK", experiment, "request why?")
    assert (info.request_preview, info.response_preview) == ('{"question": "why?"}', '{"answer": "WHY?"}')
    assert info.tags["mlflow.traceName"] == "ask"
    assert info.tags["team"] == "red"
    assert info.tags["mlflow.trace.spansLocation"] == "TRACKING_STORE"
    assert info.trace_metadata["mlflow.trace.session"] == "s-1"
    assert info.token_usage == {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    root, leaf = trace.data.spans
    assert (root.name, root.span_type, root.parent_id, root.get_attribute("k")) == ("ask", "CHAIN", None, "v")
    assert (root.inputs, root.outputs) == ({"question": "why?"}, {"answer": "WHY?"})
    assert (leaf.name, leaf.span_type, leaf.parent_id) == ("retrieve", "RETRIEVER", root.span_id)
    assert leaf.inputs == {"query": "why?", "more": [1, 2.5, None, True, {"é": "ü"}]}
    assert leaf.outputs == "documents"
    assert [(event.name, event.attributes["n"]) for event in leaf.events] == [("found", 3)]
    assert leaf.trace_id == root.trace_id == info.trace_id
    assert root.start_time_ns <= leaf.start_time_ns <= leaf.end_time_ns <= root.end_time_ns


def test_a_failure_is_kept_with_its_exception(experiment: str) -> None:
    @mlflow.trace
    def fail() -> None:
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        fail()
    (trace,) = mlflow.search_traces(locations=[experiment], return_type="list")
    assert trace.info.state == "ERROR"
    (span,) = trace.data.spans
    assert (span.status.status_code, span.status.description) == ("ERROR", "ValueError: boom")
    assert [event.name for event in span.events] == ["exception"]


def test_async_export(experiment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "true")
    mlflow.tracing.reset()
    asked = [_asked(f"question {number}") for number in range(10)]
    mlflow.flush_trace_async_logging(terminate=True)
    traces = mlflow.search_traces(locations=[experiment], return_type="list")
    assert {trace.info.trace_id for trace in traces} == set(asked)
    assert {len(trace.data.spans) for trace in traces} == {2}


def test_search(experiment: str) -> None:
    asked = [_asked(f"question {number}") for number in range(3)]
    assert _find(experiment) == asked[::-1]
    assert _find(experiment, order_by=["timestamp_ms ASC"], max_results=2) == asked[:2]
    assert _find(experiment, "trace.text LIKE '%question 1%'") == [asked[1]]
    assert _find(experiment, "attributes.client_request_id = 'request question 2'") == [asked[2]]
    assert _find(experiment, "span.type = 'RETRIEVER' AND span.name = 'ask'") == []
    assert len(_find(experiment, "metadata.`mlflow.trace.session` = 's-1' AND status = 'OK'")) == 3
    with pytest.raises(MlflowException, match="Invalid attribute key"):
        _find(experiment, "nonsense = 'x'")
    frame = mlflow.search_traces(locations=[experiment])
    assert sorted(frame["trace_id"]) == sorted(asked)
    client = MlflowClient()
    page = client.search_traces(locations=[experiment], max_results=2)
    rest = client.search_traces(locations=[experiment], max_results=2, page_token=page.token)
    assert [one.info.trace_id for one in (*page, *rest)] == asked[::-1]
    assert not rest.token


def test_tags_and_deletion(experiment: str) -> None:
    first, second, third = (_asked(str(number)) for number in range(3))
    client = MlflowClient()
    client.set_trace_tag(first, "mood", "good")
    mlflow.set_trace_tag(first, "mlflow.traceName", "renamed")
    tags = client.get_trace(first).info.tags
    assert (tags["mood"], tags["mlflow.traceName"]) == ("good", "renamed")
    client.delete_trace_tag(first, "mood")
    for attempt in (
        lambda: client.delete_trace_tag(first, "mood"),
        lambda: client.set_trace_tag("tr-none", "a", "b"),
    ):
        with pytest.raises(MlflowException):
            attempt()
    assert client.delete_traces(experiment, trace_ids=[second]) == 1
    now = int(time.time() * 1000) + 1000
    assert client.delete_traces(experiment, max_timestamp_millis=now, max_traces=1) == 1
    assert _find(experiment) == [third]


def test_feedback_and_expectations(experiment: str) -> None:
    trace_id = _asked()
    person = AssessmentSource("HUMAN", "eve")
    good = mlflow.log_feedback(
        trace_id=trace_id, name="good", value=True, rationale="yes", source=person, metadata={"m": "1"}
    )
    mlflow.log_feedback(trace_id=trace_id, name="failed", error=ValueError("no judge"))
    mlflow.log_feedback(trace_id=trace_id, name="parts", value={"a": [1, "b"]})
    mlflow.log_expectation(trace_id=trace_id, name="answer", value={"deep": [1]}, source=person)
    mlflow.log_expectation(trace_id=trace_id, name="words", value=["a", "b"])
    said = {one.name: one for one in mlflow.get_trace(trace_id).info.assessments}
    assert (said["good"].value, said["good"].rationale, said["good"].metadata) == (True, "yes", {"m": "1"})
    assert (said["good"].source.source_type, said["good"].source.source_id) == ("HUMAN", "eve")
    assert said["failed"].error.error_message == "no judge"
    assert said["parts"].value == {"a": [1, "b"]}
    assert (said["answer"].value, said["words"].value) == ({"deep": [1]}, ["a", "b"])
    assert _find(experiment, "feedback.good = 'true'") == [trace_id]
    changed = mlflow.update_assessment(trace_id, good.assessment_id, Feedback(name="good", value=False))
    assert (changed.value, changed.rationale) == (False, "yes")
    better = mlflow.override_feedback(trace_id=trace_id, assessment_id=good.assessment_id, value=True)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is False
    mlflow.delete_assessment(trace_id=trace_id, assessment_id=better.assessment_id)
    assert mlflow.get_assessment(trace_id, good.assessment_id).valid is True
    with pytest.raises(MlflowException, match="not found"):
        mlflow.get_assessment(trace_id, better.assessment_id)


def test_runs_and_prompts_are_linked(experiment: str) -> None:
    with mlflow.start_run() as run:
        inside = _asked()
    outside = _asked()
    where = f"run_id = '{run.info.run_id}'"
    assert _find(experiment, where) == [inside]
    MlflowClient().link_traces_to_run([outside], run.info.run_id)
    assert set(_find(experiment, where)) == {inside, outside}

    name = f"greet-{time.time_ns()}"
    mlflow.genai.register_prompt(
        name=name, template="Hello {{name}}", commit_message="first", tags={"a": "b"}
    )
    second = mlflow.genai.register_prompt(
        name=name, template=[{"role": "user", "content": "Good day {{name}}"}]
    )
    mlflow.genai.set_prompt_alias(name, "live", 1)
    loaded = mlflow.genai.load_prompt(f"prompts:/{name}@live")
    assert (loaded.version, loaded.format(name="Eve"), loaded.tags) == (1, "Hello Eve", {"a": "b"})
    assert second.version == 2
    assert mlflow.genai.load_prompt(f"prompts:/{name}/2").format(name="Eve") == [
        {"role": "user", "content": "Good day Eve"}
    ]
    assert name in [prompt.name for prompt in mlflow.genai.search_prompts()]

    @mlflow.trace
    def greet() -> str:
        return str(mlflow.genai.load_prompt(f"prompts:/{name}/1").format(name="Eve"))

    greet()
    greeted = mlflow.get_last_active_trace_id()
    end = time.monotonic() + 20
    while not _find(experiment, f"prompt = '{name}/1'") and time.monotonic() < end:
        time.sleep(0.2)  # the client links in a thread of its own
    assert _find(experiment, f"prompt = '{name}/1'") == [greeted]


def _export(url: str, body: bytes, **headers: str) -> tuple[int, bytes]:
    request = urllib.request.Request(f"{url}/v1/traces", data=body, method="POST")
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def test_spans_of_other_libraries(padauk: ServerProcess, experiment: str) -> None:
    """Points 62 and 63."""

    def request(number: int) -> ExportTraceServiceRequest:
        found = ExportTraceServiceRequest()
        group = found.resource_spans.add()
        for key, text in (("service.name", "shop"), ("telemetry.sdk.name", "x"), ("mlflow.y", "z")):
            group.resource.attributes.add(key=key).value.string_value = text
        span = group.scope_spans.add().spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=b"12345678",
            name="chat m-1",
            start_time_unix_nano=10**18,
            end_time_unix_nano=10**18 + 5_000_000,
        )
        for key, text in (
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.request.model", "m-1"),
            ("gen_ai.input.messages", '[{"role": "user", "content": "hi"}]'),
            ("gen_ai.conversation.id", "c-1"),
        ):
            span.attributes.add(key=key).value.string_value = text
        span.attributes.add(key="gen_ai.usage.input_tokens").value.int_value = 5
        span.attributes.add(key="gen_ai.usage.output_tokens").value.int_value = 6
        return found

    kind = {"content_type": "application/x-protobuf", "x_mlflow_experiment_id": experiment}
    base = time.time_ns()
    bodies = [request(base + number).SerializeToString() for number in range(3)]
    assert _export(padauk.url, bodies[0], **kind) == (200, b"")
    assert _export(padauk.url, gzip.compress(bodies[1]), content_encoding="gzip", **kind)[0] == 200
    assert _export(padauk.url, zlib.compress(bodies[2]), content_encoding="deflate", **kind)[0] == 200
    ids = [f"tr-{base + number:032x}" for number in range(3)]
    assert sorted(_find(experiment)) == ids
    trace = mlflow.get_trace(ids[0])
    assert trace is not None
    assert trace.data.spans[0].span_type == "CHAT_MODEL"
    assert trace.info.token_usage == {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}
    assert trace.info.trace_metadata["mlflow.trace.session"] == "c-1"
    assert {key: text for key, text in trace.info.tags.items() if not key.startswith("mlflow.")} == {
        "service.name": "shop"
    }
    assert (trace.info.state, trace.info.execution_duration) == ("OK", 5)

    assert _export(padauk.url, bodies[0], content_type="application/x-protobuf")[0] == 422
    for wrong in (
        {**kind, "content_type": "text/plain"},
        {**kind, "content_encoding": "gzip"},
        {**kind, "content_type": "application/json"},
    ):
        status, answer = _export(padauk.url, bodies[0], **wrong)
        assert (status, json.loads(answer)["error_code"]) == (400, "BAD_REQUEST")
    status, answer = _export(padauk.url, bodies[0], **{**kind, "x_mlflow_experiment_id": "99999"})
    assert (status, json.loads(answer)["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")

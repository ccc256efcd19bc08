"""JSON to typed requests, the fast way and the slow way."""

from __future__ import annotations

import json
import math

import pytest

from padauk.core.errors import InputError
from padauk.server import wire
from padauk.server.mlflow_api.logging import LogBatch
from padauk.server.mlflow_api.runs import CreateRun
from padauk.server.mlflow_api.search import SearchRuns


def test_both_spellings_of_a_field_mean_the_same() -> None:
    snake = b'{"run_id":"r","metrics":[{"key":"k","value":1,"timestamp":2,"model_id":"m-1"}]}'
    camel = b'{"runId":"r","metrics":[{"key":"k","value":1,"timestamp":2,"modelId":"m-1"}]}'
    one, two = wire.decode_body(LogBatch, snake), wire.decode_body(LogBatch, camel)
    assert one == two
    assert two.metrics[0].model_id == "m-1"


def test_one_field_in_two_spellings_is_refused() -> None:
    with pytest.raises(InputError, match="both 'run_id' and 'runId'"):
        wire.decode_body(LogBatch, b'{"run_id":"r","runId":"r"}')


@pytest.mark.parametrize("text", [b"NaN", b'"NaN"'])
def test_nan_comes_as_text_or_literal(text: bytes) -> None:
    found = wire.decode_body(LogBatch, b'{"metrics":[{"key":"k","timestamp":"5","value":' + text + b"}]}")
    assert math.isnan(found.metrics[0].value or 0)
    assert found.metrics[0].timestamp == 5


def test_text_of_a_value_is_left_as_it_is() -> None:
    found = wire.decode_body(CreateRun, b'{"run_name":"null","tags":[{"key":"runId","value":"1"}]}')
    assert (found.run_name, found.tags[0].key, found.tags[0].value) == ("null", "runId", "1")


def test_a_query_fills_lists_and_numbers() -> None:
    found = wire.decode_query(
        SearchRuns, b"experiment_ids=1&experiment_ids=2&max_results=7&filter=a%20%3D%20%27b%27"
    )
    assert found == SearchRuns(experiment_ids=["1", "2"], max_results=7, filter="a = 'b'")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"max_results":"x"}', "Invalid value \"x\" for parameter 'max_results' supplied"),
        (b'{"max_results":9223372036854775808}', "Invalid value 9223372036854775808"),
        (b'{"experiment_ids":"1"}', "Invalid value \"1\" for parameter 'experiment_ids'"),
        (b'{"filter":["a"]}', "Invalid value [\"a\"] for parameter 'filter'"),
        (b"[1]", "must be a JSON object, not list"),
        (b'{"run_view_type":"SOME"}', "parameter 'run_view_type'"),
    ],
)
def test_a_wrong_type_is_named(body: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        wire.decode_body(SearchRuns, body)
    assert message in caught.value.message


@pytest.mark.parametrize("body", [b"", b"{", b"null", b"\xff\xfe", b'"{}"', b"[" * 100_000])
def test_what_is_no_json_is_a_request_without_fields(body: bytes) -> None:
    assert wire.decode_body(SearchRuns, body) == SearchRuns()


def test_answers_leave_out_what_is_unset_and_keep_zero() -> None:
    assert wire.encode(SearchRuns(max_results=0)) == b'{"max_results":0}'


@pytest.mark.parametrize("text", ["a\0", "\0"])
def test_no_text_holds_nul(text: str) -> None:
    for body in ({"name": text}, {"tags": [{"key": "k", "value": text}]}, {"x": [text]}):
        with pytest.raises(InputError, match="must not hold NUL"):
            wire.decode_body(wire.Empty, json.dumps(body).encode())
    with pytest.raises(InputError, match="must not hold NUL"):
        wire.decode_query(wire.Empty, b"name=a%00")


def test_a_backslash_is_no_nul() -> None:
    assert wire.decode_body(wire.Empty, json.dumps({"name": "\\u0000"}).encode()) == wire.Empty()

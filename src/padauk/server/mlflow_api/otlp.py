"""``/v1/traces``: spans from OpenTelemetry, and from MLflow's own client."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

from padauk.core.errors import PadaukError
from padauk.server import errors
from padauk.server.mlflow_api.traces import location_of
from padauk.server.otlp import PROTOBUF, spans_in, unpacked
from padauk.server.routing import Reply, Routes
from padauk.traces import ingest, record
from padauk.tracking import experiments

if TYPE_CHECKING:
    from padauk.db import Session
    from padauk.server.routing import Call
    from padauk.traces import Span

routes = Routes()
_log = logging.getLogger("padauk.server")
_LIMIT = 64 << 20


@routes.raw("POST", "/v1/traces")
async def export(call: Call) -> Reply:
    """All spans of a request are kept, or none."""
    experiment_id = _header(call, b"x-mlflow-experiment-id")
    if not experiment_id:
        return errors.body(422, "INVALID_PARAMETER_VALUE", "The header x-mlflow-experiment-id is missing.")
    body = await call.body(_LIMIT)

    def decode() -> list[Span]:
        encoding = _header(call, b"content-encoding")
        spans = spans_in(unpacked(body, encoding, _LIMIT), _header(call, b"content-type"))
        ingest.prepare(spans)
        return spans

    # a small body is decoded sooner than another thread takes it
    spans = decode() if len(body) < 8192 else await asyncio.to_thread(decode)

    def log(tx: Session) -> list[str]:
        experiment = experiments.active(tx, experiment_id)
        return ingest.log_spans(tx, experiment.id, spans, location=location_of(experiment))

    db = call.service.db
    ended = await db.submit(log) if spans else []
    run_id = _header(call, b"x-mlflow-run-id")
    if run_id and ended:
        try:
            for start in range(0, len(ended), record.MAX_LINKS):
                part = ended[start : start + record.MAX_LINKS]
                await db.submit(partial(record.link_to_run, trace_ids=part, run_id=run_id))
        except PadaukError as error:  # the spans are kept: their sender must not send them again
            _log.warning("cannot link traces to the run %s: %s", run_id, error)
    return Reply(b"", headers=[(b"content-type", PROTOBUF.encode())])


def _header(call: Call, name: bytes) -> str:
    found = call.header(name)
    return found.decode("latin-1") if found else ""

"""Traces, their spans, and what people and judges said of them.

Spans are clustered by trace, so that a trace is one range scan. Their attributes are a JSON object of plain
values: filters look into it, and an answer is made from it without a second form.
"""

from sqlalchemy import Column, Index, Table

from padauk.db.tables.base import BIG, METADATA, REAL, SMALL, TEXT

# state: 0 unspecified, 1 ok, 2 error, 3 in progress; final: its client said it is complete
traces = Table(
    "traces",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uid", TEXT, nullable=False, unique=True),
    Column("experiment_id", BIG, nullable=False),
    Column("started", BIG, nullable=False),
    Column("duration", BIG),
    Column("state", SMALL, nullable=False),
    Column("final", SMALL, nullable=False),
    Column("stored", SMALL, nullable=False),  # whether its spans came here, not to the artifacts
    Column("name", TEXT),
    Column("session", TEXT),
    Column("client_request_id", TEXT),
    Column("request_preview", TEXT),
    Column("response_preview", TEXT),
)
Index("traces_newest", traces.c.experiment_id, traces.c.started.desc(), traces.c.uid)
Index("traces_of_session", traces.c.experiment_id, traces.c.session)

trace_tags = Table(
    "trace_tags",
    METADATA,
    Column("trace_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

trace_metadata = Table(
    "trace_metadata",
    METADATA,
    Column("trace_id", BIG, primary_key=True),
    Column("key_id", BIG, primary_key=True),
    Column("value", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

# status: 0 unset, 1 ok, 2 error; times in nanoseconds; more: events, links and the status message, as JSON
spans = Table(
    "spans",
    METADATA,
    Column("trace_id", BIG, primary_key=True),
    Column("span_id", TEXT, primary_key=True),
    Column("parent_id", TEXT),
    Column("name", TEXT, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("status", SMALL, nullable=False),
    Column("started", BIG, nullable=False),
    Column("ended", BIG),
    Column("attributes", TEXT, nullable=False),
    Column("more", TEXT),
    sqlite_with_rowid=False,
)

# kind: 0 feedback, 1 expectation, 2 issue; value, error and metadata are JSON; number is a numeric value
assessments = Table(
    "assessments",
    METADATA,
    Column("id", BIG, primary_key=True),
    Column("uid", TEXT, nullable=False, unique=True),
    Column("trace_id", BIG, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("kind", SMALL, nullable=False),
    Column("value", TEXT, nullable=False),
    Column("number", REAL),
    Column("error", TEXT),
    Column("created", BIG, nullable=False),
    Column("updated", BIG, nullable=False),
    Column("source_type", TEXT, nullable=False),
    Column("source_id", TEXT),
    Column("run_id", TEXT),
    Column("span_id", TEXT),
    Column("rationale", TEXT),
    Column("overrides", TEXT),
    Column("valid", SMALL, nullable=False),
    Column("of_session", SMALL, nullable=False),  # speaks of the whole session of its trace
    Column("metadata", TEXT),
)
Index("assessments_of_trace", assessments.c.trace_id, assessments.c.created)
Index("assessments_of_name", assessments.c.name, assessments.c.kind)

# kind: 0 a run, 1 a version of a prompt, as name/version
trace_links = Table(
    "trace_links",
    METADATA,
    Column("trace_id", BIG, primary_key=True),
    Column("kind", SMALL, primary_key=True),
    Column("target", TEXT, primary_key=True),
    sqlite_with_rowid=False,
)
Index("trace_links_of", trace_links.c.kind, trace_links.c.target)

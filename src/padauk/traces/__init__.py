"""Traces: what an application did in one request, as a tree of spans, and what was said of it.

Spans and the facts of a trace arrive in any order and more than once; ``record`` and ``ingest`` merge them.
``read`` gives traces back, ``search`` finds them, ``assess`` keeps feedback and expectations. ``usage``,
``preview`` and ``translate`` make from spans what MLflow shows of a trace. Each function works inside a
transaction.
"""

from padauk.traces import assess, ingest, read, record, search
from padauk.traces.nouns import Assessment, Event, Link, Span, Trace

__all__ = ["Assessment", "Event", "Link", "Span", "Trace", "assess", "ingest", "read", "record", "search"]

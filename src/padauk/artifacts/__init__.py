"""Files that runs and logged models have logged, kept once for equal bytes.

An artifact is a path below the server's artifact root that names an object; an object is bytes named by
their md5 in DVC's layout, with the sha256 beside it. ``objects`` and ``ingest`` deal with bytes, ``records``
with rows (each function takes an open ``Session``), ``paths`` with names, ``folder`` with runs whose files
lie
in a plain folder instead. Bytes come before rows: whatever a row names is there and complete.
"""

from padauk.artifacts.ingest import Content, Ingest
from padauk.artifacts.objects import ObjectStore
from padauk.artifacts.paths import NOBODY, Owner, owner_of, safe_path
from padauk.artifacts.records import find_by_hash, of
from padauk.artifacts.values import Artifact, Entry

__all__ = [
    "NOBODY",
    "Artifact",
    "Content",
    "Entry",
    "Ingest",
    "ObjectStore",
    "Owner",
    "find_by_hash",
    "of",
    "owner_of",
    "safe_path",
]

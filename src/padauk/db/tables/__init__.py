"""The tables of a padauk database, one module a room, as SQLAlchemy Core values on one ``METADATA``.

Importing this package imports SQLAlchemy: only creating, upgrading and checking a database do that.
Times are milliseconds since 1970 UTC. Lifecycle ``stage`` is 0 for active and 1 for deleted.
"""

from padauk.db.tables import artifacts, lineage, registry, traces, tracking
from padauk.db.tables.base import METADATA

__all__ = ["METADATA", "artifacts", "lineage", "registry", "traces", "tracking"]

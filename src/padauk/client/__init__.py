"""The door towards tracking servers: a small client of MLflow's REST API, and what padauk sends through it.

- ``http``: :class:`TrackingClient`, typed calls with short, bounded patience; works against padauk's own
  server and against an unmodified ``mlflow server``. ``wire`` has the answers, ``failures`` the refusals.
- ``recorder``: the observer that makes a record of a ``repro`` (``code``: of which code).
- ``record``, ``journal``: a record as values, and as a folder below ``.padauk/runs``.
- ``sender``, ``sync``: make a server agree with a record, as it grows or later.
- ``lineage``, ``local``: a server, and the records here, as sources of lineage.
"""

from padauk.client.http import TrackingClient

__all__ = ["TrackingClient"]

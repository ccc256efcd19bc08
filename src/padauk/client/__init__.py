"""The door towards tracking servers: a small client of MLflow's REST API, and what padauk sends through it.

- ``http``: :class:`TrackingClient`, typed calls with short, bounded patience; works against padauk's own
  server and against an unmodified ``mlflow server``.
- ``wire``: the values that servers answer with.
"""

from padauk.client.http import TrackingClient

__all__ = ["TrackingClient"]

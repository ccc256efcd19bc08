"""Bringing an existing MLflow store over, into the database and objects of a padauk server.

``source`` reads (``sql``: an MLflow database), ``files`` finds the artifacts, ``load`` writes through the
rooms, ``report`` counts what came. Ids are kept. Nothing is written to the source, and everything that is
there already stays, so that an import that was killed is finished by the same command.
"""

from padauk.client.importing.load import run_import
from padauk.client.importing.report import Report
from padauk.client.importing.sql import SqlSource

__all__ = ["Report", "SqlSource", "run_import"]

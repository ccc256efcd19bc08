"""Bringing an existing MLflow store over, into the database and objects of a padauk server.

``source`` says what is read (``sql``: an MLflow database, ``mlruns``: a folder), ``files`` finds the
artifacts and ``carry`` takes them, ``load`` and ``tracing`` write through the rooms, ``report`` counts what
came. Ids are kept. Nothing is written to the source, and everything that is there already stays, so that an
import that was killed is finished by the same command.
"""

from padauk.client.importing.load import run_import
from padauk.client.importing.report import Report
from padauk.client.importing.source import Source, open_source

__all__ = ["Report", "Source", "open_source", "run_import"]

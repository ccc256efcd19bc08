"""Where MLflow's routes hang, and the small messages that several of its subjects share."""

from __future__ import annotations

from typing import Literal

from padauk.server.routing import Routes
from padauk.server.wire import Message, missing_parameter

View = Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL"]
ViewType = Literal["ACTIVE_ONLY", "DELETED_ONLY", "ALL", 1, 2, 3]
"""Protobuf's enums may be given as numbers too."""
_VIEWS: tuple[View, ...] = ("ACTIVE_ONLY", "DELETED_ONLY", "ALL")


def view_of(given: ViewType | None) -> View:
    """The view asked for; active ones unless told."""
    if given is None:
        return "ACTIVE_ONLY"
    return _VIEWS[given - 1] if isinstance(given, int) else given


def mlflow_routes(version: str = "2.0") -> Routes:
    """Routes under ``/api/<version>/mlflow`` and ``/ajax-api/<version>/mlflow``."""
    return Routes(f"/api/{version}/mlflow", f"/ajax-api/{version}/mlflow")


def ajax_routes(version: str = "2.0") -> Routes:
    """Routes that MLflow has for its browser page only."""
    return Routes(f"/ajax-api/{version}/mlflow")


class KeyValue(Message):
    """A tag or a param in a request; which of the two must be there is checked by its subject."""

    key: str | None = None
    value: str | None = None


class RunId(Message):
    """A request about a run, which may be called by either of its two names."""

    run_id: str = ""
    run_uuid: str = ""

    def needed(self) -> str:
        """The run that the request names.

        Raises:
            InputError: it names none.
        """
        found = self.run_id or self.run_uuid
        if not found:
            raise missing_parameter("run_id")
        return found

"""``traces/<id>/assessments`` of MLflow's API: feedback, expectations and issues."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from padauk.server.mlflow_api.frame import mlflow_routes
from padauk.server.mlflow_api.trace_wire import WireAssessment, read_assessment, shown_assessment
from padauk.server.wire import Empty, Message, missing_parameter
from padauk.traces import assess

if TYPE_CHECKING:
    from padauk.server.routing import Call

routes = mlflow_routes("3.0")
_CAPITAL = re.compile("[A-Z]")
_ONE = "/traces/{trace_id}/assessments/{assessment_id}"


class CreateAssessment(Message):
    required: ClassVar = ("assessment",)
    assessment: WireAssessment | None = None


class UpdateAssessment(Message):
    required: ClassVar = ("assessment", "update_mask")
    assessment: WireAssessment | None = None
    update_mask: str = ""


@routes.write("POST", "/traces/{trace_id}/assessments", CreateAssessment)
def create(call: Call, request: CreateAssessment) -> dict[str, Any]:
    if request.assessment is None:
        raise missing_parameter("assessment")
    said = assess.create(call.tx, call.path["trace_id"], read_assessment(request.assessment))
    return {"assessment": shown_assessment(said)}


@routes.read("GET", _ONE, quick=True)
def get(call: Call, request: Empty) -> dict[str, Any]:
    said = assess.get(call.tx, call.path["trace_id"], call.path["assessment_id"])
    return {"assessment": shown_assessment(said)}


@routes.write("PATCH", _ONE, UpdateAssessment)
def update(call: Call, request: UpdateAssessment) -> dict[str, Any]:
    given = request.assessment
    if given is None:
        raise missing_parameter("assessment")
    # a field mask is camelCase in JSON, whatever the names around it are
    paths = {
        _CAPITAL.sub(lambda found: "_" + found[0].lower(), path.strip())
        for path in request.update_mask.split(",")
    }
    value = read_assessment(given) if paths & {"feedback", "expectation"} else None
    said = assess.update(
        call.tx,
        call.path["trace_id"],
        call.path["assessment_id"],
        name=given.assessment_name if "assessment_name" in paths else None,
        feedback=value if "feedback" in paths else None,
        expectation=value if "expectation" in paths else None,
        rationale=(given.rationale or "") if "rationale" in paths else None,
        metadata=given.metadata if "metadata" in paths else None,
    )
    return {"assessment": shown_assessment(said)}


@routes.write("DELETE", _ONE)
def delete(call: Call, request: Empty) -> Empty:
    assess.delete(call.tx, call.path["trace_id"], call.path["assessment_id"])
    return Empty()

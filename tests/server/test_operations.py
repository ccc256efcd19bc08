"""Each operation of the installed MLflow is answered, or is known to be absent and says so."""

from __future__ import annotations

import re
from typing import Any

import pytest

from padauk.server.mlflow_api import absent, all_routes
from padauk.server.routing import Router

pytestmark = pytest.mark.filterwarnings("default")  # MLflow's server warns when it is imported

# the pages of FastAPI about itself
_OTHER = ("/docs", "/redoc", "/openapi.json")


def _flask() -> set[tuple[str, str]]:
    from mlflow.server import app

    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def _fastapi() -> set[tuple[str, str]]:
    from mlflow.server import app
    from mlflow.server.fastapi_app import create_fastapi_app

    made = create_fastapi_app(app)
    found: set[tuple[str, str]] = set()

    def walk(routes: list[Any], prefix: str = "") -> None:
        for route in routes:
            path = prefix + getattr(route, "path", "")
            for method in getattr(route, "methods", None) or ():
                found.add((method, path))

    walk(made.routes)
    return {one for one in found if not one[1].startswith(_OTHER) and one[0] not in {"HEAD", "OPTIONS"}}


def _example(path: str) -> str:
    """A path as a client would send it."""
    path = re.sub(r"<path:\w+>|\{\w+:path\}", "some/thing", path)
    return re.sub(r"<(?:\w+:)?\w+>|\{\w+\}", "thing", path)


def test_every_operation_of_mlflow_is_answered_or_known_to_be_absent() -> None:
    router = Router(all_routes())
    operations = _flask() | _fastapi()
    assert len(operations) > 400
    lost = []
    for method, path in sorted(operations, key=lambda one: one[::-1]):
        example = _example(path)
        route, _, _ = router.find(method, example, example.encode())
        if route is None and absent.area(example) is None and path != "/":
            lost.append(f"{method} {path}")
    assert lost == []


@pytest.mark.parametrize(
    "path", ["/api/2.0/mlflow/users/create", "/ajax-api/3.0/mlflow/roles/list", "/signup"]
)
def test_what_only_an_mlflow_with_users_has_is_known_to_be_absent(path: str) -> None:
    assert absent.area(path) == "users and permissions"


def test_nothing_that_is_answered_counts_as_absent() -> None:
    both = {route.path for route in all_routes() if absent.area(_example(route.path))}
    # the gateway is absent; that it lists nothing is an answer
    assert both <= {"/ajax-api/2.0/mlflow/gateway-proxy"}

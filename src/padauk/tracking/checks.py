"""Rules for names, keys and sizes, with MLflow's limits and MLflow's words: clients and tests read them.

Source: ``mlflow/utils/validation.py`` of MLflow 3.17.2, described in the documentation of the REST API.
"""

from __future__ import annotations

import json
import posixpath
import re

from padauk.core.errors import InputError

MAX_KEY = 250
MAX_PARAM_VALUE = 65_536
"""MLflow cuts at 6000; padauk keeps up to 64 KiB."""
MAX_TAG_VALUE = 8000
MAX_EXPERIMENT_NAME = 500
MAX_EXPERIMENT_TAG_VALUE = 20_000
MAX_METRICS, MAX_PARAMS, MAX_TAGS, MAX_ENTITIES = 1000, 100, 100, 1000

_KEY = re.compile(r"[/\w.\- :]*\Z")
_RUN_ID = re.compile(r"[a-zA-Z0-9][\w\-]{0,255}\Z")
_PLAIN_KEY = re.compile(r"(?:[A-Za-z0-9_\-][A-Za-z0-9_\-.: ]*)(?:/[A-Za-z0-9_\-][A-Za-z0-9_\-.: ]*)*\Z")


def invalid_value(path: str, value: object, detail: str = "") -> InputError:
    """MLflow's error for a bad value of the parameter at ``path``."""
    shown = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return InputError(
        f"Invalid value {shown} for parameter '{path}' supplied{': ' + detail if detail else '.'}"
    )


def missing_value(path: str) -> InputError:
    """MLflow's error for a parameter that is not there."""
    return InputError(f"Missing value for required parameter '{path}'.")


def check_key(name: str, path: str = "key") -> None:
    """A key of a metric, param or tag: words with ``/ . - : _`` and spaces, and a clean relative path."""
    if _PLAIN_KEY.match(name) and len(name) <= MAX_KEY:
        return
    if not _KEY.match(name):
        raise invalid_value(
            path,
            name,
            "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.),"
            " spaces ( ), colon(:) and slashes (/).",
        )
    clean = posixpath.normpath(name)
    if clean != name or clean == "." or clean.startswith(("..", "/")):
        raise invalid_value(
            path,
            name,
            "Names may be treated as files in certain cases, and must not resolve to other names"
            f" when treated as such. This name would resolve to {clean!r}",
        )


def check_metric_key(name: str, path: str) -> None:
    """As ``check_key``, with the length that metrics may have."""
    check_key(name, path)
    check_length("Metric name", MAX_KEY, name)


def check_length(what: str, limit: int, value: str) -> None:
    if len(value) > limit:
        raise InputError(f"'{what}' exceeds the maximum length of {limit} characters")


def cut(value: str, limit: int) -> str:
    """``value``, cut to ``limit`` characters: MLflow's default for long params and tags."""
    return value if len(value) <= limit else value[:limit]


def check_run_id(uid: str, path: str = "run_id") -> None:
    if _RUN_ID.match(uid) is None:
        raise invalid_value(path, uid)


def parse_experiment_id(text: str) -> int:
    """The number in an experiment id."""
    try:
        number = int(text)
    except ValueError:
        number = -(2**63) - 1
    if not -(2**63) <= number < 2**63:
        raise InputError(f"Invalid experiment ID '{text}'. Experiment ID must be a valid integer.")
    return number


def check_experiment_name(name: str) -> None:
    if not name:
        raise InputError(f"Invalid experiment name: '{name}'")
    check_length("name", MAX_EXPERIMENT_NAME, name)


def check_experiment_tag(key: str, value: str) -> None:
    check_key(key)
    check_length("key", MAX_KEY, key)
    check_length("value", MAX_EXPERIMENT_TAG_VALUE, value)

"""Which names, tags, aliases, versions and stages the registry takes. Messages are MLflow's, users match on
them.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import TYPE_CHECKING

from padauk.core.errors import InputError
from padauk.registry.values import PROMPT_TEXT, STAGES

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_TAG_KEY = 250
MAX_TAG_VALUE = 100_000
MAX_ALIAS = 255
MAX_NAME = 256
_LARGEST = 2**63

_KEY = re.compile(r"[/\w.\- :]*\Z")
_ALIAS = re.compile(r"[\w\-]*\Z")
_VERSION_ALIAS = re.compile(r"[vV]\d+\Z")
_STAGES = {stage.lower(): stage for stage in STAGES}
_LOGGED_MODEL_BAD = ("/", ":", ".", "%", '"', "'")


def check_model_name(name: str, parameter: str = "name") -> str:
    """``name`` if a registered model may have it.

    Raises:
        InputError: it is empty, holds ``/`` or ``:``, or would be another path when used as one.
    """
    if not name.strip():
        raise InputError(f"Missing value for required parameter '{parameter}'.")
    if "/" in name or ":" in name:
        raise InputError(f"Invalid model name '{name}'. Names cannot contain '/' or ':'.")
    _check_path(name, "name")
    _check_length("name", name, MAX_NAME)
    return name


def check_version(version: str | int) -> int:
    """``version`` as a number.

    Raises:
        InputError: it is no integer.
    """
    try:
        number = int(version)
    except ValueError:
        number = _LARGEST
    if not -_LARGEST < number < _LARGEST:
        raise InputError(f"Parameter 'version' must be an integer, got '{version}'.")
    return number


def check_alias(alias: str) -> str:
    """``alias`` if it may be asked for.

    Raises:
        InputError: it is empty, too long or holds other than letters, digits, ``_`` and ``-``.
    """
    if not alias:
        raise InputError("Registered model alias name cannot be empty.")
    if not _ALIAS.match(alias):
        raise InputError(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), "
            "and dashes (-)."
        )
    _check_length("Registered model alias name", alias, MAX_ALIAS)
    return alias


def check_new_alias(alias: str) -> str:
    """``alias`` if it may be set: :func:`check_alias`, and neither ``latest`` nor ``v`` with a number.

    Raises:
        InputError: it may not.
    """
    check_alias(alias)
    if alias.lower() == "latest":
        raise InputError("'latest' alias name (case insensitive) is reserved.")
    if _VERSION_ALIAS.match(alias):
        raise InputError(f"Version alias name '{alias}' is reserved.")
    return alias


def check_stage(stage: str) -> str:
    """``stage`` in its canonical spelling, whatever the case it came in.

    Raises:
        InputError: there is no such stage.
    """
    try:
        return _STAGES[stage.lower()]
    except KeyError:
        raise InputError(
            f"Invalid Model Version stage: {stage}. Value must be one of {', '.join(STAGES)}."
        ) from None


def check_tag_key(key: str) -> str:
    """``key`` if a tag may have it.

    Raises:
        InputError: it holds other than letters, digits and ``_-. :/``, is no clean path, or is too long.
    """
    if not _KEY.match(key):
        raise InputError(
            f"Invalid value {json.dumps(key)} for parameter 'key' supplied: Names may only contain "
            "alphanumerics, "
            "underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    _check_path(key, "key")
    _check_length("key", key, MAX_TAG_KEY)
    return key


def check_tags(tags: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Tags as a mapping; of equal keys the last wins.

    Raises:
        InputError: a key or a value is not allowed.
    """
    return {check_tag_key(key): check_tag_value(key, value) for key, value in tags}


def check_tag_value(key: str, value: str) -> str:
    """``value`` if it is not too long for a tag named ``key``.

    Raises:
        InputError: it is.
    """
    if len(value) > MAX_TAG_VALUE and key == PROMPT_TEXT:
        raise InputError(f"Prompt text exceeds max length of {MAX_TAG_VALUE} characters.")
    _check_length("value", value, MAX_TAG_VALUE)
    return value


def check_logged_model_name(name: str) -> str:
    """``name`` if a logged model may have it.

    Raises:
        InputError: it is empty or holds one of ``/ : . % " '``.
    """
    if not name or any(letter in name for letter in _LOGGED_MODEL_BAD):
        raise InputError(
            f"Invalid model name ({name!r}) provided. Model name must be a non-empty string "
            f"and cannot contain the following characters: {_LOGGED_MODEL_BAD}"
        )
    _check_length("name", name, 500)
    return name


def _check_path(name: str, parameter: str) -> None:
    resolved = posixpath.normpath(name)
    if resolved != name or resolved == "." or resolved.startswith(("..", "/")):
        raise InputError(
            f"Invalid value {json.dumps(name)} for parameter '{parameter}' supplied: Names may be "
            "treated as files "
            "in certain cases, and must not resolve to other names when treated as such. "
            f"This name would resolve to {resolved!r}"
        )


def _check_length(what: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise InputError(f"'{what}' exceeds the maximum length of {limit} characters")

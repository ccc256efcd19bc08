"""What went wrong on the way to a server, as errors of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from padauk.core import errors

if TYPE_CHECKING:
    import httpx

# MLflow's error codes -> our classes. Other codes fall back on the HTTP status.
_BY_CODE: dict[str, type[errors.PadaukError]] = {
    "INVALID_PARAMETER_VALUE": errors.InputError,
    "BAD_REQUEST": errors.BadRequestError,
    "RESOURCE_DOES_NOT_EXIST": errors.NotFoundError,
    "ENDPOINT_NOT_FOUND": errors.NotFoundError,
    "RESOURCE_ALREADY_EXISTS": errors.AlreadyExistsError,
    "RESOURCE_CONFLICT": errors.ConflictError,
    "INVALID_STATE": errors.InvalidStateError,
    "UNAUTHENTICATED": errors.UnauthenticatedError,
    "PERMISSION_DENIED": errors.PermissionDeniedError,
    "TEMPORARILY_UNAVAILABLE": errors.UnavailableError,
    "NOT_IMPLEMENTED": errors.UnsupportedError,
}
_BY_STATUS: dict[int, type[errors.PadaukError]] = {
    400: errors.InputError,
    401: errors.UnauthenticatedError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    405: errors.NotFoundError,
    409: errors.ConflictError,
    501: errors.UnsupportedError,
}
_HINTS: dict[type[errors.PadaukError], str] = {
    errors.UnauthenticatedError: "set tracking.token, or tracking.username and tracking.password",
    errors.PermissionDeniedError: "ask who runs the server for access",
}


class _Body(msgspec.Struct):
    error_code: str = ""
    message: str = ""


def unreachable(uri: str, error: Exception) -> errors.UnavailableError:
    """The server did not answer: not there, too slow, or the connection broke."""
    from padauk.client.http import redacted

    name = type(error).__name__
    why = (
        "nothing listens there"
        if name == "ConnectError"
        else "no answer in time"
        if "Timeout" in name
        else ""
    )
    if "CERTIFICATE" in str(error) or "SSL" in str(error):
        why = f"TLS: {error}"
    elif "Name or service not known" in str(error) or "resolution" in str(error):
        why = "no such host"
    return errors.UnavailableError(
        f"the tracking server at {redacted(uri)} does not answer ({why or error or name})",
        hint="is it running? 'padauk server' starts one",
    )


def check_answer(response: httpx.Response, uri: str) -> None:
    """Raise what an answer of 400 and above means; the server's own words are kept."""
    if response.status_code < 400:
        return
    from padauk.client.http import redacted

    body = _Body()
    try:
        body = msgspec.json.decode(response.content, type=_Body)
    except (msgspec.ValidationError, msgspec.DecodeError):
        text = response.text.strip()
        body.message = text if text and "<" not in text and len(text) < 200 else ""
    kind = _BY_CODE.get(body.error_code) or _BY_STATUS.get(response.status_code)
    if kind is None:
        kind = errors.UnavailableError if response.status_code >= 500 else errors.PadaukError
    message = body.message or f"{response.reason_phrase.lower()} (HTTP {response.status_code})"
    raise kind(f"{redacted(uri)}: {message}", hint=_HINTS.get(kind))

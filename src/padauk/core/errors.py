"""The error tree. Whoever catches one knows its hint, its exit code, its HTTP status and its MLflow code.

::

    PadaukError                 exit 1  500 INTERNAL_ERROR
    ├── InputError              exit 2  400 INVALID_PARAMETER_VALUE   what was given is wrong
    │   ├── FormatError                                              a file does not parse or validate
    │   └── BadRequestError             400 BAD_REQUEST              a request body does not parse
    ├── NotFoundError           exit 3  404 RESOURCE_DOES_NOT_EXIST   nothing of that name
    │   ├── NotARepositoryError                                      no .dvc folder here or above
    │   └── ObjectMissingError                                       bytes are in neither cache nor remote
    ├── ConflictError           exit 4  400 RESOURCE_CONFLICT         what is there stands in the way
    │   ├── AlreadyExistsError          400 RESOURCE_ALREADY_EXISTS
    │   └── DirtyWorkspaceError                                      would overwrite what is not in the cache
    ├── InvalidStateError       exit 4  500 INVALID_STATE
    ├── UnauthenticatedError    exit 5  401 UNAUTHENTICATED
    ├── PermissionDeniedError   exit 5  403 PERMISSION_DENIED
    ├── UnavailableError        exit 6  503 TEMPORARILY_UNAVAILABLE   a server, store or lock did not answer
    │   └── BusyError                                                somebody else holds the lock
    ├── CorruptError            exit 7  500 DATA_LOSS                 bytes do not match their name
    ├── StageFailedError        exit 1  500 INTERNAL_ERROR            a stage's command failed
    └── UnsupportedError        exit 8  501 NOT_IMPLEMENTED           a known feature that is not here
"""

from __future__ import annotations

from typing import ClassVar


class PadaukError(Exception):
    """Base of all errors that padauk raises on purpose.

    Args:
        message: what was wrong and where, one line, no full stop needed.
        hint: what to do about it, one line, or ``None`` when there is nothing to say.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    mlflow_code: ClassVar[str] = "INTERNAL_ERROR"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(PadaukError):
    """What the caller gave is wrong: an argument, a name, a filter, a value out of range."""

    exit_code = 2
    http_status = 400
    mlflow_code = "INVALID_PARAMETER_VALUE"


class FormatError(InputError):
    """A file does not parse, or holds keys or values that its format does not know."""


class BadRequestError(InputError):
    """A request's body is not what its content type promises."""

    mlflow_code = "BAD_REQUEST"


class NotFoundError(PadaukError):
    """Nothing of that name exists."""

    exit_code = 3
    http_status = 404
    mlflow_code = "RESOURCE_DOES_NOT_EXIST"


class NotARepositoryError(NotFoundError):
    """No ``.dvc`` folder here or in any folder above."""


class ObjectMissingError(NotFoundError):
    """The bytes of a hash are in neither the cache nor the remote that was asked."""


class ConflictError(PadaukError):
    """What is already there stands in the way."""

    exit_code = 4
    http_status = 400
    mlflow_code = "RESOURCE_CONFLICT"


class AlreadyExistsError(ConflictError):
    """The name is taken."""

    mlflow_code = "RESOURCE_ALREADY_EXISTS"


class DirtyWorkspaceError(ConflictError):
    """Workspace bytes that no cache holds would be overwritten."""


class InvalidStateError(PadaukError):
    """The thing exists, but not in a state that allows this."""

    exit_code = 4
    mlflow_code = "INVALID_STATE"


class UnauthenticatedError(PadaukError):
    """No credentials, or wrong ones."""

    exit_code = 5
    http_status = 401
    mlflow_code = "UNAUTHENTICATED"


class PermissionDeniedError(PadaukError):
    """Known, but not allowed."""

    exit_code = 5
    http_status = 403
    mlflow_code = "PERMISSION_DENIED"


class UnavailableError(PadaukError):
    """A server, a store or a lock did not answer in time; trying again later may help."""

    exit_code = 6
    http_status = 503
    mlflow_code = "TEMPORARILY_UNAVAILABLE"


class BusyError(UnavailableError):
    """Another process holds the lock."""


class CorruptError(PadaukError):
    """Bytes do not match the name they are stored under."""

    exit_code = 7
    mlflow_code = "DATA_LOSS"


class StageFailedError(PadaukError):
    """A stage's command ended with a non-zero exit status."""


class UnsupportedError(PadaukError):
    """A feature of MLflow or DVC that padauk knows of and does not have."""

    exit_code = 8
    http_status = 501
    mlflow_code = "NOT_IMPLEMENTED"

"""Where a model version may come from: the strict rules that MLflow's server has had since 3.13.

A version's source must belong to what the request names: a local path or ``runs:/`` or
``mlflow-artifacts:`` URI to the run, ``models:/m-…`` to the logged model. ``models:/name/3`` takes over
the lineage of that version. So nobody can make the server hand out files it was never given.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol
from urllib.parse import unquote, unquote_plus, urlparse, urlsplit
from urllib.request import url2pathname

from padauk.core.errors import InputError

if TYPE_CHECKING:
    from padauk.registry.values import LoggedModel, ModelVersion

PROMPT_SOURCES = ("dummy-source", "prompt-template")
"""What MLflow's clients and page send for a prompt, which has no files."""

_HOST_SCHEMES = frozenset(
    ("ftp", "sftp", "hdfs", "viewfs", "http", "https", "mlflow-artifacts", "r2", "b2", "abfss")
)


class Lookups(Protocol):
    """What the rules need to know of the rest of the server."""

    def run_artifact_uri(self, run_id: str) -> str | None:
        """Where the files of a run are, or ``None`` when there is no such run."""
        ...

    def find_logged_model(self, model_id: str) -> LoggedModel | None:
        """A logged model, or ``None`` when there is none."""
        ...

    def version_of(self, uri: ModelUri) -> ModelVersion:
        """The version that ``models:/name/…`` or ``models:/name@alias`` names.

        Raises:
            NotFoundError: there is none.
            InputError: it is a prompt, or the alias is unknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class ModelUri:
    """``models:/m-…`` (``model_id``), or a name with one of version, stage and alias, or none: the latest."""

    model_id: str | None = None
    name: str = ""
    version: int | None = None
    stage: str | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A checked source: what to store for a version."""

    source: str
    storage_location: str
    run_id: str
    model_id: str


def parse_model_uri(uri: str) -> ModelUri | None:
    """``uri`` taken apart, or ``None`` when it is no proper ``models:/`` URI."""
    parsed = urlparse(uri, allow_fragments=False)
    if parsed.scheme != "models" or not parsed.path.startswith("/"):
        return None
    head, *rest = parsed.path.lstrip("/").split("/")
    if not head.strip() or len(rest) > 1:
        return None
    if rest:
        suffix = rest[0]
        if not suffix.strip():
            return None
        if suffix.isdigit():
            return ModelUri(name=head, version=int(suffix))
        return ModelUri(name=head, stage=None if suffix.lower() == "latest" else suffix)
    if "@" in head:
        name, _, alias = head.rpartition("@")
        return ModelUri(name=name, alias=alias) if alias.strip() else None
    return ModelUri(model_id=head)


def check_prompt_source(source: str) -> Source:
    """The placeholder that a prompt version must have for a source.

    Raises:
        InputError: it is anything else.
    """
    if source not in PROMPT_SOURCES:
        raise InputError(f"Invalid prompt source: '{source}'. Prompt sources must use an MLflow placeholder.")
    return Source(source, source, "", "")


def check_source(source: str, run_id: str | None, model_id: str | None, lookups: Lookups) -> Source:
    """Check ``source`` against the run or logged model that the request names, and resolve it.

    Args:
        source: URI or path of the model's files.
        run_id: the run that the request names, ``None`` when it names none.
        model_id: the logged model that the request names, ``None`` when it names none.
        lookups: the rest of the server.

    Raises:
        InputError: the source is not the run's or the model's, or is no clean URI.
        NotFoundError: a ``models:/`` source names a version that is not there.
    """
    try:
        urlparse(source)
        urlsplit(source)
    except ValueError as error:
        raise InputError(f"Invalid model version source: '{source}'. {error}") from error
    if urlparse(source).scheme == "models" and (uri := parse_model_uri(source)) and uri.model_id is None:
        return _from_version(source, uri, run_id, model_id, lookups)
    if model_id:
        return _from_model(source, run_id, model_id, lookups)
    return _from_run(source, run_id or "", lookups)


def _from_version(
    source: str, uri: ModelUri, run_id: str | None, model_id: str | None, lookups: Lookups
) -> Source:
    if urlparse(source).netloc:
        raise InputError(
            f"Invalid model version source: '{source}'. Registered model sources must use the active "
            "model registry."
        )
    version = lookups.version_of(uri)
    if (run_id is not None and run_id != version.run_id) or (
        model_id is not None and model_id != version.model_id
    ):
        raise InputError(
            f"Invalid model version source: '{source}'. The run_id and model_id request parameters must "
            "match "
            "the referenced model version."
        )
    return Source(
        f"models:/{version.name}/{version.version}",
        version.storage_location or version.source,
        version.run_id,
        version.model_id,
    )


def _from_run(source: str, run_id: str, lookups: Lookups) -> Source:
    kind = urlparse(source).scheme
    if kind in ("", "file"):
        root = lookups.run_artifact_uri(run_id) if run_id else None
        if run_id and root is None:
            _foreign(source, "run_id")
        if root is None or not _holds_path(root, source):
            raise InputError(
                f"Invalid model version source: '{source}'. To use a local path as a model version "
                "source, the "
                "run_id request parameter has to be specified and the local path has to be contained "
                "within the "
                "artifact directory of the run specified by the run_id."
            )
        return Source(source, source, run_id, "")
    _check_clean(source)
    if kind == "runs":
        head, _, _ = urlparse(source).path.lstrip("/").partition("/")
        if urlparse(source).netloc or not run_id or head != run_id:
            _foreign(source, "run_id")
    elif kind == "models":
        _foreign(source, "model_id")
    elif _is_guarded(source):
        root = lookups.run_artifact_uri(run_id) if run_id else None
        if root is None or not _is_within(source, root):
            _foreign(source, "run_id")
    return Source(source, source, run_id, "")


def _from_model(source: str, run_id: str | None, model_id: str, lookups: Lookups) -> Source:
    model = lookups.find_logged_model(model_id)
    if model is None:
        _foreign(source, "model_id")
    kind = urlparse(source).scheme
    location = source
    if kind in ("", "file"):
        if not _holds_path(model.artifact_location, source):
            raise InputError(
                f"Invalid model version source: '{source}'. To use a local path as a model version "
                "source, the "
                "model_id request parameter has to be specified and the local path has to be contained "
                "within the "
                "artifact directory of the run specified by the model_id."
            )
    else:
        _check_clean(source)
        uri = parse_model_uri(source) if kind == "models" else None
        if kind == "runs" or (kind == "models" and (uri is None or urlparse(source).netloc)):
            _foreign(source, "model_id")
        if uri is not None:
            if uri.model_id != model_id:
                _foreign(source, "model_id")
            location = model.artifact_location
        elif _is_guarded(source) and not _is_within(source, model.artifact_location):
            _foreign(source, "model_id")
    return Source(source, location, run_id or model.source_run_id or "", model_id)


def _foreign(source: str, parameter: str) -> NoReturn:
    raise InputError(
        f"Invalid model version source: '{source}'. The {parameter} request parameter must identify the "
        "resource "
        "that contains the source."
    )


def _check_clean(source: str) -> None:
    decoded = source
    while (once := unquote_plus(decoded)) != decoded:
        decoded = once
    path = re.sub(r"/+", "/", urlparse(decoded).path.rstrip("/"))
    if (
        "\x00" in decoded
        or ".." in decoded.split("/")
        or "." in path.split("/")
        or not path.startswith("/" if path else "")
    ):
        raise InputError(
            f"Invalid model version source: '{source}'. If supplying a source as an http, https, local "
            "file path, "
            "ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without "
            "relative path "
            "references present. Please provide an absolute path."
        )


def _is_guarded(source: str) -> bool:
    """Files that the server itself hands out, or that would make somebody connect to a host of the caller's
    choice.
    """
    scheme, host, _ = _uri_parts(source)
    return scheme == "mlflow-artifacts" or (scheme in _HOST_SCHEMES and bool(host))


def _is_within(source: str, root: str) -> bool:
    scheme, host, parts = _uri_parts(source)
    root_scheme, root_host, root_parts = _uri_parts(root)
    return (
        (scheme, host) == (root_scheme, root_host)
        and bool(root_parts)
        and parts[: len(root_parts)] == root_parts
    )


def _uri_parts(uri: str) -> tuple[str, str, tuple[str, ...]]:
    parsed = urlsplit(uri)
    return (
        parsed.scheme.lower(),
        parsed.netloc.lower(),
        tuple(map(_decoded, filter(None, parsed.path.split("/")))),
    )


def _decoded(part: str) -> str:
    while (once := unquote(part)) != part:
        part = once
    return part


def _holds_path(root_uri: str, source: str) -> bool:
    root, path = _local_path(root_uri), _local_path(source)
    return root is not None and path is not None and os.path.commonpath([root, path]) == root


def _local_path(uri: str) -> str | None:
    parsed = urlparse(uri)
    if parsed.scheme == "":
        return os.path.realpath(uri)
    if parsed.scheme == "file" and parsed.hostname in (None, "localhost", "127.0.0.1", "."):
        return os.path.realpath(url2pathname(parsed.path))
    return None

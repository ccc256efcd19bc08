"""Artifacts in MLflow's API: the ``mlflow-artifacts`` proxy, listings, and downloads for browsers."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from padauk.artifacts import Content, records, safe_path
from padauk.artifacts.folder import file_in, list_folder
from padauk.artifacts.ingest import BLOCK
from padauk.artifacts.roots import Folder, root_of
from padauk.core.errors import BadRequestError, InputError, UnavailableError
from padauk.registry import logged, versions
from padauk.server.downloads import file_reply
from padauk.server.mlflow_api.frame import RunId, ajax_routes, mlflow_routes
from padauk.server.routing import Call, Reply, Routes
from padauk.server.wire import Empty, Message, missing_parameter
from padauk.tracking import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from padauk.artifacts import Ingest
    from padauk.db import Session

_SMALL = 4 << 20
"""Bytes that are checked as a whole before the first of them is sent."""
_PAGE_UPLOAD = 10 << 20

routes = mlflow_routes()
proxy = Routes("/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts")
page = ajax_routes()
root = Routes()
more_routes = (proxy, page, root)


class WireFile(Message):
    path: str
    is_dir: bool
    file_size: int | None = None


class Files(Message):
    files: list[WireFile] = []
    root_uri: str | None = None


class ListRun(RunId):
    path: str = ""


class ListModel(Message):
    artifact_directory_path: str = ""


class ListProxy(Message):
    path: str = ""


# the proxy


@proxy.raw("PUT", "/artifacts/{path:path}")
async def upload(call: Call) -> Empty:
    """Take in a body of any length; what is acknowledged is in the store and has its row."""
    check_serving(call)
    path = safe_path(call.path["path"])
    if not path or call.path["path"].endswith("/"):
        raise BadRequestError("Artifact path must include a filename (cannot end with '/').")
    await receive(call, path)
    return Empty()


@proxy.raw("GET", "/artifacts/{path:path}")
async def download(call: Call) -> Reply:
    check_serving(call)
    return await asyncio.to_thread(_uploaded_reply, call, safe_path(call.path["path"]))


@proxy.read("GET", "/artifacts", ListProxy)
def list_proxy(call: Call, request: ListProxy) -> Files:
    check_serving(call)
    return Files(files=_uploaded_files(call.tx, safe_path(request.path), ""))


@proxy.write("DELETE", "/artifacts/{path:path}")
def delete(call: Call, request: Empty) -> Empty:
    check_serving(call)
    path = safe_path(call.path["path"])
    if not path:
        raise InputError("Invalid path")  # nobody means all artifacts of all runs
    records.remove(call.tx, path)
    return Empty()


# of runs, logged models and versions


@routes.read("GET", "/artifacts/list", ListRun)
def list_run(call: Call, request: ListRun) -> Files:
    return _files(call.tx, runs.find(call.tx, request.needed()).artifact_uri, request.path)


@routes.read("GET", "/logged-models/{model_id}/artifacts/directories", ListModel)
def list_model(call: Call, request: ListModel) -> Files:
    location = logged.get_logged_model(call.tx, call.path["model_id"]).artifact_location
    return _files(call.tx, location, request.artifact_directory_path)


@root.raw("GET", "/get-artifact")
async def get_artifact(call: Call) -> Reply:
    run_id = _asked(call, "run_id") or _asked(call, "run_uuid")
    if not run_id:
        raise missing_parameter("run_id")
    return await _reply(call, lambda tx: runs.find(tx, run_id).artifact_uri, _needed(call, "path"))


@root.raw("GET", "/model-versions/get-artifact")
async def get_version_artifact(call: Call) -> Reply:
    name, version = _needed(call, "name"), _needed(call, "version")
    return await _reply(call, lambda tx: versions.download_uri(tx, name, version), _needed(call, "path"))


@page.raw("GET", "/logged-models/{model_id}/artifacts/files")
async def get_model_artifact(call: Call) -> Reply:
    path = _asked(call, "artifact_file_path")
    if not path:
        raise BadRequestError('Request must include the "artifact_file_path" query parameter.')
    model_id = call.path["model_id"]
    return await _reply(call, lambda tx: logged.get_logged_model(tx, model_id).artifact_location, path)


@page.raw("POST", "/upload-artifact")
async def upload_from_page(call: Call) -> Empty:
    """What MLflow's page sends for a run: at most 10 MB."""
    run_id, path = _asked(call, "run_uuid"), _asked(call, "path")
    if not run_id:
        raise InputError("Request must specify run_uuid.")
    if not path:
        raise InputError("Request must specify path.")
    with call.service.db.read() as tx:
        place = root_of(runs.find(tx, run_id).artifact_uri)
    if isinstance(place, Folder):
        raise InputError("This run keeps its artifacts in a folder that clients write to themselves.")
    await receive(call, place.below(safe_path(path)), limit=_PAGE_UPLOAD)
    return Empty()


async def receive(call: Call, path: str, *, limit: int | None = None) -> Content:
    """The body as the bytes of artifact ``path``: into the store first, then its row.

    Raises:
        InputError: the body is longer than ``limit``.
        ConflictError: ``path`` stands in the way of another, or these bytes pretend to be others.
    """
    service = call.service
    block = bytearray()
    size = 0
    ingest: Ingest | None = None
    writing: asyncio.Task[None] | None = None  # one block is hashed and written while the next one arrives
    try:
        async for part in call.chunks():
            size += len(part)
            if limit is not None and size > limit:
                raise InputError(f"Artifact size is too large. Max size is {limit >> 20}MB.")
            block += part
            if len(block) >= BLOCK:
                if ingest is None:
                    ingest = await asyncio.to_thread(service.artifacts.ingest)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(asyncio.to_thread(ingest.write, block))
                block = bytearray()
        if writing is not None:
            await writing
        content = await asyncio.to_thread(_finish, call, ingest, block)
    finally:
        if ingest is not None:
            if writing is not None:
                await asyncio.wait([writing])
            ingest.abort()
    await service.db.submit(lambda tx: records.record(tx, path, content))
    return content


def _finish(call: Call, ingest: Ingest | None, rest: bytearray) -> Content:
    service = call.service

    def known(md5: str) -> str | None:
        with service.db.read() as tx:
            return records.known_sha256(tx, md5)

    if ingest is None:
        return service.artifacts.put(rest, known)
    ingest.write(rest)
    return service.artifacts.publish(ingest, known(ingest.content().md5))


async def _reply(call: Call, uri_of: Callable[[Session], str], path: str) -> Reply:
    safe = safe_path(path)

    def work() -> Reply:
        with call.service.db.read() as tx:
            place = root_of(uri_of(tx))
        if isinstance(place, Folder):
            return _folder_reply(call, file_in(place.path, safe), safe)
        return _uploaded_reply(call, place.below(safe))

    return await asyncio.to_thread(work)


def _uploaded_reply(call: Call, path: str) -> Reply:
    objects = call.service.artifacts
    with call.service.db.read() as tx:
        content = records.find(tx, path)
    # what is large is checked while it is sent; a part of it only once all of it was checked
    on_the_way = content.size > _SMALL and call.header(b"range") is None and not objects.is_checked(content)
    if not on_the_way:
        objects.check(content)

    def pieces(first: int, length: int) -> Iterator[bytes]:
        return objects.stream_checking(content) if on_the_way else objects.stream(content, first, length)

    return file_reply(call, path, content.size, content.md5, pieces)


def _folder_reply(call: Call, place: str, path: str) -> Reply:
    found = os.stat(place)

    def pieces(first: int, length: int) -> Iterator[bytes]:
        with open(place, "rb") as file:
            file.seek(first)
            while length > 0 and (piece := file.read(min(BLOCK, length))):
                length -= len(piece)
                yield piece

    return file_reply(call, path, found.st_size, f"{found.st_mtime_ns:x}-{found.st_size:x}", pieces)


def _files(tx: Session, uri: str, path: str) -> Files:
    safe = safe_path(path)
    place = root_of(uri)
    if isinstance(place, Folder):
        found = [_wire(entry.path, entry.size) for entry in list_folder(place.path, safe)]
    else:
        found = _uploaded_files(tx, place.below(safe), f"{safe}/" if safe else "")
    return Files(files=found, root_uri=uri)


def _uploaded_files(tx: Session, folder: str, prefix: str) -> list[WireFile]:
    return [_wire(prefix + entry.path, entry.size) for entry in records.entries(tx, folder)]


def _wire(path: str, size: int | None) -> WireFile:
    return WireFile(path=path, is_dir=size is None, file_size=size)


def check_serving(call: Call) -> None:
    """Let a request to the proxy pass.

    Raises:
        UnavailableError: the server was told not to pass artifacts on.
    """
    if not call.service.settings.serve_artifacts:
        raise UnavailableError(
            "This server does not pass artifacts on: it runs with --no-serve-artifacts",
            hint="start it with --serve-artifacts",
        )


def _asked(call: Call, name: str) -> str:
    try:
        found = parse_qs(call.query.decode("ascii"), errors="strict").get(name)
    except ValueError as error:
        raise InputError(f"The query string does not parse: {error}") from error
    if found and "\0" in found[0]:
        raise InputError(
            f"Invalid value for parameter '{name}' supplied: a text must not hold NUL characters."
        )
    return found[0] if found else ""


def _needed(call: Call, name: str) -> str:
    found = _asked(call, name)
    if not found:
        raise missing_parameter(name)
    return found

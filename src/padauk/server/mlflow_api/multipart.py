"""Multipart uploads and presigned URLs in MLflow's API.

The parts go to this server itself, under URLs that hold the right to send them: the client sends no
credentials with a part. A proxy in front that limits the size of a body then only ever sees parts.
"""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
from typing import TYPE_CHECKING, ClassVar

from padauk.artifacts import records, safe_path
from padauk.artifacts.ingest import BLOCK
from padauk.artifacts.multipart import Multipart, Part
from padauk.artifacts.roots import Folder, root_of
from padauk.core.errors import InputError, NotFoundError, UnsupportedError
from padauk.registry import logged
from padauk.server import wire
from padauk.server.mlflow_api.artifacts import check_serving
from padauk.server.mlflow_api.frame import mlflow_routes
from padauk.server.routing import Call, Reply, Routes
from padauk.server.wire import Empty, Message
from padauk.tracking import runs

if TYPE_CHECKING:
    from padauk.artifacts import Content
    from padauk.storage import Upload

routes = mlflow_routes()
proxy = Routes("/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts")
more_routes = (proxy,)

_MOST_BYTES = 16 << 20  # of a request that names all parts


class Create(Message):
    required: ClassVar = ("path",)
    path: str = ""
    num_parts: int = 1


class WireCredential(Message):
    url: str
    part_number: int
    headers: dict[str, str]


class Created(Message):
    upload_id: str
    credentials: list[WireCredential]


class WirePart(Message):
    part_number: int = 0
    etag: str = ""


class Complete(Message):
    required: ClassVar = ("path", "upload_id")
    path: str = ""
    upload_id: str = ""
    parts: list[WirePart] = []


class Abort(Message):
    required: ClassVar = ("path", "upload_id")
    path: str = ""
    upload_id: str = ""


class Presign(Message):
    required: ClassVar = ("path",)
    run_id: str = ""
    model_id: str = ""
    path: str = ""
    expiration: int | None = None


@proxy.raw("POST", "/mpu/create/{path:path}")
async def create(call: Call) -> Created:
    check_serving(call)
    request = wire.decode_body(Create, await _body(call))
    target = _target(call, request.path)
    upload = await asyncio.to_thread(_multipart(call).begin, target, request.num_parts)
    base = (
        f"{_origin(call)}{call.service.settings.static_prefix.rstrip('/')}/api/2.0/mlflow-artifacts/mpu/parts"
    )
    return Created(
        upload_id=upload,
        credentials=[
            WireCredential(url=f"{base}/{upload}/{number}", part_number=number, headers={})
            for number in range(1, request.num_parts + 1)
        ],
    )


@proxy.raw("PUT", "/mpu/parts/{upload_id}/{number}")
async def put_part(call: Call) -> Reply:
    check_serving(call)
    upload_id, number = call.path["upload_id"], call.path["number"]
    if not number.isdecimal() or len(number) > 6:
        raise NotFoundError(f"there is no part '{number[:64]}'")
    uploads = _multipart(call)
    part: Upload = await asyncio.to_thread(uploads.part, upload_id, int(number))
    digest = hashlib.md5(usedforsecurity=False)

    def take(block: bytearray) -> None:
        digest.update(block)
        part.write(memoryview(block))

    try:
        block = bytearray()
        async for piece in call.chunks():
            block += piece
            if len(block) >= BLOCK:
                await asyncio.to_thread(take, block)
                block = bytearray()

        def finish() -> None:
            take(block)
            uploads.publish_part(part, upload_id, int(number))

        await asyncio.to_thread(finish)
    finally:
        part.abort()
    return Reply(headers=[(b"etag", f'"{digest.hexdigest()}"'.encode())])


@proxy.raw("POST", "/mpu/complete/{path:path}")
async def complete(call: Call) -> Empty:
    check_serving(call)
    request = wire.decode_body(Complete, await _body(call))
    target = _target(call, request.path)
    uploads = _multipart(call)
    parts = [Part(part.part_number, part.etag) for part in request.parts]

    def known(md5: str) -> str | None:
        with call.service.db.read() as tx:
            return records.known_sha256(tx, md5)

    content: Content = await asyncio.to_thread(uploads.complete, request.upload_id, target, parts, known)
    await call.service.db.submit(lambda tx: records.record(tx, target, content))
    await asyncio.to_thread(uploads.forget, request.upload_id, content)
    return Empty()


@proxy.raw("POST", "/mpu/abort/{path:path}")
async def abort(call: Call) -> Empty:
    check_serving(call)
    request = wire.decode_body(Abort, await _body(call))
    await asyncio.to_thread(_multipart(call).abort, request.upload_id)
    return Empty()


@proxy.raw("GET", "/presigned/{path:path}")
async def presigned(call: Call) -> Reply:
    check_serving(call)
    safe_path(call.path["path"])
    raise UnsupportedError("Multipart download is not supported for the current artifact repository")


@routes.read("POST", "/artifacts/presigned-upload-url", Presign)
def presigned_upload(call: Call, request: Presign) -> Empty:
    if bool(request.run_id) == bool(request.model_id):
        raise InputError("Exactly one of run_id and model_id must be provided.")
    safe_path(request.path)
    if request.run_id:
        _no_presigned("upload", runs.find(call.tx, request.run_id).artifact_uri)
    else:
        _no_presigned("upload", logged.get_logged_model(call.tx, request.model_id).artifact_location)
    return Empty()


@routes.read("POST", "/artifacts/presigned-download-url", Presign)
def presigned_download(call: Call, request: Presign) -> Empty:
    if not request.run_id:
        raise wire.missing_parameter("run_id")
    safe_path(request.path)
    if request.expiration is not None and not 1 <= request.expiration <= 604_800:
        raise InputError(f"expiration must be between 1 and 604800 seconds (got {request.expiration}).")
    _no_presigned("download", runs.find(call.tx, request.run_id).artifact_uri)
    return Empty()


def _no_presigned(direction: str, uri: str) -> None:
    """Say why there is no URL that leads past this server: its stores are none that can sign one."""
    if not isinstance(root_of(uri), Folder):
        raise InputError(
            f"Presigned {direction} is not supported for runs with proxied artifact storage "
            f"(artifact URI scheme: {uri.partition(':')[0]}). "
            "This endpoint requires a run with a direct cloud storage artifact URI."
        )
    raise UnsupportedError(f"Presigned {direction} is not supported for the current artifact repository")


def _multipart(call: Call) -> Multipart:
    return Multipart(call.service.artifacts)


def _target(call: Call, local_file: str) -> str:
    """The artifact of an upload: the folder is in the URL, the name is that of the client's file."""
    name = posixpath.basename(local_file)
    if not name:
        raise InputError("Invalid path")
    return safe_path(f"{call.path['path'].rstrip('/')}/{name}".lstrip("/"))


def _origin(call: Call) -> str:
    """This server as the client sees it, behind whatever proxies say so."""
    scheme = call.header(b"x-forwarded-proto") or call.scope["scheme"].encode()
    host = call.header(b"x-forwarded-host") or call.header(b"host") or b"localhost"
    return (
        f"{scheme.decode('latin-1').split(',')[0].strip()}://{host.decode('latin-1').split(',')[0].strip()}"
    )


async def _body(call: Call) -> bytes:
    body = bytearray()
    async for piece in call.chunks():
        body += piece
        if len(body) > _MOST_BYTES:
            raise InputError(f"The request body is larger than {_MOST_BYTES:,} bytes.")
    return bytes(body)

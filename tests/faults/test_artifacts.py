"""Uploads of artifacts when the server dies, the disk fills or bytes rot."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from padauk.testing.faults import CannotMountError, flip_bit, small_disk, tear
from padauk.testing.servers import ServerProcess, padauk_server

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.fault
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
MIB = 1 << 20


def objects(folder: Path) -> dict[str, bytes]:
    """Each object's hash by its name, and its bytes."""
    root = folder / "padauk-objects" / "files" / "md5"
    return {path.parent.name + path.name: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def check_objects(folder: Path) -> None:
    for name, data in objects(folder).items():
        assert hashlib.md5(data, usedforsecurity=False).hexdigest() == name


def test_killed_in_the_middle_of_an_upload(tmp_path: Path) -> None:
    server = padauk_server(tmp_path).start()
    with httpx.Client(base_url=server.url) as web:
        assert web.put(f"{PROXY}/kept", content=b"acknowledged").status_code == 200
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        head = f"PUT {PROXY}/torn HTTP/1.1\r\nHost: localhost\r\nContent-Length: {32 * MIB}\r\n\r\n"
        sock.sendall(head.encode() + b"x" * (9 * MIB))
        end = time.monotonic() + 20
        while not any(path.stat().st_size > MIB for path in tmp_path.glob("padauk-objects/.padauk-*/*")):
            assert time.monotonic() < end
            time.sleep(0.01)
        server.kill()
    assert list(objects(tmp_path).values()) == [b"acknowledged"]
    with padauk_server(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as web:
        assert web.get(f"{PROXY}/kept").content == b"acknowledged"
        assert web.get(f"{PROXY}/torn").status_code == 404
        assert web.put(f"{PROXY}/torn", content=b"x" * (9 * MIB)).status_code == 200
        assert web.get(f"{PROXY}/torn").content == b"x" * (9 * MIB)
        # what the dead process left is cleared away
        assert len(list(tmp_path.glob("padauk-objects/.padauk-*"))) == 1
    check_objects(tmp_path)


@pytest.mark.parametrize("point", ["storage.publish.before", "storage.publish.after"])
@pytest.mark.parametrize("size", [10, 3 * MIB])
def test_killed_around_the_moment_of_publishing(tmp_path: Path, point: str, size: int) -> None:
    data = os.urandom(size)
    command = [sys.executable, "-m", "padauk.testing.killing", point, "1", "--", "server", "--port", "{port}"]
    dying = ServerProcess(command, tmp_path).start()
    with httpx.Client(base_url=dying.url, timeout=60) as web, pytest.raises(httpx.TransportError):
        web.put(f"{PROXY}/file", content=data)
    dying.kill()
    check_objects(tmp_path)
    with padauk_server(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as web:
        assert web.get(f"{PROXY}/file").status_code == 404
        assert web.put(f"{PROXY}/file", content=data).status_code == 200
        assert web.get(f"{PROXY}/file").content == data
    assert list(objects(tmp_path).values()) == [data]


def test_acknowledged_uploads_outlive_the_server(tmp_path: Path) -> None:
    server = padauk_server(tmp_path).start()
    acknowledged: dict[str, bytes] = {}
    with httpx.Client(base_url=server.url, timeout=60) as web, contextlib.suppress(httpx.TransportError):
        for number in range(200):
            data = os.urandom(100 + number * 997)
            if number == 60:
                os.kill(server.process.pid, 9)  # type: ignore[union-attr]
            assert web.put(f"{PROXY}/many/{number}", content=data).status_code == 200
            acknowledged[f"many/{number}"] = data
    server.kill()
    assert len(acknowledged) == 60
    with padauk_server(tmp_path) as again, httpx.Client(base_url=again.url, timeout=60) as web:
        for path, data in acknowledged.items():
            assert web.get(f"{PROXY}/{path}").content == data


def test_a_full_disk_refuses_the_upload_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "padauk-objects").mkdir()
    try:
        disk = contextlib.ExitStack()
        disk.enter_context(small_disk(tmp_path / "padauk-objects", 4 * MIB))
    except CannotMountError as error:
        pytest.skip(str(error))
    with disk, padauk_server(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as web:
        assert web.put(f"{PROXY}/small", content=b"s").status_code == 200
        answer = web.put(f"{PROXY}/large", content=os.urandom(8 * MIB))
        assert answer.status_code == 503
        assert "no space left" in answer.json()["message"]
        assert web.get(f"{PROXY}/large").status_code == 404
        assert web.get(f"{PROXY}/small").content == b"s"
        assert web.put(f"{PROXY}/fits", content=b"f" * MIB).status_code == 200


@pytest.mark.parametrize("size", [1000, 6 * MIB])
@pytest.mark.parametrize("damage", [flip_bit, tear])
def test_rotten_bytes_do_not_get_out(tmp_path: Path, damage: object, size: int) -> None:
    data = os.urandom(size)
    with padauk_server(tmp_path) as server, httpx.Client(base_url=server.url, timeout=60) as web:
        web.put(f"{PROXY}/weak", content=data)
        (path,) = [p for p in tmp_path.glob("padauk-objects/files/md5/*/*") if p.is_file()]
        damage(path)  # type: ignore[operator]
        try:
            answer = web.get(f"{PROXY}/weak")
        except httpx.RemoteProtocolError:
            assert size > MIB  # found on the way: the answer is cut off
        else:
            assert (answer.status_code, answer.json()["error_code"]) == (500, "DATA_LOSS")
        part = web.get(f"{PROXY}/weak", headers={"Range": "bytes=5-9"})
        assert part.status_code == 500
        assert web.put(f"{PROXY}/again", content=data).status_code == 200
        assert web.get(f"{PROXY}/weak").content == data

"""Artifacts over HTTP: the proxy, listings, downloads (points 47-51)."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from padauk.testing.servers import ServerProcess, padauk_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

PROXY = "/api/2.0/mlflow-artifacts/artifacts"
API = "/api/2.0/mlflow"
MIB = 1 << 20


@pytest.fixture
def run(web: httpx.Client) -> dict[str, Any]:
    """A new run's ``info``."""
    found: dict[str, Any] = web.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
    return found


@pytest.fixture
def root(run: dict[str, Any]) -> str:
    """The folder of the run below the artifact root."""
    uri: str = run["artifact_uri"]
    assert uri.startswith("mlflow-artifacts:/")
    return uri.removeprefix("mlflow-artifacts:/").lstrip("/")


def put(web: httpx.Client, path: str, data: bytes) -> httpx.Response:
    return web.put(f"{PROXY}/{quote(path)}", content=data)


def objects(server: ServerProcess) -> set[Path]:
    return {path for path in (server.folder / "padauk-objects" / "files").rglob("*") if path.is_file()}


def test_point_47_what_goes_in_by_the_proxy_comes_out_everywhere(
    web: httpx.Client, run: dict[str, Any], root: str
) -> None:
    assert put(web, f"{root}/data/ü y.txt", b"hello").json() == {}
    assert web.get(f"{PROXY}/{root}/data/{quote('ü y.txt')}").content == b"hello"
    for name in ("run_id", "run_uuid"):
        asked = {name: run["run_id"], "path": "data/ü y.txt"}
        assert web.get("/get-artifact", params=asked).content == b"hello"
    listed = web.get(f"{API}/artifacts/list", params={"run_id": run["run_id"], "path": "data"}).json()
    assert listed == {
        "files": [{"path": "data/ü y.txt", "is_dir": False, "file_size": 5}],
        "root_uri": run["artifact_uri"],
    }


def test_point_49_the_proxy_lists_base_names_and_runs_list_paths(
    web: httpx.Client, run: dict[str, Any], root: str
) -> None:
    put(web, f"{root}/a/b/c", b"1")
    put(web, f"{root}/a/d", b"22")
    proxied = web.get(PROXY, params={"path": f"{root}/a"}).json()
    assert proxied == {
        "files": [{"path": "b", "is_dir": True}, {"path": "d", "is_dir": False, "file_size": 2}]
    }
    listed = web.get(f"{API}/artifacts/list", params={"run_id": run["run_id"], "path": "a"}).json()
    assert [file["path"] for file in listed["files"]] == ["a/b", "a/d"]
    whole = web.get(f"{API}/artifacts/list", params={"run_uuid": run["run_id"]}).json()
    assert whole["files"] == [{"path": "a", "is_dir": True}]
    for path in ("a/d", "nothing"):
        asked = {"run_id": run["run_id"], "path": path}
        assert web.get(f"{API}/artifacts/list", params=asked).json() == {"root_uri": run["artifact_uri"]}


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "%252e%252e/x",
        "/etc/passwd",
        "a%5C..%5Cb",
        "C%3A/x",
        "a%23b",
        "a%00b",
    ],
)
def test_point_50_paths_that_leave_the_root_are_refused(
    server: ServerProcess, run: dict[str, Any], path: str
) -> None:
    # by hand: a client library would tidy the path before it sends it
    asked = quote(path, safe="")
    requests = [
        ("PUT", f"{PROXY}/x/{path}"),
        ("GET", f"{PROXY}/x/{path}"),
        ("DELETE", f"{PROXY}/x/{path}"),
        ("GET", f"{PROXY}?path={asked}"),
        ("GET", f"{API}/artifacts/list?run_id={run['run_id']}&path={asked}"),
        ("GET", f"/get-artifact?run_id={run['run_id']}&path={asked}"),
    ]
    if path.startswith(("/", "C")):
        requests = requests[3:]  # behind a prefix these are no absolute paths
    for method, target in requests:
        status, body = raw(server, method, target)
        assert status == 400, (method, target, body)
        assert b'"INVALID_PARAMETER_VALUE"' in body
        assert b"Invalid path" in body


def raw(server: ServerProcess, method: str, target: str) -> tuple[int, bytes]:
    with socket.create_connection(("127.0.0.1", server.port), 20) as sock:
        sock.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: sock.recv(65536), b""))
    return int(answer.split()[1]), answer


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("page.html", "text/html"),
        ("MLmodel", "text/plain"),
        ("run.log", "text/plain"),
        ("a.json", "text/plain"),
        ("x.png", "image/png"),
        ("weights", "application/octet-stream"),
    ],
)
def test_point_51_a_browser_saves_and_never_runs_what_was_logged(
    web: httpx.Client, run: dict[str, Any], root: str, name: str, kind: str
) -> None:
    put(web, f"{root}/{name}", b"<script>")
    for answer in (
        web.get(f"{PROXY}/{root}/{name}"),
        web.get("/get-artifact", params={"run_id": run["run_id"], "path": name}),
    ):
        assert answer.headers["content-type"] == kind
        assert answer.headers["content-disposition"] == f"attachment; filename={name}"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_point_51_names_beyond_ascii(web: httpx.Client, root: str) -> None:
    put(web, f'{root}/zwölf "x".txt', b"")
    answer = web.get(f"{PROXY}/{root}/" + quote('zwölf "x".txt'))
    assert answer.headers["content-disposition"] == (
        'attachment; filename="zwolf \\"x\\".txt"; filename*=UTF-8\'\'zw%C3%B6lf%20%22x%22.txt'
    )


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=5-", 206, slice(5, None)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=7-999999", 206, slice(7, None)),
        ("bytes=20-", 416, slice(0, 0)),
        ("bytes=3-1", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
        ("bytes=-", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=0-1,3-4", 200, slice(None)),
    ],
)
def test_ranges(web: httpx.Client, root: str, asked: str, status: int, part: slice) -> None:
    data = bytes(range(20))
    put(web, f"{root}/r", data)
    answer = web.get(f"{PROXY}/{root}/r", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, data[part])
    assert int(answer.headers["content-length"]) == len(data[part])
    if status != 200:
        first = data.index(answer.content)
        shown = f"{first}-{first + len(answer.content) - 1}" if status == 206 else "*"
        assert answer.headers["content-range"] == f"bytes {shown}/20"


def test_ranges_of_a_large_file_and_what_a_cache_asks(web: httpx.Client, root: str) -> None:
    data = os.urandom(6 * MIB)
    put(web, f"{root}/large", data)
    url = f"{PROXY}/{root}/large"
    assert web.get(url, headers={"Range": f"bytes={5 * MIB}-{5 * MIB + 9}"}).content == data[5 * MIB :][:10]
    answer = web.get(url)
    assert answer.content == data
    etag = answer.headers["etag"]
    assert etag == f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    assert web.get(url, headers={"If-None-Match": etag}).status_code == 304
    changed = web.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (changed.status_code, len(changed.content)) == (200, 6 * MIB)
    assert web.head(url).headers["content-length"] == str(6 * MIB)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, 3 * MIB + 17])
def test_bodies_of_any_size_come_back(web: httpx.Client, root: str, size: int) -> None:
    data = os.urandom(size)
    assert put(web, f"{root}/file", data).status_code == 200
    answer = web.get(f"{PROXY}/{root}/file")
    assert answer.content == data
    assert int(answer.headers["content-length"]) == size


def test_equal_bytes_are_kept_once(server: ServerProcess, web: httpx.Client, root: str) -> None:
    data = os.urandom(2 * MIB)
    before = objects(server)
    for name in ("one", "two", "deep/three"):
        put(web, f"{root}/{name}", data)
    (fresh,) = objects(server) - before
    assert fresh.read_bytes() == data
    assert fresh.stat().st_mode & 0o777 == 0o444


def test_a_chunked_body_is_taken(web: httpx.Client, root: str) -> None:
    def parts() -> Iterator[bytes]:
        for letter in b"abc":
            yield bytes([letter]) * MIB

    assert web.put(f"{PROXY}/{root}/chunked", content=parts()).status_code == 200
    assert web.get(f"{PROXY}/{root}/chunked").content == b"a" * MIB + b"b" * MIB + b"c" * MIB


def test_an_upload_that_breaks_off_leaves_nothing(
    server: ServerProcess, web: httpx.Client, root: str
) -> None:
    before = objects(server)
    with socket.create_connection(("127.0.0.1", server.port)) as sock:
        head = f"PUT {PROXY}/{root}/torn HTTP/1.1\r\nHost: localhost\r\nContent-Length: {8 * MIB}\r\n\r\n"
        sock.sendall(head.encode() + b"x" * (3 * MIB))
    scratch = server.folder / "padauk-objects"
    end = time.monotonic() + 20
    while (left := [p for p in scratch.glob(".padauk-*/*") if p.name != "lock"]) and time.monotonic() < end:
        time.sleep(0.02)
    assert left == []
    assert objects(server) == before
    assert web.get(f"{PROXY}/{root}/torn").status_code == 404


def test_deleting_files_and_folders(web: httpx.Client, root: str) -> None:
    for name in ("a/b", "a/c", "ab"):
        put(web, f"{root}/{name}", b"x")
    assert web.delete(f"{PROXY}/{root}/a").json() == {}
    assert web.get(PROXY, params={"path": root}).json()["files"] == [
        {"path": "ab", "is_dir": False, "file_size": 1}
    ]
    assert web.delete(f"{PROXY}/{root}/nothing").status_code == 200
    for everything in ("/", "/.", "/./"):
        assert web.delete(f"{PROXY}{everything}").status_code in {400, 405}
    assert web.get(f"{PROXY}/{root}/ab").content == b"x"
    assert web.delete(f"{PROXY}/{root}/").json() == {}
    assert web.get(PROXY, params={"path": root}).json() == {}


def test_what_is_wrong_is_said(web: httpx.Client, run: dict[str, Any], root: str) -> None:
    put(web, f"{root}/a/b", b"x")
    for answer, status, code, message in (
        (web.get(f"{PROXY}/{root}/no"), 404, "RESOURCE_DOES_NOT_EXIST", f"No such artifact: '{root}/no'"),
        (web.get(f"{PROXY}/{root}/a"), 400, "INVALID_PARAMETER_VALUE", "refers to a directory, not a file"),
        (put(web, f"{root}/a/", b"x"), 400, "BAD_REQUEST", "must include a filename"),
        (put(web, f"{root}/a/b/c", b"x"), 400, "RESOURCE_CONFLICT", f"'{root}/a/b' is a file"),
        (put(web, f"{root}/a", b"x"), 400, "RESOURCE_CONFLICT", "it is a folder"),
        (web.get("/get-artifact", params={"path": "x"}), 400, "INVALID_PARAMETER_VALUE", "'run_id'"),
        (
            web.get("/get-artifact", params={"run_id": run["run_id"]}),
            400,
            "INVALID_PARAMETER_VALUE",
            "'path'",
        ),
        (
            web.get("/get-artifact", params={"run_id": "f" * 32, "path": "x"}),
            404,
            "RESOURCE_DOES_NOT_EXIST",
            "f" * 32,
        ),
        (web.get(f"{API}/artifacts/list"), 400, "INVALID_PARAMETER_VALUE", "'run_id'"),
    ):
        body = answer.json()
        assert (answer.status_code, body["error_code"]) == (status, code)
        assert message in body["message"]


def test_damaged_bytes_are_never_given_out(server: ServerProcess, web: httpx.Client, root: str) -> None:
    before = objects(server)
    data = os.urandom(64)
    put(web, f"{root}/weak", data)
    (path,) = objects(server) - before
    path.chmod(0o644)
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    answer = web.get(f"{PROXY}/{root}/weak")
    assert (answer.status_code, answer.json()["error_code"]) == (500, "DATA_LOSS")
    assert "log the file again" in answer.json()["message"]
    put(web, f"{root}/again", data)
    assert web.get(f"{PROXY}/{root}/weak").content == data


def test_the_page_uploads_for_a_run(web: httpx.Client, run: dict[str, Any], root: str) -> None:
    url = "/ajax-api/2.0/mlflow/upload-artifact"
    asked = {"run_uuid": run["run_id"], "path": "notes/n.md"}
    assert web.post(url, params=asked, content=b"# hi").status_code == 200
    assert web.get(f"{PROXY}/{root}/notes/n.md").content == b"# hi"
    for wrong, content, message in (
        ({"path": "x"}, b"x", "Request must specify run_uuid."),
        ({"run_uuid": run["run_id"]}, b"x", "Request must specify path."),
        (asked, b"x" * (10 * MIB + 1), "Artifact size is too large. Max size is 10MB."),
    ):
        answer = web.post(url, params=wrong, content=content)
        assert (answer.status_code, answer.json()["message"]) == (400, message)


def test_point_48_a_run_in_a_plain_folder(tmp_path: Path) -> None:
    import httpx

    with (
        padauk_server(tmp_path, "--default-artifact-root", "./plain", "--no-serve-artifacts") as server,
        httpx.Client(base_url=server.url) as web,
    ):
        run = web.post(f"{API}/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]
        folder = Path(run["artifact_uri"])
        assert folder == tmp_path / "plain" / "0" / run["run_id"] / "artifacts"
        assert web.get(f"{API}/artifacts/list", params={"run_id": run["run_id"]}).json() == {
            "root_uri": str(folder)
        }
        (folder / "model").mkdir(parents=True)
        (folder / "model" / "MLmodel").write_bytes(bytes(range(100)))
        listed = web.get(f"{API}/artifacts/list", params={"run_id": run["run_id"], "path": "model"}).json()
        assert listed["files"] == [{"path": "model/MLmodel", "is_dir": False, "file_size": 100}]
        asked = {"run_id": run["run_id"], "path": "model/MLmodel"}
        assert web.get("/get-artifact", params=asked).content == bytes(range(100))
        part = web.get("/get-artifact", params=asked, headers={"Range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, bytes(range(10, 20)))
        for answer in (put(web, "x", b"x"), web.get(f"{PROXY}/x"), web.get(PROXY), web.delete(f"{PROXY}/x")):
            assert answer.status_code == 503
            assert "--no-serve-artifacts" in answer.json()["message"]

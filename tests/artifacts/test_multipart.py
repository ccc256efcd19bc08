"""Large files in parts (point 52)."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from padauk.artifacts import ObjectStore
from padauk.artifacts.multipart import KEPT_SECONDS, Multipart, Part
from padauk.core.errors import ConflictError, InputError, NotFoundError
from padauk.storage import LocalStore

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

MPU = "/api/2.0/mlflow-artifacts/mpu"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"


@pytest.fixture
def uploads(tmp_path: Path) -> Multipart:
    return Multipart(ObjectStore(LocalStore(tmp_path)))


def send(uploads: Multipart, upload: str, number: int, data: bytes) -> Part:
    part = uploads.part(upload, number)
    part.write(data)
    uploads.publish_part(part, upload, number)
    return Part(number, f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"')


def keys(tmp_path: Path) -> list[str]:
    return sorted(p.name for p in (tmp_path / "uploads").rglob("*") if p.is_file())


def test_parts_in_any_order_become_one_object(uploads: Multipart, tmp_path: Path) -> None:
    upload = uploads.begin("a/b", 3)
    parts = [send(uploads, upload, number, bytes([number]) * number) for number in (3, 1, 2)]
    parts[1] = send(uploads, upload, 1, b"\x01")  # sent again
    content = uploads.complete(upload, "a/b", parts, lambda _: None)
    whole = b"\x01\x02\x02\x03\x03\x03"
    assert content.md5 == hashlib.md5(whole, usedforsecurity=False).hexdigest()
    assert (tmp_path / content.key).read_bytes() == whole
    uploads.forget(upload, content)
    assert keys(tmp_path) == ["about"]
    # the answer was lost, and the client asks again
    assert uploads.complete(upload, "a/b", parts, lambda _: content.sha256) == content


def test_what_is_wrong_is_said(uploads: Multipart) -> None:
    upload = uploads.begin("a/b", 2)
    one = send(uploads, upload, 1, b"1")
    with pytest.raises(InputError, match="part 3 is not one of the 2 parts"):
        uploads.part(upload, 3)
    for wrong in ("0" * 32, "../../etc", ""):
        with pytest.raises(NotFoundError, match="there is no upload"):
            uploads.part(wrong, 1)
    with pytest.raises(InputError, match="this upload is of 'a/b', not of 'a/c'"):
        uploads.complete(upload, "a/c", [one, Part(2, "")], lambda _: None)
    with pytest.raises(InputError, match="all 2 parts must be named once"):
        uploads.complete(upload, "a/b", [one], lambda _: None)
    with pytest.raises(NotFoundError, match="part 2 of this upload was not sent"):
        uploads.complete(upload, "a/b", [one, Part(2, "")], lambda _: None)
    send(uploads, upload, 2, b"2")
    with pytest.raises(ConflictError, match="part 2 is not the one with etag"):
        uploads.complete(upload, "a/b", [one, Part(2, "0" * 32)], lambda _: None)
    for count in (0, 10_001):
        with pytest.raises(InputError, match="from 1 to 10,000 parts"):
            uploads.begin("a/b", count)


def test_aborted_and_forgotten_uploads_leave_nothing(uploads: Multipart, tmp_path: Path) -> None:
    aborted, old = uploads.begin("a", 1), uploads.begin("b", 1)
    send(uploads, aborted, 1, b"1")
    send(uploads, old, 1, b"1")
    uploads.abort(aborted)
    uploads.abort(aborted)
    uploads.abort("../../x")
    assert keys(tmp_path) == ["00001", "about"]
    assert uploads.sweep() == 0
    assert uploads.sweep(now=time.time() + KEPT_SECONDS + 60) == 2
    assert keys(tmp_path) == []


def test_point_52_over_http(web: httpx.Client) -> None:
    data = os.urandom(2_500_000)
    pieces = [data[:1_000_000], data[1_000_000:2_000_000], data[2_000_000:]]
    made: dict[str, Any] = web.post(
        f"{MPU}/create/parts/x", json={"path": "/tmp/here/big.bin", "num_parts": 3}
    ).json()
    assert [one["part_number"] for one in made["credentials"]] == [1, 2, 3]
    parts = []
    for credential, piece in zip(made["credentials"], pieces, strict=True):
        answer = web.put(credential["url"], content=piece)
        assert answer.status_code == 200
        parts.append({"part_number": credential["part_number"], "etag": answer.headers["etag"]})
    asked = {"path": "/tmp/here/big.bin", "upload_id": made["upload_id"], "parts": parts}
    assert web.get(f"{PROXY}/parts/x/big.bin").status_code == 404
    for _ in range(2):
        assert web.post(f"{MPU}/complete/parts/x", json=asked).status_code == 200
    assert web.get(f"{PROXY}/parts/x/big.bin").content == data
    wrong = web.post(f"{MPU}/complete/parts/y", json=asked)
    assert (wrong.status_code, wrong.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert (
        web.post(f"{MPU}/abort/parts/x", json={"path": "big.bin", "upload_id": "0" * 32}).status_code == 200
    )
    assert web.post(f"{MPU}/create/parts/../..", json={"path": "x"}).status_code in {400, 404}


def test_point_52_no_url_leads_past_the_server(web: httpx.Client) -> None:
    run = web.post("/api/2.0/mlflow/runs/create", json={"experiment_id": "0"}).json()["run"]["info"]["run_id"]
    answer = web.get("/api/2.0/mlflow-artifacts/presigned/x")
    assert (answer.status_code, answer.json()["error_code"]) == (501, "NOT_IMPLEMENTED")
    assert answer.json()["message"].startswith("Multipart download is not supported")
    for verb in ("upload", "download"):
        answer = web.post(
            f"/api/2.0/mlflow/artifacts/presigned-{verb}-url", json={"run_id": run, "path": "x"}
        )
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
        assert "proxied artifact storage" in answer.json()["message"]

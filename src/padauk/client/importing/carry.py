"""Artifacts of a source into the store: bytes, then the rows that name them."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from padauk.artifacts import Content, safe_path
from padauk.artifacts.records import known_sha256, record
from padauk.client.importing.files import Files, files_below
from padauk.core.errors import CorruptError, InputError, ObjectMissingError
from padauk.db import imports as rows
from padauk.tracking import uris

if TYPE_CHECKING:
    from padauk.client.importing.report import Report
    from padauk.db import Session
    from padauk.workspace.service import Service

_SMALL = 4 << 20
_OWNER = re.compile(r"(?:^|/)(m-[0-9a-f]{32}|[0-9a-f]{32})/artifacts(/.*)?$")


class Carrier:
    """Brings artifact roots over and remembers where each went."""

    def __init__(self, service: Service, files: Files, report: Report) -> None:
        self._service = service
        self._files = files
        self._report = report
        self._roots: dict[str, str] = {}
        self._paths: list[str] = []
        own = service.artifact_root
        self._base = own if own.startswith("mlflow-artifacts:") else "mlflow-artifacts:/"

    def location(self, *parts: str) -> str:
        """The URI of a place below this server's artifact root."""
        return uris.join(self._base, *parts)

    def folder(self, uri: str) -> str | None:
        """The folder on this machine that ``uri`` means in the source, or ``None``."""
        return self._files.folder(uri) if uri else None

    def is_elsewhere(self, uri: str) -> bool:
        """Whether ``uri`` is at a place that does not pass through here, so that it stays."""
        return bool(uri) and self._files.folder(uri) is None

    def carry(self, uid: str, uri: str, *parts: str) -> str:
        """Bring all files below ``uri`` to ``parts``; the URI that the owner ``uid`` has from now on."""
        folder = self.folder(uri)
        if folder is None:
            if uri:
                self._report.left += 1
            self._roots[uid] = uri
            return uri
        target = self.location(*parts)
        self._roots[uid] = target
        prefix = urlsplit(target).path.strip("/")
        fresh: list[tuple[str, Content]] = []
        for below, place, size in files_below(folder):
            try:
                path = safe_path(f"{prefix}/{below}")
            except InputError:
                self._report.skipped.append(f"{place}: no server takes a file of that name")
                continue
            self._report.bytes += size
            with self._service.db.read() as tx:
                known = rows.size_of_artifact(tx, path)
            self._report.add("artifacts", 1, 0, int(known is None))
            self._paths.append(path)
            if known != size:
                fresh.append((path, self._store(place, size)))
        if fresh:
            self._service.db.write(partial(_record, fresh))
        return target

    def moved(self, uri: str) -> str:
        """``uri`` of something below a root that was carried, as it is now."""
        found = _OWNER.search(uri)
        root = self._roots.get(found[1]) if found else None
        return uri if root is None or found is None else root + (found[2] or "")

    def verify(self) -> None:
        """Read back every artifact and compare its bytes with the hash that they had on the way in."""
        with self._service.db.read() as tx:
            found = rows.artifacts_at(tx, self._paths)
        for path, *content in found:
            try:
                self._service.artifacts.check(Content(*content))
            except (CorruptError, ObjectMissingError) as error:
                self._report.skipped.append(f"{path}: {error.message}")
                continue
            self._report.checked += 1
            self._report.lines["artifacts"].there += 1

    def _store(self, place: str, size: int) -> Content:
        def known(md5: str) -> str | None:
            with self._service.db.read() as tx:
                return known_sha256(tx, md5)

        with open(place, "rb") as source:
            if size <= _SMALL:
                return self._service.artifacts.put(source.read(), known)
            with self._service.artifacts.ingest() as ingest:
                while block := source.read(_SMALL):
                    ingest.write(block)
                return self._service.artifacts.publish(ingest, known(ingest.content().md5))


def _record(fresh: list[tuple[str, Content]], tx: Session) -> None:
    for path, content in fresh:
        record(tx, path, content)

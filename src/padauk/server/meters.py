"""What the server tells about its own work: counters for Prometheus, and a line for each request."""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import secrets
import time
from bisect import bisect_left
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import padauk

if TYPE_CHECKING:
    from padauk.server.routing import Call, Route

_BOUNDS = (0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10.0)
_REQUEST_ID = re.compile(rb"[\x21-\x7e]{1,128}")


class Meters:
    """Requests of this process by route and status, and how long they took.

    Time is counted until an answer begins: a long download is not a slow request.
    """

    def __init__(self) -> None:
        self._started = time.time()
        self._counts: dict[tuple[str, str, int], int] = {}
        self._times: dict[tuple[str, str], list[float]] = {}  # one count for each bucket, then the sum

    def count(self, route: Route | None, status: int, seconds: float) -> None:
        """Count one answer; without a route it is one that nothing is served for."""
        named = ("", "none") if route is None else (route.method, route.path)
        key = (*named, status)
        self._counts[key] = self._counts.get(key, 0) + 1
        times = self._times.get(named)
        if times is None:
            times = self._times[named] = [0.0] * (len(_BOUNDS) + 2)
        times[bisect_left(_BOUNDS, seconds)] += 1
        times[-1] += seconds

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        lines = [
            *_head("padauk_info", "gauge", "The release, and which of several processes answered."),
            f'padauk_info{{version="{padauk.__version__}",pid="{os.getpid()}"}} 1',
            *_head("padauk_requests_total", "counter", "Requests answered, by route and status."),
        ]
        for (method, path, status), number in sorted(self._counts.items()):
            lines.append(
                f'padauk_requests_total{{method="{method}",route="{path}",status="{status}"}} {number}'
            )
        lines += _head("padauk_request_seconds", "histogram", "From a request's head to its answer's.")
        for (method, path), times in sorted(self._times.items()):
            labels = f'method="{method}",route="{path}"'
            total = 0
            for bound, counted in zip((*map(str, _BOUNDS), "+Inf"), times, strict=False):
                total += int(counted)
                lines.append(f'padauk_request_seconds_bucket{{{labels},le="{bound}"}} {total}')
            lines.append(f"padauk_request_seconds_sum{{{labels}}} {times[-1]:.6f}")
            lines.append(f"padauk_request_seconds_count{{{labels}}} {total}")
        used = resource.getrusage(resource.RUSAGE_SELF)
        lines += [
            *_head("process_cpu_seconds_total", "counter", "Processor time used."),
            f"process_cpu_seconds_total {used.ru_utime + used.ru_stime:.3f}",
            *_head("process_start_time_seconds", "gauge", "When the process began to serve."),
            f"process_start_time_seconds {self._started:.3f}",
        ]
        memory = _resident()
        if memory is not None:
            lines += [
                *_head("process_resident_memory_bytes", "gauge", "Memory in use."),
                f"process_resident_memory_bytes {memory}",
            ]
        return ("\n".join(lines) + "\n").encode()


def _head(name: str, kind: str, told: str) -> tuple[str, str]:
    return f"# HELP {name} {told}", f"# TYPE {name} {kind}"


def _resident() -> int | None:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None  # no Linux


class AccessLog:
    """Writes a line of JSON for each answer to the logger ``padauk.access``.

    The query is left out: it may hold what nobody should find in a log.
    """

    def __init__(self) -> None:
        self._log = logging.getLogger("padauk.access")

    def write(self, call: Call, status: int, seconds: float, body: Any) -> bytes:
        """Write the line; the request's id, taken from its ``x-request-id`` if it has a plain one."""
        given = call.header(b"x-request-id") or b""
        name = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8).encode()
        client = call.scope.get("client")
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": name.decode("ascii"),
            "client": client[0] if client else None,
            "method": call.scope["method"],
            "path": call.scope["path"],
            "status": status,
            "ms": round(seconds * 1000, 3),
            "bytes": len(body) if isinstance(body, bytes) else None,
        }
        self._log.info(json.dumps(line))
        return name

"""The name of one execution of a stage: what ran, on which bytes, with which parameters, and what it made."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def lock_digest(entry: dict[str, Any]) -> str:
    """sha256 of a dvc.lock entry, 64 hex digits.

    It is the value under which DVC's run cache keeps the same entry: JSON with sorted keys, without the
    ``size`` and ``nfiles`` of dependencies and outputs.
    """
    slim = {
        key: [{k: v for k, v in item.items() if k not in ("size", "nfiles")} for item in value]
        if key in ("deps", "outs") and isinstance(value, list)
        else value
        for key, value in entry.items()
    }
    return hashlib.sha256(json.dumps(slim, sort_keys=True, default=str).encode()).hexdigest()

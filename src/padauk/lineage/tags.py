"""How a run on any MLflow server tells what it read and wrote: names of its tags, and their values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from padauk.lineage.values import Execution, Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECORD = "padauk.record"  # the identity of a run that was recorded by repro
STAGE = "padauk.stage"  # the stage's address
LOCK = "padauk.lock"  # digest of its dvc.lock entry
DEPS, OUTS = "padauk.deps", "padauk.outs"  # {"path": "md5"} as JSON
DIRTY = "padauk.dirty"
PARENT = "mlflow.parentRunId"
CONTEXT = "mlflow.data.context"
MAX_VALUE = 8000  # characters that MLflow takes

_pairs = msgspec.json.Decoder(dict[str, str])


def write_refs(refs: Iterable[Ref]) -> str:
    """The value of ``DEPS`` or ``OUTS``; empty when too long: half a list is a wrong one."""
    text = json.dumps({ref.path: ref.md5 for ref in refs}, ensure_ascii=False)
    return "" if text == "{}" or len(text) > MAX_VALUE else text


def read_refs(text: str | None) -> tuple[Ref, ...]:
    """What :func:`write_refs` wrote; nothing for anything else."""
    try:
        return tuple(Ref(path, md5) for path, md5 in _pairs.decode(text or "{}").items())
    except (msgspec.DecodeError, msgspec.ValidationError):
        return ()


def execution(
    *,
    id: str,  # noqa: A002
    name: str,
    user: str,
    status: str,
    started: int | None,
    ended: int | None,
    experiment: str,
    tags: Mapping[str, str],
    params: dict[str, str],
    metrics: dict[str, float],
    deps: tuple[Ref, ...] = (),
    outs: tuple[Ref, ...] = (),
) -> Execution:
    """A run as lineage sees it; where ``deps`` and ``outs`` are empty, its tags tell them."""
    return Execution(
        id=id,
        digest=tags.get(LOCK),
        name=tags.get(STAGE) or name or id[:8],
        cmd=tags.get("mlflow.source.name", ""),
        status=status,
        started=started,
        ended=ended,
        user=tags.get("mlflow.user") or user,
        params=params,
        metrics=metrics,
        deps=deps or read_refs(tags.get(DEPS)),
        outs=outs or read_refs(tags.get(OUTS)),
        commit=tags.get("mlflow.source.git.commit"),
        branch=tags.get("mlflow.source.git.branch"),
        dirty=tags.get(DIRTY) == "true",
        experiment=experiment,
        parent=tags.get(PARENT),
    )

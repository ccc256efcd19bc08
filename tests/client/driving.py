"""Runs stages as ``repro`` does, as far as an observer can tell: real commands, real environments."""

from __future__ import annotations

import hashlib
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from padauk.core.events import Reporter
from padauk.pipeline import Dep, PlanStep, ReproOutcome, ReproPlan, Stage, StageRecord

if TYPE_CHECKING:
    from padauk.pipeline import Observer


class Heard(Reporter):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.warnings: list[str] = []

    def notice(self, message: str) -> None:
        self.notices.append(message)

    def warning(self, message: str) -> None:
        self.warnings.append(message)


def stage(root: Path, name: str, cmd: str, *deps: str) -> Stage:
    """A stage that runs ``cmd`` and writes ``NAME.out``."""
    found = tuple(Dep(dep, str(root / dep)) for dep in deps)
    return Stage(name=name, file=str(root / "dvc.yaml"), address=name, cmd=cmd, wdir=str(root), deps=found)


def drive(
    observer: Observer,
    *stages: Stage,
    skipped: tuple[Stage, ...] = (),
    params: dict[str, Any] | None = None,
    metrics: dict[str, float] | None = None,
) -> ReproOutcome:
    """One repro: every stage runs until one fails."""
    steps = [PlanStep(one, "skip") for one in skipped] + [PlanStep(one, "run") for one in stages]
    began = datetime.now(UTC)
    observer.begin(ReproPlan(tuple(steps)))
    for one in skipped:
        observer.stage_skipped(one)
    records: list[StageRecord] = []
    for one in stages:
        env = observer.stage_started(one)
        started = datetime.now(UTC)
        log = Path(one.wdir) / f"{one.name}.log"
        with log.open("wb") as file:
            code = subprocess.run(
                one.cmd,
                shell=True,
                cwd=one.wdir,
                env={**os.environ, **env},
                stdout=file,
                stderr=file,
                check=False,
            ).returncode
        entry = {
            "cmd": one.cmd,
            "deps": [_entry(one.wdir, dep.spec) for dep in one.deps],
            "params": {"params.yaml": params or {}},
        }
        if code == 0:
            entry["outs"] = [_entry(one.wdir, f"{one.name}.out")]
        record = StageRecord(
            stage=one,
            entry=entry,
            outcome="finished" if code == 0 else "failed",
            started=started,
            ended=datetime.now(UTC),
            exit_code=code,
            log=str(log),
            metrics=metrics or {},
            error=f"the command ended with {code}" if code else None,
        )
        records.append(record)
        observer.stage_finished(record)
        if code:
            break
    failed = bool(records) and records[-1].outcome == "failed"
    outcome = ReproOutcome(
        "failed" if failed else "finished",
        tuple(records),
        skipped,
        stages[len(records) :] if failed else (),
        began,
        datetime.now(UTC),
        records[-1].error if failed else None,
    )
    observer.end(outcome)
    return outcome


def _entry(folder: str, path: str) -> dict[str, Any]:
    content = (Path(folder) / path).read_bytes()
    digest = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return {"path": path, "hash": "md5", "md5": digest, "size": len(content)}

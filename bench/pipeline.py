"""Pipelines beside ``dvc``: when nothing has changed, and what a stage costs besides its command."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.frame import Sample, program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.frame import Bench

STAGES = 50
TOOLS = ("padauk", "dvc")


def run(bench: Bench) -> None:
    """All cases."""
    count = bench.scaled(STAGES)
    folders = {tool: _repository(bench, tool, count) for tool in TOOLS}

    def compare(name: str, *arguments: str, before: Callable[[Path, int], None] = lambda _, __: None) -> None:
        def work(tool: str) -> Callable[[int], Sample]:
            def measure(number: int) -> Sample:
                before(folders[tool], number)
                return bench.command([program(tool), *arguments], folders[tool])

            return measure

        bench.compare(f"{name}, {count} stages", {tool: work(tool) for tool in TOOLS})

    compare("repro, never run", "repro", "-q", before=_forget)
    compare("repro, up to date", "repro", "-q")
    compare("status, up to date", "status", "-q")
    compare("repro, one parameter changed", "repro", "-q", before=_change)
    compare("repro, everything restored", "repro", "-q", before=_remove)
    compare("dag", "dag")
    compare("params diff", "params", "diff")


def _repository(bench: Bench, tool: str, count: int) -> Path:
    folder = bench.folder / tool
    folder.mkdir()
    (folder / "in").write_text("x\n")
    (folder / "params.yaml").write_text("".join(f"p{number}: {number}\n" for number in range(count)))
    lines = ["stages:"]
    for number in range(count):
        read = f"out{number - 1}" if number else "in"
        lines += [
            f"  s{number:03d}:",
            f"    cmd: cp {read} out{number}",
            f"    deps: [{read}]",
            f"    params: [p{number}]",
            f"    outs: [out{number}]",
        ]
    (folder / "dvc.yaml").write_text("\n".join(lines) + "\n")
    for command in (["git", "init", "-q"], [program(tool), "init", "-q"], ["git", "add", "-A"]):
        subprocess.run(command, cwd=folder, env=bench.env, check=True, stdout=subprocess.DEVNULL)
    commit = ["git", "-c", "user.name=b", "-c", "user.email=b@localhost", "commit", "-qm", "start"]
    subprocess.run(commit, cwd=folder, env=bench.env, check=True)
    return folder


def _forget(folder: Path, _: int) -> None:
    _remove(folder, 0)
    (folder / "dvc.lock").unlink(missing_ok=True)
    shutil.rmtree(folder / ".dvc" / "cache", ignore_errors=True)


def _remove(folder: Path, _: int) -> None:
    for path in folder.glob("out*"):
        path.unlink()


def _change(folder: Path, number: int) -> None:
    values = (folder / "params.yaml").read_text().splitlines()
    values[-1] = f"{values[-1].partition(':')[0]}: {1000 + number}"
    (folder / "params.yaml").write_text("\n".join(values) + "\n")

"""Repositories with a history, made with git and padauk alone."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

CLEAN = """\
import os
os.makedirs("data/clean", exist_ok=True)
for name in sorted(os.listdir("data/raw")):
    open(f"data/clean/{name}", "w").write(open(f"data/raw/{name}").read().upper())
"""
TRAIN = """\
import os
text = "".join(open(f"data/clean/{name}").read() for name in sorted(os.listdir("data/clean")))
open("model.bin", "w").write(text + open("params.yaml").read())
"""
EVALUATE = """\
import json
json.dump({"acc": len(open("model.bin").read()) / 100}, open("metrics.json", "w"))
"""
STAGES = """\
stages:
  clean:
    cmd: python clean.py
    deps: [clean.py, data/raw]
    outs: [data/clean]
  train:
    cmd: python train.py
    deps: [data/clean, train.py]
    params: [lr]
    outs: [model.bin]
  evaluate:
    cmd: python evaluate.py
    deps: [evaluate.py, model.bin]
    metrics: [metrics.json: {cache: false}]
"""


def padauk(root: Path, *arguments: str, env: dict[str, str] | None = None, code: int = 0) -> str:
    """Output of ``padauk ARGUMENTS`` in ``root``; stderr follows stdout."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "padauk", *arguments],
        cwd=root,
        env={**os.environ, "PATH": path, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def git(root: Path, *arguments: str) -> str:
    """Output of ``git ARGUMENTS`` in ``root``."""
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(root: Path, message: str) -> str:
    """Commit everything; the commit's sha."""
    git(root, "add", "-A")
    git(root, "commit", "-qm", message)
    return git(root, "rev-parse", "HEAD")


def project(root: Path, *, record: bool = False) -> list[str]:
    """Three commits: a pipeline on three files, one more file, another parameter. Their shas."""
    root.mkdir(parents=True, exist_ok=True)
    git(root, "init", "-q", "-b", "main")
    padauk(root, "init")
    (root / "data" / "raw").mkdir(parents=True)
    for name in "abc":
        (root / "data" / "raw" / f"{name}.txt").write_text(f"image {name}\n")
    for name, text in (("clean", CLEAN), ("train", TRAIN), ("evaluate", EVALUATE)):
        (root / f"{name}.py").write_text(text)
    (root / "dvc.yaml").write_text(STAGES)
    (root / "params.yaml").write_text("lr: 0.1\n")
    flags = () if record else ("--no-record",)
    padauk(root, "add", "data/raw")
    padauk(root, "repro", *flags)
    shas = [commit(root, "First data")]
    (root / "data" / "raw" / "d.txt").write_text("image d\n")
    padauk(root, "add", "data/raw")
    padauk(root, "repro", *flags)
    shas.append(commit(root, "More data"))
    (root / "params.yaml").write_text("lr: 0.3\n")
    padauk(root, "repro", *flags)
    shas.append(commit(root, "Raise the learning rate"))
    return shas

"""Versioned data beside ``dvc``: many small files, and one large file."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.frame import Sample, program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.frame import Bench

SMALL_FILES = 20_000
SMALL_SIZE = 4096
LARGE_SIZE = 1_000_000_000


def run(bench: Bench) -> None:
    """All cases."""
    _empty(bench)
    _many(bench)
    _large(bench)


class _Repository:
    """A git repository with data in it, driven by ``padauk`` or by ``dvc``."""

    def __init__(self, bench: Bench, tool: str, folder: Path) -> None:
        self.bench = bench
        self.tool = program(tool)
        self.folder = folder
        folder.mkdir(parents=True)
        self.call("git", "init", "-q")
        self.do("init", "-q")
        (folder.parent / f"{folder.name}-remote").mkdir()
        self.do("remote", "add", "-d", "far", str(folder.parent / f"{folder.name}-remote"))

    def call(self, *arguments: str) -> None:
        subprocess.run(arguments, cwd=self.folder, env=self.bench.env, check=True, stdout=subprocess.DEVNULL)

    def do(self, *arguments: str) -> Sample:
        return self.bench.command([self.tool, *arguments], self.folder)


def _empty(bench: Bench) -> None:
    tools = {}
    for tool in ("padauk", "dvc"):
        repository = _Repository(bench, tool, bench.folder / f"empty-{tool}")
        repository.do("status", "-q")  # once before: byte code is compiled, files are in memory
        tools[tool] = lambda _, repository=repository: repository.do("status", "-q")
    bench.compare("status, empty repository", tools)


def _many(bench: Bench) -> None:
    source = bench.folder / "source"
    count = bench.scaled(SMALL_FILES)
    _plant(source, count)
    _verbs(bench, f"{count:,} x 4 KB", source)
    shutil.rmtree(source)


def _large(bench: Bench) -> None:
    source = bench.folder / "large"
    source.mkdir()
    size = bench.scaled(LARGE_SIZE)
    rng = random.Random(1)
    with (source / "file.bin").open("wb") as file:
        left = size
        while left > 0:
            left -= file.write(rng.randbytes(min(left, 10_000_000)))
    _verbs(bench, f"one file of {size / 1e9:g} GB", source)
    shutil.rmtree(source)


def _verbs(bench: Bench, label: str, source: Path) -> None:
    """The life of a folder: each round is a fresh repository for each tool, the verbs in their order."""
    shelf: dict[tuple[str, int], _Repository] = {}

    def fresh(tool: str, number: int) -> _Repository:
        folder = bench.folder / f"{label.replace(' ', '-')}-{tool}-{number}"
        repository = shelf[tool, number] = _Repository(bench, tool, folder)
        shutil.copytree(source, folder / "data")
        return repository

    def add(tool: str) -> Callable[[int], Sample]:
        return lambda number: fresh(tool, number).do("add", "-q", "data")

    def verb(
        tool: str, *arguments: str, before: Callable[[Path], None] | None = None
    ) -> Callable[[int], Sample]:
        def work(number: int) -> Sample:
            repository = shelf[tool, number]
            if before is not None:
                before(repository.folder)
            return repository.do(*arguments)

        return work

    def both(
        *arguments: str, before: Callable[[Path], None] | None = None
    ) -> dict[str, Callable[[int], Sample]]:
        return {tool: verb(tool, *arguments, before=before) for tool in ("padauk", "dvc")}

    floor = "copy + md5"
    floors = {floor: lambda number: _copy_and_hash(bench, source, bench.folder / f"floor-{number}")}
    bench.compare(f"add, {label}", {"padauk": add("padauk"), "dvc": add("dvc"), **floors}, floor=floor)
    if not shelf:
        return  # --only has left the first step out
    bench.compare(f"add again, {label}", both("add", "-q", "data"))
    bench.compare(f"status, {label}", both("status", "-q"))
    bench.compare(f"push, {label}", both("push", "-q"))
    bench.compare(f"push again, {label}", both("push", "-q"))
    bench.compare(f"checkout, {label}", both("checkout", "-q", before=_drop_workspace))
    bench.compare(f"checkout again, {label}", both("checkout", "-q"))
    bench.compare(f"pull, {label}", both("pull", "-q", before=_drop_all))
    for repository in shelf.values():
        _forget(repository.folder)
        shutil.rmtree(repository.folder.parent / f"{repository.folder.name}-remote")


def _plant(folder: Path, count: int) -> None:
    rng = random.Random(1)
    for number in range(count):
        path = folder / f"{number % 100:02}" / f"{number:06}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(rng.randbytes(SMALL_SIZE))


def _copy_and_hash(bench: Bench, source: Path, target: Path) -> Sample:
    """The least that ``add`` must do: ``cp -r``, and an md5 of every byte."""
    copied = bench.command(["cp", "-r", source, target], bench.folder)

    def hash_all() -> None:
        for folder, _, names in os.walk(target):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    hashlib.file_digest(file, "md5")

    hashed = bench.timed(hash_all)
    _forget(target)
    return Sample(copied.wall + hashed.wall, copied.cpu + hashed.cpu, copied.memory)


def _drop_workspace(folder: Path) -> None:
    _forget(folder / "data")


def _drop_all(folder: Path) -> None:
    _forget(folder / "data")
    _forget(folder / ".dvc" / "cache")


def _forget(folder: Path) -> None:
    """Take a folder away without deleting its files now, which would slow down what is measured next."""
    shelf = folder.parent / ".forgotten"
    shelf.mkdir(exist_ok=True)
    folder.rename(shelf / f"{folder.name}-{len(os.listdir(shelf))}")

"""Kill -9 anywhere in store, checkout, push and fetch: nothing half, and the same command again finishes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import runpy
from pathlib import Path

import pytest

from padauk.objects import Odb, build, plan_checkout, store, transfer
from padauk.storage import LocalStore
from padauk.storage.scratch import sweep
from padauk.testing.killing import run_killed_after, run_killed_at

pytestmark = pytest.mark.fault

again = runpy.run_path(str(Path(__file__).with_name("objects_work.py")))["main"]
WORK = str(Path(__file__).with_name("objects_work.py"))
OLD = {"a": b"old", "s/gone": b"two", "s/kept": b"kept"}
NEW = {"a": b"one", "s/b": b"x" * 1_500_000, "s/kept": b"kept"}
VERBS = ["store", "store hardlink", "checkout", "checkout symlink", "push", "fetch"]


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))


def prepare(base: Path, verb: str, new: dict[str, bytes] = NEW) -> list[str]:
    """Make ready for ``verb``; answers the arguments of the work."""
    kind, _, link = verb.partition(" ")
    write(base / "data", new)
    value = build(str(base / "data")).info.value
    cache = Odb(base / "cache")
    if kind == "checkout":
        write(base / "before", OLD)
        old = store(str(base / "before"), cache).info
        plan_checkout(str(base / "out"), old, cache).execute()
    if kind != "store":
        info = store(str(base / "data"), cache).info
        if kind == "fetch":
            far = LocalStore(base / "remote")
            transfer.push([info], cache, far)
            far.close()
    cache.close()
    return [WORK, kind, str(base), value, link or "copy"]


def check_objects(root: Path) -> None:
    """Every name under which bytes are published tells the truth, and listings have their files."""
    found = {path.parent.name + path.name: path for path in root.glob("files/md5/*/*")}
    for name, path in found.items():
        data = path.read_bytes()
        assert hashlib.md5(data, usedforsecurity=False).hexdigest() == name.removesuffix(".dir"), path
        if name.endswith(".dir"):
            assert {entry["md5"] for entry in json.loads(data)} <= found.keys()


def check_done(base: Path, kind: str, new: dict[str, bytes] = NEW) -> None:
    """The verb has done its work, and left nothing else behind."""
    place = {"store": "cache", "checkout": "cache", "push": "remote", "fetch": "other"}[kind]
    wanted = build(str(base / "data")).info
    check_objects(base / place)
    assert Odb(base / place).exists(wanted)
    if kind == "checkout":
        out = base / "out"
        assert {
            str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
        } == new
    # what the killed process had in the making goes when the next one makes something, or at once here
    sweep(str(base), ".out.padauk-")
    sweep(str(base), ".data.padauk-")
    sweep(str(base / "remote"))
    sweep(str(base / place / "tmp"), "padauk-")
    assert [path.name for path in (*base.glob(".*"), *base.glob("*/.padauk*"), *base.glob("*/tmp/*"))] == []


@pytest.mark.parametrize("verb", VERBS)
def test_killed_at_every_step(tmp_path: Path, verb: str) -> None:
    kind = verb.split()[0]
    for count in range(1, 100):
        base = tmp_path / str(count)
        arguments = prepare(base, verb)
        if not run_killed_at("*", count, arguments, cwd=base):
            break
        for place in ("cache", "remote", "other"):
            check_objects(base / place)
        for name in ("a", "s/b", "s/kept", "s/gone"):
            path = base / "out" / name
            assert not path.exists() or path.read_bytes() in {OLD.get(name), NEW.get(name)}
        again(*arguments[1:])
        check_done(base, kind)
    assert 5 < count < 99
    check_done(base, kind)


@pytest.mark.parametrize("verb", ["store", "checkout", "push", "fetch"])
def test_killed_at_any_time(tmp_path: Path, verb: str) -> None:
    rng = random.Random(verb)
    new = {f"{number % 10}/{number}": rng.randbytes(rng.choice([10, 3000, 100_000])) for number in range(600)}
    arguments = prepare(tmp_path, verb, new)
    kills = 0
    while kills < 4 and run_killed_after(rng.uniform(0.002, 0.15), arguments, cwd=tmp_path):
        kills += 1
        for place in ("cache", "remote", "other"):
            check_objects(tmp_path / place)
    again(*arguments[1:])
    check_done(tmp_path, verb, new)

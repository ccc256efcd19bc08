"""The data verbs from the command line, where padauk does more than dvc, or differs on purpose."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from padauk.testing.faults import flip_bit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.data.conftest import Place

A, B, C = (
    "0cc175b9c0f1b6a831c399e269772661",
    "92eb5ffee6ae2fec3ad71c777531578f",
    "4a8a08f09d37b73795649038408b5f33",
)


def object_of(place: Place, md5: str, store: str = ".dvc/cache") -> Path:
    return place.root / store / "files/md5" / md5[:2] / md5[2:]


def test_nothing_tracked(place: Place) -> None:
    assert "Nothing is tracked" in place("status").out
    assert place("push").out == "Everything is up to date.\n"
    assert place("diff", "--json").json() == {}
    assert "Nothing to do" in place("checkout").out


def test_add_says_what_it_did(place: Place) -> None:
    place.put({"d/a": "a", "d/b": "b", "f": "c"})
    said = place("add", "d", "f")
    assert "added      d  2 files, 2 B" in said.out
    assert "git add .gitignore d.dvc f.dvc" in said.err
    assert "unchanged  d" in place("add", "d").out
    out = place("add", "--json", "f").json()["outs"][0]
    assert (out["md5"], out["size"], out["file"]) == (C, 1, "f.dvc")
    assert place.objects() >= {A, B, C}


def test_add_without_commit_then_commit(place: Place) -> None:
    place.write(f="a")
    place("add", "--no-commit", "f")
    assert place.objects() == set()
    assert place("status", "--json").json() == {"f.dvc": [{"changed outs": {"f": "not in cache"}}]}
    place("commit", "f")
    assert place.objects() == {A}
    assert place("status", "--json").json() == {}


def test_autostage(place: Place) -> None:
    place.put({".dvc/config.local": "[core]\n    autostage = true\n", "f": "a"})
    assert "git add" not in place("add", "f").err
    staged = subprocess.run(
        ["git", "diff", "--cached", "--name-only"], cwd=place.root, capture_output=True, text=True, check=True
    )
    assert staged.stdout.split() == [".gitignore", "f.dvc"]


def test_glob(place: Place) -> None:
    place.put({"a.csv": "a", "s/b.csv": "b", "c.txt": "c"})
    place("add", "--glob", "**/*.csv")
    assert (place.root / "a.csv.dvc").exists()
    assert (place.root / "s/b.csv.dvc").exists()
    assert "nothing matches" in place("add", "--glob", "*.png", code=3).err


def test_add_from_elsewhere(place: Place, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/x").write_text("a")
    place("add", str(tmp_path / "src"), "-o", "data")
    assert (place.root / "data/x").read_text() == "a"
    assert place("status", "--json").json() == {}
    assert "is inside data" in place("add", str(tmp_path / "src"), "-o", "data", code=4).err
    assert "exists already" in place("add", str(tmp_path / "src/x"), "-o", "data.dvc", code=4).err
    place("add", str(tmp_path / "src/x"), "--to-remote", "-o", "far")
    assert not (place.root / "far").exists()
    place("pull", "far")
    assert (place.root / "far").read_text() == "a"
    assert "cannot be used with" in place("add", "a", "b", "--to-remote", code=2).err
    assert "belong to --to-remote" in place("add", "a", "-r", "x", code=2).err


@pytest.mark.parametrize(
    ("prepare", "target", "code", "words"),
    [
        ({}, "nothing", 3, "nothing does not exist"),
        ({}, "../outside", 2, "not a path inside the repository"),
        ({}, ".", 2, "not a path inside the repository"),
        ({}, ".dvc/config", 2, "belongs to the repository itself"),
        ({"d/a": "a"}, "d.dvc", 2, "cannot be data itself"),
        ({"x\ny": "a"}, "x\ny", 2, "line break"),
        ({".dvcignore": "hid\n", "hid": "a"}, "hid", 2, "hidden by .dvcignore"),
        ({"tracked": "a"}, "tracked", 4, "git tracks 'tracked'"),
        ({"d/.dvcignore": "x"}, "d", 2, ".dvcignore"),
    ],
)
def test_what_cannot_be_added(
    place: Place, prepare: dict[str, str], target: str, code: int, words: str
) -> None:
    place.put(prepare)
    if "tracked" in prepare:
        place.git("add", "tracked")
    said = place("add", target, code=code)
    assert words in said.err
    assert len(said.err.splitlines()) <= 2
    assert place.objects() == set()
    assert not list(place.root.glob("?*.dvc"))


def test_overlaps_are_refused(place: Place) -> None:
    place.put({"d/a": "a", "e/f/g": "b"})
    place("add", "e/f/g")
    assert "holds e/f/g, which is tracked already by e/f/g.dvc" in place("add", "e", code=4).err
    assert "is inside d: add one of them" in place("add", "d", "d/a", code=4).err
    place("add", "d")
    place.put(
        {
            "d/a.dvc": "outs:\n- path: a\n",
            "dvc.yaml": "stages:\n  s:\n    cmd: x\n    outs:\n    - out\n",
            "out": "x",
        }
    )
    shutil.move(place.root / "d/a.dvc", place.root / "twice.dvc")
    (place.root / "twice.dvc").write_text(f"outs:\n- md5: {A}\n  size: 1\n  hash: md5\n  path: d/a\n")
    assert "inside" in place("add", "out", code=2).err
    (place.root / "twice.dvc").unlink()
    assert "output of the stage dvc.yaml:s" in place("add", "out", code=4).err


def test_links_in_the_way(place: Place) -> None:
    place.put({"real/x": "a"})
    (place.root / "link").symlink_to("real")
    assert "is below a link" in place("add", "link/x", code=2).err
    assert "link to a folder" in place("add", "link", code=2).err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("outs: [", "f.dvc:"),
        ("outs:\n- md5: x\n  path: f\n", "f.dvc:2: 'x' is not an md5"),
        ("outs:\n- path: f\n  colour: red\n", "f.dvc:3: unknown key 'colour'"),
        ("outs:\n- md5: a\n", "f.dvc:2: an entry of 'outs' has no 'path'"),
        ("outs:\n- path: f\n  size: big\n", "f.dvc:3: 'size' cannot be 'big'"),
        ("wat: 1\nouts: []\n", "f.dvc:1: unknown key 'wat'"),
        ("- a\n", "f.dvc:1: is not a mapping"),
        ("outs: 3\n", "f.dvc:1: 'outs' is not a list"),
    ],
)
def test_broken_declarations_say_where(place: Place, text: str, words: str) -> None:
    place.put({"f.dvc": text})
    said = place("status", code=2)
    assert words in said.err
    assert len(said.err.splitlines()) <= 2


def test_status_exit_codes_and_targets(place: Place) -> None:
    place.put({"d/a": "a", "f": "b"})
    place("add", "d", "f")
    place("status", "-q")
    place.put({"d/a": "changed"})
    place("status", "-q", code=1)
    place("status", "-q", "f")
    place("status", "-q", "f.dvc")
    place("status", "-q", "d/a", code=1)
    assert place("status", "--json", "-R", ".").json() == {"d.dvc": [{"changed outs": {"d": "modified"}}]}
    assert "is not tracked" in place("status", "nix", code=3).err
    assert "did you mean" in place("status", "ff", "-R", code=3).err
    place("status", "-a", code=2)


def test_checkout_keeps_what_the_cache_lacks(place: Place) -> None:
    place.put({"d/a": "a", "d/b": "b"})
    place("add", "d")
    place.put({"d/a": "mine", "d/extra": "also mine"})
    said = place("checkout", code=4)
    assert "d/a, d/extra" in said.err
    assert (place.root / "d/a").read_text() == "mine"
    place("checkout", "-f", "--json")
    assert sorted(os.listdir(place.root / "d")) == ["a", "b"]
    assert (place.root / "d/a").read_text() == "a"


def test_checkout_brings_all_but_the_missing(place: Place) -> None:
    place.put({"d/a": "a", "d/b": "b", "f": "c"})
    place("add", "d", "f")
    object_of(place, A).unlink()
    shutil.rmtree(place.root / "d")
    (place.root / "f").unlink()
    said = place("checkout", code=3)
    assert "not in the cache: d/a" in said.err
    assert (place.root / "d/b").read_text() == "b"
    assert (place.root / "f").read_text() == "c"
    assert place("checkout", "--allow-missing", "--json").json()["missing"] == ["d/a"]


def test_damaged_objects_are_never_handed_out(place: Place) -> None:
    place.put({"f": "a"})
    place("add", "f")
    place("push")
    (place.root / "f").unlink()
    damaged = object_of(place, A)
    damaged.chmod(0o644)
    damaged.write_text("z")
    said = place("checkout", code=7)
    assert "damaged" in said.err
    assert not (place.root / "f").exists()
    place("pull")  # healed from the remote
    assert (place.root / "f").read_text() == "a"
    # wrong bytes in the remote do not come in
    shutil.rmtree(place.root / ".dvc/cache")
    (place.root / "f").unlink()
    flip_bit(object_of(place, A, "../store"))
    assert "damaged" in place("pull", code=1).err
    assert not (place.root / "f").exists()
    assert place.objects() == set()


def test_pull_brings_all_but_the_missing(place: Place) -> None:
    place.put({"d/a": "a", "d/b": "b", "f": "c", "g": "gone"})
    place("add", "d", "f", "g")
    place("push")
    object_of(place, A, "../store").unlink()
    shutil.rmtree(place.root / ".dvc/cache")
    shutil.rmtree(place.root / "d")
    (place.root / "f").unlink()
    (place.root / "g").unlink()
    said = place("pull", code=1)
    assert "d/a" in said.err
    assert "1 missing" in said.err
    assert (place.root / "d/b").read_text() == "b"
    assert (place.root / "f").read_text() == "c"
    assert (place.root / "g").read_text() == "gone"
    place("pull", "--allow-missing")


def test_pull_of_parts(place: Place) -> None:
    place.put({"d/a": "a", "d/s/b": "b", "d/s/c": "c", "f": "f"})
    place("add", "d", "f")
    place("push")
    shutil.rmtree(place.root / ".dvc/cache")
    shutil.rmtree(place.root / "d")
    (place.root / "f").unlink()
    place("pull", "d/s")
    assert sorted(os.listdir(place.root / "d")) == ["s"]
    assert sorted(os.listdir(place.root / "d/s")) == ["b", "c"]
    assert A not in place.objects()
    place("pull", "d/a")
    assert (place.root / "d/a").read_text() == "a"
    assert not (place.root / "f").exists()
    assert "not in d.dvc" in place("pull", "d/nix", code=2).err


def test_versions_in_history(place: Place) -> None:
    for number, text in enumerate("abc"):
        place.put({"f": text})
        place("add", "f")
        place.git("add", "-A")
        place.git("commit", "-qm", text)
        if number == 1:
            place.git("tag", "v")
    place("push", "-q")
    assert [object_of(place, md5, "../store").exists() for md5 in (A, B, C)] == [False, False, True]
    place("push", "-q", "-T")
    assert [object_of(place, md5, "../store").exists() for md5 in (A, B, C)] == [False, True, True]
    place("push", "-q", "-A", "f")
    assert object_of(place, A, "../store").exists()
    shutil.rmtree(place.root / ".dvc/cache")
    assert place("status", "-c", "--json").json() == {"f": "deleted"}
    place("fetch", "-q", "-A")
    assert place.objects() == {A, B, C}
    assert place("diff", "HEAD~2", "HEAD", "--json", "--show-hash").json()["modified"] == [
        {"path": "f", "hash": {"old": A, "new": C}}
    ]
    assert "| modified | f    |" in place("diff", "HEAD~1", "--md").out
    assert "unknown git revision" in place("diff", "nix", code=3).err
    place.git("checkout", "-q", "HEAD~2")
    place("checkout", "-q")
    assert (place.root / "f").read_text() == "a"


def test_what_is_no_longer_declared_goes(place: Place) -> None:
    place.put({"f": "a", "g": "b"})
    place("add", "f", "g")
    place("checkout", "-q")
    (place.root / "f.dvc").unlink()
    (place.root / "g.dvc").unlink()
    (place.root / "g").unlink()
    place.put({"g": "a person's"})
    place("checkout", "-q")
    assert not (place.root / "f").exists()
    assert (place.root / "g").read_text() == "a person's"


def test_own_remotes_and_no_push(place: Place) -> None:
    place("remote", "add", "other", "../other")
    place.put({"f": "a", "g": "b", "h": "c"})
    place("add", "f", "g", "h")
    for name, line in (("g", "  remote: other\n"), ("h", "  push: false\n")):
        with (place.root / f"{name}.dvc").open("a") as file:
            file.write(line)
    place("push")
    found = {
        (store, md5)
        for store in ("store", "other")
        for md5 in (A, B, C)
        if object_of(place, md5, f"../{store}").exists()
    }
    assert found == {("store", A), ("other", B)}
    assert "there is no remote 'nix'" in place("push", "-r", "nix", code=3).err
    place("remote", "default", "-u")
    assert "no remote given" in place("push", "f", code=3).err


def test_commit_asks_or_needs_force(place: Place) -> None:
    place.put({"f": "a"})
    place("add", "f")
    place.put({"f": "b"})
    assert "-f commits it" in place("commit", code=4).err
    assert place("commit", "-f", "--json").json() == {"committed": ["f"]}
    assert "Nothing to commit" in place("commit").out
    (place.root / "f").unlink()
    assert "does not exist" in place("commit", "-f", code=3).err


def test_entries_of_dvc_2(place: Place) -> None:
    md5 = "ec9b3e4e7fbcb1ba2ca1ee1c7ff38b3a"
    import hashlib

    md5 = hashlib.md5(b"one\ntwo\n", usedforsecurity=False).hexdigest()
    place.put({"f.dvc": f"outs:\n- md5: {md5}\n  size: 10\n  path: f\n"})
    (place.root / "f").write_bytes(b"one\r\ntwo\r\n")
    stored = place.root / ".dvc/cache" / md5[:2] / md5[2:]
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"one\r\ntwo\r\n")
    stored.chmod(0o444)
    assert place("status", "--json").json() == {}
    (place.root / "f").unlink()
    place("checkout")
    assert (place.root / "f").read_bytes() == b"one\r\ntwo\r\n"
    place("push")
    assert (place.root / "../store" / md5[:2] / md5[2:]).exists()
    place("add", "f")
    assert "hash: md5" in (place.root / "f.dvc").read_text()
